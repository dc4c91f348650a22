"""What `reprieve status` checks of the hub's event buses: part of the check of the rules."""

from collections.abc import Iterator

from reprieve.guard.resources import EventBus
from reprieve.status.compare import missing, title_of
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Finding
from reprieve.status.kinds import event_bus as kind
from reprieve.status.tags import compare_tagged


def bus_findings(expected: ExpectedRegion) -> Iterator[Finding]:
    """Yield what differs of each event bus that the settings define in the Region."""
    for bus in expected.guard.buses:
        yield from _findings(expected, bus)


def _findings(expected: ExpectedRegion, bus: EventBus) -> Iterator[Finding]:
    events, title = expected.client("events"), title_of("event bus", bus.name)
    try:
        deployed = events.describe_event_bus(Name=bus.name)
    except events.exceptions.ResourceNotFoundException:
        yield missing(title, bus.name)
        return
    tags = events.list_tags_for_resource(ResourceARN=deployed["Arn"])["Tags"]
    yield from compare_tagged(
        title,
        bus.name,
        kind.expected(bus),
        kind.deployed(deployed),
        expected.tags,
        tags,
    )
