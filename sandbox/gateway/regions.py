"""Which Regions the account has switched on, and which of them answer slowly."""

from __future__ import annotations

from threading import Event
from typing import Final

from reprieve.regions import DEFAULT_REGIONS, known_regions, partition_of


class Switches:
    """The account's Regions: all switched on, all quick, until a test says otherwise."""

    def __init__(self) -> None:
        self._off: set[str] = set()
        self._seconds: dict[str, float] = {}
        self._hurry = Event()

    def switch_off(self, region: str) -> None:
        """Switch an opt-in Region off, as `account:DisableRegion` does; ValueError for others."""
        if region in DEFAULT_REGIONS or partition_of(region) != "aws":
            raise ValueError(f"{region} is no opt-in Region")
        self._off.add(region)

    def slow_down(self, region: str, seconds: float) -> None:
        """Let every answer of a Region take so long."""
        self._hurry.clear()
        self._seconds[region] = seconds

    def reset(self) -> None:
        """Switch all Regions on, and let the waiting go on at once."""
        self._off.clear()
        self._seconds.clear()
        self._hurry.set()

    def is_off(self, region: str) -> bool:
        """Whether the account cannot use the Region."""
        return region in self._off

    def wait(self, region: str) -> None:
        """Take the time that the Region takes."""
        if seconds := self._seconds.get(region):
            self._hurry.wait(seconds)

    def described(self, asked_in: str) -> dict[str, str]:
        """Return the opt-in status of each Region of a Region's partition, as EC2 words it."""
        partition = partition_of(asked_in) or "aws"
        return {region: self._status(region) for region in known_regions(partition)}

    def _status(self, region: str) -> str:
        if region in DEFAULT_REGIONS or partition_of(region) != "aws":
            return _ALWAYS_ON
        return "not-opted-in" if self.is_off(region) else "opted-in"


_ALWAYS_ON: Final = "opt-in-not-required"
