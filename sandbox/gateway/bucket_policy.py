"""Lets moto's S3 read the policy of a bucket as if every request came over TLS.

moto ignores the conditions of a bucket's policy, so it would take a statement that denies what is
not over TLS for one that denies everything. The sandbox has no TLS: it counts as if it had.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from moto.iam.access_control import IAMPolicy
from moto.s3.models import FakeBucket

from sandbox.core.patching import Method, wrap

_WITHOUT_TLS: Final = {"Bool": {"aws:SecureTransport": "false"}}


def count_as_tls() -> Callable[[], None]:
    """Ignore the statements about requests without TLS. Return a function that undoes it."""

    def around(get_permission: Method) -> Method:
        def over_tls(bucket: Any, action: str, resource: str) -> Any:
            if bucket.policy is None:
                return get_permission(bucket, action, resource)
            return IAMPolicy(_over_tls(bucket.policy)).is_action_permitted(action, resource)

        return over_tls

    return wrap(FakeBucket, "get_permission", around)


def _over_tls(policy: bytes) -> str:
    document = json.loads(policy)
    statements = document["Statement"]
    several = statements if isinstance(statements, list) else [statements]
    kept = [each for each in several if each.get("Condition") != _WITHOUT_TLS]
    return json.dumps({**document, "Statement": kept})
