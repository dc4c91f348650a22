"""S3 objects one request after the other, so that a conditional write is atomic as S3's is.

Terraform locks a state with a PutObject that carries `If-None-Match: *`: of any number at the same
time S3 lets one through («How to prevent object overwrites with conditional writes», Amazon S3 User
Guide). moto looks and then writes, and two threads can both look first.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any

from moto.s3.responses import S3Response

from sandbox.core.patching import Method, wrap


def serialise() -> Callable[[], None]:
    """Let moto answer one request about an object at a time; gives what ends that."""
    lock = RLock()

    def around(answer: Method) -> Method:
        def one_at_a_time(*arguments: Any, **options: Any) -> Any:
            with lock:
                return answer(*arguments, **options)

        return one_at_a_time

    return wrap(S3Response, "key_response", around)
