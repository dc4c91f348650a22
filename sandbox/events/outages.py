"""Event buses that no event reaches, because their Region has an outage or is cut off.

Every delivery to such a bus is delayed, and EventBridge retries it as the retry policy of the
target says. Calls of PutEvents on it fail.
"""

from __future__ import annotations

from sandbox.core.errors import AwsError
from sandbox.events.bus_policy import BusName
from sandbox.events.retries import DeliveryDelayed


class Outages:
    """The buses that are unreachable now."""

    def __init__(self) -> None:
        self._buses: set[tuple[str, str, str | None]] = set()

    def begin(self, account: str, region: str, bus: str | None) -> None:
        """Make a bus unreachable; with None, every bus of the account's Region."""
        self._buses.add((account, region, bus))

    def end(self) -> None:
        """Make all buses reachable."""
        self._buses.clear()

    def check_delivery(self, bus: BusName) -> None:
        """Raise DeliveryDelayed if a bus is unreachable."""
        if self._is_out(bus):
            raise DeliveryDelayed("INTERNAL_ERROR", f"{bus.arn} is unreachable")

    def check_call(self, bus: BusName) -> None:
        """Raise PutEvents' error if a bus is unreachable."""
        if self._is_out(bus):
            raise AwsError(
                "InternalException", "This exception occurs due to internal causes.", 500
            )

    def _is_out(self, bus: BusName) -> bool:
        wanted = {(bus.account, bus.region, name) for name in (None, bus.name)}
        return bool(wanted & self._buses)
