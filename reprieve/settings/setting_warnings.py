"""Warnings about valid settings that likely do not do what they are meant to."""

from collections.abc import Iterator, Sequence
from datetime import date

from reprieve.events.guard_events import GUARD_CHANGED
from reprieve.settings.arns import principal_account
from reprieve.settings.exemption import ended
from reprieve.settings.hub import HUB_TOPOLOGY
from reprieve.settings.schema import Settings
from reprieve.text import some_names


def setting_warnings(accounts: Sequence[Settings], today: date) -> list[str]:
    """Return each warning once, with the names of the accounts that it is about, if they have some.

    Args:
        accounts: The settings of the selected accounts.
        today: The date in UTC.
    """
    found: dict[str, list[str]] = {}
    for each in accounts:
        for sentence in _warnings(each, today):
            found.setdefault(sentence, []).append(each.account.name or "")
    return [f"{_of(names)}{sentence}" for sentence, names in found.items()]


def _of(names: Sequence[str]) -> str:
    if not all(names):
        return ""
    return f"account{'s' if len(names) > 1 else ''} {some_names(names)}: "


def _warnings(settings: Settings, today: date) -> Iterator[str]:
    yield from ended(settings.exemption, today)
    yield from _hub_elsewhere(settings)
    yield from _foreign_deployers(settings)
    yield from _no_deployers_of_stack_sets(settings)
    yield from _fallback_in_members(settings)


def _hub_elsewhere(settings: Settings) -> Iterator[str]:
    """Yield that the hub is in none of several accounts: a deployment of these does not create it.

    Settings of one account say nothing about others, so a hub elsewhere is normal there.
    """
    notify, hub = settings.notify, settings.notify.hub.account
    if not settings.account.name or notify.topology != HUB_TOPOLOGY or not hub:
        return
    if hub not in settings.all_account_ids:
        yield (
            f'notify.hub.account = "{hub}" is the id of no [accounts.NAME]: nobody is notified '
            "until its hub is deployed with settings of its own."
        )


def _fallback_in_members(settings: Settings) -> Iterator[str]:
    """Yield that each account that a stack set deploys to sends confirmation requests."""
    if settings.has_stack_set and settings.members.notify.hub.fallback_emails:
        yield (
            "notify.hub.fallback_emails receive nothing from an account of the stack sets until "
            "they confirm, once per Region and account. Each account that joins sends new requests."
        )


def _foreign_deployers(settings: Settings) -> Iterator[str]:
    """Yield that no deployer is of the account: CloudTrail names the account's own principals."""
    deployers, account = settings.exempt.deployers, settings.account
    if not account.id or not deployers:
        return
    if account.id not in map(principal_account, deployers):
        yield (
            "exempt.deployers has no principal of the account: its deployments send alerts. "
            f"Name the role that deploys there in {_own_exempt(settings)}."
        )


def _no_deployers_of_stack_sets(settings: Settings) -> Iterator[str]:
    """Yield that a roll-out sends alerts: the hub reports every call about the stack sets."""
    if not settings.has_stack_set or settings.exempt.deployers:
        return
    if GUARD_CHANGED.name in settings.notify.threats:
        yield (
            "exempt.deployers is empty: a roll-out sends an alert about each of its calls on the "
            f"stack sets. Name the role that deploys them in {_own_exempt(settings)}."
        )


def _own_exempt(settings: Settings) -> str:
    return "[accounts.NAME.exempt]" if settings.account.name else "[exempt]"
