"""Calls to AWS within its rates: paced, and repeated more slowly when AWS throttles them."""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from botocore.exceptions import ClientError

from reprieve.aws.account import is_code
from reprieve.errors import ReprieveError

STACK_SETS_PER_SECOND: Final = 4.0
ORGANIZATIONS_PER_SECOND: Final = 4.0
"""How many calls a second a run begins with.

AWS publishes no rate for ListStackInstances, and none for Organizations; all users of an account
share it. Therefore these are low, and become lower as soon as AWS throttles a call.
"""

_SLOWEST: Final = 0.2
"""Calls a second, however often AWS throttles."""
_RECOVERY: Final = 1.05
"""By this a rate grows after each call that AWS does not throttle, up to the one it began with."""
_ATTEMPTS: Final = 8
"""How often one call is tried, besides the retries of boto3 in each attempt."""
_LONGEST_PAUSE: Final = 30.0
"""Seconds between two attempts. The pauses of all attempts together are two minutes."""

_THROTTLING: Final = (
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestLimitExceeded",
    "TooManyRequestsException",
)

Answer = TypeVar("Answer")


class ThrottledError(ReprieveError):
    """AWS throttled a call so often that it was given up."""


class Pacer:
    """Makes calls one after the other, no more than so many a second.

    `clock` returns seconds, and `sleep` waits for some.
    """

    def __init__(
        self,
        per_second: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._fastest = self.per_second = per_second
        self._clock, self._sleep = clock, sleep
        self._next = clock()
        self.throttled = 0
        """How many calls AWS throttled, those that boto3 repeated included."""

    def call(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the answer of a call to AWS, as boto3 returns it.

        Raises:
            ThrottledError: AWS throttled every attempt.
            ClientError: AWS refused the call.
        """
        for attempt in range(_ATTEMPTS):
            self._wait()
            try:
                answer = work()
            except ClientError as error:
                if not is_code(error, *_THROTTLING):
                    raise
                last = error
                self._slow_down(1 + _retries(error.response))
                self._sleep(min(2.0**attempt, _LONGEST_PAUSE))
                continue
            if retried := _retries(answer):
                self._slow_down(retried)
            else:
                self.per_second = min(self._fastest, self.per_second * _RECOVERY)
            return answer
        raise ThrottledError(
            f"AWS throttled {last.operation_name} {_ATTEMPTS} times in a row.",
            "Others use up the rate of this account. Run the command again with --resume: it "
            "continues where it was.",
        ) from last

    def _wait(self) -> None:
        pause = self._next - self._clock()
        if pause > 0:
            self._sleep(pause)
        self._next = max(self._next, self._clock()) + 1 / self.per_second

    def _slow_down(self, times: int) -> None:
        self.throttled += times
        self.per_second = max(_SLOWEST, self.per_second / 2)


def _retries(answer: Any) -> int:
    """Return how often boto3 repeated the call: it does so when AWS throttles it."""
    return int(answer.get("ResponseMetadata", {}).get("RetryAttempts", 0))
