"""How alerts reach people: from each Region by itself, or from the hub for all Regions.

The hub is in one of the watched Regions of one account. That Region's guard notifies people
itself, as in the regional topology, and is independent of the hub's event buses. The other Regions
and accounts, the spokes, forward what people have to know to these buses. Which bus it is says what
happens because of the event, since a rule cannot add anything to an event that it forwards to
another account (EventBridge API reference, PutTargets).
"""

from reprieve.location import Location
from reprieve.runbooks.script_source import Results
from reprieve.settings.hub import HUB_TOPOLOGY
from reprieve.settings.schema import Settings


def uses_hub(settings: Settings) -> bool:
    """Return whether the alerts of all Regions are sent from the hub."""
    return settings.notify.topology == HUB_TOPOLOGY


def hub_location(settings: Settings, location: Location) -> Location | None:
    """Return where the hub is; None in the regional topology."""
    if not uses_hub(settings):
        return None
    account = location.account if _is_hub_account(settings) else str(settings.notify.hub.account)
    return Location(location.partition, _hub_region(settings), account)


def hub_of(settings: Settings) -> Location | None:
    """Return where the hub of an account is; None in the regional topology.

    Its account is empty if it is that of the settings, whose id is not known.
    """
    regions = settings.regions
    here = Location(regions.partition, regions.home, settings.account.id or "")
    return hub_location(settings, here)


def _hub_region(settings: Settings) -> str:
    return settings.notify.hub.region or settings.regions.home


def _is_hub_account(settings: Settings) -> bool:
    """Return whether the hub, if there is one, is in this account."""
    return settings.notify.hub.account in (None, settings.account.id)


def has_hub(settings: Settings, region: str) -> bool:
    """Return whether the hub is in this Region of this account."""
    return uses_hub(settings) and _is_hub_account(settings) and _hub_region(settings) == region


def sending_accounts(settings: Settings) -> tuple[str, ...]:
    """Return the ids of the other accounts that forward to the hub of this one."""
    if settings.notify.hub.account is None:
        return ()  # each has its own
    return tuple(each for each in settings.all_account_ids if each != settings.account.id)


def is_spoke(settings: Settings, region: str) -> bool:
    """Return whether a Region has its alerts sent by the hub."""
    return uses_hub(settings) and not has_hub(settings, region)


def results_of(settings: Settings, region: str) -> Results:
    """Return where the runbooks of a Region send their results."""
    if is_spoke(settings, region):
        return Results.EVENTS
    return Results.BOTH if settings.channel else Results.TOPICS


def forwarding_settings(settings: Settings) -> tuple[Settings, ...]:
    """Return the settings of all accounts whose alerts the hub of this one sends, these included.

    Accounts that are deployed with other settings are not known.
    """
    return tuple(each for each in settings.all_known if _has_the_hub_of(each, settings))


def forwarding_regions(settings: Settings) -> dict[str | None, int]:
    """Return how many Regions of each account forward to the hub of this one, by the account's id.

    The id of this account is None if the settings do not have it. Accounts that are deployed with
    other settings are not known.
    """
    counts = {
        each.account.id: sum(is_spoke(each, region) for region in each.regions.watched)
        for each in settings.all_accounts
        if _has_the_hub_of(each, settings)
    }
    return {account: count for account, count in counts.items() if count}


def _has_the_hub_of(settings: Settings, other: Settings) -> bool:
    return uses_hub(settings) and _hub_place(settings) == _hub_place(other)


def _hub_place(settings: Settings) -> tuple[str | None, str]:
    """Return account and Region of the hub; None is this account, whose id is not known."""
    return settings.notify.hub.account or settings.account.id, _hub_region(settings)
