"""Finds the changes of a plan that weaken protection, and describes them.

A value that is sensitive, or known only after the apply, cannot be checked. It counts as a
weakening of the kind `not-known`: an unknown policy may allow anything.
"""

from dataclasses import dataclass
from typing import Any

from reprieve.diff.alarm_checks import ONE_METRIC, actions, lost_metrics, still_measures
from reprieve.diff.attribute_checks import ATTRIBUTE_CHECKS, boundary
from reprieve.diff.channel_checks import filtered, has_filter, scope
from reprieve.diff.check import AttributeCheck
from reprieve.diff.differences import is_empty
from reprieve.diff.expected_rights import aligned, without_deleted
from reprieve.diff.labels import NOUNS, subject, value
from reprieve.diff.plan import Change, Sensitive, Unknown
from reprieve.diff.runbooks import follows_document
from reprieve.diff.target_checks import starts_runbook, transformer, without_unused
from reprieve.runbooks.runbook import PATROL

# What it means that a resource is deleted. Other types protect nothing by themselves.
_WITHOUT = {
    "aws_chatbot_slack_channel_configuration": "this channel is no longer notified",
    "aws_chatbot_teams_channel_configuration": "this channel is no longer notified",
    "aws_cloudformation_stack_set": "accounts that join the organizational units get no guard",
    "aws_cloudformation_stack_set_instance": "the accounts of the organizational unit lose their "
    "guard",
    "aws_cloudwatch_event_bus": "nobody is notified of what the other Regions forward to it",
    "aws_cloudwatch_event_bus_policy": "other accounts may no longer forward events to it",
    "aws_cloudwatch_event_rule": "the events that it matched no longer cause an alert or a rescue",
    "aws_cloudwatch_event_target": "no events are sent there any more",
    "aws_cloudwatch_metric_alarm": "nobody is notified of what it measured",
    "aws_iam_role": "nothing can assume it",
    "aws_iam_role_policy": "the role may no longer do what it allowed",
    "aws_iam_role_policy_attachment": "the role may no longer do what it allowed",
    "aws_kms_key": "its deletion is scheduled, and everything that it encrypts is lost with it",
    "aws_kms_key_policy": "the key gets the default policy, which allows no AWS service to use it",
    "aws_notifications_channel_association": "the address gets no notifications any more",
    "aws_notifications_event_rule": "these events no longer cause a notification",
    "aws_notifications_notification_configuration": "nobody gets its notifications any more",
    "aws_notificationscontacts_email_contact": "the address gets no notifications any more",
    "aws_sns_topic": "alerts are no longer sent to it",
    "aws_sns_topic_policy": "EventBridge and CloudWatch may no longer publish",
    "aws_sns_topic_subscription": "this address is no longer notified",
    "aws_sqs_queue": "its messages are lost, and undelivered events are no longer kept",
    "aws_sqs_queue_policy": "EventBridge may no longer send undelivered events to it",
    "aws_ssm_document": "deletions are no longer cancelled, or disabled keys no longer enabled",
    "aws_ssm_service_setting": "Systems Manager runs 100 automations at once instead of 500: in a "
    "mass deletion, rescues wait",
}


@dataclass(frozen=True)
class Weakening:
    """One way in which a change weakens protection.

    `kind` is one of `KINDS`; `subject` names the resource at `address`, which is in `place`, and
    `text` says how it changes.
    """

    kind: str
    subject: str
    text: str
    place: str
    address: str


KINDS = {
    "state-lost": "a guard is deployed, but the state does not contain it",
    "guard-lost": "a Region loses its whole guard",
    "gone": "a resource is deleted, or Terraform no longer manages it",
    "gap": "a resource is deleted before it is created again, or has to be confirmed again",
    "rule-disabled": "a rule is disabled",
    "pattern-narrowed": "a rule may match fewer events",
    "policy-widened": "a policy allows more than before, or denies less",
    "policy-narrowed": "a policy no longer allows what is needed, or denies more",
    "target-moved": "a rule or a chat channel sends elsewhere",
    "input-changed": "a runbook loses a parameter or gets another, or an alert loses its text",
    "subscription-filtered": "a subscription receives fewer messages",
    "notifications-delayed": "notifications are sent later",
    "dead-letters-dropped": "undelivered events are no longer kept",
    "retries-lowered": "EventBridge stops retrying sooner",
    "encryption-weakened": "a topic or a queue is no longer encrypted, or with another key",
    "key-care-lowered": "a KMS key no longer rotates, rotates less often or is deleted sooner",
    "retention-lowered": "a queue keeps its messages for less time",
    "alarm-weakened": "an alarm notifies nobody or fewer topics, or measures something else",
    "runbook-shortened": "a runbook loses a step, or does less",
    "schedule-slowed": "a rule starts the patrol less often",
    "members-lost": "fewer accounts of an organization get a guard, or keep it",
    "not-known": "the new value cannot be checked before the apply",
}


def weakenings_of(
    change: Change, siblings: tuple[Change, ...] = (), everything: tuple[Change, ...] = ()
) -> list[Weakening]:
    """Return how a change weakens protection.

    `siblings` are the changes of its place, `everything` all resources of the plan.
    """
    if change.type not in NOUNS:
        return []
    if change.before is None:
        return _added(change, siblings)
    if change.after is None or "forget" in change.actions:
        return _gone(change, siblings)
    if change.is_replacement:
        gap, found = _gap(change), _changed(change, siblings, everything)
        # The new attributes are also checked; with a gap, as far as they are known.
        return [*gap, *(each for each in found if not gap or each.kind != "not-known")]
    return _changed(change, siblings, everything)


