"""The kinds of values that settings are made of: each type with its rule and its hints."""

import json
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Discriminator, Tag
from pydantic_core import InitErrorDetails, PydanticCustomError

from reprieve import regions
from reprieve.events.patterns import pattern_errors
from reprieve.events.threats import BY_NAME
from reprieve.settings.errors import Place
from reprieve.text import nearest

WATCH_WORDS: Final = ("default", "all")
ENCRYPTION_WORDS: Final = ("none", "own")

# The local part is RFC 5322's dot-atom; the domain is a host name with a top-level domain.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_EMAIL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+(?=[A-Za-z][A-Za-z0-9-]){_LABEL}")
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,256}")
_ROLE = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::\d{12}:role/(?P<path>.*/)?[\w+=,.@-]{1,64}", re.ASCII
)

_PRINCIPAL = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::\d{12}:(?:user|role)/(?:[!-~]+/)?[\w+=,.@-]{1,64}", re.ASCII
)
_KEY_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_KEY = re.compile(
    rf"(?:arn:(?P<partition>[a-z-]+):kms:(?P<region>[a-z0-9-]+):\d{{12}}:key/)?{_KEY_ID}"
)


def invalid(rule: str, hint: str) -> PydanticCustomError:
    """Return the error by which pydantic carries a broken rule and its hint."""
    return PydanticCustomError("reprieve", "{rule}: {hint}", {"rule": rule, "hint": hint})


def invalid_at(place: Place, value: object, rule: str, hint: str) -> InitErrorDetails:
    """Return a broken rule with the place and the value that broke it."""
    return InitErrorDetails(type=invalid(rule, hint), loc=place, input=value)


def role_partition(arn: str) -> str | None:
    """Return the partition in an IAM role's ARN; None if that is not what the text is."""
    role = _ROLE.fullmatch(arn)
    return role["partition"] if role else None


def plain(text: str) -> str:
    """Refuse what nobody types on purpose; trimming it silently would hide where it came from."""
    if text != text.strip():
        raise invalid("begins or ends with a space", "take the space out")
    if not text.isprintable():
        raise invalid("holds a control character or another that cannot be seen", "type it anew")
    return text


def _email(text: str) -> str:
    """Refuse an address that SNS could not send its request for confirmation to."""
    if len(text) > 320:
        raise invalid("is longer than 320 characters", "name a shorter address")
    if len(text.partition("@")[0]) > 64:
        raise invalid("has more than 64 characters before the @", "name a shorter address")
    if not _EMAIL.fullmatch(text):
        # "Name <address>" is meant; in any other text a part of it may be another's address.
        inner = re.search(rf"(?<=<){_EMAIL.pattern}(?=>$)", text)
        raise invalid(
            "is not an e-mail address",
            f'write "{inner[0]}" alone' if inner else 'write it like "security@example.com"',
        )
    return text


def _topic_name(text: str) -> str:
    """Refuse what SNS refuses (SNS API reference, CreateTopic: Name), and FIFO topics."""
    if text.endswith(".fifo"):
        raise invalid(
            "names a FIFO topic; e-mail is delivered from standard topics only",
            'leave the ending ".fifo" out',
        )
    if not _TOPIC.fullmatch(text):
        raise invalid(
            "is not 1 to 256 letters (A-Z, a-z), digits, hyphens and underscores",
            'write it like "reprieve-alerts"',
        )
    return text


