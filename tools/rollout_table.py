"""Two tables of docs/organizations.md: how long a roll-out and `status --organization` take."""

from dataclasses import replace

from bench.report import megabytes
from bench.rollout import Outcome, cases, shortest, simulate
from reprieve.regions import DEFAULT_REGIONS
from tools.figures import measured
from tools.scale_table import ACCOUNTS


def rollout_rows() -> list[list[str]]:
    """Return a row for each roll-out: settings, hours computed and simulated, how it ends."""
    rows = []
    for what, guard in cases(ACCOUNTS, len(DEFAULT_REGIONS)):
        # The roles are a stack set of their own, in one Region. It is deployed first.
        roles = replace(guard, regions=1)
        computed = shortest(roles) + shortest(guard)
        first = simulate(roles)
        second = Outcome(0, 0, 0, 0, is_stopped=True) if first.is_stopped else simulate(guard)
        failed, deployed = first.failed + second.failed, first.deployed + second.deployed
        left = ACCOUNTS * (1 + guard.regions) - failed - deployed
        end = f"{deployed:,} stacks are deployed"
        if failed:
            end += f", {failed:,} failed"
        if left:
            end += f"; it stops, and {left:,} are left"
        hours = [f"{each / 3600:.1f}" for each in (computed, first.seconds + second.seconds)]
        rows.append([what, *hours, end])
    return rows


def status_rows() -> list[list[str]]:
    """Return a row for each size that `make bench ONLY=organization` measured."""
    return [
        [
            row["rate"],
            f"{row['accounts']:,}",
            f"{row['instances']:,}",
            f"{row['calls']:,}",
            f"{row['throttled']:,}",
            f"{row['seconds'] / 60:.1f}",
            megabytes(row["memory"]),
        ]
        for row in measured("organization")
    ]
