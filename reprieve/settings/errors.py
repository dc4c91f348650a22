"""The errors that settings can have, and the report that lists them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from reprieve.errors import ExitCode, ReprieveError
from reprieve.text import counted, printable

Place = tuple[str | int, ...]
"""The path of a value in the settings: `("regions", "watch", 2)`."""


@dataclass(frozen=True)
class SettingError:
    """One error: the setting that has it, the rule that its value breaks, and how to fix it."""

    key: str
    """The setting, such as `regions.watch[2]`, or the name of a file or an environment variable."""
    rule: str
    """The rule that the value breaks. It continues a sentence that begins with the value."""
    hint: str
    """What to do."""
    value: str | None = None
    """The value in TOML (see `shown`); None if there is no value to show."""
    origin: str | None = None
    """The file or environment variable that holds the value; None if `key` already names it."""


class SettingsError(ReprieveError):
    """The settings have errors. `str()` of it is the whole report, without a traceback."""

    exit_code = ExitCode.USAGE

    def __init__(self, errors: Iterable[SettingError]) -> None:
        self.errors: tuple[SettingError, ...] = tuple(errors)
        super().__init__(_report(self.errors))


def key_of(place: Place) -> str:
    """Return a place in the form that people write: `regions.watch[2]`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)[1:]


def shown(value: object) -> str:
    """Return a value as one line of TOML. Long and nested values are shortened."""
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list | tuple):
        text = f"[{', '.join('[…]' if isinstance(item, list) else shown(item) for item in value)}]"
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except ValueError:  # Python does not print integers of thousands of digits
            text = "…"
    return text if len(text) <= 80 else f"{text[:79]}…"


def _report(errors: tuple[SettingError, ...]) -> str:
    """Return the report. The first line names the origin if all errors have the same one."""
    origins = {error.origin for error in errors}
    one_origin = origins.pop() if len(origins) == 1 else None
    lines = [
        f"{one_origin or 'The settings'} {'has' if one_origin else 'have'} "
        f"{counted(len(errors), 'error')}:"
    ]
    for error in errors:
        value = "" if error.value is None else f" = {error.value}"
        origin = f"  ← {error.origin}" if error.origin and not one_origin else ""
        lines += [
            "",
            f"  {error.key}{value}{origin}",
            f"      {error.rule}",
            f"      → {error.hint}",
        ]
    return "\n".join(map(printable, lines))
