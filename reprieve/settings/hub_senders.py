"""The rules between the account of a hub and the accounts that forward to it.

EventBridge drops an event that is forwarded to a bus that does not exist, and the policy of a bus
names the role that may forward. An account works out both from its own settings. So they must be
the same as those of the hub's account.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.names import DEFAULT_PREFIX, DEFAULT_ROLE_PATH
from reprieve.settings.errors import Place, shown
from reprieve.settings.hub import HUB_TOPOLOGY, given_hub
from reprieve.settings.invalid import invalid_at
from reprieve.settings.naming import names_of
from reprieve.settings.unvalidated import Values, table, texts
from reprieve.text import counted

Errors = Iterator[InitErrorDetails]

_LOST: Final = ": no alert would arrive"


@dataclass(frozen=True)
class Party:
    """An account of the deployment, or all that stack sets deploy to.

    `name` is its place in the file, or what it is. `values` are its settings before validation:
    each may be anything. `place_of` returns a place in these settings as a place in the file.
    `is_many` says that it stands for many accounts.
    """

    name: str
    id: object
    values: Values
    place_of: Callable[[Place], Place]
    is_many: bool = False

    @property
    def has_topology(self) -> bool:
        """Whether its alerts are sent by a hub."""
        return table(self.values, "notify").get("topology") == HUB_TOPOLOGY

    @property
    def hub(self) -> Mapping[str, object]:
        """The keys of its `notify.hub` that are given."""
        return given_hub(table(self.values, "notify"))

    @property
    def has_hub(self) -> bool:
        """Whether it has a hub that other accounts may forward to."""
        return self.has_topology and self.hub.get("account") == self.id

    def forwards_to(self, other: "Party") -> bool:
        """Return whether another account is that of its hub."""
        return (
            self.id != other.id
            and other.id is not None
            and self.has_topology
            and self.hub.get("account") == other.id
        )

    def overrides(self, *place: str) -> bool:
        """Return whether a setting is not the common one."""
        return self.place_of(place) != place


class _Setting(NamedTuple):
    """A setting that must be the same, its effective value, and what the report says about it."""

    place: Place
    given: object
    effective: str
    introduction: str
    hint: str


def parties_of_hubs(parties: Sequence[Party]) -> Iterator[tuple[Party, list[Party]]]:
    """Yield the account of each hub with the others that forward to it."""
    for hub in parties:
        if senders := [each for each in parties if each.forwards_to(hub)]:
            yield hub, senders


def path_errors(parties: Sequence[Party]) -> Errors:
    """Yield each setting with which an account would forward to a bus that is not the hub's.

    An error is at the override: that of the account that forwards, otherwise that of the hub's.
    """
    for hub, senders in parties_of_hubs(parties):
        if hub.has_hub:
            for find in (_region, _prefix, _role_path):
                yield from _difference_errors(hub, senders, find)
        else:
            yield from _no_hub_errors(hub, senders)


def _no_hub_errors(hub: Party, senders: Sequence[Party]) -> Errors:
    """Yield a hub in an account that has none, or has it for itself only."""
    if not hub.has_topology and hub.overrides("notify", "topology"):
        if hub.hub:
            return  # its own error: they have no effect
        yield invalid_at(
            hub.place_of(("notify", "topology")),
            table(hub.values, "notify").get("topology"),
            f"leaves {_names(senders)} without a hub{_LOST}",
            'remove it, or set topology = "hub"',
        )
    elif hub.overrides("notify", "hub"):
        yield invalid_at(
            hub.place_of(("notify", "hub")),
            dict(hub.hub),
            f"does not name the account, which is the hub's for {_names(senders)}{_LOST}",
            f'add account = "{hub.id}", or remove it',
        )
    else:
        places = dict.fromkeys(each.place_of(("notify", "hub", "account")) for each in senders)
        for place in places:
            yield invalid_at(
                place,
                hub.id,
                f"is {hub.name}, which has no hub for other accounts{_LOST}",
                "name an account that has the same notify.topology and notify.hub.account itself",
            )


def _difference_errors(
    hub: Party, senders: Sequence[Party], find: Callable[[Party], _Setting | None]
) -> Errors:
    """Yield the values of a setting that differ from those of the hub's account."""
    here = find(hub)
    if here is None:
        return
    others: dict[str, list[Party]] = {}
    for sender in senders:
        there = find(sender)
        if there is None or there.effective == here.effective:
            continue
        if sender.place_of(there.place) == there.place:
            others.setdefault(there.effective, []).append(sender)
            continue
        yield invalid_at(
            sender.place_of(there.place),
            there.given,
            f"{there.introduction}differs from {shown(here.effective)} of {hub.name}, where its "
            f"hub is{_LOST}",
            there.hint,
        )
    for effective, those in others.items():
        yield invalid_at(
            hub.place_of(here.place),
            here.given,
            f"{here.introduction}differs from {shown(effective)} of {_names(those)}, whose hub is "
            f"here{_LOST}",
            here.hint,
        )


def _region(party: Party) -> _Setting | None:
    """Return the Region of the hub, by the settings of an account; None if it has an error."""
    region, home = party.hub.get("region"), table(party.values, "regions").get("home")
    if home is None and party.has_hub:  # without both, the others have an error of their own
        home = _default_home(party.values)
    effective = region or home
    if not isinstance(effective, str) or regions.partition_of(effective) is None:
        return None
    if region:
        hint = "name the same Region for all accounts of a hub"
        return _Setting(("notify", "hub", "region"), region, effective, "", hint)
    if party.overrides("notify", "hub"):
        why = f"has no region: that is {shown(home)} of regions.home, which "
        hint = 'add region = "…": the Region of the hub'
        return _Setting(("notify", "hub"), dict(party.hub), effective, why, hint)
    hint = "name the hub's Region in the notify.hub of all accounts: regions.home may then differ"
    return _Setting(("regions", "home"), home, effective, "", hint)


def _default_home(values: Values) -> str:
    watched = map(regions.partition_of, texts(values, "regions", "watch").values())
    return regions.home_of(next(filter(None, watched), "aws"))


def _prefix(party: Party) -> _Setting | None:
    given = table(party.values, "names").get("prefix", DEFAULT_PREFIX)
    return _name(("names", "prefix"), given, names_of(party.values).prefix)


def _role_path(party: Party) -> _Setting | None:
    given = table(party.values, "names").get("role_path", DEFAULT_ROLE_PATH)
    return _name(("names", "role_path"), given, names_of(party.values).role_path)


def _name(place: Place, given: object, valid: str) -> _Setting | None:
    """Return a key of `[names]`; None if it is invalid, so that the default stands for it."""
    hint = "remove it, or write it under [names] for all accounts"
    return _Setting(place, given, valid, "", hint) if given == valid else None


def _names(parties: Sequence[Party]) -> str:
    """Return the first of some accounts, and how many others there are."""
    first, others = parties[0].name, len(parties) - 1
    return f"{first} and {counted(others, 'other account')}" if others else first
