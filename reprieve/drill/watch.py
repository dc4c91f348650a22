"""What happens to a drill's key, and after how many seconds."""

import time
from collections.abc import Set
from dataclasses import dataclass, field
from threading import Event
from typing import Any, Final

from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.names import PENDING_STATES

_POLL_SECONDS: Final = 1
# KMS is eventually consistent: just after the call it may still tell the state before it.
_CONFIRM_SECONDS: Final = 3


@dataclass
class Watch:
    """Looks at a key, and into the queue that gets the topic's messages.

    `seen` has the seconds since the watch began until the `alert` came, the deletion was taken
    back (`cancelled`), and the runbook's message came (`told`).
    """

    kms: Any
    sqs: Any
    queue: str
    key: str
    seen: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _was_pending: bool = False
    _perhaps_cancelled: float | None = None

    def until(self, awaited: Set[str], timeout: float, stop: Event) -> bool:
        """Watch until all that is awaited was seen; say whether it was, in time."""
        while not awaited <= self.seen.keys():
            if stop.is_set() or self._now() > timeout:
                return False
            self._read_messages()
            if "cancelled" not in self.seen:
                self._look_at_key()
        return True

    def _read_messages(self) -> None:
        answer = self.sqs.receive_message(
            QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=_POLL_SECONDS
        )
        for message in answer.get("Messages", []):
            body: str = message["Body"]
            if self.key in body:
                first_line = body.split("\n")[0]
                what = "alert" if KEY_DELETION_SCHEDULED.summary in first_line else "told"
                self.seen.setdefault(what, self._now())

    def _look_at_key(self) -> None:
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
