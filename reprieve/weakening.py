"""What in a plan weakens protection, in words.

What cannot be judged, since Terraform knows it after the apply only or because it is sensitive, is
said to be so, and counts: a policy that nobody can read before it is there may be any policy.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from reprieve.pattern_proof import what_may_match_less
from reprieve.patterns import faults_of
from reprieve.plan_values import is_empty, parsed
from reprieve.plan_words import NOUNS, subject, tail, value
from reprieve.plans import Change, Sensitive, Unknown
from reprieve.policy_changes import PolicyChange, Statement, compare

# What a resource's end means. A type that is not here protects nothing by itself.
_WITHOUT = {
    "aws_cloudwatch_event_rule": "what it matched is no longer told or acted on",
    "aws_cloudwatch_event_target": "nothing is sent there any more",
    "aws_cloudwatch_metric_alarm": "nobody is told of what it watched",
    "aws_iam_role": "nothing can act as it",
    "aws_iam_role_policy": "the role may no longer do what it allowed",
    "aws_iam_role_policy_attachment": "the role may no longer do what it allowed",
    "aws_kms_key": "its deletion is scheduled, and what it encrypts is lost with it",
    "aws_kms_key_policy": "the key gets the default policy, which lets no AWS service in",
    "aws_sns_topic": "alerts have one place less to go",
    "aws_sns_topic_policy": "EventBridge and CloudWatch may no longer publish",
    "aws_sns_topic_subscription": "who has it is told nothing any more",
    "aws_sqs_queue": "what it keeps is lost, and what cannot be delivered is not kept",
    "aws_sqs_queue_policy": "EventBridge may no longer leave there what it cannot deliver",
    "aws_ssm_document": "what it undid is no longer undone",
}
_TRUST = "assume_role_policy"


@dataclass(frozen=True)
class Weakening:
    """One way in which a change weakens protection.

    `kind` is one of `KINDS`; `subject` names the resource at `address`, which is in `place`, and
    `text` says what becomes of it.
    """

    kind: str
    subject: str
    text: str
    place: str
    address: str


KINDS = {
    "guard-lost": "a Region loses all that guards it",
    "gone": "a resource goes away, or Terraform lets go of it",
    "gap": "a resource is deleted before it is made anew, or has to be confirmed again",
    "rule-disabled": "a rule is disabled",
    "pattern-narrowed": "a rule may match fewer events",
    "policy-widened": "a policy allows more than before, or denies less",
    "policy-narrowed": "a policy no longer allows what is needed, or denies more",
    "target-moved": "a rule sends its events elsewhere",
    "subscription-filtered": "a subscription gets fewer messages",
    "dead-letters-dropped": "what cannot be delivered is no longer kept",
    "retries-lowered": "EventBridge gives up sooner",
    "encryption-weakened": "a topic or a queue is no longer encrypted, or with another key",
    "key-care-lowered": "a KMS key no longer rotates, rotates less often or is deleted sooner",
    "retention-lowered": "a queue keeps its messages for less time",
    "alarm-weakened": "an alarm is off, tells fewer, or measures otherwise",
    "runbook-shortened": "a runbook loses a step",
    "not-known": "what it becomes cannot be judged before the apply",
}


def weakenings_of(change: Change, siblings: tuple[Change, ...] = ()) -> list[Weakening]:
    """Return how a change weakens protection; `siblings` are the other changes of its place."""
    if change.type not in NOUNS:
        return []
    if change.before is None:
        return _added(change, siblings)
    if change.after is None or "forget" in change.actions:
        return _gone(change, siblings)
    if change.is_replacement:
        found = _gap(change)
        # Whatever is replaced is also judged by what it becomes, as far as that is known.
        return [*found, *(w for w in _changed(change, siblings) if w.kind != "not-known")]
    return _changed(change, siblings)


def _say(change: Change, kind: str, text: str) -> Weakening:
    return Weakening(kind, subject(change), text, change.place, change.address)


def _added(change: Change, siblings: tuple[Change, ...]) -> list[Weakening]:
    """Tell of a policy more for a role that is there already; nothing else that is new weakens."""
    if change.type not in ("aws_iam_role_policy", "aws_iam_role_policy_attachment"):
        return []
    role = value(change, "role")
    is_new = any(
        each.type == "aws_iam_role" and each.before is None and value(each, "name") == role
        for each in siblings
    )
    name = value(change, "policy_arn") or value(change, "name")
    text = f"the role gets one policy more{f', {name}' if name else ''}"
    return [] if is_new else [_say(change, "policy-widened", text)]


def _gone(change: Change, siblings: tuple[Change, ...]) -> list[Weakening]:
    if "forget" in change.actions:
        return [_say(change, "gone", "Terraform lets go of it and no longer looks after it")]
    if change.type not in _WITHOUT or _goes_with_another(change, siblings):
        return []
    return [_say(change, "gone", f"deleted: {_WITHOUT[change.type]}")]


def _goes_with_another(change: Change, siblings: tuple[Change, ...]) -> bool:
    """Whether it only goes since what it belongs to goes, of which is told."""
    owners = {
        "aws_cloudwatch_event_target": ("aws_cloudwatch_event_rule", "rule", "name"),
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
        text = f"is made anew{because}: it tells nothing until it is confirmed again"
        return [_say(change, "gap", text)]
    if change.actions[0] == "delete" and change.type in _WITHOUT:
        text = f"is deleted before it is made anew{because}: a gap while the plan is applied"
        return [_say(change, "gap", text)]
    return []


def _changed(change: Change, siblings: tuple[Change, ...]) -> list[Weakening]:
    found = []
    for name, judge in _JUDGES.get(change.type, {}).items():
        before, after = (change.before or {}).get(name), (change.after or {}).get(name)
        unset = change.configured is not None and name not in change.configured
        if (change.is_replacement and unset) or (
            before == after and not isinstance(after, Unknown)
        ):
            continue
        if hidden := _hidden(
            before, None if judge is _actions and isinstance(after, list) else after
        ):
            # Where nothing was, nothing can be lost, unless it is what restricts.
            if not is_empty(before) or judge in (_filter, _boundary):
                found.append(_say(change, "not-known", f"{name} {hidden}"))
            continue
        found += [_say(change, kind, text) for kind, text in judge(change, before, after)]
    if change.type == "aws_cloudwatch_metric_alarm":
        found += _metrics(change, siblings)
    return found


def _hidden(before: Any, after: Any) -> str | None:
    """Say why a change cannot be judged, if it cannot."""
    if _holds(after, Unknown):
        return "becomes what is known after the apply only: it cannot be judged here"
    if _holds(after, Sensitive) or _holds(before, Sensitive):
        return "is sensitive: it is not shown, and cannot be judged here"
    return None


def _holds(value: Any, kind: type) -> bool:
    if isinstance(value, dict):
        return any(_holds(each, kind) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, kind) for each in value)
    return isinstance(value, kind)


Judgement = Iterator[tuple[str, str]]
"""Kinds and sentences."""


def _pattern(change: Change, before: Any, after: Any) -> Judgement:
    if is_empty(before):
        return
    if is_empty(after):
        yield "pattern-narrowed", "no longer matches any event"
        return
    if faults_of(before) or faults_of(after):
        yield "pattern-narrowed", "the event pattern is none that can be compared"
        return
    for gap in what_may_match_less(parsed(before), parsed(after)):
        yield "pattern-narrowed", f"may match less: {gap}"


def _enabled(change: Change, before: Any, after: Any) -> Judgement:
    if after in (False, "DISABLED"):
        yield "rule-disabled", "is disabled: it matches nothing"


def _schedule(change: Change, before: Any, after: Any) -> Judgement:
    if not is_empty(before):
        yield "pattern-narrowed", f"runs by the schedule {after or 'none'} instead of {before}"


def _policy(change: Change, before: Any, after: Any) -> Judgement:
    if is_empty(before):
        return
    if is_empty(after):
        yield "policy-narrowed", "has no policy any more: no AWS service may do anything"
        return
    try:
        changed = compare(parsed(before), parsed(after))
    except (TypeError, ValueError):
        yield "not-known", "the policy is none that can be compared"
        return
    yield from _policy_words(change, changed)


def _policy_words(change: Change, changed: PolicyChange) -> Judgement:
    for text in changed.widened:
        yield "policy-widened", text
    for statement, text in changed.taken:
        if change.type.startswith("aws_iam_") or _matters(statement, change.type):
            yield "policy-narrowed", text
    for _, text in changed.denied:
        yield "policy-narrowed", text


def _matters(statement: Statement, type: str) -> bool:
    """Whether what a statement allowed is needed: by services, and at a key by roles.

    What people may do with a topic or a queue is not what alerts need.
    """
    if statement.services or ("*", "*") in statement.principals:
        return True
    of_an_actor = any(":role/" in who or who.endswith(":root") for _, who in statement.principals)
    return of_an_actor and type.startswith("aws_kms_")


def _boundary(change: Change, before: Any, after: Any) -> Judgement:
    if is_empty(after):
        yield "policy-widened", f"is no longer bounded by {before}"
    else:
        yield "policy-narrowed", f"is bounded by {after}, which may not allow what is needed"


def _attached(change: Change, before: Any, after: Any) -> Judgement:
    yield "policy-widened", f"is {after} instead of {before}"


def _destination(change: Change, before: Any, after: Any) -> Judgement:
    yield "target-moved", f"sends to {after or 'nothing'} instead of {before}"


def _acting_role(change: Change, before: Any, after: Any) -> Judgement:
    if not is_empty(before):
        role = tail(after) if after else "no role"
        yield "target-moved", f"acts as {role} instead of {tail(before)}"


def _dead_letters(change: Change, before: Any, after: Any) -> Judgement:
    was, now = (_first(each).get("arn") for each in (before, after))
    if was and not now:
        yield "dead-letters-dropped", "what cannot be delivered is no longer kept"
    elif was and was != now:
        yield "dead-letters-dropped", f"what cannot be delivered goes to {now} instead of {was}"


# What EventBridge does where a target says nothing (EventBridge API, «RetryPolicy»).
_RETRIES = {"maximum_event_age_in_seconds": 86400, "maximum_retry_attempts": 185}


def _retries(change: Change, before: Any, after: Any) -> Judgement:
    for name, default in _RETRIES.items():
        was, now = (
            default if (found := _first(each).get(name)) is None else found
            for each in (before, after)
        )
        if now < was:
            yield "retries-lowered", f"{name} falls from {was:,} to {now:,}"


def _first(blocks: Any) -> dict[str, Any]:
    return blocks[0] if isinstance(blocks, list) and blocks and blocks[0] else {}


def _filter(change: Change, before: Any, after: Any) -> Judgement:
    if not is_empty(after):
        yield "subscription-filtered", f"gets only what its filter lets through: {after}"


def _encryption(change: Change, before: Any, after: Any) -> Judgement:
    if is_empty(after) or after is False:
        yield "encryption-weakened", "is no longer encrypted with a key of its own"
    elif after == "alias/aws/sns":
        text = "is encrypted with alias/aws/sns, which EventBridge and CloudWatch cannot use"
        yield "encryption-weakened", text
    elif not is_empty(before) and after is not True:
        text = f"is encrypted with {tail(after)} instead of {tail(before)}: may EventBridge use it?"
        yield "encryption-weakened", text


def _switched_off(kind: str, text: str) -> "Judge":
    def judge(change: Change, before: Any, after: Any) -> Judgement:
        if before in (True, None) and after is False:
            yield kind, text

    return judge


def _lower(kind: str, text: str, default: int) -> "Judge":
    """Tell of a number that falls; `default` stands for one that is not there."""

    def judge(change: Change, before: Any, after: Any) -> Judgement:
        was, now = (default if each is None else each for each in (before, after))
        if now < was:
            yield kind, f"{text} falls from {was:,} to {now:,}"

    return judge


def _rotates_less(change: Change, before: Any, after: Any) -> Judgement:
    if before and after and after > before:
        yield "key-care-lowered", f"rotates every {after} days instead of {before}"


def _actions(change: Change, before: Any, after: Any) -> Judgement:
    # Of several topics one may be known after the apply only: those that are known still count.
    gone = [each for each in before or [] if each not in (after or [])]
    if gone:
        yield "alarm-weakened", f"no longer tells {', '.join(map(tail, gone))}"


def _measure(name: str) -> "Judge":
    def judge(change: Change, before: Any, after: Any) -> Judgement:
        # The provider stores a number that nobody set as 0.
        if (before or None) != (after or None):
            yield "alarm-weakened", f"{name} is {_value(after)} instead of {_value(before)}"

    return judge


def _value(value: Any) -> str:
    return "nothing" if is_empty(value) else value if isinstance(value, str) else json.dumps(value)


def _metrics(change: Change, siblings: tuple[Change, ...]) -> list[Weakening]:
    """Tell of metrics that an alarm no longer adds up, unless what they measure goes as well."""
    before, after = _queries(change.before), _queries(change.after)
    if before is None or after is None:
        return [_say(change, "not-known", "metric_query cannot be judged before the apply")]
    gone_rules = {
        value(each, "name")
        for each in siblings
        if each.type == "aws_cloudwatch_event_rule" and each.actions == ("delete",)
    }
    texts = []
    for name, query in before.items():
        was, now = query.get("expression"), after.get(name, {}).get("expression")
        if name not in after and _measured(query).get("RuleName") not in gone_rules:
            texts.append(f"no longer counts {name}")
        elif name in after and was != now and not (is_empty(was) and is_empty(now)):
            texts.append(f"computes {now or 'nothing'} instead of {was or 'nothing'}")
        elif name in after and _measured(query) != _measured(after[name]):
            texts.append(f"measures something else as {name}")
    return [_say(change, "alarm-weakened", text) for text in texts]


def _queries(values: dict[str, Any] | None) -> dict[str, dict[str, Any]] | None:
    """Return an alarm's metric queries by their ids; None if they are not known."""
    found = (values or {}).get("metric_query") or []
    return None if _holds(found, Unknown) else {each["id"]: each for each in found}


