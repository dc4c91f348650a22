"""The calls about the operations of stack sets. Source: CloudFormation API reference."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.cloudformation.service import Json, Machinery, Request, page
from sandbox.cloudformation.stack_set_calls import active, find
from sandbox.cloudformation.stack_sets import Operation, StackSet
from sandbox.core.errors import AwsError, SandboxCannot

_LISTED: Final = 100


def _operation(stack_set: StackSet, request: Request) -> Operation:
    wanted = request.get("OperationId", "")
    if wanted not in stack_set.operations:
        raise AwsError("OperationNotFoundException", f"Operation {wanted} not found", status=404)
    return stack_set.operations[wanted]


def _operation_summary(operation: Operation) -> Json:
    failed = sum(result.status == "FAILED" for result in operation.results)
    return {
        "OperationId": operation.id,
        "Action": operation.action,
        "Status": operation.status,
        "StatusReason": operation.reason or None,
        "CreationTimestamp": operation.created,
        "EndTimestamp": operation.ended,
        "OperationPreferences": operation.preferences,
        "StatusDetails": {"FailedStackInstancesCount": failed},
    }


def _describe_operation(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = find(request)
    operation = _operation(stack_set, request)
    return {
        "StackSetOperation": {
            **_operation_summary(operation),
            "StackSetId": stack_set.id,
            "RetainStacks": operation.is_retaining if operation.action == "DELETE" else None,
            "AdministrationRoleARN": stack_set.administration_role or None,
            "ExecutionRoleName": stack_set.execution_role or None,
            "DeploymentTargets": operation.targets or None,
        }
    }


def _list_operations(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = find(request)
    shown, token = page(list(stack_set.operations.values())[::-1], request, _LISTED)
    return {"Summaries": [_operation_summary(each) for each in shown], "NextToken": token}


def _list_results(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = find(request)
    results = _operation(stack_set, request).results
    for wanted in request.get("Filters", []):
        if wanted["Name"] != "OPERATION_RESULT_STATUS":
            raise SandboxCannot(f"the filter {wanted['Name']}")
        results = [each for each in results if each.status == wanted["Values"]]
    shown, token = page(results, request, _LISTED)
    return {
        "Summaries": [
            {
                "Account": result.account,
                "Region": result.region,
                "Status": result.status,
                "StatusReason": result.reason or None,
                "AccountGateResult": {"Status": "SKIPPED"},
                "OrganizationalUnitId": result.unit or None,
            }
            for result in shown
        ],
        "NextToken": token,
    }


def _stop(machinery: Machinery, request: Request) -> Json:
    stack_set, _ = active(request)
    operation = _operation(stack_set, request)
    if not operation.is_open:
        raise AwsError("InvalidOperationException", "The operation has ended")
    operation.stop()
    return {}


OPERATIONS: Final[dict[str, Callable[[Machinery, Request], Json]]] = {
    "DescribeStackSetOperation": _describe_operation,
    "ListStackSetOperations": _list_operations,
    "ListStackSetOperationResults": _list_results,
    "StopStackSetOperation": _stop,
}
"""By name of the call: a function of the machinery and the request."""
