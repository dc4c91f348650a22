"""Where the settings come from: a TOML file, and environment variables that override it."""

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, get_origin

from pydantic import BaseModel, Discriminator
from pydantic.fields import FieldInfo

from reprieve import regions
from reprieve.environment import cdk
from reprieve.settings.errors import SettingError, SettingsError, shown
from reprieve.text import nearest, without_secrets

PREFIX: Final = "REPRIEVE_"
FILE_VARIABLE: Final = f"{PREFIX}SETTINGS"
ACCOUNT_VARIABLE: Final = f"{PREFIX}ACCOUNT"
READ_ONLY_VARIABLE: Final = f"{PREFIX}READ_ONLY"
"""If it is 1, `read_role_arn` of each account is assumed instead of `role_arn`."""
DEFAULT_FILE: Final = "reprieve.toml"
EXAMPLE_FILE: Final = "reprieve.example.toml"
"""The example of the settings, which `reprieve init` fills in."""
RESERVED: Final = (
    FILE_VARIABLE,
    ACCOUNT_VARIABLE,
    READ_ONLY_VARIABLE,
    cdk.VARIABLE,
    f"{PREFIX}STOCK_BINDINGS",
    f"{PREFIX}PROVIDER_MIRROR",
)
"""The environment variables that have the prefix and are not settings."""

Values = dict[str, object]


def variable_of(table: str, key: str) -> str:
    """Return the environment variable of a setting: REPRIEVE_NOTIFY__EMAILS of notify.emails."""
    return f"{PREFIX}{table}__{key}".upper()


def read_file(directory: Path, name: str, named: bool) -> Values | None:
    """Return the content of a TOML file; None if it does not exist and FILE_VARIABLE is not set.

    Args:
        directory: The directory of the file.
        name: Its name.
        named: Whether the name comes from FILE_VARIABLE.

    Raises:
        SettingsError: The file is missing though it was named, or it cannot be read as TOML.
    """
    if not name:
        rule, hint = "is empty", "name a file, or unset the variable"
        raise SettingsError([SettingError(FILE_VARIABLE, rule, hint, shown(name))])
    try:
        content = (directory / name).read_bytes()
        text = content.decode("utf-8-sig")  # some editors add a byte order mark
        return tomllib.loads(text)
    except FileNotFoundError:
        if not named:
            return None
        rule, hint = "names a file that does not exist", "name another file, or unset the variable"
        error = SettingError(FILE_VARIABLE, rule, hint, shown(name))
    except OSError as failure:
        rule, hint = f"cannot be read: {failure.strerror}", "use a file that you can read"
        error = (
            SettingError(FILE_VARIABLE, rule, hint, shown(name))
            if named
            else SettingError(name, rule, hint)
        )
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        error = SettingError(name, f"is not UTF-8: see line {line}", "save it as UTF-8")
    except tomllib.TOMLDecodeError as failure:
        rule = f"is not TOML: {failure}{_line_of(text, str(failure))}"
        error = SettingError(name, rule, _toml_hint(str(failure)))
    except (ValueError, RecursionError) as failure:
        error = SettingError(name, *_limit_error(failure))
    raise SettingsError([error])


# By how Python's error begins. The others are about a value that is no TOML.
_TOML_HINTS: Final = {
    "Cannot declare": "write each table once, with all of its keys below it",
    "Cannot overwrite": "write each key once",
    "Cannot mutate": "write each table once, with all of its keys below it",
    "Expected '='": "write KEY = VALUE on each line, such as enabled = true",
    "Expected ']'": "write the name of a table in brackets, as in [notify]",
    "Unclosed array": "close the list with a bracket",
    "Illegal character": "close the text with a quotation mark",
    'Expected "\'"': "close the text with a quotation mark",
    "Expected newline": "write each KEY = VALUE on a line of its own",
}


def _toml_hint(error: str) -> str:
    default = 'write text in quotation marks ("…") and lists in brackets (["…", "…"])'
    return next((hint for begin, hint in _TOML_HINTS.items() if error.startswith(begin)), default)


