"""Refuses the rules, targets and events that EventBridge refuses, before moto keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from sandbox.core.account import account_of, current_account
from sandbox.core.arns import match_automation_definition
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.events import patterns, schedules, transformer
from sandbox.events.bus_policy import find_bus, match_bus, named_bus
from sandbox.events.matching import matches

# EventBridge User Guide, "Amazon EventBridge quotas".
MAX_TARGETS = 5
MAX_ENTRIES = 10

_RULE_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_TARGET_ID = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
# The services that the bus can deliver to. EventBridge supports many more.
_SERVICES = ("events", "sns", "sqs", "ssm")


def bus_of(name: str | None, region: str) -> Any:
    """Return moto's event bus of a name or ARN. Raise ResourceNotFoundException if none."""
    bus = named_bus(name, region)
    found = find_bus(bus)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Event bus {bus.name} does not exist.")
    return found


def check_put_rule(parameters: Mapping[str, Any], region: str, rules_per_bus: int) -> None:
    """Raise PutRule's error for invalid parameters, above all InvalidEventPatternException.

    A bus that has `rules_per_bus` rules takes no new one: LimitExceededException.
    """
    name = str(parameters.get("Name"))
    if not _RULE_NAME.fullmatch(name):
        raise _invalid(f"The rule name {name!r} does not match {_RULE_NAME.pattern}.")
    pattern = parameters.get("EventPattern")
    if pattern:
        _check_pattern(pattern)
    state = parameters.get("State", "ENABLED")
    if state == "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS":
        raise SandboxCannot(f"a rule in state {state}")
    schedule = parameters.get("ScheduleExpression")
    if schedule and not schedules.is_valid(schedule):
        raise _invalid("Parameter ScheduleExpression is not valid.")
    bus = named_bus(parameters.get("EventBusName"), region)
    if bus.account != current_account():
        raise SandboxCannot(f"a rule on {bus.arn}, a bus of another account")
    if schedule and bus.name != "default":
        raise _invalid("ScheduleExpression is supported only on the default event bus.")
    rules = bus_of(bus.name, region).rules
    if name not in rules and len(rules) >= rules_per_bus:
        raise AwsError("LimitExceededException", f"A bus has at most {rules_per_bus} rules.")


def _check_pattern(pattern: str) -> None:
    if errors := patterns.errors_in(pattern):
        raise AwsError(
            "InvalidEventPatternException",
            "Event pattern is not valid. Reason: " + " ".join(errors),
        )


def check_put_targets(parameters: Mapping[str, Any], region: str) -> None:
    """Raise PutTargets' error for invalid targets. moto then keeps none of them."""
    targets = parameters.get("Targets") or []
    rule = bus_of(parameters.get("EventBusName"), region).rules.get(parameters.get("Rule"))
    present = {target["Id"] for target in rule.targets} if rule else set()
    if len(present | {target.get("Id") for target in targets}) > MAX_TARGETS:
        raise AwsError(
            "LimitExceededException",
            f"The requested resource exceeds the maximum number allowed: "
            f"{MAX_TARGETS} targets a rule.",
        )
    for target in targets:
        _check_target(target, region)


def _check_target(target: Mapping[str, Any], region: str) -> None:
    identifier, arn = str(target.get("Id")), str(target.get("Arn"))
    where = f"target {identifier}"
    if not _TARGET_ID.fullmatch(identifier):
        raise _invalid(f"The target id {identifier!r} does not match {_TARGET_ID.pattern}.")
    parts = arn.split(":", 5)
    if len(parts) != 6:
        raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not an ARN.")
    service, target_region = parts[2], parts[3]
    if service not in _SERVICES:
        raise SandboxCannot(f"a target of service {service} ({arn})")
    if parts[4] not in ("", current_account()) and service != "events":
        raise SandboxCannot(f"the {service} {where} of another account; a bus can be one")
    if target_region != region and service != "events":
        raise _invalid(f"Parameter {arn} is not valid. Reason: it is not in {region} ({where}).")
    transformer.check_target(target)
    _check_retries(target, where)
    if service == "ssm":
        _check_ssm(target, arn, where)
    elif service == "events":
        _check_bus(target, arn, where)
    elif target.get("RoleArn"):
        # AWS's pages disagree on whether a role is allowed, ignored or refused for these.
        raise SandboxCannot(f"a RoleArn on the {service} {where}; use the resource's policy")


def _check_ssm(target: Mapping[str, Any], arn: str, where: str) -> None:
    if ":document/" in arn:
        if not target.get("RunCommandParameters"):
            raise _invalid(f"RunCommandParameters is not valid for {where}: {arn} is Run Command.")
        raise SandboxCannot(f"a Run Command target ({arn})")
    if match_automation_definition(arn) is None:
        raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not correct.")
    if not target.get("RoleArn"):
        raise _invalid(f"RoleArn is required for {where}: {arn}.")


def _check_bus(target: Mapping[str, Any], arn: str, where: str) -> None:
    if match_bus(arn) is None:
        raise SandboxCannot(f"the target {arn}; of EventBridge it takes event buses only")
    role = target.get("RoleArn")
    if not role:
        raise _invalid(f"RoleArn is required for {where}: {arn}.")
    if account_of(role) != current_account():
        raise AwsError("AccessDeniedException", "Cross-account pass role is not allowed.")
    # API reference, PutTargets: not available for a bus of another account.
    if any(target.get(name) for name in ("Input", "InputPath", "InputTransformer")):
        raise SandboxCannot(f"an input of {where}, which is an event bus")


def _check_retries(target: Mapping[str, Any], where: str) -> None:
    policy = target.get("RetryPolicy") or {}
    attempts, age = policy.get("MaximumRetryAttempts"), policy.get("MaximumEventAgeInSeconds")
    if attempts is not None and not 0 <= attempts <= 185:
        raise _invalid(f"MaximumRetryAttempts of {where} is not within 0 and 185.")
    if age is not None and not 60 <= age <= 86400:
        raise _invalid(f"MaximumEventAgeInSeconds of {where} is not within 60 and 86400.")
    queue = (target.get("DeadLetterConfig") or {}).get("Arn")
    if queue and (":sqs:" not in queue or queue.endswith(".fifo")):
        raise _invalid(f"The dead-letter queue of {where} is not a standard SQS queue: {queue}.")


def test_event_pattern(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Answer TestEventPattern: tell whether a pattern matches an event (JSON text)."""
    _check_pattern(parameters["EventPattern"])
    return {"Result": matches(parameters["EventPattern"], json.loads(parameters["Event"]))}


def check_entry(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return PutEvents' answer to an invalid entry, (ErrorCode, ErrorMessage), or None."""
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            reason = f"Reason: {name} is a required argument."
            return "InvalidArgument", f"Parameter {name} is not valid. {reason}"
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return "MalformedDetail", "Detail is malformed."
    return None


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