def _role_arn(text: str) -> str:
    """Refuse a role that Amazon's runbook does not take as its AutomationAssumeRole.

    The page of AWSConfigRemediation-CancelKeyDeletion shows no pattern. That of its sibling
    AWSConfigRemediation-EnableKeyRotation allows three partitions and no path (Systems Manager
    Automation runbook reference), and a role that both take is safe.
    """
    role = _ROLE.fullmatch(text)
    if not role:
        raise invalid(
            "is not the ARN of an IAM role",
            'write it like "arn:PARTITION:iam::111122223333:role/NAME"',
        )
    if role["partition"] not in ("aws", "aws-us-gov", "aws-cn"):
        raise invalid(
            f"is in the partition {role['partition']}; "
            "Amazon's runbook takes roles of aws, aws-us-gov and aws-cn only",
            "leave the key out: Reprieve makes a role",
        )
    if role["path"]:
        raise invalid(
            f'is a role at the path "/{role["path"]}"; '
            'Amazon\'s runbook takes a role at the path "/" only',
            "name a role without a path, or leave the key out: Reprieve makes one",
        )
    return text


def _runbook(text: str) -> str:
    """Refuse a runbook that there is not."""
    if text not in ("reprieve", "aws"):
        raise invalid(
            "is no runbook of Reprieve's",
            'write "reprieve", or "aws" for AWSConfigRemediation-CancelKeyDeletion alone',
        )
    return text


def principal_partition(arn: str) -> str | None:
    """Return the partition in the ARN of a role or user; None if that is not what the text is."""
    found = _PRINCIPAL.fullmatch(arn)
    return found["partition"] if found else None


def key_home(key: str) -> tuple[str | None, str | None] | None:
    """Return partition and Region of a KMS key; both are None for an id; None if it is no key."""
    found = _KEY.fullmatch(key)
    return (found["partition"], found["region"]) if found else None


def _principal_arn(text: str) -> str:
    """Refuse what CloudTrail names no caller by: an exemption that never holds is no exemption."""
    if ":assumed-role/" in text:
        raise invalid(
            "is a session of a role; the role itself covers all of its sessions",
            'name the role: "arn:PARTITION:iam::111122223333:role/NAME"',
        )
    if not _PRINCIPAL.fullmatch(text):
        raise invalid(
            "is not the ARN of an IAM role or user",
            'write it like "arn:PARTITION:iam::111122223333:role/NAME"',
        )
    return text


def _key(text: str) -> str:
    """Refuse what is no id and no ARN of a key."""
    if "alias/" in text:
        raise invalid(
            "is an alias, which can be moved to another key at any time",
            "name the key by its id or its ARN",
        )
    if not _KEY.fullmatch(text):
        raise invalid(
            "is neither the id nor the ARN of a KMS key",
            'write it like "1234abcd-12ab-34cd-56ef-1234567890ab"',
        )
    return text


def _threat(text: str) -> str:
    """Refuse a threat that is not in the catalogue."""
    if text not in BY_NAME:
        near = nearest(text, BY_NAME)
        raise invalid(
            "is no threat that Reprieve knows",
            f'did you mean "{near}"?' if near else f"the threats are {', '.join(BY_NAME)}",
        )
    return text


def _alert_key(text: str) -> str:
    """Refuse what cannot encrypt a topic for EventBridge, or hides which Region it is in."""
    if "alias/aws/" in text:
        raise invalid(
            "is an AWS managed key, whose policy never lets EventBridge in: no alert gets out",
            'write "own": Reprieve then makes a key with the right policy in each Region',
        )
    if text in ENCRYPTION_WORDS:
        raise invalid(
            "stands for every Region, so it cannot be in a list", f'write encryption = "{text}"'
        )
    if not text.startswith("arn:"):
        _key(text)
        raise invalid(
            "is the id of a key, which does not say its Region",
            "name the key by its ARN, one per watched Region",
        )
    return _key(text)


def _watch_name(text: str) -> str:
    """Refuse what cannot be the end of a rule's name, an alarm's and a Terraform address."""
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", text):
        raise invalid(
            "is not 1 to 40 small letters, digits and, between them, hyphens",
            'write it like "trail-changed"',
        )
    return text


def _watch_summary(text: str) -> str:
    """Refuse what EventBridge would take for a variable, or what its rule's description is not."""
    if not 1 <= len(text) <= 200:
        raise invalid(f"has {len(text)} characters, and not 1 to 200", "say it in one sentence")
    if "<" in text or ">" in text:
        raise invalid("holds < or >, by which EventBridge marks what it fills in", "leave them out")
    return text


