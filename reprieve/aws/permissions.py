"""The smallest IAM policy that each command needs, `terraform plan` and `apply` included.

Actions and their resource types: Service Authorization Reference.
"""

from collections.abc import Collection, Sequence
from typing import Any, Final

from reprieve.aws.statements import STATEMENTS
from reprieve.guard.channels import channel_topic_names
from reprieve.guard.conditions import depends_on_tags
from reprieve.guard.remediation import ADAPTIVE_CONCURRENCY
from reprieve.guard.resources import own_rules
from reprieve.guard.topology import uses_hub
from reprieve.names import HUB
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION
from reprieve.settings.schema import Settings

_SERVICE_SETTING: Final = frozenset({"ReadServiceSetting", "WriteServiceSetting"})
"""Only with `remediation.adaptive_concurrency`."""

_BOUNDARY: Final = frozenset({"BoundRoles"})
"""Only with `resources.permissions_boundary_arn`."""

_KEY_TAGS: Final = frozenset({"ReadKeyTags"})
"""Only if a key's tags decide whether its deletion is exempt."""

# Only with `notify.encryption = "own"`.
_OWN_ALERT_KEY: Final = frozenset(
    {
        "ReadAlertKey",
        "ReadAlertKeyAlias",
        "CreateAlertKey",
        "ConfigureAlertKey",
        "NameAlertKey",
    }
)

_OF_CHANNELS: Final = {
    "ReadChat": ("slack", "teams"),
    "WriteChat": ("slack", "teams"),
    "ReadNotifications": ("user-notifications",),
    "WriteNotifications": ("user-notifications",),
}
"""Statements that only a `[[channel]]` of one of these types needs."""

EXTENDS: Final = {"sweep --cancel": "sweep", "sweep --enable": "sweep", "deploy": "plan"}
"""By command: the command whose permissions it needs besides its own."""

COMMANDS: Final = tuple(STATEMENTS)
"""The commands that have a policy. `plan` and `deploy` are Terraform's, without its state.

`assume` is for the credentials that assume the roles of the accounts, whatever the command.
"""

_ACTIONS: Final = {
    action.partition(":")[2]: action
    for statements in STATEMENTS.values()
    for actions, _ in statements.values()
    for action in actions
}


def action_of(operation: str) -> str:
    """Return the IAM action of an API operation, `sns:Publish`; the operation if it is unknown."""
    return _ACTIONS.get(operation, operation)


def policy_for(commands: Sequence[str] | str, settings: Settings) -> dict[str, Any]:
    """Return the smallest IAM policy that one of `COMMANDS`, or several of them, need.

    Raises:
        KeyError: `COMMANDS` does not have the command.
    """
    resources = _resources(settings)
    statements: dict[str, tuple[tuple[str, ...], str]] = {}
    for command in [commands] if isinstance(commands, str) else commands:
        statements |= STATEMENTS.get(EXTENDS.get(command, ""), {}) | STATEMENTS[command]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resources[kind]}
            for sid, (actions, kind) in statements.items()
            if sid not in _OWN_ALERT_KEY or settings.notify.encryption == "own"
            if sid not in _KEY_TAGS or depends_on_tags(settings)
            if sid not in _BOUNDARY or settings.resources.permissions_boundary_arn
            if sid not in _SERVICE_SETTING or settings.remediation.adaptive_concurrency
            if sid not in _OF_CHANNELS or _has_channel(settings, _OF_CHANNELS[sid])
            if resources[kind]  # nobody may be exempt; the state may be local
        ],
    }


def policy_of(commands: Sequence[str] | str, accounts: Sequence[Settings]) -> dict[str, Any]:
    """Return a policy that serves in each of several accounts: their statements with all resources.

    Raises:
        KeyError: `COMMANDS` does not have the command.
    """
    statements: dict[str, dict[str, Any]] = {}
    for each in accounts:
        for statement in policy_for(commands, each)["Statement"]:
            known = statements.setdefault(statement["Sid"], statement | {"Resource": []})
            known["Resource"] += [
                arn for arn in statement["Resource"] if arn not in known["Resource"]
            ]
    return {"Version": "2012-10-17", "Statement": list(statements.values())}


