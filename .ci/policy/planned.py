"""A synthesised stack, as linters of policies need to see it: no reference left open.

checkov reads a policy that is a string, as Terraform wants it, only in a plan; in Terraform's own
JSON it passes over it without a word. So each stack is also scanned as the plan that creates it.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Stack = dict[str, Any]
Policy = dict[str, Any]

ACCOUNT = "111122223333"
_KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
_ARNS = {
    "aws_cloudwatch_event_rule": "arn:aws:events:{region}:{account}:rule/{name}",
    "aws_iam_role": "arn:aws:iam::{account}:role/{name}",
    "aws_kms_key": f"arn:aws:kms:{{region}}:{{account}}:key/{_KEY}",
    "aws_sns_topic": "arn:aws:sns:{region}:{account}:{name}",
    "aws_sqs_queue": "arn:aws:sqs:{region}:{account}:{name}",
}
_REFERENCE = re.compile(r"(?<!\$)\$\{([\w.-]+)\}")
POLICIES = ("policy", "assume_role_policy")


def resources(stack: Stack) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the type, name and body of each resource; what a reference stands for is filled in."""
    for kind, bodies in stack["resource"].items():
        for name, body in bodies.items():
            known = {key: each for key, each in body.items() if key not in ("//", "depends_on")}
            yield kind, name, _resolved(known, stack)


def policies(stack: Stack) -> Iterator[tuple[str, Policy]]:
    """Yield each IAM policy, and the address of the resource that it is of.

    A trust policy says nothing of a Resource, and a key's policy says "*": both mean what they are
    attached to, which is put in its place, so that a linter of identity policies understands them.
    """
    for kind, name, body in resources(stack):
        for key in POLICIES:
            if key not in body:
                continue
            policy = json.loads(body[key])
            if key == "assume_role_policy" or kind == "aws_kms_key":
                for statement in policy["Statement"]:
                    statement["Resource"] = _arn(kind, body)
            yield f"{kind}.{name}", policy


def as_plan(stack: Stack) -> dict[str, Any]:
    """Return the plan, as `terraform show -json` prints one, that creates the stack."""
    planned = [*resources(stack)]
    # checkov knows a queue's policy only where it is a resource of its own.
    planned += [
        ("aws_sqs_queue_policy", name, {"queue_url": name, "policy": body["policy"]})
        for kind, name, body in planned
        if kind == "aws_sqs_queue" and "policy" in body
    ]
    created = [
        {
            "address": f"{kind}.{name}",
            "mode": "managed",
            "type": kind,
            "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "values": body,
            "change": {"actions": ["create"], "before": None, "after": body},
        }
        for kind, name, body in planned
    ]
    return {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {"resources": created}},
        "resource_changes": created,
        "configuration": {},
    }


def _resolved(value: Any, stack: Stack) -> Any:
    if isinstance(value, str):
        return _REFERENCE.sub(lambda found: _value(found[1], stack), value)
    if isinstance(value, list):
        return [_resolved(each, stack) for each in value]
    if isinstance(value, Mapping):
        return {key: _resolved(each, stack) for key, each in value.items()}
    return value


def _value(reference: str, stack: Stack) -> str:
    """Return what a reference may come to; ValueError if this module knows too little to say."""
    if reference == "data.aws_caller_identity.account.account_id":
        return ACCOUNT
    kind, name, attribute = [*reference.split("."), "", ""][:3]
    body = stack["resource"].get(kind, {}).get(name)
    if body is None:
        raise ValueError(f"${{{reference}}} is of no resource in the stack.")
    if attribute == "arn" and kind in _ARNS:
        return _arn(kind, body)
    if (kind, attribute) == ("aws_kms_key", "key_id"):
        return _KEY
    said = body.get(attribute)
    if not isinstance(said, str):
        raise ValueError(f"${{{reference}}}: .ci/policy/planned.py knows no {attribute} of {kind}.")
    return said


def _arn(kind: str, body: Mapping[str, Any]) -> str:
    region = body["provider"].removeprefix("aws.").replace("_", "-")
    return _ARNS[kind].format(region=region, account=ACCOUNT, name=body.get("name"))
