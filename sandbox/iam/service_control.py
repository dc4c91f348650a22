"""The service control policies that an organization attaches to its accounts.

AWS Organizations user guide, "SCP evaluation": FullAWSAccess stays attached beside it, so only its
Deny statements count. It binds every user, role and the account's root, but neither service-linked
roles nor AWS services that act for themselves. While one is attached, the root too is refused
calls whose permissions the sandbox does not know.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sandbox.core.account import ACCOUNT_ID, account_of
from sandbox.iam.organization import organization_of
from sandbox.iam.policy_evaluator import Request, decide, statements_of

MAX_CHARACTERS: Final = 5_120
_SERVICE_LINKED: Final = ":role/aws-service-role/"
# Organizations user guide, "SCP syntax": the elements of a statement that denies.
_ELEMENTS: Final = {
    "Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip

_attached: dict[str, Mapping[str, Any]] = {}


def attach(policy: Mapping[str, Any] | None, account: str = ACCOUNT_ID) -> None:
    """Attach a policy to an account in place of the former one; None detaches it.

    Raises:
        ValueError: Organizations would not accept the policy, or it would bind nobody, since no
            service control policy binds an organization's management account.
    """
    organization = organization_of(account)
    if organization and account == organization.management:
        raise ValueError(f"{account} is a management account: the policy would not bind it")
    if policy is None:
        _attached.pop(account, None)
        return
    _check(policy)
    _attached[account] = policy


def clear() -> None:
    """Detach the policies of all accounts."""
    _attached.clear()


def is_attached(account: str) -> bool:
    """Tell whether an account has a service control policy."""
    return account in _attached


def control_denial_reason(principal_arn: str, request: Request) -> str | None:
    """Return the words with which AWS says that the policy denies a request; None if it does not.

    `principal_arn` is the value of aws:PrincipalArn: of a session, its role.
    """
    policy = _attached.get(account_of(principal_arn))
    if policy is None or _SERVICE_LINKED in principal_arn:
        return None
    if decide([policy], request) != "deny":
        return None
    return "with an explicit deny in a service control policy"


def _check(policy: Mapping[str, Any]) -> None:
    size = len(json.dumps(policy, separators=(",", ":")))
    if size > MAX_CHARACTERS:
        raise ValueError(f"the policy has {size} characters; {MAX_CHARACTERS} are allowed")
    for statement in statements_of(policy):
        if unknown := statement.keys() - _ELEMENTS:
            raise ValueError(f"a service control policy has no element {sorted(unknown)}")
