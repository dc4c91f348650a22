"""Which file and which environment variables an error of the settings comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from reprieve.settings.errors import Place
from reprieve.settings.schema import Settings
from reprieve.settings.sources import variable_of
from reprieve.settings.state import without_other_backends

FromEnvironment = Mapping[str, Mapping[str, object]]


def overridden(file: Mapping[str, object], environment: FromEnvironment) -> dict[str, object]:
    """Return the content of the file, overridden key by key. An invalid table stays as it is."""
    merged = dict(file)
    for table, keys in environment.items():
        under = merged.get(table, {})
        if table == "state" and isinstance(under, dict):
            under = without_other_backends(under, keys)
        merged[table] = {**under, **keys} if isinstance(under, dict) else under
    return merged


@dataclass(frozen=True)
class Origins:
    """The two sources of the settings. `file` is the name of the file, None if there is none."""

    file: str | None
    from_file: Mapping[str, object]
    from_environment: FromEnvironment

    def of(self, error: ErrorDetails) -> str:
        """Return the origin of an error: what to change, and what it does not go together with.

        Two settings may be wrong only together. Then the value in the file is an error only because
        of a variable, and the variable is named too.
        """
        table, *rest = error["loc"]
        if rest and rest[0] in self.from_environment.get(cast("str", table), {}):
            return variable_of(cast("str", table), cast("str", rest[0]))
        causes = [name for name, rest in self._without_each.items() if _identity(error) not in rest]
        if self.file is None:
            return " and ".join(causes) or "the environment"
        return f"{self.file} with {' and '.join(causes)}" if causes else self.file

    @cached_property
    def _without_each(self) -> dict[str, frozenset[tuple[Place, str]]]:
        """The errors that are left without a variable, by variable."""
        return {
            variable_of(table, key): _errors_of(
                overridden(self.from_file, _without(self.from_environment, table, key))
            )
            for table, keys in self.from_environment.items()
            for key in keys
        }


def _without(environment: FromEnvironment, table: str, key: str) -> FromEnvironment:
    return {
        name: {each: value for each, value in keys.items() if (name, each) != (table, key)}
        for name, keys in environment.items()
    }


def _errors_of(values: dict[str, object]) -> frozenset[tuple[Place, str]]:
    try:
        Settings.model_validate(values)
    except ValidationError as error:
        return frozenset(map(_identity, error.errors(include_url=False)))
    return frozenset()


def _identity(error: ErrorDetails) -> tuple[Place, str]:
    return error["loc"], error["ctx"]["rule"]
