"""What the tests ask of a synthesised stack."""

import json
from collections.abc import Iterable, Mapping
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

CHANNELS: list[dict[str, Any]] = [
    {
        "name": "oncall",
        "type": "email",
        "address": "oncall@example.com",
        "severities": ["critical"],
    },
    {"name": "pager", "type": "sms", "number": "+15555550100", "severities": ["critical"]},
    {"name": "hook", "type": "https", "url": "https://hooks.example.com/alerts"},
    {
        "name": "tickets",
        "type": "sqs",
        "arn": "arn:aws:sqs:eu-west-1:111122223333:tickets",
        "severities": ["critical", "warning"],
    },
    {"name": "bot", "type": "lambda", "arn": "arn:aws:lambda:REGION:111122223333:function:bot"},
    {
        "name": "slack",
        "type": "slack",
        "workspace_id": "T07EA123LEP",
        "channel_id": "C07EZ1ABC23",
        "severities": ["critical", "warning"],
    },
    {
        "name": "teams",
        "type": "teams",
        "team_id": "1234abcd-12ab-34cd-56ef-1234567890ab",
        "tenant_id": "1234abcd-12ab-34cd-56ef-0987654321ab",
        "channel_id": "19%3aabc123%40thread.tacv2",
    },
]
"""A channel of every type whose messages a topic sends."""

CONSOLE = {
    "name": "console",
    "type": "user-notifications",
    "address": "team@example.com",
    "aggregation": "short",
}
"""A channel of AWS User Notifications."""


def toml_of(table: str, entries: Iterable[Mapping[str, Any]]) -> str:
    """Return a list of tables of the settings' file: texts and lists are the same in JSON."""
    return "".join(
        "\n".join([f"[[{table}]]", *(f"{key} = {json.dumps(each[key])}" for key in each), ""])
        for each in entries
    )


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
