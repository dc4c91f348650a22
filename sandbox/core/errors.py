"""What a refused call answers with."""

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
    """Something AWS can do and the sandbox cannot: refused, so that nobody trusts a guess.

    Answered as HTTP 501, which no AWS client retries.
    """

    def __init__(self, message: str) -> None:
        super().__init__("SandboxCannot", f"the sandbox cannot do this: {message}", status=501)
