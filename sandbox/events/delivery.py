"""One delivery: one event to one target, and the record of each attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Hops:
    """Which kinds of hops from bus to bus an event has behind it."""

    local: bool = False
    regional: bool = False


@dataclass(frozen=True)
class Task:
    """An event that has to reach one target of a rule.

    `began` is when the event came, on the monotonic clock; `retries` counts those so far.
    """

    event: Mapping[str, Any]
    region: str
    rule_arn: str
    target: Mapping[str, Any]
    hops: Hops
    began: float
    retries: int = 0


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver one event to one target of one rule.

    `account` and `region` are those of the rule. `body` is the text that the target got (after the
    input transformer), `recipients` the confirmed e-mail addresses of an SNS topic, `error` None or
    a sentence that says why the delivery failed, and `at` seconds since the epoch. `will_retry`
    tells that EventBridge tries again later.
    """

    event_id: str
    event_name: str
    account: str
    region: str
    rule_arn: str
    target_id: str
    target_arn: str
    body: str
    recipients: tuple[str, ...]
    error: str | None
    at: float
    will_retry: bool = False
