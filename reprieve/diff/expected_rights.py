"""Which changes of a role's policy only follow other changes of the same plan.

A right on something that the plan creates endangers nothing that was there before, and a right that
only the former runbook needed is missed by nobody.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reprieve.diff.differences import parsed
from reprieve.diff.labels import tail
from reprieve.diff.plan import Change
from reprieve.diff.runbooks import without_hash

Policy = dict[str, Any]

# They show what there is, and no content of it (Service Authorization Reference, level "List").
_HARMLESS: Final = re.compile(r"[a-z0-9-]+:(List|Describe)[A-Za-z]+")
# Which resources a right of a service may be about, by their names.
_NAMED: Final = {"iam": "aws_iam_role", "sns": "aws_sns_topic", "ssm": "aws_ssm_document"}
# What a runbook needs to start another one as its own role, and to wait for it.
_STARTING: Final = ("ssm:StartAutomationExecution", "ssm:GetAutomationExecution", "iam:PassRole")


def aligned(
    change: Change, before: Any, after: Any, everything: Sequence[Change]
) -> tuple[Any, Any]:
    """Return the policies of a role to compare, with the expected differences in both.

    `everything` are all resources of the plan. What is not a policy of a role stays as it is.
    """
    old, new = parsed(renamed(before, everything)), parsed(after)
    if change.type != "aws_iam_role_policy" or not all(_is_policy(each) for each in (old, new)):
        return before, after
    added = [each for each in _grants(new) if _is_expected(each, everything)]
    dropped = [
        each
        for each in _grants(old)
        if each["Action"] in _STARTING and _starts_no_more(change, everything)
    ]
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
    action, resource = grant["Action"], grant["Resource"]
    if _HARMLESS.fullmatch(action):
        return True
    # Of a document the name without its hash, and each of its versions.
    name = tail(resource).rpartition("/")[2].removesuffix(":*").removesuffix("-*")
    created = [each for each in everything if each.after and "create" in each.actions]
    if action.startswith("events:"):
        return resource in _values(created, "aws_cloudwatch_event_target", "arn")
    names = _values(created, _NAMED.get(action.partition(":")[0], ""), "name")
    return name in map(without_hash, names)


def _values(changes: Sequence[Change], type: str, attribute: str) -> list[str]:
    return [str((each.after or {}).get(attribute)) for each in changes if each.type == type]


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