def _limit_error(failure: ValueError | RecursionError) -> tuple[str, str]:
    """Return rule and hint for what TOML allows, and Python refuses to read."""
    if isinstance(failure, RecursionError):
        return "cannot be read: it nests too many brackets", "remove brackets"
    if "digits" in str(failure):
        return "cannot be read: a number in it has thousands of digits", "write a smaller number"
    return f"cannot be read: {failure}", f"compare it with {EXAMPLE_FILE}"


def _line_of(text: str, error: str) -> str:
    """Return the line that a TOML error is about, to append; empty if the error names no line."""
    number = re.search(r"at line (\d+)", error)
    if not number:
        return ""
    lines = text.split("\n")  # as TOML counts lines; splitlines also splits elsewhere
    return f": {without_secrets(lines[int(number[1]) - 1].strip())}"


def read_environment(
    environ: Mapping[str, str], tables: Mapping[str, Mapping[str, FieldInfo]]
) -> tuple[dict[str, dict[str, object]], list[SettingError]]:
    """Return the settings in the environment, and an error for each unknown variable.

    The reserved variables with few values are checked here too.

    Args:
        environ: The environment variables. Those without the prefix are ignored.
        tables: The known settings, `{table: {key: its pydantic field}}`.
    """
    known = {
        variable_of(table, key): (table, key) for table, keys in tables.items() for key in keys
    }
    values: dict[str, dict[str, object]] = {}
    unknown = []
    for name, text in environ.items():
        if name in known:
            table, key = known[name]
            values.setdefault(table, {})[key] = _decoded(tables[table][key], text)
        elif name.upper().startswith(PREFIX) and name not in RESERVED:
            # Compare without the common prefix: it would make all names similar.
            ends = [each.removeprefix(PREFIX) for each in (*known, *RESERVED)]
            near = nearest(name[len(PREFIX) :], ends)
            hint = f"did you mean {PREFIX}{near}?" if near else f"write {PREFIX}<TABLE>__<KEY>"
            # Do not show the value: it may be a secret.
            unknown.append(SettingError(name, "is not the variable of any setting", hint))
        elif name == cdk.VARIABLE and text and text not in cdk.CHOICES:
            rule, hint = f"is not {' or '.join(cdk.CHOICES)}", "write one of them, or unset it"
            unknown.append(SettingError(name, rule, hint, shown(text)))
        elif name == READ_ONLY_VARIABLE and text not in ("", "0", "1"):
            hint = "write 1 to use read_role_arn, or unset it"
            unknown.append(SettingError(name, "is neither 0 nor 1", hint, shown(text)))
    return values, unknown


def is_read_only(environ: Mapping[str, str]) -> bool:
    """Return whether the roles that can change nothing are assumed: REPRIEVE_READ_ONLY is 1."""
    return environ.get(READ_ONLY_VARIABLE) == "1"


def _decoded(field: FieldInfo, text: str) -> object:
    """Return the value of an environment variable, by the type of its setting.

    A text that is no such value stays text; the type of the setting then refuses it.
    """
    if field.annotation is bool:
        return {"true": True, "false": False}.get(text, text)
    if field.annotation is int:
        # Python refuses thousands of digits; the first hundred are as wrong as all of them.
        return int(text[:100]) if re.fullmatch(r"-?[0-9]+", text) else text
    if get_origin(field.annotation) is dict:
        return _mapping(text)
    if get_origin(field.annotation) is tuple:
        return _list(text)
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
        return _table(text)
    if any(isinstance(each, Discriminator) for each in field.metadata):  # a word or a list
        single = not text.startswith("[") and "," not in text
        is_item = text.startswith("arn:") or regions.partition_of(text)
        return text if single and not is_item else _list(text)
    return text


def _table(text: str) -> object:
    """Return a table, from JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _mapping(text: str) -> object:
    """Return a table: the JSON if the text begins with a brace, otherwise KEY=VALUE by commas."""
    if text.startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text
    pairs = [each.partition("=") for each in text.split(",")] if text else []
    return {key: value for key, _, value in pairs} if all(each[1] for each in pairs) else text


def _list(text: str) -> object:
    """Return a list: the JSON if the text begins with a bracket, otherwise the values by commas."""
    if not text.startswith("["):
        return text.split(",") if text else []
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
