"""Principals: the caller behind an access key, its policies, and CloudTrail's `userIdentity`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import account_of, current_account


@dataclass(frozen=True)
class Caller:
    """The principal behind an access key.

    `arn` is the principal's own ARN (for a session `arn:...:assumed-role/NAME/SESSION`);
    `role_arn` is the role of a session. `via` names the AWS service that calls on the principal's
    behalf.
    """

    kind: Literal["root", "user", "session"]
    arn: str
    partition: str
    account: str
    access_key_id: str = ""
    name: str = ""
    role_arn: str = ""
    session: str = ""
    unique_id: str = ""
    via: str = ""

    @property
    def principals(self) -> tuple[str, ...]:
        """The names by which a resource policy can name this caller alone."""
        if self.kind == "root":
            return self.account_names
        named = (f"AWS:{self.arn}", f"AWS:{self.unique_id.split(':')[0]}")
        return (*named, f"AWS:{self.role_arn}") if self.role_arn else named

    @property
    def account_names(self) -> tuple[str, ...]:
        """The names of the caller's whole account in a resource policy."""
        return account_principals(self.partition, self.account)

    @property
    def iam_arn(self) -> str:
        """The value of the condition key aws:PrincipalArn. For a session it is the role."""
        return self.role_arn or self.arn


def account_principals(partition: str, account: str) -> tuple[str, ...]:
    """Return the names of a whole account in a resource policy (IAM User Guide, "Principal")."""
    return (f"AWS:arn:{partition}:iam::{account}:root", f"AWS:{account}")


def account_of_key(access_key_id: str) -> str | None:
    """Return the account of a user's or a session's access key, or None if IAM has no such key."""
    for account, partitions in list(iam_backends.items()):
        for backend in list(partitions.values()):
            if access_key_id in backend.access_keys:
                return str(account)
    return None


def caller_of(access_key_id: str, region: str, via: str = "") -> Caller:
    """Return the caller behind an access key of the present account.

    An unknown access key is the account's root.
    """
    partition, account = get_partition(region), current_account()
    iam = iam_backends[account][partition]
    for assumed in list(sts_backends[account][partition].assumed_roles):
        if assumed.access_key_id == access_key_id:
            name = assumed.role_arn.rsplit("/", 1)[-1]
            return Caller(
                kind="session",
                # An assumed-role ARN does not contain the role's path.
                arn=f"arn:{partition}:sts::{account}:assumed-role/{name}/{assumed.session_name}",
                partition=partition,
                account=account,
                access_key_id=access_key_id,
                name=name,
                role_arn=assumed.role_arn,
                session=assumed.session_name,
                unique_id=assumed.user_id,
                via=via,
            )
    for user in list(iam.users.values()):
        if any(key.access_key_id == access_key_id for key in user.access_keys):
            return Caller(
                kind="user",
                arn=user.arn,
                partition=partition,
                account=account,
                access_key_id=access_key_id,
                name=user.name,
                unique_id=user.id,
                via=via,
            )
    return Caller(
        kind="root",
        arn=f"arn:{partition}:iam::{account}:root",
        partition=partition,
        account=account,
        access_key_id=access_key_id,
        unique_id=account,
        via=via,
    )


def session_of(role: Any, session: str) -> Caller:
    """Return the caller of a session: a service that has assumed one of moto's roles."""
    account = account_of(role.arn)
    return Caller(
        kind="session",
        arn=f"arn:{role.partition}:sts::{account}:assumed-role/{role.name}/{session}",
        partition=role.partition,
        account=account,
        name=role.name,
        role_arn=role.arn,
        session=session,
        unique_id=f"{role.id}:{session}",
    )


def user_identity(caller: Caller) -> dict[str, Any]:
    """Return the element `userIdentity` (CloudTrail User Guide, "userIdentity element")."""
    identity: dict[str, Any] = {
        "type": {"root": "Root", "user": "IAMUser", "session": "AssumedRole"}[caller.kind],
        "principalId": caller.unique_id,
        "arn": caller.arn,
        "accountId": caller.account,
        "accessKeyId": caller.access_key_id,
    }
    if caller.kind == "user":
        identity["userName"] = caller.name
    if caller.kind == "session":
        identity["sessionContext"] = {
            "sessionIssuer": {
                "type": "Role",
                "principalId": caller.unique_id.split(":")[0],
                "arn": caller.role_arn,
                "accountId": caller.account,
                "userName": caller.name,
            },
            "webIdFederationData": {},
            # moto does not keep when a session began, so this is the time of the call.
            "attributes": {
                "creationDate": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
                "mfaAuthenticated": "false",
            },
        }
    if caller.via:
        identity["invokedBy"] = caller.via
    return identity


def role_at(arn: str) -> Any | None:
    """Return moto's role of this ARN, or None."""
    partition = arn.split(":")[1] if arn.count(":") >= 5 else "aws"
    if partition not in ("aws", "aws-cn", "aws-us-gov"):
        return None
    account = account_of(arn)
    if account not in iam_backends:
        return None
    roles = list(iam_backends[account][partition].roles.values())
    return next((role for role in roles if role.arn == arn), None)


def role_arn(name: str, region: str) -> str | None:
    """Return the ARN of the role of this name in the Region's partition, or None."""
    roles = list(iam_backends[current_account()][get_partition(region)].roles.values())
    return next((str(role.arn) for role in roles if role.name == name), None)


def identity_policies(caller: Caller) -> tuple[list[Mapping[str, Any]], Mapping[str, Any] | None]:
    """Return the policies of a user or session (inline, attached, by group), and its boundary."""
    iam = iam_backends[caller.account][caller.partition]
    if caller.kind == "session":
        role = role_at(caller.role_arn)
        return ([], None) if role is None else role_policies(role)
    user = next(user for user in list(iam.users.values()) if user.name == caller.name)
    owners = [user, *iam.get_groups_for_user(user.name)]
    return [document for owner in owners for document in _documents_of(owner)], None


def role_policies(role: Any) -> tuple[list[Mapping[str, Any]], Mapping[str, Any] | None]:
    """Return every identity policy of one of moto's roles, and its permissions boundary."""
    return _documents_of(role), _boundary(role)


def _documents_of(owner: Any) -> list[Mapping[str, Any]]:
    inline = owner.policies.values() if isinstance(owner.policies, dict) else owner.policies
    texts = [text if isinstance(text, str) else text["policy_document"] for text in inline]
    texts += [_default_document(policy) for policy in list(owner.managed_policies.values())]
    return [json.loads(text) for text in texts]


def _boundary(role: Any) -> Mapping[str, Any] | None:
    arn = role.permissions_boundary_arn
    if not arn:
        return None
    # Not the account of the boundary's ARN: AWS's own policies have the account `aws`.
    iam = iam_backends[account_of(role.arn)][role.partition]
    policy = iam.managed_policies.get(arn)
    return json.loads(_default_document(policy)) if policy else {"Statement": []}


def _default_document(policy: Any) -> str:
    return next(str(version.document) for version in policy.versions if version.is_default)
