"""Calls stay within a rate, and slow down when AWS throttles."""

import pytest

from reprieve.organization.pacing import Pacer, ThrottledError
from tests.unit.organization.fakes import error


class Time:
    """A clock that only `sleep` moves."""

    def __init__(self):
        self.now = 0.0

    def sleep(self, seconds):
        """Let time pass."""
        self.now += seconds


def pacer_at(per_second):
    """Return a pacer of so many calls a second, and its time."""
    time = Time()
    return Pacer(per_second, lambda: time.now, time.sleep), time


def test_calls_are_spread_over_time():
    """The first one does not wait."""
    pacer, time = pacer_at(4)
    for _ in range(9):
        pacer.call(dict)
    assert time.now == 2.0


def test_no_call_waits_for_time_that_has_passed_anyway():
    """After a pause, the calls that it would have had room for are not made at once."""
    pacer, time = pacer_at(4)
    pacer.call(dict)
    time.now = 60
    begins = []

    def work():
        begins.append(time.now)
        return {}

    for _ in range(3):
        pacer.call(work)
    assert begins == [60, 60.25, 60.5]


def test_a_throttled_call_is_repeated_more_slowly():
    """What boto3 repeated before counts too."""
    pacer, time = pacer_at(4)
    answers = iter([error("Throttling", "ListStackInstances", 3), {"Summaries": []}])

    def work():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert pacer.call(work) == {"Summaries": []}
    assert pacer.throttled == 4
    assert time.now >= 1
    assert pacer.per_second < 4


def test_what_boto3_repeats_slows_down_too():
    """boto3 repeats a throttled call by itself, and says so in the answer."""
    pacer, _ = pacer_at(4)
    pacer.call(lambda: {"ResponseMetadata": {"RetryAttempts": 2}})
    assert (pacer.per_second, pacer.throttled) == (2, 2)


def test_the_rate_recovers_and_does_not_exceed_its_beginning():
    """After a while without throttling."""
    pacer, _ = pacer_at(4)
    pacer.call(lambda: {"ResponseMetadata": {"RetryAttempts": 1}})
    for _ in range(100):
        pacer.call(dict)
    assert pacer.per_second == 4


def test_another_error_is_not_repeated():
    """It is raised at once."""
    pacer, time = pacer_at(4)

    def work():
        raise error("AccessDenied", "ListStackInstances")

    with pytest.raises(Exception, match="AccessDenied"):
        pacer.call(work)
    assert time.now == 0


def test_a_call_that_is_always_throttled_is_given_up():
    """After minutes, not at once and not never."""
    pacer, time = pacer_at(4)

    def work():
        raise error("TooManyRequestsException", "ListAccounts")

    with pytest.raises(ThrottledError, match="throttled ListAccounts 8 times in a row") as raised:
        pacer.call(work)
    assert "--resume" in raised.value.hint
    assert 60 < time.now < 300
