"""AWS::Events::Rule with its targets, AWS::Events::EventBus and AWS::Events::EventBusPolicy."""

from __future__ import annotations

import json
from typing import Any, Final

from sandbox.cloudformation.resources.kinds import (
    Context,
    Json,
    Kind,
    changed,
    given_of,
    require_absent,
    update_tags,
)
from sandbox.cloudformation.schema import INT, JSON, STR, STRING_MAP, STRINGS, TAGS, document

_NOT_FOUND: Final = "ResourceNotFoundException"
_TARGET: Final = {
    "Arn": STR,
    "Id": STR,
    "DeadLetterConfig": {"Arn": STR},
    "Input": STR,
    "InputPath": STR,
    "InputTransformer": {"InputPathsMap": STRING_MAP, "InputTemplate": STR},
    "RetryPolicy": {"MaximumEventAgeInSeconds": INT, "MaximumRetryAttempts": INT},
    "RoleArn": STR,
    "RunCommandParameters": {"RunCommandTargets": [{"Key": STR, "Values": STRINGS}]},
    "SqsParameters": {"MessageGroupId": STR},
}
_OF_BUS: Final = ("Description", "KmsKeyIdentifier", "DeadLetterConfig")
_OF_RULE: Final = ("Description", "EventPattern", "RoleArn", "ScheduleExpression", "State")


def _parts(rule: str) -> tuple[str, Json]:
    """Return the name of a rule and its bus as a parameter, from the physical id."""
    bus, _, name = rule.rpartition("|")
    return name, {"EventBusName": bus} if bus else {}


def _bus_of(given: Json) -> Json:
    """Return the bus of a rule as a parameter. Without one it is the default bus."""
    bus = given.get("EventBusName", "").rpartition("/")[2]
    return {"EventBusName": bus} if bus not in ("", "default") else {}


def _put_rule(context: Context, name: str, bus: Json, given: Json, tags: list[Json]) -> None:
    values = given_of(given, _OF_RULE)
    if "EventPattern" in values:
        values["EventPattern"] = document(values["EventPattern"])
    tagged = {"Tags": tags} if tags else {}
    context.client("events").put_rule(Name=name, **bus, **values, **tagged)


def _put_targets(context: Context, name: str, bus: Json, targets: list[Json]) -> None:
    if not targets:
        return
    events = context.client("events")
    answer = events.put_targets(Rule=name, Targets=targets, **bus)
    if failed := answer.get("FailedEntries"):
        raise RuntimeError(f"{failed[0]['TargetId']}: {failed[0]['ErrorMessage']}")


def _create_rule(context: Context, given: Json) -> str:
    name, bus = given.get("Name") or context.unique_name(64), _bus_of(given)
    events = context.client("events")
    require_absent(
        "AWS::Events::Rule", name, lambda: events.describe_rule(Name=name, **bus), _NOT_FOUND
    )
    _put_rule(context, name, bus, given, given.get("Tags") or [])
    try:
        _put_targets(context, name, bus, given.get("Targets") or [])
    except Exception:
        events.delete_rule(Name=name, **bus)
        raise
    return f"{bus['EventBusName']}|{name}" if bus else name


def _update_rule(context: Context, rule: str, old: Json, new: Json) -> None:
    events = context.client("events")
    name, bus = _parts(rule)
    if any(changed(old, new, each) for each in _OF_RULE):
        _put_rule(context, name, bus, new, [])
    if changed(old, new, "Targets"):
        kept = {target["Id"] for target in new.get("Targets") or []}
        gone = [each["Id"] for each in old.get("Targets") or [] if each["Id"] not in kept]
        _put_targets(context, name, bus, new.get("Targets") or [])
        if gone:
            events.remove_targets(Rule=name, Ids=gone, **bus)
    _update_tags(context, _rule_arn(context, rule, new), old, new)


def _update_tags(context: Context, arn: str, old: Json, new: Json) -> None:
    events = context.client("events")
    update_tags(
        old,
        new,
        lambda tags: events.tag_resource(ResourceARN=arn, Tags=tags),
        lambda keys: events.untag_resource(ResourceARN=arn, TagKeys=keys),
    )


