"""Find the pattern's CloudFormation stacks and stack sets."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reprieve.adopt.found import Instance, OldRule, Stack, StackPart, StackSet
from reprieve.aws.account import Account, denied_action, is_code
from reprieve.guard.resources import DEFAULT_BUS

_PARAMETERS: Final = frozenset(
    {"DestinationEmailAddress", "SNSTopicName", "EnableRemediation", "AutomationAssumeRole"}
)
"""The parameters of the pattern's template."""
_ENOUGH: Final = 3
"""How many of them a template has that is the pattern's, perhaps changed."""
_CALL: Final = "ScheduleKeyDeletion"
_REPRIEVES: Final = "Reprieve"
"""What the descriptions of Reprieve's own templates begin with: they have these parameters too."""
_NO_STACK: Final = "ValidationError"
"""What CloudFormation answers if it knows no stack, or if the caller administers none."""
_MOST_DESCRIBED: Final = 100
"""How many resources of a stack DescribeStackResources has at most; ListStackResources has all."""
_RETAINED: Final = ("Retain", "RetainExceptOnCreate")


def stack_of_rule(account: Account, region: str, rule: OldRule) -> Stack | None:
    """Return the stack that a rule belongs to; None if it is in none."""
    cloudformation = account.client("cloudformation", region)
    # A rule on another bus has both names in its physical id.
    id = rule.name if rule.bus == DEFAULT_BUS else f"{rule.bus}|{rule.name}"
    try:
        parts = cloudformation.describe_stack_resources(PhysicalResourceId=id)["StackResources"]
    except Exception as error:
        if not is_code(error, _NO_STACK):
            raise
        return None
    # Something else may have the same id.
    found = [part["StackId"] for part in parts if _is_rule(part, id)]
    if not found and len(parts) >= _MOST_DESCRIBED:
        stack_id = parts[0]["StackId"]
        if any(_is_rule(part, id) for part in _parts(cloudformation, stack_id)):
            found = [stack_id]
    if not found:
        return None
    described = cloudformation.describe_stacks(StackName=found[0])["Stacks"]
    return _stack(cloudformation, described[0])


def _is_rule(part: Mapping[str, Any], id: str) -> bool:
    return part["ResourceType"] == "AWS::Events::Rule" and part.get("PhysicalResourceId") == id


def _parts(cloudformation: Any, stack_id: str) -> Iterator[dict[str, Any]]:
    """Yield the resources of a stack that are not deleted."""
    pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_id)
    for page in pages:
        for each in page["StackResourceSummaries"]:
            if each["ResourceStatus"] != "DELETE_COMPLETE":
                yield each


def pattern_stacks(account: Account, region: str, *, without: Collection[str]) -> Iterator[Stack]:
    """Yield the stacks of a Region with the pattern's parameters, but for those with these ids."""
    cloudformation = account.client("cloudformation", region)
    for page in cloudformation.get_paginator("describe_stacks").paginate():
        for described in page["Stacks"]:
            if described["StackId"] in without or described["StackStatus"] == "DELETE_COMPLETE":
                continue
            if _is_pattern(described):
                yield _stack(cloudformation, described)


def _is_pattern(described: Mapping[str, Any]) -> bool:
    """Return whether a stack or a stack set is the pattern's, by its parameters and its template.

    Only the answer about a stack set has the template.
    """
    if described.get("Description", "").startswith(_REPRIEVES):
        return False
    names = {each["ParameterKey"] for each in described.get("Parameters", ())}
    return len(names & _PARAMETERS) >= _ENOUGH or _CALL in described.get("TemplateBody", "")


def _stack(cloudformation: Any, described: Mapping[str, Any]) -> Stack:
    id = described["StackId"]
    parts = tuple(
        StackPart(
            each["LogicalResourceId"], each["ResourceType"], each.get("PhysicalResourceId", "")
        )
        for each in _parts(cloudformation, id)
    )
    template = cloudformation.get_template(StackName=id)["TemplateBody"]
    return Stack(
        name=described["StackName"],
        id=id,
        status=described["StackStatus"],
        is_protected=bool(described.get("EnableTerminationProtection")),
        parameters={
            each["ParameterKey"]: each.get("ParameterValue", "")
            for each in described.get("Parameters", ())
        },
        parts=parts,
        retained=tuple(retained(template)),
        root=described.get("RootId") or described.get("ParentId"),
    )


