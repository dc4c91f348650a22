"""Events about Reprieve itself: changes of the guard, failed rescues, the key of the alerts."""

from collections.abc import Iterable
from typing import Any, Final

from reprieve.events.threat import API_CALL, EventPattern, Impact, Threat, api_call
from reprieve.names import STACK_SETS_CREATOR, STACK_SETS_ROLE, Names

_DEFAULT_NAMES: Final = Names()
# Of which service the resources are that `guard_changed` matches, by its name in CloudTrail.
_GUARD_SOURCES = ("events", "sns", "ssm", "sqs", "monitoring", "iam")


def guard_changed(
    topics: Iterable[str] = (),
    automation_roles: Iterable[str] = (),
    own: Names = _DEFAULT_NAMES,
    *,
    buses: bool = False,
    stack_sets: bool = False,
    deployed_by_stack_set: bool = False,
) -> EventPattern:
    """Return the pattern of every call that changes one of Reprieve's own resources.

    It names no calls, but resources, so that it matches calls of any kind: EventBridge sends calls
    that only read to none of these rules (EventBridge user guide, "Events delivered by AWS services
    through CloudTrail"). `topics` and `automation_roles` are names that may not begin with the
    prefix of all others, which `own` has. With `buses` it also matches calls that change the hub's
    buses, and with `stack_sets` those that change the stack sets which deploy to an organization.
    With `deployed_by_stack_set` it also matches calls that change the role of StackSets, or create
    another one of this name: `by_stack_sets` lets through what such a role does.
    """
    names: list[Any] = [{"prefix": own.beginning}]
    others = sorted(name for name in topics if not name.startswith(own.beginning))
    roles: list[Any] = sorted(
        each for each in automation_roles if not each.startswith(own.beginning)
    )
    if deployed_by_stack_set:
        roles.append({"prefix": STACK_SETS_ROLE})
    in_topics = [f":{own.beginning}*", *(f":{name}" for name in others)]
    parameters: tuple[dict[str, Any], ...] = (
        {"name": [*names, "default"]},  # rules, documents, and the bus of all rules
        {"rule": names},
        {"topicArn": [{"wildcard": f"*{each}"} for each in in_topics]},
        {"subscriptionArn": [{"wildcard": f"*{each.rstrip('*')}*"} for each in in_topics]},
        {"resourceArn": [{"wildcard": f"*{each}"} for each in in_topics]},
        {"queueUrl": [{"wildcard": f"*/{own.dead_letters}"}]},
        {"alarmName": names},
        {"alarmNames": names},
        {"muteTargets": {"alarmNames": names}},  # a mute rule names each alarm
        {"roleName": [*names, *roles]},
        {"settingId": [{"wildcard": "*/ssm/automation/*"}]},  # its path, or its ARN
        # The policy of a bus, and whose rules soever are on it.
        *([{"eventBusName": names}] if buses else []),
        *([{"stackSetName": names}] if stack_sets else []),
    )
    sources = (*_GUARD_SOURCES, "cloudformation") if stack_sets else _GUARD_SOURCES
    return {
        # Only AWS can send events of these sources: anybody can imitate the rest.
        "source": [f"aws.{name}" for name in sources],
        "detail-type": [API_CALL],
        "detail": {
            "eventSource": [f"{name}.amazonaws.com" for name in sources],
            "errorCode": [{"exists": False}],
            "$or": [{"requestParameters": each} for each in parameters],
        },
    }


def by_stack_sets(partition: str, account: str) -> tuple[str, ...]:
    """Return the ARNs of the roles with which StackSets deploys to an account of an organization.

    The first has a wildcard: StackSets chooses the end of its name.
    """
    role = f"arn:{partition}:iam::{account}:role/"
    return f"{role}{STACK_SETS_ROLE}*", f"{role}{STACK_SETS_CREATOR}"


def forwarded_guard_changed() -> EventPattern:
    """Return a pattern of what `guard_changed` matched before it was forwarded to the hub.

    Nothing else of these services is forwarded there, so the names need not be compared again.
    """
    return {"source": [f"aws.{name}" for name in _GUARD_SOURCES], "detail-type": [API_CALL]}


def rules_changed(rules: Iterable[str]) -> EventPattern:
    """Return the pattern of calls that change one of these rules, or its targets."""
    names = sorted(rules)
    return {
        "source": ["aws.events"],
        "detail-type": [API_CALL],
        "detail": {
            "eventSource": ["events.amazonaws.com"],
            "errorCode": [{"exists": False}],
            "$or": [{"requestParameters": {name: names}} for name in ("name", "rule")],
        },
    }


