"""How long StackSets takes to deploy to an organization: a model of its operations.

It follows the documentation of the operation preferences (API reference,
StackSetOperationPreferences): so many accounts of a Region at once, the next one as soon as one is
done; one Region after the other, or all at once; no more failures in a Region than tolerated. With
strict failure tolerance, at most one account more than the tolerated failures is deployed at once,
and one less after each failure. Nobody knows how long a stack takes before it is deployed: the
model is given a range.
"""

import heapq
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

SECONDS: Final = (120.0, 360.0)
"""How long the stack of an account takes in a Region: an assumption, not a measurement."""


@dataclass(frozen=True)
class Rollout:
    """An operation. `concurrent` and `tolerated` are numbers of accounts, as AWS counts them.

    `failing` is the share of the stacks that fail.
    """

    accounts: int
    regions: int
    concurrent: int
    tolerated: int
    parallel: bool = False
    failing: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """How an operation ended: seconds, stacks that were deployed, that failed and that were left.

    `is_stopped` says that a Region had too many failures.
    """

    seconds: float
    deployed: int
    failed: int
    left: int
    is_stopped: bool


def percent(accounts: int, share: int) -> int:
    """Return a percentage of the accounts as AWS does: rounded down, at least one."""
    return max(accounts * share // 100, 1)


def shortest(rollout: Rollout, seconds: Sequence[float] = SECONDS) -> float:
    """Return the seconds if every stack took the mean time: full waves, one after the other."""
    at_once = min(rollout.concurrent, rollout.tolerated + 1)
    waves = -(-rollout.accounts // at_once)
    return waves * sum(seconds) / len(seconds) * (1 if rollout.parallel else rollout.regions)


def simulate(rollout: Rollout, seconds: Sequence[float] = SECONDS, seed: int = 1) -> Outcome:
    """Deploy to every Region, with stacks that take a random time of the range."""
    chance = random.Random(seed)  # noqa: S311 - the same simulation each time
    now, outcomes = 0.0, []
    for _ in range(rollout.regions):
        found = _region(rollout, seconds, chance)
        outcomes.append(found)
        now = max(now, found.seconds) if rollout.parallel else now + found.seconds
        if found.is_stopped and not rollout.parallel:
            break
    deployed, failed = (
        sum(each.deployed for each in outcomes),
        sum(each.failed for each in outcomes),
    )
    left = rollout.accounts * rollout.regions - deployed - failed
    return Outcome(now, deployed, failed, left, any(each.is_stopped for each in outcomes))


def _region(rollout: Rollout, seconds: Sequence[float], chance: random.Random) -> Outcome:
    """Deploy to the accounts of a Region."""
    running: list[tuple[float, bool]] = []
    now, deployed, failed, waiting = 0.0, 0, 0, rollout.accounts
    while running or waiting:
        at_once = min(rollout.concurrent, rollout.tolerated + 1 - failed)
        while waiting and len(running) < at_once:
            waiting -= 1
            ends = now + chance.uniform(*seconds)
            heapq.heappush(running, (ends, chance.random() < rollout.failing))
        if not running:
            break
        now, is_failed = heapq.heappop(running)
        failed += is_failed
        deployed += not is_failed
    return Outcome(now, deployed, failed, waiting, is_stopped=failed > rollout.tolerated)


def cases(accounts: int, regions: int) -> Iterator[tuple[str, Rollout]]:
    """Yield roll-outs by their settings: the default ones first."""
    tenth, half = percent(accounts, 10), percent(accounts, 50)
    yield "the default settings", Rollout(accounts, regions, tenth, tenth)
    yield (
        '`concurrent_accounts = "50%"`, `tolerated_failures = "50%"`',
        Rollout(accounts, regions, half, half),
    )
    yield (
        '`concurrent_accounts = "100%"`, `tolerated_failures = "100%"`',
        Rollout(accounts, regions, accounts, accounts),
    )
    yield "`parallel_regions = true`", Rollout(accounts, regions, tenth, tenth, parallel=True)
    yield (
        "the default settings, and one of 100 stacks fails",
        Rollout(accounts, regions, tenth, tenth, failing=0.01),
    )
    yield (
        "the default settings, and one of five stacks fails",
        Rollout(accounts, regions, tenth, tenth, failing=0.2),
    )
