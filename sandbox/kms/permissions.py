"""Decides whether a caller or an AWS service may use a KMS key: the key policy counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.kms.models import Key

from sandbox.core.errors import AwsError
from sandbox.iam.authorization import (
    caller_context,
    identity_decision,
    not_authorized,
    service_context,
)
from sandbox.iam.policy_evaluator import ContextValue, Request, decide_resource
from sandbox.iam.principals import Caller, identity_policies
from sandbox.iam.service_control import control_denial_reason
from sandbox.kms.keys import backend_of, find_key, is_aws_managed


def parameter_keys(operation: str, parameters: Mapping[str, Any]) -> dict[str, ContextValue]:
    """Return the condition keys that KMS takes from a call's parameters.

    KMS Developer Guide, "AWS KMS condition keys", and "Controlling access to tags" for
    aws:TagKeys and aws:RequestTag.
    """
    days = parameters.get("PendingWindowInDays", 30)
    bypass = parameters.get("BypassPolicyLockoutSafetyCheck")
    tags = {str(tag["TagKey"]): str(tag.get("TagValue")) for tag in parameters.get("Tags") or ()}
    return {
        "kms:ScheduleKeyDeletionPendingWindowInDays": (
            str(days) if operation == "ScheduleKeyDeletion" else None
        ),
        "kms:BypassPolicyLockoutSafetyCheck": (
            str(bypass).lower()
            if operation in ("CreateKey", "PutKeyPolicy") and bypass is not None
            else None
        ),
        "aws:TagKeys": tuple(map(str, tags or parameters.get("TagKeys") or ())) or None,
        **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
    }


def key_denial_reason(
    caller: Caller,
    action: str,
    key: Key,
    extra: Mapping[str, ContextValue] | None = None,
    policy: Mapping[str, Any] | None = None,
) -> str | None:
    """Return why a caller may not use a KMS key for an action, or None if it may.

    `policy` replaces the key's own policy if it is given.

    KMS Developer Guide, "Troubleshooting key access": an explicit deny wins. Otherwise the key
    policy must allow the caller itself, or it must allow the account and the caller's own policies
    must allow the action.
    """
    context = _context(caller, key, extra)
    policy = json.loads(key.policy) if policy is None else policy
    reason = not_authorized(caller, action, key.arn)
    if denied := control_denial_reason(caller.iam_arn, Request(action, key.arn, (), context)):
        return f"{reason} {denied}"
    own = decide_resource(policy, Request(action, key.arn, caller.principals, context))
    if caller.kind == "root":
        return None if own == "allow" else reason
    by_account = decide_resource(policy, Request(action, key.arn, caller.account_names, context))
    policies, boundary = identity_policies(caller)
    identity = identity_decision(policies, boundary, Request(action, key.arn, (), context))
    if "deny" in (own, by_account, identity):
        return f"{reason} (an explicit deny)"
    if own == "allow" or (by_account == "allow" and identity == "allow"):
        return None
    if by_account != "allow" and identity == "allow":
        return f"{reason} (its key policy does not allow it)"
    return reason


def key_control_denial_reason(
    caller: Caller, action: str, key: Key, extra: Mapping[str, ContextValue]
) -> str | None:
    """Return why the service control policy denies a caller an action on a key, or None."""
    request = Request(action, key.arn, (), _context(caller, key, extra))
    denied = control_denial_reason(caller.iam_arn, request)
    return f"{not_authorized(caller, action, key.arn)} {denied}" if denied else None


def service_key_denial_reason(service: str, name: str, region: str) -> str | None:
    """Return why a service cannot publish to a topic encrypted with this key, or None if it can.

    SNS Developer Guide, "Encrypting messages published from AWS services": the key policy has to
    let the service use the key. The policy of an AWS managed key never does.
    """
    try:
        key = find_key(name, region)
    except AwsError as error:
        return f"its key {name} cannot be used: {error.message}"
    if key is None:
        return f"its key {name} does not exist in {region}"
    if is_aws_managed(key):
        return f"its key {name} is an AWS managed key, which {service} may not use"
    if not key.enabled:
        return f"its key {key.arn} is {key.key_state}"
    # Without aws:SourceArn: EventBridge does not send it to KMS. Whether CloudWatch does is not
    # documented.
    context = service_context(region, service)
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        request = Request(action, key.arn, (f"Service:{service}",), context)
        if decide_resource(json.loads(key.policy), request) != "allow":
            return f"the policy of its key {key.arn} does not allow {service} {action}"
    return None


def _context(
    caller: Caller, key: Key, extra: Mapping[str, ContextValue] | None
) -> dict[str, ContextValue]:
    """Return the condition keys of a call on a key. `extra` has those of its parameters."""
    return {
        **caller_context(caller, key.region),
        "kms:CallerAccount": caller.account,
        "kms:ViaService": None,
        "kms:GrantIsForAWSResource": "false",
        **parameter_keys("", {}),
        "kms:KeySpec": key.key_spec,
        "kms:KeyUsage": key.key_usage,
        "kms:KeyOrigin": key.origin,
        "kms:MultiRegion": "true" if key.multi_region else "false",
        **_tags_of(key),
        **(extra or {}),
    }


def _tags_of(key: Key) -> dict[str, ContextValue]:
    tags = backend_of(key.region).tagger.get_tag_dict_for_resource(key.id)
    return {"aws:ResourceTag/*": None, **{f"aws:ResourceTag/{k}": v for k, v in tags.items()}}