def _one_of(*parameters: str) -> tuple[str, ...]:
    """Return the JSON paths of parameters of a call."""
    return tuple(f"$.detail.requestParameters.{name}" for name in parameters)


GUARD_CHANGED: Final = Threat(
    name="guard-changed",
    summary="a resource of Reprieve itself was changed",
    impact=Impact.CRITICAL,
    event_pattern=guard_changed(),
    act="Run 'reprieve status' now.",
    named=("Call", ("$.detail.eventName",)),
    facts=(("Service", "$.detail.eventSource"),),
    # Not the names of alarms, which may be any text. Only that of a mute rule is here too: `name`.
    resource=_one_of(
        "name", "rule", "topicArn", "subscriptionArn", "resourceArn", "queueUrl", "roleName"
    ),
    meaning="Reprieve may no longer send alerts or rescue keys. If this was your own deployment, "
    "nothing is wrong. To get no alert next time, add its role to exempt.deployers.",
    undo=(
        "Find out what is different:",
        "reprieve status",
        "Deploy again: that restores the guard. Then look for keys that were scheduled for "
        "deletion in the meantime:",
        "reprieve sweep",
    ),
)
TRAIL_CHANGED: Final = Threat(
    name="trail-changed",
    summary="a CloudTrail trail was stopped, deleted or changed",
    impact=Impact.CRITICAL,
    event_pattern=api_call(
        "cloudtrail", ("StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors")
    ),
    act="Run 'reprieve status' now.",
    named=("Trail", _one_of("name", "trailName")),
    facts=(("Call", "$.detail.eventName"),),
    meaning="Reprieve needs a trail that logs the calls of KMS. Without one it does not notice a "
    "deletion when it is scheduled. Only the patrol, if it is on, finds it, hours later.",
    undo=(
        "Check whether a trail still logs these calls:",
        "reprieve status",
        "If this trail was stopped, start it again:",
        "aws cloudtrail start-logging --region <region> --name <named>",
    ),
)
FORWARDED: Final = (GUARD_CHANGED, TRAIL_CHANGED)
"""The threats whose alerts are also sent in another Region."""

# The name of the rule for failed rescues.
RESCUE_FAILED: Final = "rescue-failed"
_EXECUTION_CHANGED: Final = "EC2 Automation Execution Status-change Notification"
# The name of the rule that reports a change of the rules which report changes.
RULES_CHANGED: Final = "guard-rules-changed"
# The names of the rules that start the patrol.
PATROL_RULE: Final = "patrol"
DAILY: Final = "patrol-daily"


def rescue_failed(*runbooks: tuple[str, bool]) -> EventPattern:
    """Return the pattern of a runbook's execution that failed, timed out or was cancelled.

    `runbooks` are the names of Amazon's, with True, and the beginnings of the names of Reprieve's
    own, with False: a document that a new deployment replaces may still be running.

    Systems Manager sends these events itself, without any trail (Systems Manager user guide,
    "EventBridge event patterns and types for Systems Manager").
    """
    return {
        "source": ["aws.ssm"],
        "detail-type": [_EXECUTION_CHANGED],
        "detail": {
            "Definition": [
                name if is_amazons else {"prefix": f"{name}-"} for name, is_amazons in runbooks
            ],
            "Status": ["Failed", "TimedOut", "Cancelled"],
        },
    }


def forwarded_rescue_failed() -> EventPattern:
    """Return a pattern of what `rescue_failed` matched before it was forwarded to the hub."""
    return {"source": ["aws.ssm"], "detail-type": [_EXECUTION_CHANGED]}


# The name of the rule for threats to the key that encrypts the alerts.
ALERT_KEY: Final = "alert-key-endangered"
_DISABLING_CALLS = (
    "ScheduleKeyDeletion",
    "DisableKey",
    "DeleteImportedKeyMaterial",
    "PutKeyPolicy",
)


def alert_key_endangered(key_arn: str) -> EventPattern:
    """Return the pattern of the calls that can make the key of the alerts unusable."""
    pattern = api_call("kms", _DISABLING_CALLS)
    pattern["detail"]["resources"] = {"ARN": [key_arn]}
    return pattern