def _say(change: Change, kind: str, text: str) -> Weakening:
    return Weakening(kind, subject(change), text, change.place, change.address)


def _added(change: Change, siblings: tuple[Change, ...]) -> list[Weakening]:
    """Report a further policy of an existing role. No other new resource weakens protection."""
    if change.type not in ("aws_iam_role_policy", "aws_iam_role_policy_attachment"):
        return []
    role = value(change, "role")
    is_new = any(
        each.type == "aws_iam_role" and each.before is None and value(each, "name") == role
        for each in siblings
    )
    name = value(change, "policy_arn") or value(change, "name")
    text = f"the role gets a further policy{f', {name}' if name else ''}"
    return [] if is_new else [_say(change, "policy-widened", text)]


def _gone(change: Change, siblings: tuple[Change, ...]) -> list[Weakening]:
    if "forget" in change.actions:
        return [_say(change, "gone", "Terraform no longer manages it")]
    if change.type not in _WITHOUT or _goes_with_another(change, siblings):
        return []
    return [_say(change, "gone", f"deleted: {_meaning(change)}")]


def _meaning(change: Change) -> str:
    """Return what it means that a resource is deleted."""
    if change.type == "aws_cloudwatch_event_rule" and value(change, "schedule_expression"):
        return "nothing runs by its schedule any more"
    if change.type == "aws_cloudwatch_event_rule" and str(value(change, "name")).endswith(
        "-forward"
    ):
        return "such events no longer send an alert in another Region"
    if change.type == "aws_cloudformation_stack_set_instance" and (
        (change.before or {}).get("retain_stack") is True
    ):
        return "the accounts of the organizational unit keep their guard, which nobody maintains"
    if change.type == "aws_ssm_document" and subject(change).endswith(f"-{PATROL.id}"):
        return "keys whose events were missed are no longer found"
    return _WITHOUT[change.type]


def _goes_with_another(change: Change, siblings: tuple[Change, ...]) -> bool:
    """Whether it is deleted together with the resource it belongs to, which is reported."""
    owners = {
        "aws_cloudwatch_event_target": ("aws_cloudwatch_event_rule", "rule", "name"),
        "aws_cloudwatch_event_bus_policy": ("aws_cloudwatch_event_bus", "event_bus_name", "name"),
        "aws_sns_topic_policy": ("aws_sns_topic", "arn", "arn"),
        "aws_sns_topic_subscription": ("aws_sns_topic", "topic_arn", "arn"),
        "aws_iam_role_policy": ("aws_iam_role", "role", "name"),
        "aws_iam_role_policy_attachment": ("aws_iam_role", "role", "name"),
    }
    if change.type not in owners:
        return False
    type, mine, its = owners[change.type]
    return any(
        each.type == type
        and each.actions == ("delete",)
        and value(each, its) == value(change, mine)
        for each in siblings
    )


def _gap(change: Change) -> list[Weakening]:
    because = f" ({', '.join(change.replace_because)} changes)" if change.replace_because else ""
    if change.type == "aws_sns_topic_subscription":
        text = f"is replaced{because}: it receives nothing until it is confirmed again"
        return [_say(change, "gap", text)]
    if change.actions[0] == "delete" and change.type in _WITHOUT:
        text = f"is deleted before it is created again{because}: it is missing during the apply"
        return [_say(change, "gap", text)]
    return []


def _changed(
    change: Change, siblings: tuple[Change, ...], everything: tuple[Change, ...]
) -> list[Weakening]:
    found = []
    for name, check in ATTRIBUTE_CHECKS.get(change.type, {}).items():
        before, after = (change.before or {}).get(name), (change.after or {}).get(name)
        unset = change.configured is not None and name not in change.configured
        if (change.is_replacement and unset) or (
            before == after and not isinstance(after, Unknown)
        ):
            continue
        if hidden := _hidden(before, None if _tolerates_unknown(check, change, after) else after):
            # An attribute that was empty cannot lose anything, unless its value restricts.
            if not is_empty(before) or check in (filtered, boundary):
                found.append(_say(change, "not-known", f"{name} {hidden}"))
            continue
        if name == "arn" and follows_document(change, siblings):
            continue
        if name in ONE_METRIC and still_measures(change):
            continue
        if name == "event_pattern":
            before = without_deleted(before, siblings)
        elif name == "policy":
            before, after = aligned(change, before, after, everything)
        elif name == "input_transformer":
            before = without_unused(change, before, everything)
        found += [_say(change, kind, text) for kind, text in check(change, before, after)]
    found = list(dict.fromkeys(found))  # two attributes say that a rule is disabled
    if change.type == "aws_cloudwatch_metric_alarm":
        lost = lost_metrics(change, siblings)
        if lost is None:
            text = "metric_query cannot be checked before the apply"
            return [*found, _say(change, "not-known", text)]
        found += [_say(change, "alarm-weakened", text) for text in lost]
    return found


def _tolerates_unknown(check: AttributeCheck, change: Change, after: Any) -> bool:
    """Whether a check can judge a value that is unknown, or of which a part is."""
    if check is scope:
        return not has_filter(change)
    of_an_alert = check is transformer and not starts_runbook(change)
    return isinstance(after, list) and (check is actions or of_an_alert)


def _hidden(before: Any, after: Any) -> str | None:
    """Return why a change cannot be checked, or None."""
    if _holds(after, Unknown):
        return "is known only after the apply: it cannot be checked before"
    if _holds(after, Sensitive) or _holds(before, Sensitive):
        return "is sensitive: it is not shown, and cannot be checked"
    return None


def _holds(value: Any, kind: type) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, kind) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, kind) for each in value)
    return isinstance(value, kind)
