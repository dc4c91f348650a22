"""The model of StackSets' operations: how many accounts at once, and when it stops."""

from dataclasses import replace

import pytest

from bench.rollout import Rollout, cases, percent, shortest, simulate

SAME = (100.0, 100.0)
"""Every stack takes this time."""


@pytest.mark.parametrize(
    ("concurrent", "tolerated", "parallel", "seconds"),
    [
        (10, 10, False, 2 * 10 * 100),
        (10, 10, True, 10 * 100),
        (100, 100, False, 2 * 100),
        (30, 30, False, 2 * 4 * 100),
        # Strict failure tolerance: one account more than may fail.
        (10, 0, False, 2 * 100 * 100),
        (10, 4, False, 2 * 20 * 100),
    ],
)
def test_stacks_of_the_same_time_are_deployed_in_waves(concurrent, tolerated, parallel, seconds):
    """Computed and simulated alike."""
    rollout = Rollout(100, 2, concurrent, tolerated, parallel)
    outcome = simulate(rollout, SAME)
    assert shortest(rollout, SAME) == outcome.seconds == seconds
    assert (outcome.deployed, outcome.failed, outcome.left) == (200, 0, 0)
    assert not outcome.is_stopped


def test_the_next_account_does_not_wait_for_the_slowest_of_its_wave():
    """So a roll-out takes less than full waves of the slowest stacks, and more than the mean."""
    rollout = Rollout(1000, 1, 100, 100)
    assert shortest(rollout, (240, 240)) * 0.9 < simulate(rollout).seconds
    assert simulate(rollout).seconds < shortest(rollout, (360, 360))


def test_too_many_failures_stop_the_region_and_those_after_it():
    """One more than tolerated; what runs at that time may fail too."""
    rollout = Rollout(100, 3, 10, 5, failing=1.0)
    outcome = simulate(rollout, SAME)
    assert outcome.is_stopped
    assert outcome.failed == 6
    assert outcome.left == 300 - 6
    everywhere = simulate(replace(rollout, parallel=True), SAME)
    assert everywhere.failed == 3 * 6


def test_failures_within_the_tolerance_slow_the_roll_out_down():
    """StackSets deploys to fewer accounts at once after each failure."""
    rollout = Rollout(1000, 1, 100, 100)
    with_failures = simulate(replace(rollout, failing=0.05))
    assert not with_failures.is_stopped
    assert with_failures.seconds > simulate(rollout).seconds


@pytest.mark.parametrize(
    ("accounts", "share", "number"), [(1000, 10, 100), (19, 10, 1), (5, 10, 1)]
)
def test_percentages_are_rounded_down_to_at_least_one(accounts, share, number):
    """As AWS does."""
    assert percent(accounts, share) == number


def test_the_default_settings_are_the_first_case():
    """They are those of `[organization]`."""
    what, rollout = next(cases(1000, 17))
    assert what == "the default settings"
    assert rollout == Rollout(1000, 17, 100, 100)
