"""The check of the trail in several Regions; a trail of all Regions is read once."""

import json
from collections.abc import Mapping

from reprieve.aws.account import Account
from reprieve.aws.parallel import run_in_parallel
from reprieve.events.watched_calls import WatchedCall, watched_calls
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.checks import unknown
from reprieve.status.expected import rules_in
from reprieve.status.findings import Check
from reprieve.status.trail_check import Trail, logging_of, trail_check


def trail_checks(
    account: Account,
    settings: Settings,
    trails: Mapping[str, Mapping[str, Trail] | Exception],
    timeout: float,
) -> dict[str, Check]:
    """Return by Region whether the trails that cover it log the calls that its rules watch.

    `trails` has by Region what `trails_of` returned or raised.
    """
    each = {
        arn: trail
        for found in trails.values()
        if not isinstance(found, Exception)
        for arn, trail in found.items()
    }
    logging = dict(run_in_parallel(lambda arn: logging_of(account, each[arn]), [*each], timeout))
    return {
        region: unknown("trail", found)
        if isinstance(found, Exception)
        else trail_check(found.values(), logging, _calls(account, settings, region))
        for region, found in trails.items()
    }


def _calls(account: Account, settings: Settings, region: str) -> tuple[WatchedCall, ...]:
    """Return the calls that the rules of a Region wait for."""
    rules = rules_in(account, settings, region)
    location = Location(settings.regions.partition, region, account.id)
    return watched_calls((json.loads(rule.pattern or "{}") for rule in rules), location)
