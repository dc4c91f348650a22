"""The settings of the hub: where the alerts of all Regions are sent from."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.settings.account import ACCOUNT_ID, EXAMPLE_ID
from reprieve.settings.invalid import invalid, invalid_at, other_partition_at, plain
from reprieve.settings.types import AlarmEmails, Region
from reprieve.settings.unvalidated import Values, table

Topology = Literal["regional", "hub"]
HUB_TOPOLOGY: Final = "hub"

MAX_SENDERS: Final = 200
"""How many accounts the policy of an event bus may name.

It has at most 10,240 characters (EventBridge user guide, "Amazon EventBridge quotas"), about 42 of
them for each account.
"""


UNKNOWN_HUB: Final = "is neither the id of an account nor the name of one in [accounts]"
"""The rule about `notify.hub.account`; the hint depends on the names of the accounts."""

_ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


def _hub_account(text: str) -> str:
    """Refuse what names no account. The name of one has become its id before."""
    if not ACCOUNT_ID.fullmatch(text):
        raise invalid(
            UNKNOWN_HUB,
            f'write 12 digits, such as "{EXAMPLE_ID}", or the NAME of an [accounts.NAME]',
        )
    return text


def _organization_id(text: str) -> str:
    """Refuse what is no organization (Organizations API reference, Organization: Id)."""
    if not _ORGANIZATION.fullmatch(text):
        raise invalid("is not the id of an organization", 'write it like "o-exampleorgid"')
    return text


HubAccount = Annotated[str, AfterValidator(plain), AfterValidator(_hub_account)]
OrganizationId = Annotated[str, AfterValidator(plain), AfterValidator(_organization_id)]


class HubSettings(BaseModel):
    """Where the hub is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: HubAccount | None = Field(
        default=None,
        description="The id of the hub's account, or its NAME in [accounts.NAME]. Default: each "
        "account has its own hub.",
    )
    region: Region | None = Field(
        default=None, description="The Region of the hub. Default: regions.home."
    )
    organization_id: OrganizationId | None = Field(
        default=None,
        description="The organization whose accounts may forward to the hub. Default: only those "
        "of [accounts].",
    )
    fallback_emails: AlarmEmails = Field(
        default=(),
        description="Addresses that are notified by each other Region itself if it cannot reach "
        "the hub, or if its guard is attacked. SNS asks each to confirm, once per Region and "
        "account.",
    )


HUB_KEYS: Final = tuple(HubSettings.model_fields)


def hub_errors(
    values: Values, partition: str, watched: list[str] | None
) -> Iterator[InitErrorDetails]:
    """Yield the errors between the hub and other settings.

    Args:
        values: The settings with their defaults, before validation: each value may be anything.
        partition: The partition of the settings.
        watched: The watched Regions; None if they have errors.
    """
    notify = table(values, "notify")
    hub = given_hub(notify)
    if notify.get("topology") != HUB_TOPOLOGY:
        if hub:
            yield invalid_at(
                ("notify", "hub"),
                dict(hub),
                'has no effect with notify.topology = "regional"',
                'remove it, or set notify.topology = "hub"',
            )
        return
    yield from _duplicate_errors(hub)
    remediation = table(values, "remediation")
    if remediation.get("enabled") is True and remediation.get("runbook") == "aws":
        yield invalid_at(
            ("notify", "topology"),
            HUB_TOPOLOGY,
            'needs remediation.runbook = "reprieve": Amazon\'s runbook sends no result to a hub',
            'set runbook = "reprieve", or topology = "regional"',
        )
    given = hub.get("region")
    if isinstance(given, str):
        yield from other_partition_at(
            ("notify", "hub", "region"),
            given,
            regions.partition_of(given),
            partition,
            "name a Region of the partition; accounts of another one need another hub",
        )
    if not _is_here(values, hub):
        yield from _sender_errors(values, hub)
        return
    region = given if isinstance(given, str) else _home(values, partition)
    if watched and region and regions.partition_of(region) == partition and region not in watched:
        yield invalid_at(
            ("notify", "hub", "region") if given else ("notify", "topology"),
            region if given else HUB_TOPOLOGY,
            f"puts the hub in {region}, which is not watched",
            "add it to regions.watch, or name a watched Region in notify.hub.region",
        )


