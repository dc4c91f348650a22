"""The actions of a runbook's steps, by name (`ACTIONS`)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from typing import Any, Protocol

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError

from sandbox.core.jsonpath import MISSING, has_wildcard, value_at
from sandbox.core.quotas import Quotas

Inputs = Mapping[str, Any]

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


class StepFailed(Exception):
    """A step failed. The text says why. `status` is the status of such a step."""

    status = "Failed"


class StepTimedOut(StepFailed):
    """A step took longer than its timeoutSeconds."""

    status = "TimedOut"


class StepCancelled(StepFailed):
    """The execution of the step was stopped."""

    status = "Cancelled"


class Runner(Protocol):
    """What an action can use of its execution.

    `stopping` is set when the execution is stopped, and `quotas` are the account's. The argument
    `timeout` of a method is the time, in seconds, after which it raises StepTimedOut.
    """

    @property
    def stopping(self) -> Event: ...  # noqa: D102

    @property
    def quotas(self) -> Quotas: ...  # noqa: D102

    def call(self, service: str, api: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call AWS as the automation's role. Raise StepFailed if the role may not."""

    def run_child(
        self, document: str, version: str | None, parameters: Any, timeout: float
    ) -> dict[str, Any]:
        """Run another document to its end as the automation's role. Return its outputs."""

    def run_script(self, inputs: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Run a script as the automation's role. Return its outputs."""


@dataclass(frozen=True)
class Result:
    """The result of an action: its outputs, and for aws:branch the next step."""

    outputs: dict[str, Any]
    next_step: str | None = None


def plain(value: Any) -> Any:
    """Return a boto3 response as JSON, with times as ISO 8601 text. Raise StepFailed for bytes."""
    return json.loads(json.dumps(value, default=_plain_one))


def _plain_one(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise StepFailed(f"the response holds a {type(value).__name__}, which cannot be an output")


def _execute_aws_api(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    parameters = {k: v for k, v in inputs.items() if k not in ("Service", "Api")}
    return Result(runner.call(inputs["Service"], inputs["Api"], parameters))


def _property(inputs: Inputs, runner: Runner) -> Any:
    known = ("Service", "Api", "PropertySelector", "DesiredValues")
    parameters = {k: v for k, v in inputs.items() if k not in known}
    response = runner.call(inputs["Service"], inputs["Api"], parameters)
    selector = inputs["PropertySelector"]
    if has_wildcard(selector):
        raise StepFailed(f"the sandbox knows no wildcard in the selector {selector}")
    value = value_at(selector, response)
    return None if value is MISSING else value


def _is_desired(value: Any, inputs: Inputs) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text in [str(d).lower() if isinstance(d, bool) else d for d in inputs["DesiredValues"]]


def _assert_property(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    value = _property(inputs, runner)
    if not _is_desired(value, inputs):
        raise StepFailed(
            f"{inputs['PropertySelector']} is {value!r}, not one of {inputs['DesiredValues']}"
        )
    return Result({})


def _wait_for_property(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    # AWS waits an hour by default. Here little changes by the passing of time alone.
    end = time.monotonic() + min(timeout, runner.quotas.longest_wait)
    while not _is_desired(value := _property(inputs, runner), inputs):
        if time.monotonic() > end:
            raise StepTimedOut(
                f"{inputs['PropertySelector']} stayed {value!r} and became none of "
                f"{inputs['DesiredValues']}"
            )
        wait(0.05, runner)
    return Result({})


def wait(seconds: float, runner: Runner) -> None:
    """Wait some seconds. Raise StepCancelled as soon as the execution is stopped."""
    if runner.stopping.wait(seconds):
        raise StepCancelled("the execution was stopped")


def _sleep(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    if not set(inputs) <= {"Duration", "Timestamp"} or len(inputs) != 1:
        raise StepFailed("aws:sleep takes either Duration or Timestamp")
    if "Duration" in inputs:
        seconds = _seconds(inputs["Duration"])
    else:
        moment = datetime.fromisoformat(str(inputs["Timestamp"]))
        seconds = max(moment.timestamp() - time.time(), 0.0)
    wait(min(seconds, runner.quotas.longest_wait), runner)
    return Result({})


def _seconds(duration: str) -> float:
    """Return the seconds of an ISO 8601 duration of days and smaller units."""
    found = _DURATION.fullmatch(str(duration))
    if found is None or str(duration).endswith(("P", "T")):
        raise StepFailed(f"{duration} is no ISO 8601 duration")
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


_CHOICES: dict[str, Callable[[Any, Any], bool]] = {
    "StringEquals": lambda value, wanted: str(value) == str(wanted),
    "EqualsIgnoreCase": lambda value, wanted: str(value).lower() == str(wanted).lower(),
    "StartsWith": lambda value, wanted: str(value).startswith(wanted),
    "EndsWith": lambda value, wanted: str(value).endswith(wanted),
    "Contains": lambda value, wanted: wanted in str(value),
    "NumericEquals": lambda value, wanted: float(value) == float(wanted),
    "NumericGreater": lambda value, wanted: float(value) > float(wanted),
    "NumericLesser": lambda value, wanted: float(value) < float(wanted),
    "NumericGreaterOrEquals": lambda value, wanted: float(value) >= float(wanted),
    "NumericLesserOrEquals": lambda value, wanted: float(value) <= float(wanted),
    "BooleanEquals": lambda value, wanted: str(value).lower() == str(wanted).lower(),
}


def _choice_holds(choice: Mapping[str, Any]) -> bool:
    rest = {k: v for k, v in choice.items() if k not in ("NextStep", "Variable")}
    if len(rest) != 1:
        raise StepFailed(f"a choice needs exactly one comparison: {dict(choice)}")
    ((name, wanted),) = rest.items()
    if name == "And":
        return all(map(_choice_holds, wanted))
    if name == "Or":
        return any(map(_choice_holds, wanted))
    if name == "Not":
        return not _choice_holds(wanted)
    if name not in _CHOICES:
        raise StepFailed(f"the sandbox knows no choice {name}; it knows {', '.join(_CHOICES)}")
    return _CHOICES[name](choice["Variable"], wanted)


def _branch(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    for choice in inputs["Choices"]:
        if _choice_holds(choice):
            return Result({}, choice["NextStep"])
    if "Default" not in inputs:
        raise StepFailed("no choice holds, and there is no Default")
    return Result({}, inputs["Default"])


def _execute_automation(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    unknown = set(inputs) - {"DocumentName", "DocumentVersion", "RuntimeParameters"}
    if unknown:
        raise StepFailed(f"the sandbox knows no input {', '.join(sorted(unknown))}")
    parameters = {
        name: value if isinstance(value, list) else [value]
        for name, value in (inputs.get("RuntimeParameters") or {}).items()
    }
    return Result(
        runner.run_child(inputs["DocumentName"], inputs.get("DocumentVersion"), parameters, timeout)
    )


def _execute_script(inputs: Inputs, runner: Runner, timeout: float) -> Result:
    return Result(runner.run_script(inputs, timeout))


# The arguments are the inputs, the runner, and the time in seconds that the step may take.
ACTIONS: dict[str, Callable[[Inputs, Runner, float], Result]] = {
    "aws:executeAwsApi": _execute_aws_api,
    "aws:assertAwsResourceProperty": _assert_property,
    "aws:waitForAwsResourceProperty": _wait_for_property,
    "aws:sleep": _sleep,
    "aws:branch": _branch,
    "aws:executeAutomation": _execute_automation,
    "aws:executeScript": _execute_script,
}


def invoke(client: Any, api: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Call one API through a boto3 client. Raise StepFailed with AWS's own sentence."""
    method = getattr(client, xform_name(api), None)
    if method is None:
        raise StepFailed(f"{client.meta.service_model.service_name} has no API {api}")
    try:
        response = method(**parameters)
    except (ClientError, BotoCoreError, TypeError) as error:
        raise StepFailed(str(error)) from None
    response.pop("ResponseMetadata", None)
    result: dict[str, Any] = plain(response)
    return result
