"""The Regions that each account has disabled, and those that answer slowly."""

from __future__ import annotations

from threading import Event

from reprieve.regions import DEFAULT_REGIONS, known_regions, partition_of
from sandbox.core.account import ACCOUNT_ID, current_account


class Switches:
    """The Regions of the accounts. All are enabled and fast until a test changes that."""

    def __init__(self) -> None:
        self._off: set[tuple[str, str]] = set()
        self._seconds: dict[str, float] = {}
        self._no_delay = Event()

    def switch_off(self, region: str, account: str = ACCOUNT_ID) -> None:
        """Disable an opt-in Region of an account, like `account:DisableRegion`.

        Raises:
            ValueError: It is no opt-in Region.
        """
        if region in DEFAULT_REGIONS or partition_of(region) != "aws":
            raise ValueError(f"{region} is no opt-in Region")
        self._off.add((account, region))

    def slow_down(self, region: str, seconds: float) -> None:
        """Delay every answer of a Region by some seconds."""
        self._no_delay.clear()
        self._seconds[region] = seconds

    def reset(self) -> None:
        """Enable all Regions, and end all delays immediately."""
        self._off.clear()
        self._seconds.clear()
        self._no_delay.set()

    def is_off(self, region: str) -> bool:
        """Tell whether the present account has disabled the Region."""
        return (current_account(), region) in self._off

    def wait(self, region: str) -> None:
        """Wait for the delay of the Region, if it has one."""
        if seconds := self._seconds.get(region):
            self._no_delay.wait(seconds)

    def described(self, region: str) -> dict[str, str]:
        """Return EC2's opt-in status of each Region in the partition of a Region."""
        partition = partition_of(region) or "aws"
        return {name: self._status(name) for name in known_regions(partition)}

    def _status(self, region: str) -> str:
        if region in DEFAULT_REGIONS or partition_of(region) != "aws":
            return "opt-in-not-required"
        return "not-opted-in" if self.is_off(region) else "opted-in"