def _duplicate_errors(hub: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    emails, seen = hub.get("fallback_emails"), set()
    for index, email in enumerate(emails if isinstance(emails, list | tuple) else ()):
        if str(email).lower() in seen:
            place = ("notify", "hub", "fallback_emails", index)
            yield invalid_at(place, email, "is in the list already", "remove one of the two")
        seen.add(str(email).lower())


def _is_here(values: Values, hub: Mapping[str, object]) -> bool:
    """Return whether the hub is in the account that the settings are for."""
    return hub.get("account") in (None, table(values, "account").get("id"))


def _sender_errors(values: Values, hub: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield what is wrong with a hub in another account."""
    if not re.fullmatch(r"[0-9]{12}", str(hub.get("account"))):
        return  # its own error
    if table(values, "account").get("id") is None:
        yield invalid_at(
            ("notify", "hub", "account"),
            hub.get("account"),
            "needs account.id: without it, Reprieve cannot tell whether this account is the hub's",
            f'write the id of this account: [account] id = "{EXAMPLE_ID}"',
        )
    elif hub.get("region") is None and table(values, "regions").get("home") is None:
        yield invalid_at(
            ("notify", "hub"),
            dict(hub),
            "has no region, which a hub in another account needs",
            'add region = "…": the Region of the hub',
        )


def senders_errors(accounts: Sequence[Values]) -> Iterator[InitErrorDetails]:
    """Yield an error if the policy of a hub's bus would name too many accounts.

    Args:
        accounts: The settings of all accounts, before validation: each value may be anything.
    """
    hubs = [given_hub(table(each, "notify")) for each in accounts]
    named = [hub for hub in hubs if "account" in hub and "organization_id" not in hub]
    if len(named) > MAX_SENDERS:
        yield invalid_at(
            ("notify", "hub"),
            dict(named[0]),
            f"is the hub of {len(named)} accounts; the policy of an event bus has space for "
            f"{MAX_SENDERS}",
            'add organization_id = "o-…": the policy then names the organization instead',
        )


def with_hub_account(values: Mapping[str, object], accounts: object) -> dict[str, object]:
    """Return the settings of an account with the id of the hub's account in place of its name.

    `accounts` are the tables of all accounts, by their names.
    """
    notify = values.get("notify")
    hub = notify.get("hub") if isinstance(notify, dict) else None
    named = hub.get("account") if isinstance(hub, dict) else None
    found = accounts.get(named) if isinstance(accounts, dict) and isinstance(named, str) else None
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return dict(values)
    assert isinstance(notify, dict)  # noqa: S101 - it has the hub
    assert isinstance(hub, dict)  # noqa: S101 - it has the account
    return {**values, "notify": {**notify, "hub": {**hub, "account": found["id"]}}}


def alerting_regions(values: Values, partition: str, watched: list[str]) -> list[str] | None:
    """Return the Regions with a topic of the alerts: that of the hub, or every watched one.

    None if the hub is in another account.
    """
    notify = table(values, "notify")
    if notify.get("topology") != HUB_TOPOLOGY:
        return watched
    hub = given_hub(notify)
    given = hub.get("region") or _home(values, partition)
    return [each for each in watched if each == given] if _is_here(values, hub) else None


def given_hub(notify: Mapping[str, object]) -> Mapping[str, object]:
    """Return the keys of `notify.hub` that are given, before validation."""
    hub = notify.get("hub")
    found = hub.model_dump() if isinstance(hub, HubSettings) else hub
    if not isinstance(found, dict):
        return {}
    return {key: value for key, value in found.items() if value not in (None, (), [])}


def _home(values: Values, partition: str) -> str | None:
    home = table(values, "regions").get("home")
    if home is None:
        return regions.home_of(partition)
    return home if isinstance(home, str) else None
