"""The limiter of calls per second."""

import math

import pytest

from sandbox.core.quotas import RateLimiter


class Clock:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self):
        """Return the time in seconds."""
        return self.now


@pytest.fixture
def clock():
    """Return a clock that stands still."""
    return Clock()


def admitted_at(clock, admits, rate, moments):
    """Return which calls are admitted that come at these moments."""
    admitted = []
    for clock.now in moments:
        admitted.append(admits("call", rate))
    return admitted


def test_a_rate_admits_a_burst_and_then_its_average(clock):
    """Two at once, then one every half second. Refused calls do not count."""
    moments = (0.0, 0.0, 0.4, 0.5, 0.9, 1.0)
    admitted = admitted_at(clock, RateLimiter(clock).admits, 2, moments)
    assert admitted == [True, True, False, True, False, True]


def test_calls_that_keep_to_the_rate_on_average_are_all_admitted(clock):
    """Also if some come late and the next ones catch up."""
    moments = (0.0, 0.55, 1.3, 1.5, 2.0, 2.6, 3.0, 3.5)
    assert all(admitted_at(clock, RateLimiter(clock).admits, 2, moments))


def test_a_strict_rate_holds_in_any_second(clock):
    """Not more at the border of two seconds either."""
    moments = (0.0, 0.5, 0.9, 1.0, 1.4, 1.5)
    admitted = admitted_at(clock, RateLimiter(clock).admits_in_any_second, 2, moments)
    assert admitted == [True, True, False, True, False, True]


@pytest.mark.parametrize("how", ["admits", "admits_in_any_second"])
def test_a_rate_below_one_admits_one_call_in_a_longer_time(clock, how):
    """Half a call per second is one call every two seconds."""
    admits = getattr(RateLimiter(clock), how)
    assert admitted_at(clock, admits, 0.5, (0.0, 1.9, 2.0)) == [True, False, True]


def test_each_kind_of_call_has_its_own_rate(clock):
    """Also the same call in two Regions."""
    limiter = RateLimiter(clock)
    kinds = [("call", "eu-west-1"), ("call", "us-east-1"), ("call", "eu-west-1")]
    assert [limiter.admits(kind, 1) for kind in kinds] == [True, True, False]


def test_an_infinite_rate_has_no_limit(clock):
    """A rate can also be forgotten, with the account."""
    limiter = RateLimiter(clock)
    assert all(limiter.admits("call", math.inf) for _ in range(10_000))
    assert limiter.admits("other", 1)
    limiter.clear()
    assert limiter.admits("other", 1)
