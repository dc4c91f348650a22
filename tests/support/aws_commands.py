"""Commands of the AWS CLI, run by boto3: what a command of a plan would do in the sandbox."""

import shlex
import time
from typing import Any

from botocore import xform_name

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox

_OF_THE_CLI = {"query", "output", "profile"}
"""Options that change what the CLI prints, or whose credentials it uses."""


def run_aws(sandbox: Sandbox, command: str, account: str | None = None) -> Any:
    """Run `aws SERVICE OPERATION --option value ...` in an account; return the answer.

    Only options that the service describes are accepted. `aws ... wait` waits, and a list of
    operations is repeated until none of them runs.
    """
    program, service, operation, *words = shlex.split(command)
    assert program == "aws"
    waiter = words.pop(0) if operation == "wait" else None
    options = _options(words)
    (region,) = options.pop("region")
    client = sandbox.client(service, region, account or ACCOUNT_ID)
    if waiter:
        (name,) = options.pop("stack-name")
        assert not options
        config = {"Delay": 0.2, "MaxAttempts": 300}
        client.get_waiter(waiter.replace("-", "_")).wait(StackName=name, WaiterConfig=config)
        return None
    method = operation.replace("-", "_")
    parameters = _parameters(client, method, options)
    answer = getattr(client, method)(**parameters)
    if method == "list_stack_set_operations":
        deadline = time.monotonic() + 120
        while answer["Summaries"][0]["Status"] in ("RUNNING", "QUEUED"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
            answer = getattr(client, method)(**parameters)
        assert answer["Summaries"][0]["Status"] == "SUCCEEDED"
    return answer


def _options(words: list[str]) -> dict[str, list[str]]:
    """Return the values of each option, without its hyphens."""
    found: dict[str, list[str]] = {}
    values: list[str] = []
    for word in words:
        if word.startswith("--"):
            values = found.setdefault(word.removeprefix("--"), [])
        else:
            values.append(word)
    return {name: given for name, given in found.items() if name not in _OF_THE_CLI}


def _parameters(client: Any, method: str, options: dict[str, list[str]]) -> dict[str, Any]:
    """Return the parameters of an operation, by the types that the service describes."""
    operation = client.meta.method_to_api_mapping[method]
    members = client.meta.service_model.operation_model(operation).input_shape.members
    by_option = {xform_name(name, "-"): name for name in members}
    found: dict[str, Any] = {}
    for option, values in options.items():
        if option.startswith("no-") and option not in by_option:
            found[by_option[option.removeprefix("no-")]] = False
            continue
        name = by_option[option]
        kind = members[name].type_name
        if kind == "boolean":
            found[name] = True
        elif kind == "list":
            found[name] = values
        elif kind == "structure":
            found[name] = _shorthand(values[0], members[name].members)
        else:
            (found[name],) = values
    return found


def _shorthand(text: str, members: Any) -> dict[str, Any]:
    """Return a structure of the CLI's shorthand: `Name=value,Names=a,b`."""
    found: dict[str, Any] = {}
    name = ""
    for part in text.split(","):
        key, equals, value = part.rpartition("=")
        if equals:
            name = key
        if members[name].type_name == "list":
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found