def retained(template: str | Mapping[str, Any]) -> list[str]:
    """Return the logical ids of the resources that stay when a stack of the template is deleted.

    boto3 parses a template that is JSON; YAML stays text. Of that only the block style is read,
    which is what people write: a resource is a key in the first level under `Resources`.
    """
    if isinstance(template, str):
        try:
            template = json.loads(template)
        except ValueError:
            return list(_retained_in_yaml(str(template).splitlines()))
    resources = template.get("Resources", {}) if isinstance(template, Mapping) else {}
    return [id for id, each in resources.items() if each.get("DeletionPolicy") in _RETAINED]


def _retained_in_yaml(lines: Sequence[str]) -> Iterator[str]:
    inside, level, id = False, 0, ""
    for line in lines:
        found = re.match(r"( *)[\"']?([^\s:#\"'][^:\"']*)[\"']?\s*:\s*[\"']?([^\s#\"']*)", line)
        if not found:
            continue
        indent, key, value = len(found[1]), found[2], found[3]
        if indent == 0:
            inside, level = key == "Resources", 0
        elif inside:
            level = level or indent
            id = key if indent == level else id
            if key == "DeletionPolicy" and value in _RETAINED:
                yield id


@dataclass(frozen=True)
class StackSets:
    """What a Region administers: the pattern's stack sets, and what Reprieve's own guards.

    `guarded` are the accounts and Regions that have an up-to-date stack of Reprieve's stack set.
    """

    patterns: tuple[StackSet, ...] = ()
    guarded: frozenset[tuple[str, str]] = frozenset()


def stack_sets(account: Account, region: str, own: str) -> StackSets:
    """Return the stack sets that the account administers in a Region; `own` is Reprieve's.

    A delegated administrator has to say that it is one to see those of the organization.
    """
    cloudformation = account.client("cloudformation", region)
    patterns: dict[str, StackSet] = {}
    guarded: set[tuple[str, str]] = set()
    for call_as in ("SELF", "DELEGATED_ADMIN"):
        try:
            names = _active_sets(cloudformation, call_as)
        except Exception as error:
            # Every other account is refused. The permission was proven by the first call.
            refused = is_code(error, _NO_STACK) or denied_action(error)
            if call_as == "SELF" or not refused:
                raise
            continue
        for name in names:
            known = {"StackSetName": name, "CallAs": call_as}
            if name == own:
                found = _instances(cloudformation, known)
                guarded |= {(one.account, one.region) for one in found if one.status == "CURRENT"}
                continue
            described = cloudformation.describe_stack_set(**known)["StackSet"]
            id = described["StackSetId"]
            if id not in patterns and _is_pattern(described):
                instances = _instances(cloudformation, known)
                patterns[id] = _stack_set(described, account.id, region, call_as, instances)
    return StackSets(tuple(patterns.values()), frozenset(guarded))


def _active_sets(cloudformation: Any, call_as: str) -> list[str]:
    pages = cloudformation.get_paginator("list_stack_sets")
    return [
        each["StackSetName"]
        for page in pages.paginate(Status="ACTIVE", CallAs=call_as)
        for each in page["Summaries"]
    ]


def _instances(cloudformation: Any, known: Mapping[str, str]) -> tuple[Instance, ...]:
    pages = cloudformation.get_paginator("list_stack_instances").paginate(**known)
    return tuple(
        Instance(
            each["Account"],
            each["Region"],
            each["Status"],
            each.get("StackId"),
            each.get("OrganizationalUnitId"),
        )
        for page in pages
        for each in page["Summaries"]
    )


def _stack_set(
    described: Mapping[str, Any],
    account: str,
    region: str,
    call_as: str,
    instances: tuple[Instance, ...],
) -> StackSet:
    return StackSet(
        described["StackSetName"],
        account,
        region,
        described.get("PermissionModel") == "SERVICE_MANAGED",
        call_as,
        tuple(described.get("OrganizationalUnitIds", ())),
        instances,
        bool(described.get("AutoDeployment", {}).get("Enabled")),
        tuple(each["ParameterKey"] for each in described.get("Parameters", ())),
        tuple(described.get("Capabilities", ())),
    )
