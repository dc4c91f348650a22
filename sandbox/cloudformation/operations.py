"""Carries out the operations of stack sets: in which order, and when they stop.

Sources: CloudFormation User Guide, "StackSets concepts" (operation options, status codes); API
reference, StackSetOperationPreferences. Without managed execution a stack set takes one operation
at a time. With it, further operations wait: on AWS those that do not conflict run at the same time,
which changes no result.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Final

from sandbox.cloudformation import instances
from sandbox.cloudformation.service import Json, Machinery
from sandbox.cloudformation.stack_sets import Action, Instance, Operation, Result, StackSet, now
from sandbox.core.errors import AwsError

_STARTING: Final = Lock()
_STOPPED: Final = "Cancelled since failure tolerance has exceeded"


def start(
    machinery: Machinery,
    stack_set: StackSet,
    action: Action,
    accounts: list[tuple[str, str]],
    regions: list[str],
    *,
    operation_id: str | None = None,
    preferences: Json | None = None,
    targets: Json | None = None,
    is_retaining: bool = False,
    overrides: tuple[tuple[str, str], ...] | None = None,
    is_automatic: bool = False,
    prepare: Callable[[], None] = lambda: None,
) -> Operation:
    """Start an operation in accounts (each with its unit) and Regions, and return it.

    An automatic one waits for others, like every operation of a set with managed execution.
    `prepare` changes the stack set as soon as it is sure that the operation takes place.

    Raises:
        AwsError: There is such an operation (OperationIdAlreadyExistsException), or another one has
            not ended (OperationInProgressException).
    """
    identifier = operation_id or str(uuid.uuid4())
    ordered = _region_order(preferences or {}, regions)
    operation = Operation(
        identifier,
        action,
        preferences or {},
        targets or {},
        [Result(account, region, unit) for region in ordered for account, unit in accounts],
        is_retaining,
        overrides,
    )
    with _STARTING:
        if identifier in stack_set.operations:
            raise AwsError(
                "OperationIdAlreadyExistsException", f"Operation {identifier} exists", status=409
            )
        is_first = stack_set.running is None
        if not is_first and not (stack_set.is_managed or is_automatic):
            raise AwsError(
                "OperationInProgressException",
                "Another Operation on StackSet "
                f"{stack_set.arn} is in progress: {stack_set.running and stack_set.running.id}",
                status=409,
            )
        prepare()
        stack_set.operations[identifier] = operation
        for result in operation.results:
            _expect(stack_set, operation, result)
        if is_first:
            operation.status = "RUNNING"
    if is_first:
        machinery.work.spawn(lambda: _run_all(machinery, stack_set, operation))
    return operation


def _expect(stack_set: StackSet, operation: Operation, result: Result) -> None:
    place = result.account, result.region
    if operation.action == "CREATE" and place not in stack_set.instances:
        stack_set.instances[place] = Instance(*place, unit=result.unit)
    if instance := stack_set.instances.get(place):
        instance.status, instance.detail, instance.reason = "OUTDATED", "PENDING", ""
        instance.operation = operation.id


def _region_order(preferences: Json, regions: list[str]) -> list[str]:
    wanted = [region for region in preferences.get("RegionOrder") or [] if region in regions]
    return [*wanted, *(region for region in dict.fromkeys(regions) if region not in wanted)]


def _run_all(machinery: Machinery, stack_set: StackSet, operation: Operation) -> None:
    following: Operation | None = operation
    while following is not None:
        following.status = "STOPPING" if following.is_stopping else "RUNNING"
        try:
            _run(machinery, stack_set, following)
        except Exception:
            following.status = "FAILED"
            raise
        finally:
            with _STARTING:
                following.ended = now()
                following = stack_set.running


def _run(machinery: Machinery, stack_set: StackSet, operation: Operation) -> None:
    has_failed = False
    is_sequential = operation.preferences.get("RegionConcurrencyType") != "PARALLEL"
    for results in _by_region(operation):
        if has_failed and is_sequential:
            _cancel(stack_set, results)
            continue
        tolerated = _tolerance(operation.preferences, len(results))
        failed = 0
        step = _at_once(operation.preferences, len(results), tolerated)
        for first in range(0, len(results), step):
            if failed > tolerated or operation.is_stopping:
                _cancel(stack_set, results[first:])
                break
            for result in results[first : first + step]:
                instances.carry_out(machinery, stack_set, operation, result)
                failed += result.status == "FAILED"
        has_failed = has_failed or failed > tolerated
    if operation.is_stopping:
        operation.status = "STOPPED"
    else:
        operation.status = "FAILED" if has_failed else "SUCCEEDED"


def _by_region(operation: Operation) -> Iterator[list[Result]]:
    for region in dict.fromkeys(result.region for result in operation.results):
        yield [result for result in operation.results if result.region == region]


def _tolerance(preferences: Json, accounts: int) -> int:
    percentage = preferences.get("FailureTolerancePercentage")
    if percentage is not None:
        return math.floor(accounts * int(percentage) / 100)
    return int(preferences.get("FailureToleranceCount") or 0)


def _at_once(preferences: Json, accounts: int, tolerated: int) -> int:
    """Return in how many accounts of a Region an operation runs before it looks at the failures.

    API reference, ConcurrencyMode: by default at most one more than the tolerated failures.
    """
    percentage = preferences.get("MaxConcurrentPercentage")
    if percentage is not None:
        most = max(math.floor(accounts * int(percentage) / 100), 1)
    else:
        most = int(preferences.get("MaxConcurrentCount") or 1)
    if preferences.get("ConcurrencyMode") == "SOFT_FAILURE_TOLERANCE":
        return most
    return min(most, tolerated + 1)


def _cancel(stack_set: StackSet, results: list[Result]) -> None:
    for result in results:
        result.status, result.reason = "CANCELLED", _STOPPED
        if instance := stack_set.instances.get((result.account, result.region)):
            instance.detail, instance.reason = "CANCELLED", _STOPPED
