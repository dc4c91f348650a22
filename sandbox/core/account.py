"""The AWS accounts that the sandbox simulates, and the one in whose name a thread acts.

Every request belongs to the account of its access key, and every job in the background to the
account in which it was submitted. Code that no request and no job runs, such as a test, acts in the
default account.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

ACCOUNT_ID = "111122223333"
"""The default account, which every sandbox has."""

_current: ContextVar[str] = ContextVar("account", default=ACCOUNT_ID)


def current_account() -> str:
    """Return the id of the account in which this thread acts."""
    return _current.get()


@contextmanager
def in_account(account: str) -> Iterator[None]:
    """Act in an account until the end of the block."""
    token = _current.set(account)
    try:
        yield
    finally:
        _current.reset(token)


def bound(job: Callable[[], None]) -> Callable[[], None]:
    """Return a job that acts in the present account, whatever thread runs it."""
    account = current_account()

    def run() -> None:
        with in_account(account):
            job()

    return run


def account_of(arn: str) -> str:
    """Return the account that owns an ARN. For an ARN without one it is the present account."""
    parts = arn.split(":", 5)
    return (parts[4] if len(parts) == 6 else "") or current_account()
