"""Calls of AWS that a script repeats while AWS throttles them."""

import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

# Systems Manager stops a script after 600 seconds; the rest is for what it reports.
SCRIPT_SECONDS = 540
REPORT_SECONDS = 30
# The longest pause between two attempts. With 100 scripts at once, which is Systems Manager's
# quota, and a mean pause of half of it, KMS gets ten calls a second: it accepts five.
_LONGEST_PAUSE = 20.0
_NO_ANSWER = (HTTPClientError, ConnectTimeoutError, EndpointConnectionError, TimeoutError)
# In the middle of a code as well: SNS answers KMSThrottling, SQS RequestThrottled.
_THROTTLED = ("hrottl", "TooManyRequests", "RequestLimitExceeded")


class Calls:
    """Makes calls until they succeed, fail permanently, or the time is over.

    A throttled call, an error of AWS's own, and a broken connection are repeated after a random
    pause, whose maximum doubles each time (exponential backoff with full jitter).
    """

    def __init__(self, region: str, seconds: float) -> None:
        self.region = region
        self._end = time.monotonic() + seconds

    @property
    def seconds_left(self) -> float:
        """How much time is left."""
        return self._end - time.monotonic()

    def client(self, service: str, region: str = "") -> Any:
        """Return a client of a service, which itself repeats nothing."""
        options = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=5,
            read_timeout=20,
            max_pool_connections=16,
        )
        return boto3.client(service, region_name=region or self.region, config=options)

    def make(self, method: Callable[..., Any], **parameters: Any) -> Any:
        """Return the result of a client's method. Raise its last error once the time is over."""
        pause = 1.0
        while True:
            try:
                return method(**parameters)
            except (ClientError, *_NO_ANSWER) as error:
                if not is_temporary(error) or self.seconds_left <= 0:
                    raise
            longest = min(pause, max(self.seconds_left, 0))
            time.sleep(random.uniform(0, longest))  # noqa: S311 - it protects nothing
            pause = min(pause * 2, _LONGEST_PAUSE)

    def pages(
        self, method: Callable[..., Any], *tokens: str, **parameters: Any
    ) -> Iterator[dict[str, Any]]:
        """Yield the pages of a list. `tokens` are the names of the next token: answered, asked.

        Raise TimeoutError, which is temporary, if the time is over before the last page.
        """
        answered, asked = tokens
        token: dict[str, str] = {}
        while True:
            page = self.make(method, **parameters, **token)
            yield page
            if not page.get(answered):
                return
            if self.seconds_left <= 0:
                raise TimeoutError("the time is over")
            token = {asked: page[answered]}


def code_of(error: Exception) -> str:
    """Return AWS's code of an error; an empty text for other errors."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def is_missing_queue(error: Exception) -> bool:
    """Return whether SQS knows no such queue; each of its two protocols has a code of its own."""
    code = code_of(error)
    return "NonExistentQueue" in code or "QueueDoesNotExist" in code


def is_temporary(error: Exception) -> bool:
    """Return whether the same call can succeed later."""
    if not isinstance(error, ClientError):
        return isinstance(error, _NO_ANSWER)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or any(each in code_of(error) for each in _THROTTLED)
