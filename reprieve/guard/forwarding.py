"""Alerts that cross Regions: where the events about the guard itself are forwarded to.

EventBridge sends events to the bus of another Region, and the rules there match them; a topic of
another Region cannot be a target (EventBridge user guide, "Sending and receiving events between
Regions").
"""

from reprieve.events.guard_events import FORWARDED
from reprieve.events.threat import Threat, pattern_json
from reprieve.guard.topology import hub_location, is_spoke, uses_hub
from reprieve.location import Location
from reprieve.names import HUB_BUSES
from reprieve.regions import home_of
from reprieve.settings.schema import Settings


def forwarded_threats(settings: Settings) -> tuple[Threat, ...]:
    """Return the threats whose events are forwarded."""
    return tuple(each for each in FORWARDED if each.name in settings.notify.threats)


def next_region(settings: Settings, region: str) -> str:
    """Return the watched Region after this one, in a ring; itself if it is the only one."""
    watched = settings.regions.watched
    later = [each for each in watched if each > region]
    return later[0] if later else watched[0]


def relay_of(settings: Settings, region: str) -> str | None:
    """Return the Region that this one forwards to; None if no other is watched.

    That is the home Region if it is watched. The home Region forwards to the next one.
    """
    if uses_hub(settings):
        return None  # the hub has this task
    watched, home = settings.regions.watched, settings.regions.home
    hub = home if home in watched else watched[0]
    target = hub if hub != region else next_region(settings, region)
    return target if target != region else None


def relay_region(settings: Settings) -> str | None:
    """Return the Region that needs a forwarding rule although it is not watched, if any.

    CloudTrail delivers IAM's events in one Region of a partition only, in `aws` us-east-1 (IAM user
    guide, "Logging IAM and AWS STS API calls with AWS CloudTrail").
    """
    region = home_of(settings.regions.partition)
    return (
        region if forwarded_threats(settings) and region not in settings.regions.watched else None
    )


def bus_arns(settings: Settings, location: Location) -> tuple[str, ...]:
    """Return the ARNs of all event buses that events are forwarded to."""
    bus = settings.events.bus
    custom = (location.every_region.arn("events", f"event-bus/{bus}"),) if bus else ()
    return (*_regional_bus_arns(settings, location), *custom)


def _regional_bus_arns(settings: Settings, location: Location) -> tuple[str, ...]:
    """Return the ARNs of the event buses that events of other Regions are forwarded to."""
    if hub := hub_location(settings, location):
        spokes = [each for each in settings.regions.watched if is_spoke(settings, each)]
        relay = relay_region(settings)
        return hub_bus_arns(settings, hub) if spokes or relay else ()
    if not forwarded_threats(settings):
        return ()
    sources = [*settings.regions.watched, *filter(None, [relay_region(settings)])]
    targets = {relay_of(settings, region) for region in sources}
    return tuple(bus_arn(location, target) for target in sorted(filter(None, targets)))


def hub_bus_arns(settings: Settings, hub: Location) -> tuple[str, ...]:
    """Return the ARNs of the hub's event buses, in the order of `HUB_BUSES`."""
    names = settings.resource_names
    return tuple(hub.arn("events", f"event-bus/{names.of(id)}") for id in HUB_BUSES)


def bus_arn(location: Location, region: str) -> str:
    """Return the ARN of the default event bus of a Region."""
    return Location(location.partition, region, location.account).arn("events", "event-bus/default")


def own_events(pattern: dict[str, object], region: str) -> str:
    """Return the JSON of a pattern, limited to events of its own Region.

    Without the limit two Regions that forward to each other would forward an event for ever.
    """
    return pattern_json(pattern | {"region": [region]})
