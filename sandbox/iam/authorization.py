"""Decides whether a caller, a role or an AWS service may do something.

Each `..._denial_reason` function returns None if the action is allowed. Otherwise it returns a
sentence that names the missing permission. moto keeps the policies; `policy_evaluator` evaluates
them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox.core.account import account_of
from sandbox.iam.organization import organization_of
from sandbox.iam.policy_evaluator import ContextValue, Decision, Request, decide, decide_resource
from sandbox.iam.principals import Caller, identity_policies, role_at, role_policies
from sandbox.iam.service_control import control_denial_reason

CLOUDWATCH = "cloudwatch.amazonaws.com"
EVENTS = "events.amazonaws.com"
SNS = "sns.amazonaws.com"
SYSTEMS_MANAGER = "ssm.amazonaws.com"


def base_context(region: str) -> dict[str, ContextValue]:
    """Return the condition keys that every request in this account has, or is known to lack."""
    return {
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        # No call goes through a VPC endpoint.
        "aws:PrincipalOrgID": None,
        "aws:PrincipalOrgPaths": None,
        "aws:SourceOrgID": None,
        "aws:SourceVpc": None,
        "aws:SourceVpce": None,
        "aws:MultiFactorAuthPresent": None,
        "aws:SourceAccount": None,
        "aws:SourceArn": None,
        "aws:SourceOwner": None,
        "aws:PrincipalAccount": None,
        "aws:PrincipalArn": None,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalServiceName": None,
        "aws:ViaAWSService": "false",
        # Only calls that tag something, or make roles, have these.
        "aws:RequestTag/*": None,
        "aws:TagKeys": None,
        "iam:PassedToService": None,
        "iam:PermissionsBoundary": None,
        "iam:PolicyARN": None,
    }


def service_context(
    region: str, service: str, source_arn: str | None = None
) -> dict[str, ContextValue]:
    """Return the condition keys of a call that an AWS service makes for `source_arn`."""
    source: dict[str, ContextValue] = {}
    if source_arn:
        account = account_of(source_arn)
        organization = organization_of(account)
        source = {
            "aws:SourceArn": source_arn,
            "aws:SourceAccount": account,
            "aws:SourceOrgID": organization.id if organization else None,
        }
    return {
        **base_context(region),
        **source,
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service,
    }


def caller_context(caller: Caller, region: str) -> dict[str, ContextValue]:
    """Return the condition keys of a call that a user, a session or the root makes itself."""
    return {
        **base_context(region),
        **_principal_keys(caller.iam_arn),
        "aws:ViaAWSService": "true" if caller.via else "false",
    }


def _principal_keys(arn: str) -> dict[str, ContextValue]:
    """Return the condition keys about a principal of an account: a role, a user or the root."""
    account = account_of(arn)
    organization = organization_of(account)
    return {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account,
        "aws:PrincipalOrgID": organization.id if organization else None,
        "aws:PrincipalOrgPaths": (organization.path_of(account),) if organization else None,
        "aws:PrincipalTag/*": None,
    }


def service_denial_reason(
    service: str, action: str, arn: str, policy: Mapping[str, Any], region: str, source_arn: str
) -> str | None:
    """Return why a resource's policy denies a service an action for `source_arn`, or None."""
    context = service_context(region, service, source_arn)
    decision = decide_resource(policy, Request(action, arn, (f"Service:{service}",), context))
    if decision == "allow":
        return None
    how = "denies" if decision == "deny" else "does not allow"
    return f"the policy of {arn} {how} {service} {action} for {source_arn}"


def trust_denial_reason(role_arn: str, service: str, region: str, source_arn: str) -> str | None:
    """Return why a service acting for `source_arn` may not assume a role, or None if it may."""
    role = role_at(role_arn)
    if role is None:
        return f"the role {role_arn} does not exist"
    request = Request(
        "sts:AssumeRole",
        role_arn,
        (f"Service:{service}",),
        {**service_context(region, service, source_arn), "sts:ExternalId": None},
    )
    trust = json.loads(role.assume_role_policy_document)
    if decide_resource(trust, request, trust=True) != "allow":
        return f"role {role.name} does not trust {service} acting for {source_arn}"
    return None


def role_denial_reason(
    role_arn: str,
    action: str,
    resource: str,
    region: str,
    extra: Mapping[str, ContextValue] | None = None,
) -> str | None:
    """Return why a role's own policies do not allow an action, or None if they do."""
    role = role_at(role_arn)
    if role is None:
        return f"the role {role_arn} does not exist"
    context = {
        **base_context(region),
        **_principal_keys(role_arn),
        **(extra or {}),
    }
    request = Request(action, resource, (), context)
    if denied := control_denial_reason(role_arn, request):
        return f"role {role.name} may not {action} on {resource} {denied}"
    policies, boundary = role_policies(role)
    if identity_decision(policies, boundary, request) == "allow":
        return None
    return f"role {role.name} may not {action} on {resource}"


def caller_denial_reason(
    caller: Caller,
    action: str,
    resource: str,
    region: str,
    extra: Mapping[str, ContextValue] | None = None,
) -> str | None:
    """Return why a caller's identity policies do not allow an action, or None if they do.

    The account's root may do everything that the service control policy does not deny.
    """
    context = {**caller_context(caller, region), **(extra or {})}
    request = Request(action, resource, (), context)
    if denied := control_denial_reason(caller.iam_arn, request):
        return f"{not_authorized(caller, action, resource)} {denied}"
    if caller.kind == "root":
        return None
    policies, boundary = identity_policies(caller)
    if identity_decision(policies, boundary, request) == "allow":
        return None
    return not_authorized(caller, action, resource)


def assume_role_denial_reason(
    caller: Caller, role_arn: str, region: str, external_id: str | None = None
) -> str | None:
    """Return why a caller may not assume a role of its own account or of another, or None.

    IAM User Guide, "Policy evaluation logic": within an account, a trust policy that names the
    caller itself is enough. A trust policy that names the account also requires the caller's own
    policies to allow it, and so does every role of another account ("Cross-account policy
    evaluation logic"). AWS lets no account's root assume a role. The sandbox does: its root stands
    for an administrator, whose own policies allow everything.
    """
    role = role_at(role_arn)
    reason = not_authorized(caller, "sts:AssumeRole", role_arn)
    if role is None:
        return reason
    trust = json.loads(role.assume_role_policy_document)
    context = {**caller_context(caller, region), "sts:ExternalId": external_id}
    if denied := control_denial_reason(
        caller.iam_arn, Request("sts:AssumeRole", role_arn, (), context)
    ):
        return f"{reason} {denied}"
    own = decide_resource(
        trust, Request("sts:AssumeRole", role_arn, caller.principals, context), trust=True
    )
    by_account = decide_resource(
        trust, Request("sts:AssumeRole", role_arn, caller.account_names, context), trust=True
    )
    if "deny" in (own, by_account):
        return reason
    is_foreign = account_of(role_arn) != caller.account
    if own == "allow" and not is_foreign:
        return None
    identity_reason = caller_denial_reason(caller, "sts:AssumeRole", role_arn, region)
    return None if "allow" in (own, by_account) and identity_reason is None else reason


def identity_decision(
    policies: list[Mapping[str, Any]], boundary: Mapping[str, Any] | None, request: Request
) -> Decision:
    """Return what identity policies decide, within a permissions boundary if there is one."""
    decision = decide(policies, request)
    if boundary is None or decision != "allow":
        return decision
    return decide([boundary], request)


def not_authorized(caller: Caller, action: str, resource: str) -> str:
    """Return the sentence of AWS's own AccessDeniedException."""
    return f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
