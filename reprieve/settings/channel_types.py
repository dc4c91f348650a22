"""The types of `[[channel]]`: each refuses an invalid value with a rule and a hint."""

import re
from typing import Annotated, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator

from reprieve.events.severity import Severity
from reprieve.settings.invalid import invalid, one, plain
from reprieve.settings.types import HOST_LABEL, email, table_name
from reprieve.text import nearest

CHANNEL_TYPES: Final = (
    "email",
    "sms",
    "https",
    "sqs",
    "lambda",
    "slack",
    "teams",
    "user-notifications",
)
AGGREGATIONS: Final = ("none", "short", "long")
"""How AWS User Notifications puts notifications together: not, for 5 minutes, for 12 hours."""

REGION_PLACEHOLDER: Final = "REGION"
"""Stands for each watched Region in the ARN of a queue or function."""

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_HOST = re.compile(rf"(?:{HOST_LABEL}\.)+(?=[A-Za-z]){HOST_LABEL}")
_MAX_URL = 2_048
# SQS: "Queue names"; Lambda API reference, FunctionName. Both sides of SNS's subscriptions.
_RECEIVER = re.compile(
    r"arn:(?P<partition>[a-z-]+):(?:"
    rf"(?P<sqs>sqs):(?P<sqs_region>[a-z0-9-]+|{REGION_PLACEHOLDER}):\d{{12}}:[A-Za-z0-9_-]{{1,80}}"
    rf"|(?P<function>lambda):(?P<function_region>[a-z0-9-]+|{REGION_PLACEHOLDER}):\d{{12}}:function:"
    r"[A-Za-z0-9_-]{1,64}(?::[A-Za-z0-9_-]{1,128})?)"
)
# Amazon Q Developer in chat applications API reference: SlackTeamId, SlackChannelId, TeamId,
# TenantId, and the ChannelId of Teams, which is part of a URL.
_SLACK_WORKSPACE = re.compile(r"T[A-Z0-9]{7,20}")
_SLACK_CHANNEL = re.compile(r"[CG][A-Z0-9]{7,20}")
_TEAMS_CHANNEL = re.compile(r"19%3[aA][A-Za-z0-9_=+/.,-]+%40[A-Za-z0-9_=+/.,-]+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Receiver(NamedTuple):
    """Where a queue or function is. `region` may be `REGION_PLACEHOLDER`."""

    partition: str
    service: str
    region: str


def receiver_of(arn: str) -> Receiver | None:
    """Return where the queue or function of an ARN is; None if the text is no such ARN."""
    found = _RECEIVER.fullmatch(arn)
    if not found:
        return None
    return Receiver(
        found["partition"],
        found["sqs"] or found["function"],
        found["sqs_region"] or found["function_region"],
    )


def _name(text: str) -> str:
    """Refuse what is no name of a channel."""
    return table_name(text, "pager")


def _type(text: str) -> str:
    """Refuse an unknown type."""
    if text not in CHANNEL_TYPES:
        near = nearest(text, CHANNEL_TYPES)
        raise invalid(
            "is not a type of channel",
            f'did you mean "{near}"?' if near else f"the types are {', '.join(CHANNEL_TYPES)}",
        )
    return text


def _severity(text: str) -> str:
    """Refuse an unknown severity."""
    if text not in tuple(Severity):
        raise invalid("is not a severity", f"the severities are {', '.join(Severity)}")
    return text


def _severities(given: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse an empty list: the channel would get nothing."""
    if not given:
        raise invalid(
            "is an empty list, so the channel would receive nothing",
            "name severities, or remove the key for all of them",
        )
    return given


def _number(text: str) -> str:
    """Refuse what is not a phone number in the form E.164, which SNS requires."""
    if not _NUMBER.fullmatch(text):
        digits = re.sub(r"[ ()./-]", "", text)
        raise invalid(
            "is not a phone number in the international form E.164",
            f'write it as "{digits}"'
            if _NUMBER.fullmatch(digits)
            else 'write + and the country code first, like "+15555550100"',
        )
    return text


def _url(text: str) -> str:
    """Refuse what SNS cannot send to, what is not encrypted, and passwords."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise invalid("is not a URL", 'write it like "https://example.com/alerts"') from None
    if parts.scheme != "https":
        raise invalid(
            "does not begin with https://, so alerts would not be encrypted on their way"
            if parts.scheme == "http"
            else "is not a URL that begins with https://",
            'write it like "https://example.com/alerts"',
        )
    if "@" in parts.netloc:
        raise invalid(
            "contains a user or a password, which Terraform's state would store",
            "use an endpoint that verifies the signature of SNS instead",
        )
    if not _HOST.fullmatch(host) or port == 0 or re.search(r"[\s<>\"'\\]", text):
        raise invalid("is not a URL with a host name", 'write it like "https://example.com/alerts"')
    if len(text) > _MAX_URL or parts.fragment:
        raise invalid(f"has more than {_MAX_URL:,} characters, or a fragment (#…)", "shorten it")
    return text


def _arn(text: str) -> str:
    """Refuse anything but the ARN of a standard queue or of a function."""
    if text.endswith(".fifo"):
        raise invalid(
            "is a FIFO queue; a standard topic sends to standard queues only", "name another queue"
        )
    if not receiver_of(text):
        raise invalid(
            "is not the ARN of an SQS queue or a Lambda function",
            'write it like "arn:aws:sqs:eu-west-1:111122223333:alerts", or with REGION in place of '
            "the Region, if each watched Region has one",
        )
    return text


def _aggregation(text: str) -> str:
    """Refuse an unknown aggregation."""
    if text not in AGGREGATIONS:
        raise invalid(
            "is not an aggregation of AWS User Notifications",
            'write "none", "short" (5 minutes) or "long" (12 hours)',
        )
    return text


def _workspace(text: str) -> str:
    """Refuse anything but the id of a Slack workspace."""
    if not _SLACK_WORKSPACE.fullmatch(text):
        raise invalid(
            "is not the id of a Slack workspace",
            "copy it from the console of Amazon Q Developer in chat applications, like "
            '"T07EA123LEP"',
        )
    return text


def _chat_channel(text: str) -> str:
    """Refuse anything but the id of a channel in Slack or Teams."""
    if not _SLACK_CHANNEL.fullmatch(text) and not _TEAMS_CHANNEL.fullmatch(text):
        raise invalid(
            "is the id of a channel neither in Slack nor in Teams",
            'in Slack copy it from the details of the channel, like "C07EZ1ABC23"; in Teams it is '
            'the part of the link to the channel that begins with "19%3a"',
        )
    return text


def _uuid(text: str) -> str:
    """Refuse anything but the id of a team or tenant."""
    if not _UUID.fullmatch(text):
        raise invalid(
            "is not an id such as 1234abcd-12ab-34cd-56ef-1234567890ab",
            "copy it from the link to the channel: groupId is the team, tenantId the tenant",
        )
    return text


def is_slack_channel(channel: str) -> bool:
    """Return whether the id of a chat channel is one of Slack."""
    return bool(_SLACK_CHANNEL.fullmatch(channel))


ChannelName = Annotated[str, AfterValidator(plain), AfterValidator(_name)]
ChannelType = Annotated[str, AfterValidator(plain), AfterValidator(_type)]
_Severity = Annotated[str, AfterValidator(plain), AfterValidator(one(_severity))]
Severities = Annotated[tuple[_Severity, ...], AfterValidator(_severities)]
Address = Annotated[str, AfterValidator(plain), AfterValidator(one(email))]
Number = Annotated[str, AfterValidator(plain), AfterValidator(_number)]
Url = Annotated[str, AfterValidator(plain), AfterValidator(_url)]
ReceiverArn = Annotated[str, AfterValidator(plain), AfterValidator(_arn)]
Aggregation = Annotated[str, AfterValidator(plain), AfterValidator(_aggregation)]
Workspace = Annotated[str, AfterValidator(plain), AfterValidator(_workspace)]
ChatChannel = Annotated[str, AfterValidator(plain), AfterValidator(_chat_channel)]
Uuid = Annotated[str, AfterValidator(plain), AfterValidator(_uuid)]
