"""The calls about the access of StackSets to an organization.

Source: CloudFormation API reference. They do what Organizations' EnableAWSServiceAccess does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.cloudformation.service import Json, Machinery, Request
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError
from sandbox.iam.organization import STACK_SETS, organization_of


def _activate(machinery: Machinery, request: Request) -> Json:
    organization = organization_of(current_account())
    if organization is None or organization.management != current_account():
        raise AwsError("InvalidOperationException", "Only the management account may do this")
    organization.backend.enable_aws_service_access(ServicePrincipal=STACK_SETS)
    return {}


def _describe_access(machinery: Machinery, request: Request) -> Json:
    organization = organization_of(current_account())
    is_enabled = organization is not None and organization.trusts(STACK_SETS)
    return {"Status": "ENABLED" if is_enabled else "DISABLED"}


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "ActivateOrganizationsAccess": _activate,
    "DescribeOrganizationsAccess": _describe_access,
}
"""By name of the call: a function of the machinery and the request."""