def _measured(query: dict[str, Any]) -> dict[str, Any]:
    dimensions = _first(query.get("metric")).get("dimensions")
    return dimensions if isinstance(dimensions, dict) else {}


def _steps(change: Change, before: Any, after: Any) -> Judgement:
    old, new = parsed(before), parsed(after)
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield "not-known", "the content is none that can be compared"
        return
    names = [[step.get("name") for step in each.get("mainSteps") or []] for each in (old, new)]
    for name in names[0]:
        if name not in names[1]:
            yield "runbook-shortened", f"loses the step {name}"


Judge = Callable[[Change, Any, Any], Judgement]

_JUDGES: dict[str, dict[str, Judge]] = {
    "aws_cloudwatch_event_rule": {
        "event_pattern": _pattern,
        "schedule_expression": _schedule,
        "state": _enabled,
    },
    "aws_cloudwatch_event_target": {
        "arn": _destination,
        "role_arn": _acting_role,
        "dead_letter_config": _dead_letters,
        "retry_policy": _retries,
    },
    "aws_cloudwatch_metric_alarm": {
        "actions_enabled": _switched_off("alarm-weakened", "tells nobody: its actions are off"),
        "alarm_actions": _actions,
        **{
            name: _measure(name)
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
                "threshold",
                "treat_missing_data",
            )
        },
    },
    "aws_iam_policy": {"policy": _policy},
    "aws_iam_role": {_TRUST: _policy, "permissions_boundary": _boundary},
    "aws_iam_role_policy": {"policy": _policy},
    "aws_iam_role_policy_attachment": {"policy_arn": _attached},
    "aws_kms_key": {
        "policy": _policy,
        "is_enabled": _switched_off("key-care-lowered", "is disabled: it encrypts nothing"),
        "enable_key_rotation": _switched_off("key-care-lowered", "no longer rotates"),
        "rotation_period_in_days": _rotates_less,
        # KMS API reference, «ScheduleKeyDeletion»: 30 days unless said otherwise.
        "deletion_window_in_days": _lower("key-care-lowered", "the waiting period in days", 30),
    },
    "aws_kms_key_policy": {"policy": _policy},
    "aws_sns_topic": {"kms_master_key_id": _encryption},
    "aws_sns_topic_policy": {"policy": _policy},
    "aws_sns_topic_subscription": {"filter_policy": _filter},
    "aws_sqs_queue": {
        "policy": _policy,
        "kms_master_key_id": _encryption,
        "sqs_managed_sse_enabled": _switched_off("encryption-weakened", "is no longer encrypted"),
        # SQS API reference, «SetQueueAttributes»: four days unless said otherwise.
        "message_retention_seconds": _lower(
            "retention-lowered", "message_retention_seconds", 345600
        ),
    },
    "aws_sqs_queue_policy": {"policy": _policy},
    "aws_ssm_document": {"content": _steps},
}
