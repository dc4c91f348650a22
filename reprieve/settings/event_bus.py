"""The setting of a custom event bus: the table `[events]`."""

import re
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import InitErrorDetails

from reprieve.settings.hub import HUB_TOPOLOGY
from reprieve.settings.invalid import invalid, invalid_at, plain
from reprieve.settings.unvalidated import Values, table

# EventBridge API reference, CreateEventBus: Name. The buses of partners have a slash.
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,256}")


def _bus_name(text: str) -> str:
    """Refuse what is not the name of a custom event bus."""
    if text == "default":
        raise invalid("is the bus that every Region has, and that Reprieve uses", "remove the key")
    if not _NAME.fullmatch(text) or text.startswith("aws."):
        raise invalid(
            "is not 1 to 256 letters, digits, periods, hyphens and underscores",
            'write the name of an event bus of yours, like "security"',
        )
    return text


BusName = Annotated[str, AfterValidator(plain), AfterValidator(_bus_name)]


class EventsSettings(BaseModel, frozen=True, extra="forbid"):
    """Where the rules for the events of KMS are."""

    bus: BusName | None = Field(
        default=None,
        description="The name of an event bus that exists in each watched Region. The rules for "
        "the events of KMS are on it: see [event-bus.md](event-bus.md).",
    )


def event_bus_errors(values: Values) -> Iterator[InitErrorDetails]:
    """Yield an error for a custom event bus with a hub: that would be one hop too many."""
    bus = table(values, "events").get("bus")
    if isinstance(bus, str) and table(values, "notify").get("topology") == HUB_TOPOLOGY:
        yield invalid_at(
            ("events", "bus"),
            bus,
            'does not go together with notify.topology = "hub": EventBridge forwards an event from '
            "one bus to another only once",
            "remove one of the two",
        )