def _has_channel(settings: Settings, types: Collection[str]) -> bool:
    return any(each.type in types for each in settings.channel)


def _topic_names(settings: Settings) -> tuple[str, ...]:
    own = settings.resource_names
    fallback = (own.fallback,) if uses_hub(settings) else ()
    return (settings.notify.topic_name, own.lifeline, own.alarms, *fallback)


def _resources(settings: Settings) -> dict[str, list[str]]:
    """Return ARN patterns by kind of resource.

    The account is left open, since an identity's policy applies to its own account.
    """
    partition, own = settings.regions.partition, settings.resource_names

    def arn(service: str, *names: str) -> list[str]:
        return [f"arn:{partition}:{service}:*:*:{name}" for name in names]

    def role(name: str) -> str:
        return f"arn:{partition}:iam::*:{own.role_resource(name)}"

    channels = channel_topic_names(settings)
    chats = _has_channel(settings, ("slack", "teams"))
    automation_role = settings.remediation.automation_role_arn
    state = settings.state
    with_sets = settings.has_stack_set
    sets = (own.roles_set, own.guard_set) if with_sets else ()
    bucket = settings.organization.template_bucket or own.template_bucket("*")
    own_bucket = [f"arn:{partition}:s3:::{bucket}"] if with_sets else []
    return {
        "any": ["*"],
        # AWS offers no resource for these calls.
        "organization": ["*"] if with_sets else [],
        "stack sets": [
            *arn("cloudformation", *(f"stackset/{name}:*" for name in sets)),
            *arn("cloudformation", *(f"stackset-target/{name}:*" for name in sets)),
        ],
        "template bucket": [] if settings.organization.template_bucket else own_bucket,
        "templates": [f"{each}/{name}/*" for each in own_bucket for name in sets],
        "keys": arn("kms", "key/*"),
        "topics": arn("sns", *_topic_names(settings), *channels),
        "service setting": arn("ssm", f"servicesetting{ADAPTIVE_CONCURRENCY}"),
        "rules": arn("events", *own_rules(own, settings.events.bus)),
        "all rules": arn("events", "rule/*"),
        "all topics": arn("sns", "*"),
        "all stacks": arn("cloudformation", "stack/*"),
        "all stack sets": arn("cloudformation", "stackset/*"),
        "all roles": [f"arn:{partition}:iam::*:role/*"],
        "hub's buses": arn("events", f"event-bus/{own.of(HUB)}*") if uses_hub(settings) else [],
        "dead letters": arn("sqs", own.dead_letters),
        "trails": arn("cloudtrail", "trail/*"),
        # Its role reads the bucket, if there is one.
        "state's bucket": [f"arn:{partition}:s3:::{state.bucket}"]
        if state.bucket and not state.role_arn
        else [],
        "state's role": [state.role_arn] if state.role_arn else [],
        "account's role": [settings.account.role_arn] if settings.account.role_arn else [],
        "runbooks": [
            *arn("ssm", f"document/{own.beginning}*"),
            f"arn:{partition}:ssm:*::document/{CANCEL_KEY_DELETION.id}",
        ],
        "roles": [
            automation_role or role(own.automation_role),
            role(own.eventbridge_role),
            role(own.patrol_role),
            *([role(own.chat_role)] if chats else []),
        ],
        # IAM is asked by the name: whether it exists at this path, at another one or not at all.
        "exempt principals": [
            f"arn:{partition}:iam::*:{kind}/*"
            for kind in ("role", "user")
            if settings.exempt.principals or settings.exempt.deployers or settings.exemption
        ],
        # A dashboard is of the account, not of a Region.
        "dashboard": [f"arn:{partition}:cloudwatch::*:dashboard/{own.dashboard}"]
        if settings.reliability.dashboard
        else [],
        "own alarms": arn("cloudwatch", f"alarm:{own.beginning}*"),
        "own roles": [role(f"{own.beginning}*")],
        "own runbooks": arn("ssm", f"document/{own.beginning}*"),
        "keys and drill's aliases": arn("kms", "key/*", f"{own.drill_alias}*"),
        "keys and alert key's alias": arn("kms", "key/*", own.alert_key_alias),
        "alarms": arn("cloudwatch", "alarm:*"),
        "drill's queues": arn("sqs", f"{own.drill}*"),
    }
