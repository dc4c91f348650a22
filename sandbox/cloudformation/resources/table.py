"""Every type of resources that the sandbox's stacks can have."""

from __future__ import annotations

from typing import Final

from sandbox.cloudformation.resources import cloudwatch, events, iam, kms, sns, sqs, ssm
from sandbox.cloudformation.resources.kinds import Kind

TYPES: Final[dict[str, Kind]] = {
    kind.name: kind
    for service in (cloudwatch, events, iam, kms, sns, sqs, ssm)
    for kind in service.TYPES
}
"""By name. A template with another type is refused."""
