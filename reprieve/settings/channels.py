"""The channels beside the topic of the alerts: `[[channel]]`, and the rules between them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.events.severity import Severity
from reprieve.settings.channel_types import (
    CHANNEL_TYPES,
    REGION_PLACEHOLDER,
    Address,
    Aggregation,
    ChannelName,
    ChannelType,
    ChatChannel,
    Number,
    ReceiverArn,
    Severities,
    Url,
    Uuid,
    Workspace,
    is_slack_channel,
    receiver_of,
)
from reprieve.settings.errors import Place, key_of
from reprieve.settings.invalid import invalid_at, other_partition_at
from reprieve.settings.unvalidated import Values

MAX_CHANNELS: Final = 50
"""More are likely a mistake; SNS and EventBridge would take them."""

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "email": ("address",),
    "sms": ("number",),
    "https": ("url",),
    "sqs": ("arn",),
    "lambda": ("arn",),
    "slack": ("workspace_id", "channel_id"),
    "teams": ("team_id", "tenant_id", "channel_id"),
    "user-notifications": ("address",),
}
"""The keys that each type requires."""

_OPTIONAL: Final = {"user-notifications": ("aggregation",)}

SMS_REGIONS: Final = frozenset(
    {
        *(set(regions.DEFAULT_REGIONS) - {"ap-northeast-2"}),
        *("af-south-1", "ap-south-2", "ap-southeast-3", "ap-southeast-4"),
        *("ca-west-1", "eu-south-1", "us-gov-west-1"),
    }
)
"""The Regions from which SNS sends SMS (SNS developer guide, "Supported countries and regions").

Regions that AWS added later may be missing here.
"""

_PARTITIONS: Final = {
    "sms": ("aws", "aws-us-gov"),
    "slack": ("aws",),
    "teams": ("aws",),
    "user-notifications": ("aws",),
}
"""The partitions that have what a type needs; the other types work in all of them.

Amazon Q Developer in chat applications and AWS User Notifications have no endpoints elsewhere (AWS
General Reference, "Service endpoints"); SNS sends no SMS in China.
"""

Errors = Iterator[InitErrorDetails]


class ChannelSettings(BaseModel):
    """Another way to people and programs: one `[[channel]]` for each."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ChannelName = Field(description="The name of the channel.")
    type: ChannelType = Field(
        description=f"One of {', '.join(CHANNEL_TYPES)}: see [channels.md](channels.md).",
    )
    severities: Severities = Field(
        default=tuple(Severity),
        description="The severities of the messages that it receives: critical, warning, info.",
    )
    address: Address | None = Field(
        default=None, description="With email and user-notifications: the e-mail address."
    )
    number: Number | None = Field(
        default=None, description='With sms: the phone number in the form E.164: "+15555550100".'
    )
    url: Url | None = Field(
        default=None, description="With https: the endpoint, which has to confirm once per Region."
    )
    arn: ReceiverArn | None = Field(
        default=None,
        description="With sqs and lambda: the queue or function. REGION in place of the Region "
        "stands for each watched Region.",
    )
    workspace_id: Workspace | None = Field(
        default=None, description="With slack: the id of the workspace."
    )
    team_id: Uuid | None = Field(default=None, description="With teams: the id of the team.")
    tenant_id: Uuid | None = Field(default=None, description="With teams: the id of the tenant.")
    channel_id: ChatChannel | None = Field(
        default=None, description="With slack and teams: the id of the channel."
    )
    aggregation: Aggregation | None = Field(
        default=None,
        description='With user-notifications: "none" (the default), "short" (5 minutes) or "long" '
        "(12 hours) puts notifications together.",
    )


def channel_errors(values: Values, partition: str | None, watched: Sequence[str] | None) -> Errors:
    """Yield the errors of the channels. Invalid values have their own errors and are skipped.

    Args:
        values: The settings with their defaults, before validation: each value may be anything.
        partition: The partition of the settings, if it is known.
        watched: The watched Regions, if they are known.
    """
    tables = _tables(values)
    if len(tables) > MAX_CHANNELS:
        yield invalid_at(
            ("channel",),
            f"{len(tables)} tables",
            f"are more than {MAX_CHANNELS}",
            "send to a mailing list or to one queue, and distribute the messages there",
        )
    first: dict[tuple[object, ...], Place] = {}
    names: dict[str, Place] = {}
    for index, table in tables.items():
        kind = table.get("type")
        if not isinstance(kind, str) or kind not in KEYS:
            continue
        name = table.get("name")
        if isinstance(name, str):
            place: Place = ("channel", index, "name")
            earlier = names.setdefault(name, place)
            if earlier != place:
                yield invalid_at(
                    place, name, f"is the same as {key_of(earlier)}", "use another name"
                )
        yield from _key_errors(index, kind, table)
        endpoint = (kind, *(str(table.get(key)).lower() for key in KEYS[kind]))
        place = ("channel", index)
        earlier = first.setdefault(endpoint, place)
        if earlier != place and all(table.get(key) for key in KEYS[kind]):
            yield invalid_at(
                (*place, KEYS[kind][-1]),
                table[KEYS[kind][-1]],
                f"is the endpoint of {key_of(earlier)} too",
                "use one channel with all severities",
            )
        if partition:
            yield from _place_errors(index, kind, table, partition, watched)


