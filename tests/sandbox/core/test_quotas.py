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


def test_a_rate_admits_that_many_calls_in_any_second(clock):
    """Not more at the border of two seconds either. Refused calls do not count."""
    limiter = RateLimiter(clock)
    admitted = []
    for moment in (0.0, 0.5, 0.9, 1.0, 1.4, 1.5):
        clock.now = moment
        admitted.append(limiter.admits("call", 2))
    assert admitted == [True, True, False, True, False, True]


def test_a_rate_below_one_admits_one_call_in_a_longer_time(clock):
    """Half a call per second is one call every two seconds."""
    limiter = RateLimiter(clock)
    admitted = []
    for moment in (0.0, 1.9, 2.0):
        clock.now = moment
        admitted.append(limiter.admits("call", 0.5))
    assert admitted == [True, False, True]


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
