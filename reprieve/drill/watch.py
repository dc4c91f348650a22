"""Watch a drill key and the topic, and note after how many seconds each event is seen."""

import json
import time
from collections.abc import Set
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

from reprieve.events.results import EXECUTION_LINE
from reprieve.names import PENDING_STATES

_POLL_SECONDS: Final = 1
# KMS is eventually consistent: shortly after the call it may still return the previous state.
_CONFIRM_SECONDS: Final = 3


@dataclass
class Watch:
    """Polls the state of a key, and a queue that receives the topic's messages.

    `seen` maps each event to the seconds since the watch began: `alert`, the alert arrived;
    `cancelled`, the deletion was cancelled; `result_sent`, the runbook's message arrived.
    """

    kms: Any
    sqs: Any
    queue: str
    key: str
    seen: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _was_pending: bool = False
    _perhaps_cancelled: float | None = None

    def until(self, expected: Set[str], timeout: float, stop: Event) -> bool:
        """Watch until every expected event was seen; return whether that was in time."""
        while not expected <= self.seen.keys():
            if stop.is_set() or self._now() > timeout:
                return False
            self._read_messages()
            if "cancelled" not in self.seen:
                self._read_key_state()
        return True

    def _read_messages(self) -> None:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=_POLL_SECONDS
        )
        for message in answer.get("Messages", []):
            if event := event_of(message["Body"], self.key):
                self.seen.setdefault(event, self._now())

    def _read_key_state(self) -> None:
        state = self.kms.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"]
        now = self._now()
        if state in PENDING_STATES:
            self._was_pending, self._perhaps_cancelled = True, None
            return
        if self._perhaps_cancelled is None:
            self._perhaps_cancelled = now
        if self._was_pending or now - self._perhaps_cancelled >= _CONFIRM_SECONDS:
            self.seen["cancelled"] = self._perhaps_cancelled

    def _now(self) -> float:
        return round(time.monotonic() - self._began, 1)


def event_of(body: str, key: str) -> str | None:
    """Return the event that a notification reports about a key: `alert`, `result_sent` or None.

    SNS delivers to a queue as JSON, with the fields Message and, if the publisher set one, Subject
    (SNS developer guide, "HTTP/HTTPS notification JSON format"). EventBridge sets no Subject, the
    runbook does. A result that came to a hub as an event has none either, and names its execution.
    """
    notification = json.loads(body)
    if key not in notification["Message"]:
        return None
    is_result = notification.get("Subject") or EXECUTION_LINE in notification["Message"]
    return "result_sent" if is_result else "alert"
