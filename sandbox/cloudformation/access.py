"""In whose name the calls for a stack's resources are made.

A stack acts with the permissions of its caller, or of its service role (CloudFormation User Guide,
"CloudFormation service role"). A stack of a stack set acts as a role of its own account: see
`execution_role`. CloudTrail's records of these calls name CloudFormation in `invokedBy`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from threading import Lock
from typing import Any, Final

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import account_of, in_account
from sandbox.core.clients import FOR_CALLER, Clients
from sandbox.core.errors import AwsError
from sandbox.iam.authorization import assume_role_denial_reason, trust_denial_reason
from sandbox.iam.organization import organization_of
from sandbox.iam.principals import role_at, session_of

SERVICE: Final = "cloudformation.amazonaws.com"
ADMINISTRATION_ROLE: Final = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION_ROLE: Final = "AWSCloudFormationStackSetExecutionRole"
"""The default names of the two roles of self-managed stack sets."""
SERVICE_MANAGED_ROLE: Final = "stacksets-exec-"
"""How the name of the role begins that a service-managed stack set uses in an account.

Seen in AWS's managed policy CloudFormationStackSetsOrgAdminServiceRolePolicy, which may assume
`arn:aws:iam::*:role/stacksets-exec-*`, and in published inventories: 32 hexadecimal digits follow,
and the policy AdministratorAccess is attached.
"""
_ADMIN_SERVICE_ROLE: Final = (
    "role/aws-service-role/stacksets.cloudformation.amazonaws.com/"
    "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
)

# Two stack sets may deploy to a new account at the same time.
_CREATING: Final = Lock()

Client = Callable[[str], Any]


def client_of_key(clients: Clients, access_key: str, region: str) -> Client:
    """Return what makes clients in the name of a caller, once for each service."""
    made: dict[str, Any] = {}

    def client(service: str) -> Any:
        if service not in made:
            # The secret and the token are not checked. With a token the client is not kept.
            made[service] = clients.make(
                service, region, f"{FOR_CALLER}{access_key}", "secret", "token"
            )
        return made[service]

    return client


def client_of_role(clients: Clients, role_arn: str, session: str, region: str) -> Client:
    """Return what makes clients of a session of a role, which must exist."""
    account = account_of(role_arn)
    with in_account(account):
        assumed = sts_backends[account][get_partition(region)].assume_role(
            region_name=region,
            role_session_name=session[:64],
            role_arn=role_arn,
            policy="",
            duration=3600,
            external_id="",
        )
    return client_of_key(clients, assumed.access_key_id, region)


def check_service_role(role_arn: str, region: str) -> None:
    """Refuse a stack's service role that CloudFormation may not assume."""
    if reason := trust_denial_reason(role_arn, SERVICE, region, role_arn):
        raise AwsError(
            "ValidationError", f"Role {role_arn} is invalid or cannot be assumed: {reason}"
        )


def service_managed_role(organization: str) -> str:
    """Return the name of the role of service-managed stack sets, for the id of an organization."""
    digits = hashlib.sha256(organization.encode()).hexdigest()[:32]
    return f"{SERVICE_MANAGED_ROLE}{digits}"


def administrator_of(management: str, partition: str) -> str:
    """Return the ARN of the service-linked role that assumes the roles of the accounts."""
    return f"arn:{partition}:iam::{management}:{_ADMIN_SERVICE_ROLE}"


def execution_role(account: str, management: str, partition: str) -> str:
    """Return the ARN of the role of service-managed stack sets in an account.

    The first deployment to an account creates it, as StackSets does.
    """
    with _CREATING:
        return _execution_role(account, management, partition)


def _execution_role(account: str, management: str, partition: str) -> str:
    organization = organization_of(management)
    name = service_managed_role(organization.id if organization else "")
    iam = iam_backends[account][partition]
    for role in list(iam.roles.values()):
        if role.name == name:
            return str(role.arn)
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": administrator_of(management, partition)},
        "Action": "sts:AssumeRole",
    }
    role = iam.create_role(
        role_name=name,
        assume_role_policy_document=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        path="/",
        permissions_boundary=None,
        description="",
        tags=[],
        max_session_duration="3600",
    )
    # On AWS the managed policy is attached, which moto lacks. An inline one allows the same.
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    iam.put_role_policy(role.name, "AdministratorAccess", policy)
    return str(role.arn)


def self_managed_role(account: str, administration_role: str, name: str, region: str) -> str:
    """Return the ARN of the execution role of a self-managed stack set in an account.

    Raises:
        AwsError: CloudFormation may not assume the administration role, or that role may not assume
            the execution role.
    """
    if reason := trust_denial_reason(administration_role, SERVICE, region, administration_role):
        raise AwsError("ValidationError", reason)
    administrator = session_of(role_at(administration_role), "StackSets")
    role = f"arn:{administrator.partition}:iam::{account}:role/{name}"
    with in_account(administrator.account):
        reason = assume_role_denial_reason(administrator, role, region)
    if reason:
        raise AwsError(
            "ValidationError",
            f"Account {account} should have '{name}' role with trust relationship to Role "
            f"'{administrator.name}'. {reason}",
        )
    return role
