"""Systems Manager's API calls about automation executions and settings, in AWS's shapes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, TypeVar

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.iam.principals import Caller
from sandbox.ssm import service_settings
from sandbox.ssm.actions import plain
from sandbox.ssm.automations import Automations
from sandbox.ssm.execution import Execution, Step

Json = dict[str, Any]
T = TypeVar("T")

_LONGEST_PAGE: Final = 50
"""How many items a page has at most (API reference, MaxResults)."""


def _start(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    unknown = set(given) - {"DocumentName", "DocumentVersion", "Parameters", "Mode"}
    if unknown or given.get("Mode", "Auto") != "Auto":
        raise SandboxCannot(f"StartAutomationExecution with {', '.join(sorted(unknown)) or 'Mode'}")
    execution = automations.start(
        given["DocumentName"],
        given.get("DocumentVersion"),
        given.get("Parameters") or {},
        region,
        caller,
    )
    return {"AutomationExecutionId": execution.execution_id}


def _found(automations: Automations, given: Json, region: str) -> Execution:
    execution = automations.find(given["AutomationExecutionId"])
    if execution is None or _place(execution) != (current_account(), region):
        raise AwsError(
            "AutomationExecutionNotFoundException",
            f"Automation execution {given['AutomationExecutionId']} does not exist in {region}.",
        )
    return execution


def _place(execution: Execution) -> tuple[str, str]:
    return execution.account, execution.region


def _get(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    execution = _found(automations, given, region)
    steps = [_step(step) for step in list(execution.steps)]
    content = {**_summary(execution), "StepExecutions": steps}
    return {"AutomationExecution": content | {"Parameters": dict(execution.parameters)}}


def _describe(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    tests: dict[str, Callable[[Execution], str]] = {
        "ExecutionId": lambda e: e.execution_id,
        "ExecutionStatus": lambda e: e.status,
        "DocumentNamePrefix": lambda e: e.document,
    }
    # Newest first, as Systems Manager lists them.
    listed = [e for e in automations.executions if _place(e) == (current_account(), region)][::-1]
    chosen = _after_token(listed, lambda e: e.execution_id, given)
    for wanted in given.get("Filters") or []:
        key, values = wanted["Key"], tuple(wanted["Values"])
        if key not in tests:
            raise SandboxCannot(f"DescribeAutomationExecutions with the filter {key}")
        exact = key != "DocumentNamePrefix"
        chosen = [
            e
            for e in chosen
            if (tests[key](e) in values if exact else tests[key](e).startswith(values))
        ]
    shown, following = _page(chosen, lambda e: e.execution_id, given)
    return {"AutomationExecutionMetadataList": [_summary(e) for e in shown], **following}


def _describe_steps(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    if given.get("Filters"):
        raise SandboxCannot("DescribeAutomationStepExecutions with Filters")
    steps = list(_found(automations, given, region).steps)
    shown, following = _page(_after_token(steps, _name, given), _name, given)
    return {"StepExecutions": [_step(step) for step in shown], **following}


def _name(step: Step) -> str:
    return step.name


def _after_token(items: list[T], id_of: Callable[[T], str], given: Json) -> list[T]:
    """Return what follows the item that the token names, the last one on the page before."""
    if (token := given.get("NextToken")) is None:
        return items
    ids = [id_of(each) for each in items]
    if token not in ids:
        raise AwsError("InvalidNextToken", "The specified token is not valid.")
    return items[ids.index(token) + 1 :]


def _page(rest: list[T], id_of: Callable[[T], str], given: Json) -> tuple[list[T], Json]:
    """Return the items of a page, and the token of the next one if there is one."""
    size = given.get("MaxResults", _LONGEST_PAGE)
    if not 1 <= size <= _LONGEST_PAGE:
        raise AwsError("ValidationException", f"A page has 1 to {_LONGEST_PAGE} items.")
    shown = rest[:size]
    return shown, {"NextToken": id_of(shown[-1])} if len(rest) > size else {}


def _stop(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    # API reference, StopAutomationExecution: the default type is Cancel.
    if given.get("Type", "Cancel") != "Cancel":
        raise SandboxCannot(f"StopAutomationExecution with Type {given['Type']}")
    automations.stop(_found(automations, given, region).execution_id)
    return {}


def _get_setting(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    return service_settings.get(given, region)


def _update_setting(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    answer = service_settings.update(given, region, caller)
    automations.slots.fill(region)
    return answer


def _reset_setting(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
    return service_settings.reset(given, region)


def _refuse(operation: str) -> Callable[[Automations, Json, str, Caller], Json]:
    def refuse(automations: Automations, given: Json, region: str, caller: Caller) -> Json:
        raise SandboxCannot(f"Systems Manager {operation}")

    return refuse


def _summary(execution: Execution) -> Json:
    content: Json = {
        "AutomationExecutionId": execution.execution_id,
        "DocumentName": execution.document,
        "DocumentVersion": execution.document_version,
        "AutomationExecutionStatus": execution.status,
        "ExecutionStartTime": execution.started,
        "ExecutedBy": execution.started_by.arn,
        "Outputs": execution.outputs,
        "Mode": "Auto",
    }
    if execution.ended is not None:
        content["ExecutionEndTime"] = execution.ended
    if execution.failure:
        content["FailureMessage"] = execution.failure
    return content


def _step(step: Step) -> Json:
    content: Json = {
        "StepName": step.name,
        "Action": step.action,
        "StepStatus": step.status,
        "ExecutionStartTime": step.started,
        "Inputs": {name: _text(value) for name, value in step.inputs.items()},
        "Outputs": {name: [_text(value)] for name, value in step.outputs.items()},
    }
    if step.ended is not None:
        content["ExecutionEndTime"] = step.ended
    if step.failure:
        content["FailureMessage"] = step.failure
    return content


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(plain(value))


OPERATIONS: dict[str, Callable[[Automations, Json, str, Caller], Json]] = {
    "StartAutomationExecution": _start,
    "GetAutomationExecution": _get,
    "DescribeAutomationExecutions": _describe,
    "DescribeAutomationStepExecutions": _describe_steps,
    "StopAutomationExecution": _stop,
    "GetServiceSetting": _get_setting,
    "UpdateServiceSetting": _update_setting,
    "ResetServiceSetting": _reset_setting,
    "SendAutomationSignal": _refuse("SendAutomationSignal"),
    "StartChangeRequestExecution": _refuse("StartChangeRequestExecution"),
}
"""By name of the call: a function of (automations, parameters, region, caller)."""
