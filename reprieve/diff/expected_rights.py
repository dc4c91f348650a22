"""Which changes of a role's policy only follow other changes of the same plan.

A right on something that the plan creates endangers nothing that was there before, and a right that
only the former runbook needed is missed by nobody.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reprieve.diff.differences import parsed
from reprieve.diff.labels import tail
from reprieve.diff.plan import Change
from reprieve.diff.runbooks import without_hash
from reprieve.events.results import SOURCE

Policy = dict[str, Any]

_QUEUES: Final = ("aws_sqs_queue", "aws_sqs_queue_policy")
# The runbooks' results: only events of this source, on the default bus (guard/role_policies.py).
_RESULTS: Final = {"StringEquals": {"events:source": SOURCE}}
_DEFAULT_BUS: Final = re.compile(r"arn:[a-z-]+:events:\*:(\d{12}):event-bus/default")

# They show what there is, and no content of it (Service Authorization Reference, level "List").
_HARMLESS: Final = re.compile(r"[a-z0-9-]+:(List|Describe)[A-Za-z]+")
# Which resources a right of a service may be about, by their names.
_NAMED: Final = {"iam": "aws_iam_role", "sns": "aws_sns_topic", "ssm": "aws_ssm_document"}
# What a runbook needs to start another one as its own role, and to wait for it.
_STARTING: Final = ("ssm:StartAutomationExecution", "ssm:GetAutomationExecution", "iam:PassRole")


def aligned(
    change: Change, before: Any, after: Any, everything: Sequence[Change]
) -> tuple[Any, Any]:
    """Return the policies of a role, or of a queue, to compare: the expected differences in both.

    `everything` are all resources of the plan. Any other policy stays as it is.
    """
    old, new = parsed(renamed(before, everything)), parsed(after)
    if change.type not in ("aws_iam_role_policy", *_QUEUES) or not all(
        _is_policy(each) for each in (old, new)
    ):
        return before, after
    if change.type in _QUEUES:
        left = [each for each in _grants(new) if _leaves_dead_letters(each, change, everything)]
        return _with(old, left), new
    added = [
        each
        for each in _grants(new)
        if _is_expected(each, everything) or _puts_results(each, old, everything)
    ]
    dropped = [each for each in _grants(old) if _is_missed_by_nobody(each, change, everything)]
    return _with(old, added), _with(new, dropped)


def renamed(text: Any, everything: Sequence[Change]) -> Any:
    """Return a text in which each document that the plan replaces has the new one's name."""
    if not isinstance(text, str):
        return text
    for each in everything:
        if each.type != "aws_ssm_document" or each.before is None or each.after is None:
            continue
        was, now = str(each.before.get("name")), str(each.after.get("name"))
        if without_hash(was) == without_hash(now):
            text = re.sub(rf"(?<![\w-]){re.escape(was)}(?![\w-])", now, text)
    return text


def without_deleted(pattern: Any, siblings: Sequence[Change]) -> Any:
    """Return a rule's pattern without the runbooks whose documents the plan deletes.

    Nothing can fail any more that is not there.
    """
    found = parsed(renamed(pattern, siblings))
    detail = found.get("detail") if isinstance(found, dict) else None
    if not isinstance(detail, dict) or not isinstance(detail.get("Definition"), list):
        return renamed(pattern, siblings)
    documents = [each for each in siblings if each.type == "aws_ssm_document"]
    was, now = (
        {without_hash(str(values.get("name"))) for values in found if values}
        for found in ([d.before for d in documents], [d.after for d in documents])
    )
    gone = [{"prefix": f"{name}-"} for name in was - now]
    kept = [each for each in detail["Definition"] if each not in gone]
    return json.dumps({**found, "detail": {**detail, "Definition": kept}})


def _is_policy(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("Statement"), list)


def _grants(policy: Policy) -> Iterator[Policy]:
    """Yield each action on each resource that a policy allows, with its conditions."""
    for statement in policy["Statement"]:
        if statement.get("Effect") != "Allow":
            continue
        for action in _list(statement.get("Action")):
            for resource in _list(statement.get("Resource")):
                yield {**statement, "Action": action, "Resource": resource}


