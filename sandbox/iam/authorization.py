"""May this caller, role or service do that? None if so, else the sentence that says why not.

The policies are moto's; `policy_evaluator` evaluates them. Every sentence names the missing right.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.kms.models import Key
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import AwsError
from sandbox.iam.policy_evaluator import ContextValue, Decision, Request, decide, decide_resource
from sandbox.iam.principals import (
    Caller,
    account_principals,
    identity_policies,
    role_at,
    role_policies,
)
from sandbox.kms.keys import find_key, is_aws_managed

CLOUDWATCH = "cloudwatch.amazonaws.com"
EVENTS = "events.amazonaws.com"
SNS = "sns.amazonaws.com"
SYSTEMS_MANAGER = "ssm.amazonaws.com"


def base_context(region: str) -> dict[str, ContextValue]:
    """Condition keys that every request has, or is known not to have, in this account."""
    return {
        "aws:RequestedRegion": region,
        "aws:SecureTransport": "true",
        # The account belongs to no organization and calls through no VPC endpoint.
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
    }


def _service_context(region: str, service: str, source_arn: str) -> dict[str, ContextValue]:
    return {
        **base_context(region),
        "aws:SourceArn": source_arn,
        "aws:SourceAccount": ACCOUNT_ID,
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service,
    }


def caller_context(caller: Caller, region: str) -> dict[str, ContextValue]:
    """Condition keys of a call that a user, session or the root makes itself."""
    return {
        **base_context(region),
        "aws:PrincipalArn": caller.iam_arn,
        "aws:PrincipalAccount": ACCOUNT_ID,
        "aws:ViaAWSService": "true" if caller.via else "false",
        "aws:PrincipalTag/*": None,
    }


def why_topic_refuses(service: str, topic_arn: str, region: str, source_arn: str) -> str | None:
    """Why a topic's policy keeps a service from publishing for `source_arn`, or None."""
    topic = sns_backends[ACCOUNT_ID][region].topics.get(topic_arn)
    if topic is None:
        return f"the topic {topic_arn} does not exist"
    return _why_resource_refuses(
        service, "sns:Publish", topic_arn, topic._policy_json, region, source_arn
    )


def why_queue_refuses(service: str, queue_arn: str, region: str, source_arn: str) -> str | None:
    """Why a service may not send to a queue for `source_arn`, or None if it may."""
    queue = sqs_backends[ACCOUNT_ID][region].queues.get(queue_arn.rsplit(":", 1)[-1])
    if queue is None or queue.queue_arn != queue_arn:
        return f"the queue {queue_arn} does not exist"
    return _why_resource_refuses(
        service, "sqs:SendMessage", queue_arn, queue._policy_json or {}, region, source_arn
    )


def _why_resource_refuses(
    service: str, action: str, arn: str, policy: Mapping[str, Any], region: str, source_arn: str
) -> str | None:
    context = _service_context(region, service, source_arn)
    decision = decide_resource(policy, Request(action, arn, (f"Service:{service}",), context))
    if decision == "allow":
        return None
    how = "denies" if decision == "deny" else "does not allow"
    return f"the policy of {arn} {how} {service} {action} for {source_arn}"


def why_key_refuses_service(service: str, name: str, region: str) -> str | None:
    """Why a service cannot publish to a topic encrypted with this key, or None if it can.

    SNS Developer Guide, «Encrypting messages published from AWS services»: the key policy has to
    let the service use the key, which no AWS managed key's policy does.
    """
    try:
        key = find_key(name, region)
    except AwsError as fault:
        return f"its key {name} cannot be used: {fault.message}"
    if key is None:
        return f"its key {name} does not exist in {region}"
    if is_aws_managed(key):
        return f"its key {name} is an AWS managed key, which {service} may not use"
    if not key.enabled:
        return f"its key {key.arn} is {key.key_state}"
    # Without aws:SourceArn: EventBridge does not send it to KMS, and whether CloudWatch does the
    # guide leaves open.
    context: dict[str, ContextValue] = {
        **base_context(region),
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service,
    }
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        request = Request(action, key.arn, (f"Service:{service}",), context)
        if decide_resource(json.loads(key.policy), request) != "allow":
            return f"the policy of its key {key.arn} does not allow {service} {action}"
    return None


def why_not_trusted(role_arn: str, service: str, region: str, source_arn: str) -> str | None:
    """Why a service acting for `source_arn` may not assume a role, or None if it may."""
    role = role_at(role_arn)
    if role is None:
        return f"the role {role_arn} does not exist"
    request = Request(
        "sts:AssumeRole",
        role_arn,
        (f"Service:{service}",),
        {**_service_context(region, service, source_arn), "sts:ExternalId": None},
    )
    if (
        decide_resource(json.loads(role.assume_role_policy_document), request, trust=True)
        != "allow"
    ):
        return f"role {role.name} does not trust {service} acting for {source_arn}"
    return None


