"""Interprets Automation documents of schema version 0.3, step by step.

Source: Systems Manager User Guide, "Systems Manager Automation actions reference". An unknown
action, attribute or reference fails the execution with a sentence that names it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError
from sandbox.core.jsonpath import MISSING, value_at
from sandbox.ssm.actions import ACTIONS, Runner, StepCancelled, StepFailed, StepTimedOut
from sandbox.ssm.documents import Document
from sandbox.ssm.execution import Execution, Step

_REFERENCE = re.compile(r"\{\{\s*([\w.:\-]+)\s*\}\}")
_STEP_ATTRIBUTES = {
    "name", "action", "inputs", "outputs", "nextStep", "isEnd", "onFailure", "isCritical",
    "maxAttempts", "timeoutSeconds", "description",
}  # fmt: skip
_DOCUMENT_ATTRIBUTES = {
    "schemaVersion", "description", "assumeRole", "parameters", "mainSteps", "outputs",
}  # fmt: skip
# Without a limit, a runbook with a loop would never end.
_MAX_STEPS = 100


def interpret(document: Document, execution: Execution, runner: Runner) -> str:
    """Run a document to its end. Fill the execution's steps, outputs and failure.

    Return the status in which the execution ends.

    User Guide, "Handling timeouts in runbooks": a step that timed out ends the execution as
    TimedOut, unless the step is not critical, whatever its onFailure says.
    """
    try:
        _run(document.content, execution, runner)
    except StepFailed as error:
        _fail(execution, str(error), error.status)
    return execution.failed_as if execution.failure else "Success"


def _fail(execution: Execution, failure: str, status: str) -> None:
    """Let an execution end in a status. Its first failure counts, but a stop always does."""
    if execution.failure is None or status == StepCancelled.status:
        execution.failure, execution.failed_as = failure, status


def _run(content: Mapping[str, Any], execution: Execution, runner: Runner) -> None:
    if content.get("schemaVersion") != "0.3":
        raise StepFailed(
            f"an Automation document has schemaVersion 0.3, not {content.get('schemaVersion')!r}"
        )
    if unknown := set(content) - _DOCUMENT_ATTRIBUTES:
        raise StepFailed(f"the sandbox knows no document attribute {', '.join(sorted(unknown))}")
    scope = _scope(content, execution)
    steps: list[Mapping[str, Any]] = content["mainSteps"]
    names = [step["name"] for step in steps]
    current: str | None = names[0]
    while current is not None:
        if runner.stopping.is_set():
            raise StepCancelled("the execution was stopped")
        if len(execution.steps) >= _MAX_STEPS:
            raise StepFailed(f"the runbook has run {_MAX_STEPS} steps and may never end")
        if current not in names:
            raise StepFailed(f"there is no step {current}")
        index = names.index(current)
        following = names[index + 1] if index + 1 < len(names) else None
        current = _run_step(steps[index], following, scope, execution, runner)
    for reference in content.get("outputs") or []:
        if reference in scope:
            execution.outputs[reference] = [_as_text(scope[reference])]


def _scope(content: Mapping[str, Any], execution: Execution) -> dict[str, Any]:
    """Return what a `{{ reference }}` can refer to when the first step begins."""
    now = datetime.now(UTC)
    scope: dict[str, Any] = {
        "global:REGION": execution.region,
        "global:ACCOUNT_ID": current_account(),
        "global:DATE": f"{now:%Y-%m-%d}",
        "global:DATE_TIME": f"{now:%Y-%m-%d_%H.%M.%S}",
        "automation:EXECUTION_ID": execution.execution_id,
    }
    for name, spec in (content.get("parameters") or {}).items():
        values = execution.parameters[name]
        scope[name] = values if spec.get("type") == "StringList" else values[0]
    return scope


def _run_step(
    spec: Mapping[str, Any],
    following: str | None,
    scope: dict[str, Any],
    execution: Execution,
    runner: Runner,
) -> str | None:
    """Run one step. Return the name of the next step, or None at the end."""
    step = Step(spec["name"], spec["action"], "InProgress", started=time.time())
    execution.steps.append(step)
    try:
        chosen = _attempts(spec, step, scope, runner)
        step.status = "Success"
    except StepFailed as error:
        step.status, step.failure = error.status, str(error)
        return _after_failure(spec, step, following, execution)
    finally:
        step.ended = time.time()
    if chosen or spec.get("nextStep"):
        return str(chosen or spec["nextStep"])
    return None if spec.get("isEnd") else following


def _after_failure(
    spec: Mapping[str, Any], step: Step, following: str | None, execution: Execution
) -> str | None:
    if step.status == StepCancelled.status:
        raise StepCancelled(f"step {step.name} was cancelled: {step.failure}")
    choice = str(spec.get("onFailure", "Abort"))
    if spec.get("isCritical", True) or choice == "Abort":
        how = "timed out" if step.status == StepTimedOut.status else "failed"
        _fail(execution, f"step {step.name} {how}: {step.failure}", step.status)
    if choice.startswith("step:"):
        return choice.removeprefix("step:").strip()
    if choice == "Continue":
        return spec.get("nextStep") or (None if spec.get("isEnd") else following)
    return None


def _attempts(
    spec: Mapping[str, Any], step: Step, scope: dict[str, Any], runner: Runner
) -> str | None:
    if unknown := set(spec) - _STEP_ATTRIBUTES:
        raise StepFailed(f"the sandbox knows no step attribute {', '.join(sorted(unknown))}")
    action = ACTIONS.get(step.action)
    if action is None:
        known = ", ".join(sorted(ACTIONS))
        raise StepFailed(f"the sandbox knows no action {step.action}; it knows {known}")
    step.inputs = filled(spec.get("inputs") or {}, scope)
    timeout = float(spec.get("timeoutSeconds", runner.quotas.default_step_timeout))
    for attempt in range(1, int(spec.get("maxAttempts", 1)) + 1):
        try:
            result = action(step.inputs, runner, timeout)
            break
        except KeyError as error:
            raise StepFailed(f"{step.action} needs the input {error}") from None
        except AwsError as error:
            raise StepFailed(str(error)) from None
        except StepCancelled:
            raise
        except StepFailed:
            if attempt == int(spec.get("maxAttempts", 1)):
                raise
    _keep_outputs(spec, step, result.outputs, scope)
    return result.next_step


def _keep_outputs(
    spec: Mapping[str, Any], step: Step, response: dict[str, Any], scope: dict[str, Any]
) -> None:
    if step.action == "aws:executeAutomation":
        step.outputs.update(response)
    if step.action == "aws:executeScript":
        step.outputs["OutputPayload"] = response
    for output in spec.get("outputs") or []:
        value = value_at(output["Selector"], response)
        if value is MISSING:
            raise StepFailed(f"the response has nothing at {output['Selector']}")
        step.outputs[output["Name"]] = value
    scope.update({f"{step.name}.{name}": value for name, value in step.outputs.items()})


def filled(value: Any, scope: Mapping[str, Any]) -> Any:
    """Return a value with its `{{ references }}` replaced. A lone reference keeps its type.

    Raise StepFailed for a reference to nothing.
    """
    if isinstance(value, Mapping):
        return {name: filled(item, scope) for name, item in value.items()}
    if isinstance(value, list):
        return [filled(item, scope) for item in value]
    if not isinstance(value, str):
        return value
    if lone := _REFERENCE.fullmatch(value.strip()):
        return _referred(lone[1], scope)
    return _REFERENCE.sub(lambda match: _as_text(_referred(match[1], scope)), value)


def _referred(name: str, scope: Mapping[str, Any]) -> Any:
    if name not in scope:
        raise StepFailed(f"{{{{ {name} }}}} refers to nothing that is known at this step")
    return scope[name]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
