"""The types of the settings: each refuses an invalid value with a rule and a hint."""

import json
import re
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Discriminator, StrictInt, Tag

from reprieve import regions
from reprieve.events.event_fields import impossible_fields
from reprieve.events.patterns import pattern_errors
from reprieve.events.threats import BY_NAME
from reprieve.settings.arns import AlertKey, EncryptionWord
from reprieve.settings.invalid import invalid, one, plain
from reprieve.text import nearest

_WatchWord = Literal["default", "all"]
WATCH_WORDS: Final = get_args(_WatchWord)
RUNBOOKS: Final = ("reprieve", "aws")
"""The runbooks for `remediation.runbook`: Reprieve's own, and Amazon's."""

MAX_HOST: Final = 253
"""Characters in a host name (RFC 1035)."""
HOST_LABEL: Final = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
"""A regular expression for one label of a host name."""

# The local part is RFC 5322's dot-atom; the domain is a host name with a top-level domain.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_EMAIL = re.compile(
    rf"{_ATOM}(?:\.{_ATOM})*@(?:{HOST_LABEL}\.)+(?=[A-Za-z][A-Za-z0-9-]){HOST_LABEL}"
)
MAX_EMAIL: Final = 64 + 1 + MAX_HOST
"""Characters in an address: 64 before the @ (RFC 5321), and a host name after it (RFC 1035)."""
MAX_TOPIC_NAME: Final = 256
"""Characters in the name of a topic (SNS API reference, CreateTopic: Name)."""
_TOPIC = re.compile(rf"[A-Za-z0-9_-]{{1,{MAX_TOPIC_NAME}}}")
# In minutes. A key is lost after 7 days at the earliest: a patrol a day leaves time for several.
_MINUTES = {"minute": 1, "hour": 60, "day": 24 * 60}
_SHORTEST_PATROL = 15
_LONGEST_PATROL = 24 * 60


def email(text: str) -> str:
    """Refuse an address that SNS cannot send its request for confirmation to."""
    before, _, after = text.partition("@")
    if len(before) > 64:
        raise invalid("has more than 64 characters before the @", "use a shorter address")
    if len(after) > MAX_HOST:
        raise invalid(f"has more than {MAX_HOST} characters after the @", "use a shorter address")
    if not _EMAIL.fullmatch(text):
        # Suggest only the address in "Name <address>": a part of any other text may be the
        # address of somebody else.
        inner = re.search(rf"(?<=<){_EMAIL.pattern}(?=>$)", text)
        raise invalid(
            "is not an e-mail address",
            f'write only "{inner[0]}"' if inner else 'write it like "security@example.com"',
        )
    return text


def _topic_name(text: str) -> str:
    """Refuse what SNS refuses (SNS API reference, CreateTopic: Name), and FIFO topics."""
    if text.endswith(".fifo"):
        raise invalid(
            "names a FIFO topic; SNS sends e-mail from standard topics only",
            'remove the suffix ".fifo"',
        )
    if not _TOPIC.fullmatch(text):
        raise invalid(
            "is not 1 to 256 letters (A-Z, a-z), digits, hyphens and underscores",
            'write it like "reprieve-alerts"',
        )
    return text


def _runbook(text: str) -> str:
    """Refuse an unknown runbook."""
    if text not in RUNBOOKS:
        raise invalid(
            "is not a runbook that Reprieve can use",
            'write "reprieve", or "aws" for AWSConfigRemediation-CancelKeyDeletion alone',
        )
    return text


def _patrol_interval(text: str) -> str:
    """Refuse an interval that EventBridge refuses, or that is longer than a day."""
    found = re.fullmatch(r"([1-9]\d{0,3}) (minute|hour|day)(s?)", text)
    # EventBridge user guide, "rate expressions": 1 has a unit in the singular, others the plural.
    if not found or (found[1] == "1") == bool(found[3]):
        raise invalid("is not an interval", 'write it like "6 hours", "1 hour" or "30 minutes"')
    if not _SHORTEST_PATROL <= minutes_of(text) <= _LONGEST_PATROL:
        raise invalid("is shorter than 15 minutes, or longer than a day", 'write it like "6 hours"')
    return text


def minutes_of(interval: str) -> int:
    """Return the minutes of an interval, `6 hours`."""
    number, unit = interval.split()
    return int(number) * _MINUTES[unit.removesuffix("s")]


def _threat(text: str) -> str:
    """Refuse a threat that is not in the catalogue."""
    if text not in BY_NAME:
        near = nearest(text, BY_NAME)
        raise invalid(
            "is not a threat that Reprieve knows",
            f'did you mean "{near}"?' if near else f"the threats are {', '.join(BY_NAME)}",
        )
    return text


