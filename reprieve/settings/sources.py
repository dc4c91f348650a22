"""Where settings come from: a TOML file, and environment variables over it."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from reprieve import regions
from reprieve.settings.errors import SettingError, SettingsError, shown
from reprieve.text import nearest

PREFIX: Final = "REPRIEVE_"
FILE_VARIABLE: Final = "REPRIEVE_SETTINGS"
RESERVED: Final = (FILE_VARIABLE, "REPRIEVE_STOCK_BINDINGS", "REPRIEVE_PROVIDER_MIRROR")
"""The environment variables that have the prefix and are not settings."""

Values = dict[str, object]


def variable_of(table: str, key: str) -> str:
    """Return the environment variable of a setting: REPRIEVE_NOTIFY__EMAILS of notify.emails."""
    return f"{PREFIX}{table}__{key}".upper()


def read_file(directory: Path, name: str, named: bool) -> Values | None:
    """Return what a TOML file says; None if there is no such file and FILE_VARIABLE `named` none.

    Raises:
        SettingsError: there is a file, or there should be, and it cannot be read as TOML.
    """
    try:
        said = (directory / name).read_bytes()
        text = said.decode("utf-8-sig")  # some editors put a byte order mark first
        return tomllib.loads(text)
    except FileNotFoundError:
        if not named:
            return None
        rule, hint = "names a file that is not there", "name the file, or unset the variable"
    except OSError as error:
        rule, hint = f"cannot be read: {error.strerror}", "make it a file that you may read"
    except UnicodeDecodeError as error:
        line = said.count(b"\n", 0, error.start) + 1
        rule, hint = f"is not UTF-8: see line {line}", "save it as UTF-8"
    except tomllib.TOMLDecodeError as error:
        rule = f"is not TOML: {error}{_line_of(text, str(error))}"
        hint = 'texts stand in quotation marks ("…"), lists in brackets (["…", "…"])'
    except (ValueError, RecursionError) as error:
        # Python gives up at integers of thousands of digits and at as many brackets.
        rule, hint = f"cannot be read: {error}", "compare it with docs/settings.md"
    key, value = (FILE_VARIABLE, shown(name)) if named else (name, None)
    raise SettingsError([SettingError(key, rule, hint, value)])


def _line_of(text: str, error: str) -> str:
    """Return the line that a TOML error is about, to be set behind the error; empty at the end."""
    number = re.search(r"at line (\d+)", error)
    if not number:
        return ""
    lines = text.split("\n")  # as TOML counts them; splitlines would also break elsewhere
    return f": {lines[int(number[1]) - 1].strip()}"


def read_environment(
    environ: Mapping[str, str], tables: Mapping[str, Mapping[str, object]]
) -> tuple[dict[str, dict[str, object]], list[SettingError]]:
    """Return what the environment says, as a file would, and the variables that nothing reads.

    Args:
        environ: The environment variables; those without the prefix are nobody's business here.
        tables: The known settings, `{table: {key: …}}`.
    """
    known = {
        variable_of(table, key): (table, key) for table, keys in tables.items() for key in keys
    }
    values: dict[str, dict[str, object]] = {}
    unknown = []
    for name, text in environ.items():
        if name in known:
            table, key = known[name]
            values.setdefault(table, {})[key] = _decoded(key, text)
        elif name.upper().startswith(PREFIX) and name not in RESERVED:
            # Compared without the prefix, which all have in common.
            ends = [each.removeprefix(PREFIX) for each in (*known, *RESERVED)]
            near = nearest(name[len(PREFIX) :], ends)
            hint = f"did you mean {PREFIX}{near}?" if near else "write REPRIEVE_<TABLE>__<KEY>"
            # Its value is not shown: who knows what it was meant for.
            unknown.append(
                SettingError(name, "is an environment variable that no setting has", hint)
            )
    return values, unknown


def _decoded(key: str, text: str) -> object:
    """Return the value that an environment variable's text means, by the key's type.

    What has no such meaning stays text, and the key's own rule refuses it.
    """
    match key:
        case "enabled" | "alarms" | "re_enable" | "enable_disabled" | "strict_topic_policy":
            return {"true": True, "false": False}.get(text, text)
        case "emails" | "exclude" | "principals" | "keys" | "threats":
            return _list(text)
        case "watch":
            # A lone text is a Region, or else a word: "default", "all" or a slip of the pen.
            lone = not text.startswith("[") and "," not in text
            return text if lone and not regions.partition_of(text) else _list(text)
        case "encryption":
            return _list(text) if "arn:" in text or text.startswith("[") else text
        case _:
            return text


def _list(text: str) -> object:
    """Return the list that a text means: JSON if it begins like it, or values between commas."""
    if not text.startswith("["):
        return text.split(",") if text else []
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
