"""Checks whether the change of one attribute weakens protection: `ATTRIBUTE_CHECKS`."""

import re
from typing import Any

from reprieve.diff.alarm_checks import actions, measure, threshold
from reprieve.diff.channel_checks import (
    delayed,
    fewer_regions,
    filtered,
    guardrails,
    redrive,
    scope,
    topics,
)
from reprieve.diff.check import AttributeCheck, CheckResult, first
from reprieve.diff.differences import is_empty, parsed
from reprieve.diff.labels import tail
from reprieve.diff.pattern_coverage import what_may_match_less
from reprieve.diff.plan import Change
from reprieve.diff.policy_diff import PolicyChange, Statement, compare
from reprieve.diff.runbooks import losses
from reprieve.diff.stack_set_checks import deployment, excluded, retention, template
from reprieve.diff.target_checks import replaced_by, transformer
from reprieve.events.patterns import pattern_errors


def _pattern(change: Change, before: Any, after: Any) -> CheckResult:
    if is_empty(before):
        return
    if is_empty(after):
        yield "pattern-narrowed", "no longer matches any event"
        return
    texts = (before, after)
    if not all(isinstance(each, str) and isinstance(parsed(each), dict) for each in texts):
        yield "pattern-narrowed", "the event pattern cannot be compared"
        return
    if pattern_errors(before) or pattern_errors(after):
        yield "pattern-narrowed", "the event pattern cannot be compared"
        return
    for gap in what_may_match_less(parsed(before), parsed(after)):
        yield "pattern-narrowed", f"may match less: {gap}"


def _enabled(change: Change, before: Any, after: Any) -> CheckResult:
    if after in (False, "DISABLED"):
        yield "rule-disabled", "is disabled: it matches nothing"


def _schedule(change: Change, before: Any, after: Any) -> CheckResult:
    if is_empty(before):
        return
    was, now = _minutes(before), _minutes(after)
    if was is None or now is None or now > was:
        yield "schedule-slowed", f"runs by the schedule {after or 'none'} instead of {before}"


# The units of a rate (EventBridge user guide, "Setting a schedule pattern"), in minutes.
_UNITS = {"minute": 1, "hour": 60, "day": 1440}


def _minutes(schedule: Any) -> int | None:
    """Return the minutes between two runs of a schedule; None if it is not a rate."""
    found = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", str(schedule))
    return int(found[1]) * _UNITS[found[2]] if found else None


def _policy(change: Change, before: Any, after: Any) -> CheckResult:
    if is_empty(before):
        return
    if is_empty(after):
        yield "policy-narrowed", "no longer has a policy: AWS services have no access"
        return
    try:
        changed = compare(parsed(before), parsed(after))
    except (AttributeError, TypeError, ValueError):
        yield "not-known", "the policy cannot be compared"
        return
    yield from _policy_words(change, changed)


def _policy_words(change: Change, changed: PolicyChange) -> CheckResult:
    for text in changed.widened:
        yield "policy-widened", text
    for statement, text in changed.taken:
        if change.type.startswith("aws_iam_") or _matters(statement, change.type):
            yield "policy-narrowed", text
    for _, text in changed.denied:
        yield "policy-narrowed", text


def _matters(statement: Statement, type: str) -> bool:
    """Whether the guard needs what a statement allowed.

    Services need it everywhere, roles at a key, and accounts and roles at a bus of the hub, to
    which they forward. Alerts do not depend on what people may do with a topic or a queue.
    """
    if statement.services or ("*", "*") in statement.principals:
        return True
    of_an_actor = any(map(_is_account_or_role, (who for _, who in statement.principals)))
    return of_an_actor and type.startswith(("aws_kms_", "aws_cloudwatch_event_bus"))


def _is_account_or_role(who: str) -> bool:
    return ":role/" in who or who.endswith(":root") or re.fullmatch(r"\d{12}", who) is not None


