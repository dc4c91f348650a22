"""AWS's quotas, and the limiter that counts calls against the quotas per second."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class Quotas:
    """The quotas of the account, each for one Region, with AWS's defaults.

    A rate is a number of calls per second; `math.inf` means no limit. Times are in seconds.

    Sources: AWS General Reference, "Systems Manager endpoints and quotas" (running and queued
    automations); Systems Manager User Guide, "Allowing Automation to adapt to your concurrency
    needs", "aws:executeScript" (600 seconds); KMS Developer Guide, "Request quotas"; CloudTrail
    User Guide, "Quotas" (LookupEvents); SNS, "Email message delivery rate"; EventBridge User
    Guide, "Quotas". AWS has more queued automations in newer texts (5,000): the smaller number is
    the stricter one. CloudFormation's rates are not published, and for those of Organizations no
    source was at hand: both figures are assumptions. CreateKey and the other KMS calls have quotas
    that are not enforced here.
    """

    running_automations: int = 100
    """Executions at the same time. Child executions count."""
    adaptive_automations: int = 500
    """The same while the service setting for adaptive concurrency is on."""
    queued_automations: int = 1000
    default_step_timeout: float = 3600.0
    """For a step without timeoutSeconds. AWS has no general default: this is the one of
    aws:waitForAwsResourceProperty."""
    script_timeout: float = 600.0
    longest_wait: float = 10.0
    """aws:sleep and aws:waitForAwsResourceProperty take this long at most. No quota of AWS."""
    cancel_key_deletion_per_second: float = 5
    schedule_key_deletion_per_second: float = 15
    enable_key_per_second: float = 5
    disable_key_per_second: float = 5
    put_key_policy_per_second: float = 15
    describe_key_per_second: float = 2000
    list_keys_per_second: float = 500
    lookup_events_per_second: float = 2
    stack_set_reads_per_second: float = 10
    """Of each call of CloudFormation that describes, lists or gets something."""
    organizations_reads_per_second: float = 10
    """Of each call of Organizations that describes or lists something. It has no Regions."""
    emails_per_second: float = 10
    """To one subscription. Above it SNS suspends the subscription."""
    rules_per_bus: int = 300
    alarm_period: float = 60.0
    """The length of a period of CloudWatch's alarms, in real time. With 0 a period is whatever
    happens until no job is left."""


class RateLimiter:
    """Counts calls of each kind. Calls that are not admitted do not count.

    A rate below one, for example 0.5, admits one call in a longer time, here two seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}
        self._admitted: dict[Hashable, deque[float]] = {}

    def admits(self, kind: Hashable, per_second: float) -> bool:
        """Count a call of a kind, and return True, if the rate allows it now.

        As many calls as the rate are admitted at once, and more as time passes: a token bucket.
        """
        if per_second == math.inf:
            return True
        capacity = max(per_second, 1.0)
        with self._lock:
            now = self._clock()
            before, left = self._buckets.get(kind, (now, capacity))
            left = min(left + (now - before) * per_second, capacity)
            is_admitted = left >= 1
            self._buckets[kind] = now, left - is_admitted
            return is_admitted

    def admits_in_any_second(self, kind: Hashable, per_second: float) -> bool:
        """Count a call of a kind, and return True, if no second has more calls than the rate."""
        if per_second == math.inf:
            return True
        at_once = max(int(per_second), 1)
        with self._lock:
            times = self._admitted.setdefault(kind, deque())
            now = self._clock()
            while times and now - times[0] >= at_once / per_second:
                times.popleft()
            if len(times) >= at_once:
                return False
            times.append(now)
            return True

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._buckets.clear()
            self._admitted.clear()


class Limits:
    """The quotas that apply now, and the calls that count against them. Services share it."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self.quotas = quotas or Quotas()
        self.rates = RateLimiter()
