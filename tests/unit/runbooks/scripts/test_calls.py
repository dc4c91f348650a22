"""How a script repeats calls that AWS throttles."""

import itertools
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ParamValidationError,
    ReadTimeoutError,
)

from reprieve.runbooks.scripts.calls import Calls, code_of, is_temporary

MODULE = "reprieve.runbooks.scripts.calls"


class Clock:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        """Return the time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Note a pause."""
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    """Return the clock of the scripts; a random pause is as long as it may be."""
    found = Clock()
    monkeypatch.setattr(f"{MODULE}.time.monotonic", found.monotonic)
    monkeypatch.setattr(f"{MODULE}.time.sleep", found.sleep)
    monkeypatch.setattr(f"{MODULE}.random.uniform", lambda low, high: high)
    return found


def failure(code: str, status: int = 400) -> ClientError:
    """Return an error of AWS's."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "CancelKeyDeletion")


THROTTLED = failure("ThrottlingException")


class Method:
    """A method of a client that answers, or raises, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self._answers = iter(answers)
        self.received: list[dict[str, Any]] = []

    def __call__(self, **parameters: Any) -> Any:
        """Return the next answer, or raise it."""
        self.received.append(parameters)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_call_that_succeeds_is_made_once(clock):
    """With its parameters."""
    call = Method("done")
    assert Calls("eu-west-1", 60).make(call, KeyId="x") == "done"
    assert (call.received, clock.pauses) == ([{"KeyId": "x"}], [])


def test_a_throttled_call_is_repeated_after_longer_and_longer_pauses(clock):
    """At most 20 seconds, also after many attempts."""
    call = Method(*[THROTTLED] * 7, "done")
    assert Calls("eu-west-1", 540).make(call) == "done"
    assert clock.pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 20.0, 20.0]


def test_the_pauses_are_random(clock, monkeypatch):
    """From none to the longest: a hundred scripts must not repeat their calls at once."""
    asked = []

    def uniform(low, high):
        asked.append((low, high))
        return high / 2

    monkeypatch.setattr(f"{MODULE}.random.uniform", uniform)
    Calls("eu-west-1", 540).make(Method(THROTTLED, THROTTLED, "done"))
    assert asked == [(0, 1.0), (0, 2.0)]
    assert clock.pauses == [0.5, 1.0]


def test_a_call_is_given_up_in_time(clock):
    """The last pause ends with the time, and then the call is made once more."""
    with pytest.raises(ClientError) as caught:
        Calls("eu-west-1", 10).make(Method(*itertools.repeat(THROTTLED, 50)))
    assert code_of(caught.value) == "ThrottlingException"
    assert clock.pauses == [1.0, 2.0, 4.0, 3.0]
    assert clock.now == 1010.0


def test_the_time_counts_for_all_calls_together(clock):
    """What one call took is missing for the next."""
    calls = Calls("eu-west-1", 10)
    calls.make(Method(THROTTLED, THROTTLED, "done"))
    assert calls.seconds_left == 7.0
    with pytest.raises(ClientError):
        calls.make(Method(*itertools.repeat(THROTTLED, 50)))
    assert clock.now == 1010.0


@pytest.mark.parametrize("error", [failure("AccessDeniedException"), ValueError("no")])
def test_an_error_for_good_is_raised_at_once(clock, error):
    """Repeating would change nothing."""
    with pytest.raises(type(error)):
        Calls("eu-west-1", 60).make(Method(error))
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("error", "temporary"),
    [
        (failure("ThrottlingException"), True),
        (failure("Throttling"), True),
        (failure("ThrottledException"), True),
        (failure("TooManyRequestsException"), True),
        (failure("RequestLimitExceeded"), True),
        (failure("KMSThrottling"), True),  # SNS
        (failure("RequestThrottled", 403), True),  # SQS
        (failure("KMSInternalException", 500), True),
        (failure("InternalFailure", 503), True),
        (failure("AccessDeniedException"), False),
        (failure("NotFoundException"), False),
        (failure("KMSInvalidStateException"), False),
        (ClientError({}, "DescribeKey"), False),
        (ReadTimeoutError(endpoint_url="https://kms"), True),
        (ConnectTimeoutError(endpoint_url="https://kms"), True),
        (EndpointConnectionError(endpoint_url="https://kms"), True),
        (ParamValidationError(report="x"), False),
        (RuntimeError("the key is still PendingDeletion"), False),
    ],
    ids=repr,
)
def test_an_error_is_temporary_if_the_same_call_can_succeed_later(error, temporary):
    """Throttling, an error of AWS's own, and no answer."""
    assert is_temporary(error) == temporary


def test_the_code_of_an_error_is_aws_own():
    """Errors that are not AWS's have none."""
    assert code_of(failure("NotFoundException")) == "NotFoundException"
    assert [code_of(each) for each in (ClientError({}, "x"), ValueError("x"))] == ["", ""]


def test_pages_are_read_to_the_last_one(clock):
    """With the token of the page before, and each is repeated if it is throttled."""
    call = Method(
        {"Keys": [1], "NextMarker": "a"}, THROTTLED, {"Keys": [2], "NextMarker": "b"}, {"Keys": [3]}
    )
    pages = Calls("eu-west-1", 60).pages(call, "NextMarker", "Marker", Limit=1)
    assert [page["Keys"] for page in pages] == [[1], [2], [3]]
    assert call.received == [
        {"Limit": 1},
        {"Limit": 1, "Marker": "a"},
        {"Limit": 1, "Marker": "a"},
        {"Limit": 1, "Marker": "b"},
    ]


def test_no_page_is_read_after_the_time(clock):
    """But for the first. The error is temporary: with more time there may be more."""

    def page(**_: Any) -> dict[str, Any]:
        clock.sleep(3)
        return {"Keys": [1], "NextMarker": "a"}

    calls = Calls("eu-west-1", 5)
    for count in (2, 1):
        pages = calls.pages(page, "NextMarker", "Marker")
        assert len(list(itertools.islice(pages, count))) == count
        with pytest.raises(TimeoutError) as caught:
            next(pages)
        assert is_temporary(caught.value)


def test_a_client_repeats_nothing_itself(monkeypatch):
    """Otherwise the time of a script would not be enough."""
    made = []
    monkeypatch.setattr(
        f"{MODULE}.boto3.client", lambda *given, **named: made.append((given, named))
    )
    Calls("eu-west-1", 60).client("kms")
    Calls("eu-west-1", 60).client("sns", "us-east-1")
    assert [(given, named["region_name"]) for given, named in made] == [
        (("kms",), "eu-west-1"),
        (("sns",), "us-east-1"),
    ]
    assert [named["config"].retries for _, named in made] == [{"total_max_attempts": 1}] * 2
