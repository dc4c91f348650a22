"""`state.split`: how many stacks, each with a state of its own, an account has."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator
from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.settings.invalid import invalid, invalid_at, plain

ACCOUNT: Final = "account"
AREA: Final = "area"
REGION: Final = "region"
SPLITS: Final = (ACCOUNT, AREA, REGION)
"""One stack for all Regions of an account, one for each area, one for each Region."""

CHAT: Final = "chat"
"""The part with the chat channels, which are created when all topics exist."""

STACK_WORD: Final = "STACK"
"""In `key` and `workspace`, with `[accounts.NAME]` or a split: the name of the stack."""

_NAMES: Final = {"s3": "key", "hcp": "workspace"}
"""The key of each backend that names the state."""


MARKER_TYPE: Final = "terraform_data"
_MARKER: Final = "split-by-"


class Marker(NamedTuple):
    """A resource in the base stack that says how the state is split."""

    name: str
    provider: str
    """The alias of its provider. Terraform's error about it is what people read."""

    @property
    def address(self) -> str:
        """The address in the state."""
        return f"{MARKER_TYPE}.{self.name}"


def marker_of(split: str) -> Marker | None:
    """Return the marker of a split; an account in one stack has none."""
    if split == ACCOUNT:
        return None
    return Marker(f"{_MARKER}{split}", f"split_by_{split}__run_reprieve_move_state")


def is_marker(type: str, name: str) -> bool:
    """Return whether a resource of a state is the marker of any split."""
    return type == MARKER_TYPE and name.startswith(_MARKER)


def _split(text: str) -> str:
    """Refuse an unknown split."""
    if text not in SPLITS:
        raise invalid(
            "is not a way to split the state", 'write "account", "area" or "region": docs/state.md'
        )
    return text


Split = Annotated[str, AfterValidator(plain), AfterValidator(_split)]


def part_of(split: object, region: str) -> str | None:
    """Return the part that has a Region's guard, as it ends the stack's name; None is no part."""
    return {AREA: regions.area_of(region), REGION: region}.get(str(split))


def part_stack(base: str, part: str) -> str:
    """Return the name of the stack of a part: `reprieve-europe`."""
    return f"{base}-{part}"


def state_name(backend: object) -> str:
    """Return the key of `[state]` that names the state of a backend; empty if none does."""
    return _NAMES.get(str(backend), "")


def split_errors(values: Mapping[str, object]) -> Iterator[InitErrorDetails]:
    """Yield a name of the state that all stacks of an account would share.

    Args:
        values: The table `[state]`, before validation: each value may be anything.
    """
    split = values.get("split")
    name = state_name(values.get("backend"))
    text = values.get(name)
    if split in (AREA, REGION) and isinstance(text, str) and STACK_WORD not in text:
        yield invalid_at(
            ("state", name),
            text,
            f'is the state of every stack of the account with state.split = "{split}"',
            "write STACK in it, which stands for the name of the stack, or remove it",
        )


def equal_stacks(split: object, stacks: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the accounts whose stack has the name of a part of another account.

    Every part that there may be counts, so that no new Region is the first with an error.

    Args:
        split: The setting, which may be anything.
        stacks: The stack of each account by the account's name.

    Yields:
        The name of the account, and that of the other one.
    """
    if split not in (AREA, REGION):
        return
    possible = {CHAT, *(str(part_of(split, each)) for each in regions.every_region())}
    owners = {
        part_stack(stack, part).lower(): name for name, stack in stacks.items() for part in possible
    }
    for name, stack in stacks.items():
        if owner := owners.get(stack.lower()):
            yield name, owner