def _list(value: Any) -> list[str]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _is_expected(grant: Policy, everything: Sequence[Change]) -> bool:
    """Whether a right only shows what there is, or is about something that the plan creates."""
    if _HARMLESS.fullmatch(grant["Action"]):
        return True
    return _is_about(grant, [e for e in everything if "create" in e.actions], "after")


def _puts_results(grant: Policy, old: Policy, everything: Sequence[Change]) -> bool:
    """Whether a right puts only results on the account's bus, for a rule that the plan creates."""
    bus = _DEFAULT_BUS.fullmatch(grant["Resource"])
    return (
        grant["Action"] == "events:PutEvents"
        and grant.get("Condition") == _RESULTS
        and bus is not None
        and f":{bus[1]}:" in json.dumps(old)
        and any(
            each.type == "aws_cloudwatch_event_rule"
            and "create" in each.actions
            and _matches_results((each.after or {}).get("event_pattern"))
            for each in everything
        )
    )


def _matches_results(pattern: Any) -> bool:
    found = parsed(pattern)
    return isinstance(found, dict) and found.get("source") == [SOURCE]


def _leaves_dead_letters(grant: Policy, change: Change, everything: Sequence[Change]) -> bool:
    """Whether a right lets topics that the plan creates leave messages in their account's queue."""
    condition, queue = grant.get("Condition"), str(grant["Resource"]).split(":")
    if (grant["Action"], grant.get("Principal")) != (
        "sqs:SendMessage",
        {"Service": "sns.amazonaws.com"},
    ):
        return False
    source = str(((condition or {}).get("ArnLike") or {}).get("aws:SourceArn"))
    *home, name = source.split(":")
    return (
        condition == {"ArnLike": {"aws:SourceArn": source}}
        and home == ["arn", queue[1], "sns", *queue[3:5]]
        and re.fullmatch(r"[\w-]+-\*", name) is not None
        and any(
            each.type == "aws_sns_topic"
            and "create" in each.actions
            and each.place == change.place
            and str((each.after or {}).get("name")).startswith(name[:-1])
            for each in everything
        )
    )


def _is_missed_by_nobody(grant: Policy, change: Change, everything: Sequence[Change]) -> bool:
    """Whether a lost right was about something that the plan deletes, or that nothing does now."""
    if grant["Action"] in _STARTING and _starts_no_more(change, everything):
        return True
    return _is_about(grant, [e for e in everything if e.actions == ("delete",)], "before") and (
        not _is_about(grant, everything, "after")
    )


def _is_about(grant: Policy, changes: Sequence[Change], when: str) -> bool:
    """Whether the resource of a right is one of the changed ones, `before` or `after`."""
    action, resource = grant["Action"], grant["Resource"]
    values = [(each.type, getattr(each, when) or {}) for each in changes]
    if action.startswith("events:"):
        return any(
            type == "aws_cloudwatch_event_target" and value.get("arn") == resource
            for type, value in values
        )
    # Of a document the name without its hash, and each of its versions.
    name = tail(resource).rpartition("/")[2].removesuffix(":*").removesuffix("-*")
    named = _NAMED.get(action.partition(":")[0])
    return any(
        type == named and without_hash(str(value.get("name"))) == name for type, value in values
    )


def _starts_no_more(change: Change, everything: Sequence[Change]) -> bool:
    """Whether runbooks of a role started others, and no runbook does any more.

    EventBridge's own role, as which targets act, still has to start them.
    """
    documents = [each for each in everything if each.type == "aws_ssm_document"]
    role = str((change.before or {}).get("role"))
    acts = any(
        str((each.after or {}).get("role_arn")).endswith(f"/{role}")
        for each in everything
        if each.type == "aws_cloudwatch_event_target"
    )
    was, now = (
        any("aws:executeAutomation" in str((values or {}).get("content")) for values in found)
        for found in ([d.before for d in documents], [d.after for d in documents])
    )
    return was and not now and not acts


def _with(policy: Policy, grants: list[Policy]) -> Policy:
    return {**policy, "Statement": [*policy["Statement"], *grants]}
