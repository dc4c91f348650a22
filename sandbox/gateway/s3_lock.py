"""Serializes requests about S3 objects, so that a conditional write is atomic as in S3.

Terraform locks a state with a PutObject that has the header `If-None-Match: *`. S3 accepts only one
of several such requests at the same time (Amazon S3 User Guide, "How to prevent object overwrites
with conditional writes"). moto first checks and then writes, so two threads could both succeed.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

from moto.s3.responses import S3Response

from sandbox.core.patching import Method, wrap


def serialize() -> Callable[[], None]:
    """Let moto answer one object request at a time. Return a function that undoes it."""
    lock = RLock()

    def around(answer: Method) -> Method:
        def one_at_a_time(*arguments: Any, **options: Any) -> Any:
            with lock:
                return answer(*arguments, **options)

        return one_at_a_time

    return wrap(S3Response, "key_response", around)
