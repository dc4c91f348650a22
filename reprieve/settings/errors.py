"""What is wrong with the settings, said so that the reader can mend it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from reprieve.errors import ExitCode, ReprieveError
from reprieve.text import printable

Place = tuple[str | int, ...]
"""Where a value is in the settings: `("regions", "watch", 2)`."""


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the settings: where, what, by which rule, and what to do about it."""

    key: str
    """The place: `regions.watch[2]`, or the name of a file or of an environment variable."""
    rule: str
    """What the value breaks, as the end of a sentence that the value begins."""
    remedy: str
    """What to do."""
    value: str | None = None
    """The value as TOML would have it (see `shown`); None where there is none to show."""
    origin: str | None = None
    """The file or the environment variable that the value came from; None where the key says it."""


class SettingsError(ReprieveError):
    """The settings are at fault. `str()` of it is the whole text to show, without a traceback."""

    exit_code = ExitCode.USAGE

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        super().__init__(_report(self.faults))


def key_of(place: Place) -> str:
    """Return a place as people write it: `regions.watch[2]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]


def shown(value: object) -> str:
    """Return a setting's value in one line of TOML, cut short where it is long or nested."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list | tuple):
        text = f"[{', '.join('[…]' if isinstance(item, list) else shown(item) for item in value)}]"
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except ValueError:  # Python refuses to write out an integer of thousands of digits
            text = "…"
    return text if len(text) <= 80 else f"{text[:79]}…"


def _report(faults: tuple[Fault, ...]) -> str:
    """Lay the faults out; each names its origin, unless one origin is to blame for them all."""
    origins = {fault.origin for fault in faults}
    one_origin = origins.pop() if len(origins) == 1 else None
    lines = [
        f"{one_origin or 'The settings'} {'has' if one_origin else 'have'} "
        f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'}:"
    ]
    for fault in faults:
        value = "" if fault.value is None else f" = {fault.value}"
        origin = f"  ← {fault.origin}" if fault.origin and not one_origin else ""
        lines += [
            "",
            f"  {fault.key}{value}{origin}",
            f"      {fault.rule}",
            f"      → {fault.remedy}",
        ]
    return "\n".join(map(printable, lines))
