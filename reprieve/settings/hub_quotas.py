"""The rules that keep the event buses of a hub within EventBridge's quotas.

A hub has rules for each account that forwards to it, and for the watches of all of them.
`quotas` checks each account by itself.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Final

from pydantic_core import InitErrorDetails

from reprieve.names import HUB, HUB_WATCH
from reprieve.settings.hub_senders import Party, parties_of_hubs
from reprieve.settings.invalid import invalid_at
from reprieve.settings.naming import names_of
from reprieve.settings.unvalidated import Values, entries

MAX_RULES: Final = 300
"""An event bus takes so many rules (EventBridge user guide, quotas)."""

MAX_WILDCARD_RULES: Final = 30
"""An event bus takes so many rules with wildcards (EventBridge user guide, quotas)."""

MAX_HEARTBEATS: Final = 275
"""Reprieve's own rules on the first bus of a hub are at most 25."""

MAX_CHANNEL_HEARTBEATS: Final = 240
"""With channels they are at most 60. The heartbeats are not sent to channels."""

Errors = Iterator[InitErrorDetails]
_Watch = tuple[str, str, str]


def hub_quota_errors(parties: Sequence[Party]) -> Errors:
    """Yield an error for each quota that the rules on the buses of a hub exceed together."""
    for hub, senders in parties_of_hubs(parties):
        if hub.has_hub:
            yield from _watch_errors(hub, senders)
            yield from _heartbeat_errors(hub, [each for each in senders if not each.is_many])


def _watch_errors(hub: Party, senders: Sequence[Party]) -> Errors:
    of_each = [_watches(each.values) for each in (hub, *senders)]
    every = set[_Watch]().union(*of_each)
    with_wildcards = {each for each in every if '"wildcard"' in each[-1]}
    has_channels = bool(hub.values.get("channel"))
    bus = f"the hub's event bus {names_of(hub.values).of(HUB_WATCH)}"
    for found, what, quota, of_quota, hint in (
        (every, "tables", MAX_RULES, "", ""),
        (
            with_wildcards,
            "patterns with wildcards",
            MAX_WILDCARD_RULES,
            " with wildcards",
            ", or use prefix and suffix",
        ),
    ):
        most = quota // 2 if has_channels else quota
        # What one account has too many of has an error of its own.
        if len(found) <= most or any(len(found & own) > most for own in of_each):
            continue
        rule = f", the rules{of_quota} that EventBridge accepts on {bus}"
        if has_channels:
            rule = (
                f": with channels each has two rules, and EventBridge accepts {quota}{of_quota} on "
                f"{bus}"
            )
        yield invalid_at(
            ("watch",),
            f"{len(found)} different {what}",
            f"of all accounts with the hub in {hub.name} are more than {most}{rule}",
            "where accounts watch the same events, use the same name, summary and pattern: it then "
            f"counts once. Or match several kinds of events with one pattern{hint}",
        )


def _watches(values: Values) -> set[_Watch]:
    """Return what makes the watches of an account different."""
    keys = ("name", "summary", "pattern")
    texts = (
        tuple(str(each.get(key)) for key in keys) for each in entries(values, "watch").values()
    )
    return {(name, summary, _compact(pattern)) for name, summary, pattern in texts}


def _compact(pattern: str) -> str:
    """Return a pattern without the spaces between its parts, as the settings keep it."""
    try:
        return json.dumps(json.loads(pattern), separators=(",", ":"))
    except (ValueError, RecursionError):
        return pattern  # its own error


def _heartbeat_errors(hub: Party, senders: Sequence[Party]) -> Errors:
    has_channels = bool(hub.values.get("channel"))
    most, count = MAX_CHANNEL_HEARTBEATS if has_channels else MAX_HEARTBEATS, len(senders) + 1
    if count > most:
        yield invalid_at(
            ("notify", "hub"),
            dict(hub.hub),
            f"is the hub of {count} accounts: each has a rule for its heartbeats, and EventBridge "
            f"accepts {most} beside Reprieve's own on the event bus {names_of(hub.values).of(HUB)}",
            "deploy some of them by stack sets, whose accounts have no such rule: "
            "docs/stacksets.md. Or give them another hub",
        )
