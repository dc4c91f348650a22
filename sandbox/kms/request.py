"""One call to KMS, which the modules of this package pass to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sandbox.iam.principals import Caller

Json = dict[str, Any]


@dataclass
class KmsCall:
    """One KMS call. `forward` passes parameters to moto and returns its answer or raises AwsError.

    `key_arns` collects the keys that the call is about, for the CloudTrail record.
    """

    operation: str
    parameters: Json
    caller: Caller
    region: str
    forward: Callable[[Json], Json]
    key_arns: list[str] = field(default_factory=list)
