"""When EventBridge tries a failed delivery again.

EventBridge User Guide, "Retrying delivery": with exponential backoff and jitter, for as long and as
often as the target's retry policy allows, by default 24 hours and 185 times. The waits here are
shorter than AWS's, which are not documented, so that tests need not wait: the first retry comes
after 0.2 to 0.3 s, and the waits double until they are 3 to 4.5 s.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from sandbox.core.errors import AwsError, DeliveryFailed, SandboxCannot

MAX_ATTEMPTS = 185
MAX_AGE = 86_400
_FIRST_WAIT = 0.2
_LONGEST_WAIT = 3.0
# The codes of a dead letter (EventBridge User Guide, "Using dead-letter queues"), by those of
# errors that the same call may not get a second later.
_RETRYABLE = {
    "AutomationExecutionLimitExceededException": "RESOURCE_LIMIT_EXCEEDED",
    "Throttling": "THROTTLING",
    "ThrottlingException": "THROTTLING",
    "TooManyRequestsException": "THROTTLING",
}


class DeliveryDelayed(DeliveryFailed):
    """A target could not take an event now, but may take it later."""


def failure_of(error: AwsError) -> DeliveryFailed:
    """Return how a delivery failed whose call ended with this error of the target's service.

    It is a DeliveryDelayed if EventBridge would retry. Raise a SandboxCannot again.
    """
    if isinstance(error, SandboxCannot):
        raise error
    if code := _RETRYABLE.get(error.code):
        return DeliveryDelayed(code, error.message)
    if error.status >= 500:
        return DeliveryDelayed("INTERNAL_ERROR", error.message)
    code = "NO_PERMISSIONS" if "Denied" in error.code else "SDK_CLIENT_ERROR"
    return DeliveryFailed(code, error.message)


def exhausted_condition(target: Mapping[str, Any], retries: int, age: float) -> str | None:
    """Return which limit of a target's retry policy forbids one more retry, or None.

    `retries` are those so far, `age` the seconds since the event came.
    """
    policy = target.get("RetryPolicy") or {}
    if retries >= policy.get("MaximumRetryAttempts", MAX_ATTEMPTS):
        return "MaximumRetryAttempts"
    if age >= policy.get("MaximumEventAgeInSeconds", MAX_AGE):
        return "MaximumEventAgeInSeconds"
    return None


def wait_before(retries: int) -> float:
    """Return the seconds until the next retry, after some retries."""
    backoff = min(_FIRST_WAIT * 2.0 ** min(retries, 10), _LONGEST_WAIT)
    return backoff * random.uniform(1.0, 1.5)  # noqa: S311 - no secret depends on it