def table_name(text: str, example: str) -> str:
    """Refuse a name that cannot end the name of a rule, an alarm or a Terraform resource."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", text):
        raise invalid(
            "is not 1 to 40 lowercase letters and digits, with hyphens only between them",
            f'write it like "{example}"',
        )
    return text


def _watch_name(text: str) -> str:
    """Refuse what is no name of a watch."""
    return table_name(text, "trail-changed")


def _watch_summary(text: str) -> str:
    """Refuse what EventBridge reads as a variable, or refuses in the description of a rule."""
    if not 1 <= len(text) <= 200:
        raise invalid(f"has {len(text)} characters, not 1 to 200", "write one sentence")
    return without_variables(text)


def without_variables(text: str) -> str:
    """Refuse what EventBridge reads as a variable in the text of an alert."""
    if "<" in text or ">" in text:
        raise invalid("contains < or >, which mark variables in EventBridge", "remove them")
    return text


def _watch_pattern(text: str) -> str:
    """Refuse what EventBridge refuses, and sources whose events anyone in the account can send."""
    if errors := pattern_errors(text):
        raise invalid(
            "is not an event pattern: " + " ".join(errors),
            "test it with: aws events test-event-pattern",
        )
    for rule, hint in impossible_fields(json.loads(text)):
        raise invalid(rule, hint)
    sources = json.loads(text).get("source")
    if not isinstance(sources, list) or not all(map(_is_aws_service, sources)):
        raise invalid(
            'does not limit "source" to AWS services',
            'begin it like {"source": ["aws.cloudtrail"], …; anyone can send other events',
        )
    # Compact, as EventBridge counts its length: without the spaces and lines of the file.
    return json.dumps(json.loads(text), separators=(",", ":"))


def _is_aws_service(source: object) -> bool:
    prefix = source.get("prefix") if isinstance(source, dict) else source
    return isinstance(prefix, str) and prefix.startswith("aws.")


def _storm_threshold(number: int) -> int:
    """Refuse a number that no alarm can use."""
    if not 1 <= number <= 10_000:
        raise invalid("is not 1 to 10,000", "write a number of deletions per minute")
    return number


def _region(text: str) -> str:
    """Refuse a Region that cannot have a guard: misspelt, or too new for this botocore."""
    if not regions.partition_of(text):
        near = nearest(text, regions.every_region())
        raise invalid(
            "is not a Region that has AWS KMS, EventBridge, SNS and Systems Manager",
            f'did you mean "{near}"?'
            if near
            else 'write a Region code such as "eu-west-1"; a new Region needs a newer botocore',
        )
    return text


def _watched_region(text: str) -> str:
    """Refuse a word for many Regions in a list of single ones."""
    if text in WATCH_WORDS:
        raise invalid("stands for many Regions: it cannot be in a list", f'write watch = "{text}"')
    return _region(text)


def _not_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an empty list. Field(min_length=1) would also refuse a list of invalid items."""
    if not texts:
        raise invalid("is an empty list", "add at least one item")
    return texts


def _word_or_list(value: object) -> str:
    """Return the tag of a union. An invalid item of a list must not ask for a word instead."""
    return "list" if isinstance(value, list | tuple) else "word"


_Email = Annotated[str, AfterValidator(plain), AfterValidator(one(email))]
_WatchedRegion = Annotated[str, AfterValidator(plain), AfterValidator(one(_watched_region))]
ThreatName = Annotated[str, AfterValidator(plain), AfterValidator(one(_threat))]

TopicName = Annotated[str, AfterValidator(plain), AfterValidator(_topic_name)]
RunbookName = Annotated[str, AfterValidator(plain), AfterValidator(_runbook)]
Region = Annotated[str, AfterValidator(plain), AfterValidator(one(_region))]
Emails = Annotated[tuple[_Email, ...], AfterValidator(_not_empty)]
AlarmEmails = tuple[_Email, ...]
PatrolInterval = Annotated[str, AfterValidator(plain), AfterValidator(_patrol_interval)]
StormThreshold = Annotated[StrictInt, AfterValidator(_storm_threshold)]
Threats = Annotated[tuple[ThreatName, ...], AfterValidator(_not_empty)]
WatchName = Annotated[str, AfterValidator(plain), AfterValidator(_watch_name)]
WatchSummary = Annotated[str, AfterValidator(plain), AfterValidator(_watch_summary)]
WatchPattern = Annotated[str, AfterValidator(_watch_pattern)]

Encryption = Annotated[
    Annotated[EncryptionWord, Tag("word")]
    | Annotated[tuple[AlertKey, ...], AfterValidator(_not_empty), Tag("list")],
    Discriminator(_word_or_list),
]
Watch = Annotated[
    Annotated[_WatchWord, Tag("word")]
    | Annotated[tuple[_WatchedRegion, ...], AfterValidator(_not_empty), Tag("list")],
    Discriminator(_word_or_list),
]
