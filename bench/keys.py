"""Very many keys in the sandbox: copies, because moto takes a tenth of a second to create one."""

import copy
import itertools
import uuid
from typing import Any, Final

from moto.kms.models import kms_backends

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox

PENDING_EVERY: Final = 100
"""Of so many keys, one is pending deletion."""


def fill(sandbox: Sandbox, region: str, count: int, *, pending: bool = False) -> None:
    """Add keys to a Region until it has `count` of them.

    With `pending`, one of PENDING_EVERY keys is pending deletion, and all others are enabled.
    """
    kms = sandbox.client("kms", region)
    backend = kms_backends[ACCOUNT_ID][region]
    kinds = [_create(kms, backend)]
    if pending:
        kinds = kinds * (PENDING_EVERY - 1) + [_create(kms, backend)]
        kms.schedule_key_deletion(KeyId=kinds[-1].id)
    for kind in itertools.islice(itertools.cycle(kinds), max(count - len(backend.keys), 0)):
        key = copy.copy(kind)
        key.id = str(uuid.uuid4())
        key.arn = kind.arn.replace(kind.id, key.id)
        backend.keys[key.id] = key


def _create(kms: Any, backend: Any) -> Any:
    return backend.keys[kms.create_key()["KeyMetadata"]["KeyId"]]