def _watch_pattern(text: str) -> str:
    """Refuse what EventBridge refuses, and sources whose events anybody could forge."""
    if errors := pattern_errors(text):
        raise invalid(
            "is not an event pattern: " + " ".join(errors),
            "try it with: aws events test-event-pattern",
        )
    sources = json.loads(text).get("source")
    if not isinstance(sources, list) or not all(map(_is_of_aws, sources)):
        raise invalid(
            'does not keep to the events of AWS services: its "source" has to be a list of those',
            'begin it like {"source": ["aws.cloudtrail"], …; other events anybody can send',
        )
    # Kept as EventBridge counts it: without the spaces and lines of the settings file.
    return json.dumps(json.loads(text), separators=(",", ":"))


def _is_of_aws(source: object) -> bool:
    prefix = source.get("prefix") if isinstance(source, dict) else source
    return isinstance(prefix, str) and prefix.startswith("aws.")


def _region(text: str) -> str:
    """Refuse a Region that cannot have a guard, whether mistyped or too new for this botocore."""
    if not regions.partition_of(text):
        near = nearest(text, regions.every_region())
        raise invalid(
            "is not a Region that AWS KMS, EventBridge, SNS and Systems Manager share",
            f'did you mean "{near}"?'
            if near
            else 'write a Region code such as "eu-west-1"; a new Region needs a newer botocore',
        )
    return text


def _watched_region(text: str) -> str:
    """Refuse a word for many Regions in a list of single ones."""
    if text in WATCH_WORDS:
        raise invalid("stands for a whole list, so it cannot be in one", f'write watch = "{text}"')
    return _region(text)


def _not_empty(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an empty list. Field's min_length would take one of refused items for empty."""
    if not texts:
        raise invalid("is an empty list", "name one at least")
    return texts


_Email = Annotated[str, AfterValidator(plain), AfterValidator(_email)]
TopicName = Annotated[str, AfterValidator(plain), AfterValidator(_topic_name)]
RoleArn = Annotated[str, AfterValidator(plain), AfterValidator(_role_arn)]
RunbookName = Annotated[str, AfterValidator(plain), AfterValidator(_runbook)]
PrincipalArn = Annotated[str, AfterValidator(plain), AfterValidator(_principal_arn)]
Key = Annotated[str, AfterValidator(plain), AfterValidator(_key)]
Region = Annotated[str, AfterValidator(plain), AfterValidator(_region)]
Emails = Annotated[tuple[_Email, ...], AfterValidator(_not_empty)]
_WatchedRegion = Annotated[str, AfterValidator(plain), AfterValidator(_watched_region)]

ThreatName = Annotated[str, AfterValidator(plain), AfterValidator(_threat)]
Threats = Annotated[tuple[ThreatName, ...], AfterValidator(_not_empty)]
WatchName = Annotated[str, AfterValidator(plain), AfterValidator(_watch_name)]
WatchSummary = Annotated[str, AfterValidator(plain), AfterValidator(_watch_summary)]
WatchPattern = Annotated[str, AfterValidator(_watch_pattern)]
_AlertKey = Annotated[str, AfterValidator(plain), AfterValidator(_alert_key)]

Encryption = Annotated[
    Annotated[Literal["none", "own"], Tag("word")]
    | Annotated[tuple[_AlertKey, ...], AfterValidator(_not_empty), Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list | tuple) else "word"),
]

# Told apart before they are validated: a wrong Region in the list is no reason to ask for a word.
Watch = Annotated[
    Annotated[Literal["default", "all"], Tag("word")]
    | Annotated[tuple[_WatchedRegion, ...], AfterValidator(_not_empty), Tag("list")],
    Discriminator(lambda value: "list" if isinstance(value, list | tuple) else "word"),
]
