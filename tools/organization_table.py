"""The table of docs/organizations.md: what each way to guard an organization costs."""

import json
from collections.abc import Iterator
from typing import Any, Final

from reprieve.settings.loader import validated
from reprieve.settings.schema import Settings
from tools.prices import account_price

ACCOUNTS: Final = 80
_IDS: Final = tuple(f"{111122223333 + index}" for index in range(ACCOUNTS))
_DAILY: Final = {"patrol": {"every": "1 day"}}
_TO_HUB: Final = {
    "topology": "hub",
    "hub": {"account": _IDS[0], "region": "us-east-1"},
}
_WAYS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({}, "the default settings: each Region sends its own alerts"),
    (_DAILY, "the patrol once a day: a waiting period is at least seven days"),
    ({"reliability": {"alarms": False}}, "no alarms: nobody learns of alerts that were lost"),
    (
        {"reliability": {"alarms": False}, "patrol": {"enabled": False}},
        "only rules and rescues, as in AWS's pattern",
    ),
    ({"notify": _TO_HUB}, "one inbox"),
    ({"notify": _TO_HUB} | _DAILY, "one inbox, the patrol once a day"),
    ({"notify": _TO_HUB | {"encryption": "own"}}, "one inbox, whose topic is encrypted"),
)


def organization_rows() -> list[list[str]]:
    """Return a row for each way: settings, purpose, and what the accounts cost.

    That is the price of an account without the hub, of the one that has it, and of all.
    """
    return [
        [
            _setting(given),
            what,
            f"{one:.2f}",
            f"{hub:.2f}" if "notify" in given else "-",
            f"{hub + (ACCOUNTS - 1) * one:,.2f}",
        ]
        for given, what in _WAYS
        for hub, one in [_prices(given)]
    ]


def _prices(given: dict[str, Any]) -> tuple[float, float]:
    """Return the price of the account that has the hub, if there is one, and of each other."""
    accounts = [_settings(given, id) for id in _IDS]
    first, one = (account_price(each.placed(None, _IDS, accounts)) for each in accounts[:2])
    return first, one


def _settings(given: dict[str, Any], account: str) -> Settings:
    notify = {"emails": ["security@example.com"]} | given.get("notify", {})
    return validated(given | {"notify": notify, "account": {"id": account}})


def _setting(given: dict[str, Any]) -> str:
    return ", ".join(_keys(given)) or "none"


def _keys(given: dict[str, Any]) -> Iterator[str]:
    for table, keys in given.items():
        for key, value in keys.items():
            if key != "hub":
                yield f"`{table}.{key} = {json.dumps(value)}`"
