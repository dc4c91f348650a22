"""The record of one delivery: one event to one target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """One attempt to deliver one event to one target of one rule.

    `body` is the text that the target got (after the input transformer), `recipients` the confirmed
    e-mail addresses of an SNS topic, `error` None or a sentence that says why the delivery failed,
    and `at` seconds since the epoch.
    """

    event_id: str
    event_name: str
    region: str
    rule_arn: str
    target_id: str
    target_arn: str
    body: str
    recipients: tuple[str, ...]
    error: str | None
    at: float
