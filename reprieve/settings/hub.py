"""The settings of the hub: where the alerts of all Regions are sent from."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.settings.invalid import invalid_at, other_partition_at
from reprieve.settings.types import Region
from reprieve.settings.unvalidated import Values, table

Topology = Literal["regional", "hub"]
HUB_TOPOLOGY: Final = "hub"


class HubSettings(BaseModel):
    """Where the hub is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    region: Region | None = Field(
        default=None, description="The Region of the hub. Default: regions.home."
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
                'remove it, or set topology = "hub"',
            )
        return
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
            "name a Region of the partition",
        )
    region = given if isinstance(given, str) else _home(values, partition)
    if watched and region and regions.partition_of(region) == partition and region not in watched:
        yield invalid_at(
            ("notify", "hub", "region") if given else ("notify", "topology"),
            region if given else HUB_TOPOLOGY,
            f"puts the hub in {region}, which is not watched",
            "add it to regions.watch, or name a watched Region in notify.hub.region",
        )


def alerting_regions(values: Values, partition: str, watched: list[str]) -> list[str]:
    """Return the Regions with a topic of the alerts: that of the hub, or every watched one."""
    notify = table(values, "notify")
    if notify.get("topology") != HUB_TOPOLOGY:
        return watched
    given = given_hub(notify).get("region") or _home(values, partition)
    return [region for region in watched if region == given]


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