def boundary(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the permissions boundaries of a role."""
    if is_empty(after):
        yield "policy-widened", f"is no longer bounded by {before}"
    else:
        yield "policy-narrowed", f"is bounded by {after}, which may not allow what is needed"


def _own_policies(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare all policies of a role, including those that the plan does not manage."""
    was, now = ([_policy_name(each) for each in found or []] for found in (before, after))
    if more := [name for name in now if name not in was]:
        yield "policy-widened", f"has more policies: {', '.join(more)}"
    if gone := [name for name in was if name not in now]:
        yield "policy-narrowed", f"has lost policies: {', '.join(gone)}"


def _policy_name(found: Any) -> str:
    return str(found.get("name") if isinstance(found, dict) else found)


def _attached(change: Change, before: Any, after: Any) -> CheckResult:
    yield "policy-widened", f"is {after} instead of {before}"


def _destination(change: Change, before: Any, after: Any) -> CheckResult:
    yield "target-moved", f"sends to {after or 'nothing'} instead of {before}"


def _acting_role(change: Change, before: Any, after: Any) -> CheckResult:
    if not is_empty(before):
        role = tail(after) if after else "no role"
        yield "target-moved", f"acts as {role} instead of {tail(before)}"


def _dead_letters(change: Change, before: Any, after: Any) -> CheckResult:
    was, now = (first(each).get("arn") for each in (before, after))
    if was and not now:
        yield "dead-letters-dropped", "undelivered events are no longer kept"
    elif was and was != now:
        yield "dead-letters-dropped", f"undelivered events go to {now} instead of {was}"


# What EventBridge does if a target sets nothing (EventBridge API reference, "RetryPolicy").
_RETRIES = {"maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 185}


def _retries(change: Change, before: Any, after: Any) -> CheckResult:
    for name, default in _RETRIES.items():
        was, now = (
            default if (found := first(each).get(name)) is None else found
            for each in (before, after)
        )
        if now < was:
            yield "retries-lowered", f"{name} falls from {was:,} to {now:,}"


def _encryption(change: Change, before: Any, after: Any) -> CheckResult:
    if is_empty(after) or after is False:
        yield "encryption-weakened", "is no longer encrypted with a key of its own"
    elif after == "alias/aws/sns":
        text = "is encrypted with alias/aws/sns, which EventBridge and CloudWatch cannot use"
        yield "encryption-weakened", text
    elif not is_empty(before) and after is not True:
        text = f"is encrypted with {tail(after)} instead of {tail(before)}: may EventBridge use it?"
        yield "encryption-weakened", text


def _switched_off(kind: str, text: str) -> AttributeCheck:
    def check(change: Change, before: Any, after: Any) -> CheckResult:
        if before in (True, None) and after is False:
            yield kind, text

    return check


def _lower(kind: str, text: str, default: int) -> AttributeCheck:
    """Return the check of a number that must not fall; `default` applies if it is not set."""

    def check(change: Change, before: Any, after: Any) -> CheckResult:
        was, now = (default if each is None else each for each in (before, after))
        if now < was:
            yield kind, f"{text} falls from {was:,} to {now:,}"

    return check


def _rotates_less(change: Change, before: Any, after: Any) -> CheckResult:
    if before and after and after > before:
        yield "key-care-lowered", f"rotates every {after} days instead of {before}"


def _steps(change: Change, before: Any, after: Any) -> CheckResult:
    old, new = parsed(before), parsed(after)
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield "not-known", "the content cannot be compared"
        return
    for text in losses(old, new):
        yield "runbook-shortened", text


_CHAT: dict[str, AttributeCheck] = {
    "sns_topic_arns": topics,
    "guardrail_policy_arns": guardrails,
    "iam_role_arn": _acting_role,
    # Where the alerts go: in Slack a channel of a workspace, in Teams one of a team of a tenant.
    **dict.fromkeys(
        ("slack_channel_id", "slack_team_id", "channel_id", "team_id", "tenant_id"), _destination
    ),
}

ATTRIBUTE_CHECKS: dict[str, dict[str, AttributeCheck]] = {
    "aws_chatbot_slack_channel_configuration": _CHAT,
    "aws_chatbot_teams_channel_configuration": _CHAT,
    "aws_cloudformation_stack_set": {"auto_deployment": deployment},
    "aws_cloudformation_stack_set_instance": {"retain_stack": retention},
    "aws_cloudwatch_event_bus": {"kms_key_identifier": _encryption},
    "aws_cloudwatch_event_bus_policy": {"policy": _policy},
    "aws_cloudwatch_event_rule": {
        "event_pattern": _pattern,
        "schedule_expression": _schedule,
        "state": _enabled,
        "is_enabled": _enabled,
    },
    "aws_cloudwatch_event_target": {
        "arn": _destination,
        "role_arn": _acting_role,
        "input_transformer": transformer,
        "input": replaced_by("gets the constant input {}"),
        "input_path": replaced_by("gets {} of the event as its input"),
        "dead_letter_config": _dead_letters,
        "retry_policy": _retries,
    },
    "aws_cloudwatch_metric_alarm": {
        "actions_enabled": _switched_off("alarm-weakened", "notifies nobody: its actions are off"),
        "alarm_actions": actions,
        "threshold": threshold,
        **{
            name: measure(name)
            for name in (
                "comparison_operator",
                "datapoints_to_alarm",
                "dimensions",
                "evaluation_periods",
                "extended_statistic",
                "metric_name",
                "namespace",
                "period",
                "statistic",
                "treat_missing_data",
            )
        },
    },
    "aws_iam_policy": {"policy": _policy},
    "aws_iam_role": {
        "assume_role_policy": _policy,
        "permissions_boundary": boundary,
        "inline_policy": _own_policies,
        "managed_policy_arns": _own_policies,
    },
    "aws_iam_role_policy": {"policy": _policy},
    "aws_iam_role_policy_attachment": {"policy_arn": _attached},
    "aws_kms_key": {
        "policy": _policy,
        "is_enabled": _switched_off("key-care-lowered", "is disabled: it encrypts nothing"),
        "enable_key_rotation": _switched_off("key-care-lowered", "no longer rotates"),
        "rotation_period_in_days": _rotates_less,
        # KMS API reference, "ScheduleKeyDeletion": 30 days by default.
        "deletion_window_in_days": _lower("key-care-lowered", "the waiting period in days", 30),
    },
    "aws_kms_key_policy": {"policy": _policy},
    "aws_notifications_event_rule": {"event_pattern": _pattern, "regions": fewer_regions},
    "aws_notifications_notification_configuration": {"aggregation_duration": delayed},
    "aws_s3_bucket_policy": {"policy": _policy},
    "aws_s3_object": {"content": template},
    "aws_sns_topic": {"kms_master_key_id": _encryption},
    "aws_sns_topic_policy": {"policy": _policy},
    "aws_sns_topic_subscription": {
        "filter_policy": filtered,
        "filter_policy_scope": scope,
        "redrive_policy": redrive,
    },
    "aws_sqs_queue": {
        "policy": _policy,
        "kms_master_key_id": _encryption,
        "sqs_managed_sse_enabled": _switched_off("encryption-weakened", "is no longer encrypted"),
        # SQS API reference, "SetQueueAttributes": four days by default.
        "message_retention_seconds": _lower(
            "retention-lowered", "message_retention_seconds", 345600
        ),
    },
    "aws_sqs_queue_policy": {"policy": _policy},
    "aws_ssm_document": {"content": _steps},
    "terraform_data": {"input": excluded},
}
