"""The errors that a call or a delivery ends with."""

from __future__ import annotations


class AwsError(Exception):
    """An error that AWS itself would answer with.

    `code` is AWS's own name for it (`KMSInvalidStateException`), `message` its sentence and
    `status` the HTTP status.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class SandboxCannot(AwsError):
    """Something that AWS supports and the sandbox does not.

    The sandbox refuses it, because a guessed answer would be misleading. The answer is HTTP 501,
    which no AWS client retries.
    """

    def __init__(self, message: str) -> None:
        super().__init__("SandboxCannot", f"the sandbox cannot do this: {message}", status=501)


class DeliveryFailed(Exception):
    """A message or an event did not reach its target.

    `code` is the one that EventBridge puts on the message in a dead-letter queue.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