def why_role_may_not(
    role_arn: str,
    action: str,
    resource: str,
    region: str,
    extra: Mapping[str, ContextValue] | None = None,
) -> str | None:
    """Why a role's own policies do not let it do something, or None if they do."""
    role = role_at(role_arn)
    if role is None:
        return f"the role {role_arn} does not exist"
    context = {
        **base_context(region),
        "aws:PrincipalArn": role_arn,
        "aws:PrincipalAccount": ACCOUNT_ID,
        "aws:PrincipalTag/*": None,
        **(extra or {}),
    }
    request = Request(action, resource, (), context)
    policies, boundary = role_policies(role)
    if _identity_decision(policies, boundary, request) == "allow":
        return None
    return f"role {role.name} may not {action} on {resource}"


def why_caller_may_not(
    caller: Caller,
    action: str,
    resource: str,
    region: str,
    extra: Mapping[str, ContextValue] | None = None,
) -> str | None:
    """Why a caller's identity policies do not let it do something, or None; root may do all."""
    if caller.kind == "root":
        return None
    context = {**caller_context(caller, region), **(extra or {})}
    request = Request(action, resource, (), context)
    policies, boundary = identity_policies(caller)
    if _identity_decision(policies, boundary, request) == "allow":
        return None
    return _denied(caller, action, resource)


def why_role_refuses_caller(caller: Caller, role_arn: str, region: str) -> str | None:
    """Why a user or session of the account may not assume a role, or None if it may.

    IAM User Guide, «Policy evaluation logic»: within an account a trust policy that names the
    caller itself suffices; one that names the account leaves it to the caller's own policies.
    """
    role = role_at(role_arn)
    denied = _denied(caller, "sts:AssumeRole", role_arn)
    if role is None:
        return denied
    trust = json.loads(role.assume_role_policy_document)
    context = {**caller_context(caller, region), "sts:ExternalId": None}
    own = decide_resource(
        trust, Request("sts:AssumeRole", role_arn, caller.principals, context), trust=True
    )
    account = account_principals(caller.partition)
    by_account = decide_resource(
        trust, Request("sts:AssumeRole", role_arn, account, context), trust=True
    )
    refusal = why_caller_may_not(caller, "sts:AssumeRole", role_arn, region)
    if "deny" in (own, by_account):
        return denied
    if own == "allow" or (by_account == "allow" and refusal is None):
        return None
    return denied


def why_key_refuses(
    caller: Caller,
    action: str,
    key: Key,
    extra: Mapping[str, ContextValue] | None = None,
    policy: Mapping[str, Any] | None = None,
) -> str | None:
    """Why a caller may not do something with a KMS key, or None if it may.

    `policy` is asked in place of the key's own policy if it is given.

    KMS Developer Guide, «Troubleshooting key access»: an explicit deny wins; otherwise the key
    policy must allow the caller itself, or allow the account and the caller's own policies allow.
    """
    context: dict[str, ContextValue] = {
        **caller_context(caller, key.region),
        "kms:CallerAccount": ACCOUNT_ID,
        "kms:ViaService": None,
        "kms:GrantIsForAWSResource": "false",
        "kms:ScheduleKeyDeletionPendingWindowInDays": None,
        "kms:KeySpec": key.key_spec,
        "kms:KeyUsage": key.key_usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": "true" if key.multi_region else "false",
        **_tags_of(key),
        **(extra or {}),
    }
    policy = json.loads(key.policy) if policy is None else policy
    own = decide_resource(policy, Request(action, key.arn, caller.principals, context))
    if caller.kind == "root":
        return None if own == "allow" else _denied(caller, action, key.arn)
    account = account_principals(get_partition(key.region))
    by_account = decide_resource(policy, Request(action, key.arn, account, context))
    policies, boundary = identity_policies(caller)
    request = Request(action, key.arn, (), context)
    identity = _identity_decision(policies, boundary, request)
    if "deny" in (own, by_account, identity):
        return _denied(caller, action, key.arn) + " (an explicit deny)"
    if own == "allow" or (by_account == "allow" and identity == "allow"):
        return None
    if by_account != "allow" and identity == "allow":
        return _denied(caller, action, key.arn) + " (its key policy does not allow it)"
    return _denied(caller, action, key.arn)


def _tags_of(key: Key) -> dict[str, ContextValue]:
    from moto.kms.models import kms_backends

    tags = kms_backends[ACCOUNT_ID][key.region].tagger.get_tag_dict_for_resource(key.id)
    return {"aws:ResourceTag/*": None, **{f"aws:ResourceTag/{k}": v for k, v in tags.items()}}


def _identity_decision(
    policies: list[Mapping[str, Any]], boundary: Mapping[str, Any] | None, request: Request
) -> Decision:
    decision = decide(policies, request)
    if boundary is None or decision != "allow":
        return decision
    return decide([boundary], request)


def _denied(caller: Caller, action: str, resource: str) -> str:
    # The wording of AWS's own AccessDeniedException.
    return f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
