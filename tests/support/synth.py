"""What the tests ask of a synthesised stack."""

import json
from typing import Any

Stack = dict[str, Any]

EMAIL = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com,oncall@example.com"}


def resources(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the stack's resources and data sources by address."""
    return {
        f"{type_}.{name}": body
        for kind in ("resource", "data")
        for type_, named in stack.get(kind, {}).items()
        for name, body in named.items()
    }


def of_type(stack: Stack, type_: str) -> list[dict[str, Any]]:
    """Return the bodies of all resources of a type."""
    return list(stack["resource"].get(type_, {}).values())


NO_PATROL = {"REPRIEVE_PATROL__ENABLED": "false"}
ONE_THREAT = NO_PATROL | {
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
}
WATCH = {
    "name": "trail-changed",
    "summary": "a trail was stopped",
    "pattern": '{"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging"]}}',
}


def statements(stack, role: str):
    """Return the statements of a role's policy by their Sids."""
    (policy,) = (p for p in of_type(stack, "aws_iam_role_policy") if p["name"] == role)
    return by_sid(policy)


def by_sid(resource):
    """Return the statements of a resource's policy by their Sids."""
    return {each["Sid"]: each for each in json.loads(resource["policy"])["Statement"]}


def automation_target(stack):
    """Return the one target of a stack of one Region that starts the runbook of a rescue."""
    (target,) = (
        target
        for target in of_type(stack, "aws_cloudwatch_event_target")
        if target["target_id"] == "key-deletion-scheduled-remediation"
    )
    return target