def _tables(values: Values) -> dict[int, Mapping[str, object]]:
    given = values.get("channel")
    items = enumerate(given if isinstance(given, list | tuple) else ())
    return {index: _plain(each) for index, each in items if isinstance(each, dict | BaseModel)}


def _plain(table: object) -> Mapping[str, object]:
    return dict(table) if isinstance(table, BaseModel) else table  # type: ignore[return-value]


def _key_errors(index: int, kind: str, table: Mapping[str, object]) -> Errors:
    """Yield the keys that the type requires, and those of other types."""
    wanted = KEYS[kind]
    for key in wanted:
        if table.get(key) is None:
            yield invalid_at(
                ("channel", index, key),
                None,
                f'is required with type = "{kind}"',
                f'a channel of the type "{kind}" has the keys {", ".join(wanted)}',
            )
    others = {key for keys in (*KEYS.values(), *_OPTIONAL.values()) for key in keys}
    for key in sorted(others - {*wanted, *_OPTIONAL.get(kind, ())}):
        if table.get(key) is not None:
            yield invalid_at(
                ("channel", index, key),
                table[key],
                f'is not a key of the type "{kind}"',
                f"remove it; the type has the keys {', '.join(wanted)}",
            )
    channel = table.get("channel_id")
    if kind in ("slack", "teams") and isinstance(channel, str):
        other = "teams" if kind == "slack" else "slack"
        if ("19%3" in channel) if kind == "slack" else is_slack_channel(channel):
            yield invalid_at(
                ("channel", index, "channel_id"),
                channel,
                f"is the id of a channel in {other.title()}",
                f'write type = "{other}", or the id of a channel in {kind.title()}',
            )
    arn = table.get("arn")
    receiver = receiver_of(arn) if isinstance(arn, str) else None
    if receiver and kind in ("sqs", "lambda") and receiver.service != kind:
        yield invalid_at(
            ("channel", index, "arn"),
            arn,
            f'does not fit to type = "{kind}"',
            f'write type = "{receiver.service}", or name another receiver',
        )


def _place_errors(
    index: int,
    kind: str,
    table: Mapping[str, object],
    partition: str,
    watched: Sequence[str] | None,
) -> Errors:
    """Yield what does not exist in the partition, or cannot be reached from a watched Region."""
    place: Place = ("channel", index, "type")
    if partition not in _PARTITIONS.get(kind, (partition,)):
        yield invalid_at(
            place,
            kind,
            f"is not available in the partition {partition}",
            "use email, https, sqs or lambda there",
        )
    elif kind == "sms" and watched and not SMS_REGIONS.intersection(watched):
        yield invalid_at(
            place,
            kind,
            f"is not available in any watched Region: {', '.join(watched)}",
            "use another type of channel",
        )
    arn = table.get("arn")
    receiver = receiver_of(arn) if isinstance(arn, str) else None
    if not receiver:
        return
    place = ("channel", index, "arn")
    hint = "a topic sends to its own partition only"
    yield from other_partition_at(place, str(arn), receiver.partition, partition, hint)
    if receiver.region == REGION_PLACEHOLDER or receiver.partition != partition:
        return
    if regions.partition_of(receiver.region) != partition:
        yield invalid_at(
            place, arn, f"names the Region {receiver.region}, which does not exist", "correct it"
        )
    elif partition == "aws" and (cut := _cut_off(receiver.region, receiver.service, watched or ())):
        yield invalid_at(
            place,
            arn,
            f"cannot be reached from {', '.join(cut)}: SNS sends from there to no "
            f"{'function' if receiver.service == 'lambda' else 'queue'} in {receiver.region}",
            "use a receiver in a Region that every account has, or one per Region with REGION in "
            "place of the Region",
        )


def _cut_off(region: str, service: str, watched: Sequence[str]) -> list[str]:
    """Return the watched Regions whose topics cannot send to a receiver in a Region.

    SNS developer guide, "Sending messages to a queue or function in a different Region": not from
    an opt-in Region to another one, and not to a function in an opt-in Region.
    """
    if region in regions.DEFAULT_REGIONS:
        return []
    return [
        each
        for each in watched
        if each != region and (service == "lambda" or each not in regions.DEFAULT_REGIONS)
    ]