def _delete_rule(context: Context, rule: str, given: Json) -> None:
    events = context.client("events")
    name, bus = _parts(rule)
    if ids := [target["Id"] for target in given.get("Targets") or []]:
        events.remove_targets(Rule=name, Ids=ids, **bus)
    events.delete_rule(Name=name, **bus)


def _rule_arn(context: Context, rule: str, given: Json) -> str:
    return context.arn("events", f"rule/{rule.replace('|', '/')}")


def _create_bus(context: Context, given: Json) -> str:
    events, name = context.client("events"), given["Name"]
    events.create_event_bus(Name=name, **given_of(given, (*_OF_BUS, "Tags")))
    if policy := given.get("Policy"):
        events.put_permission(EventBusName=name, Policy=document(policy))
    return str(name)


def _update_bus(context: Context, name: str, old: Json, new: Json) -> None:
    events = context.client("events")
    if any(changed(old, new, each) for each in _OF_BUS):
        events.update_event_bus(Name=name, **given_of(new, _OF_BUS))
    if changed(old, new, "Policy"):
        if policy := new.get("Policy"):
            events.put_permission(EventBusName=name, Policy=document(policy))
        else:
            events.remove_permission(EventBusName=name, RemoveAllPermissions=True)
    _update_tags(context, _bus_arn(context, name, new), old, new)


def _delete_bus(context: Context, name: str, given: Json) -> None:
    context.client("events").delete_event_bus(Name=name)


def _bus_arn(context: Context, name: str, given: Json) -> str:
    return context.arn("events", f"event-bus/{name}")


def _put_bus_policy(context: Context, given: Json) -> str:
    events, bus = context.client("events"), given.get("EventBusName", "default")
    sid = given["StatementId"]
    if "Statement" not in given:
        rest = given_of(given, ("Action", "Principal", "Condition"))
        events.put_permission(EventBusName=bus, StatementId=sid, **rest)
        return f"{bus}|{sid}"
    # PutPermission with a whole policy replaces the policy of the bus.
    policy: Any = json.loads(events.describe_event_bus(Name=bus).get("Policy") or "{}")
    others = [each for each in policy.get("Statement", []) if each.get("Sid") != sid]
    statement = {**given["Statement"], "Sid": sid}
    text = document({"Version": "2012-10-17", "Statement": [*others, statement]})
    events.put_permission(EventBusName=bus, Policy=text)
    return f"{bus}|{sid}"


def _update_bus_policy(context: Context, name: str, old: Json, new: Json) -> None:
    _put_bus_policy(context, new)


def _delete_bus_policy(context: Context, name: str, given: Json) -> None:
    bus, _, sid = name.partition("|")
    context.client("events").remove_permission(EventBusName=bus, StatementId=sid)


TYPES: Final = (
    Kind(
        "AWS::Events::Rule",
        {
            "Name": STR,
            "Description": STR,
            "EventBusName": STR,
            "EventPattern": JSON,
            "RoleArn": STR,
            "ScheduleExpression": STR,
            "State": STR,
            "Tags": TAGS,
            "Targets": [_TARGET],
        },
        _create_rule,
        _update_rule,
        _delete_rule,
        attributes={"Arn": _rule_arn},
        replaced_by=frozenset({"Name", "EventBusName"}),
        name_property="Name",
    ),
    Kind(
        "AWS::Events::EventBus",
        {
            "Name": STR,
            "DeadLetterConfig": {"Arn": STR},
            "Description": STR,
            "KmsKeyIdentifier": STR,
            "Policy": JSON,
            "Tags": TAGS,
        },
        _create_bus,
        _update_bus,
        _delete_bus,
        required=("Name",),
        attributes={
            "Arn": _bus_arn,
            "Name": lambda context, name, given: name,
        },
        replaced_by=frozenset({"Name"}),
        name_property="Name",
    ),
    Kind(
        "AWS::Events::EventBusPolicy",
        {
            "EventBusName": STR,
            "StatementId": STR,
            "Statement": JSON,
            "Action": STR,
            "Principal": STR,
            "Condition": {"Key": STR, "Type": STR, "Value": STR},
        },
        _put_bus_policy,
        _update_bus_policy,
        _delete_bus_policy,
        required=("StatementId",),
        replaced_by=frozenset({"EventBusName", "StatementId"}),
    ),
)
