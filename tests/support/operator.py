"""Running the operator's commands in a sandbox, as somebody with a terminal would."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from typer.testing import CliRunner

from reprieve.aws.permissions import policy_for
from reprieve.cli.main import app
from reprieve.settings.sources import FILE_VARIABLE
from sandbox.deployment import EXAMPLE
from sandbox.server import Sandbox
from tests.support.settings import load_one


@dataclass
class Printed:
    """What a command printed, and how it ended."""

    text: str
    complaints: str
    exit_code: int

    @property
    def json(self) -> Any:
        """What `--json` printed."""
        return json.loads(self.text)

    def row(self, region: str) -> str:
        """Return the one line of the table that begins with a Region."""
        (line,) = (line for line in self.text.splitlines() if line.startswith(f"{region} "))
        return line


_FILE = {FILE_VARIABLE: str(EXAMPLE)}
"""The file of the settings, which a checkout does not have: the variables override it."""


@dataclass
class Operator:
    """Somebody who runs `reprieve` with these settings: `REPRIEVE_…` variables.

    `credentials` are environment variables; without any it is the account's root.
    """

    sandbox: Sandbox
    settings: Mapping[str, str]
    credentials: Mapping[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the variables that a process of the operator's needs."""
        return {**self.sandbox.environment(), **_FILE, **self.settings, **self.credentials}

    def run(self, *arguments: str, typed: str | None = None) -> Printed:
        """Run `reprieve` with these arguments, and `typed` at its prompts."""
        result = CliRunner().invoke(
            app, arguments, env=self.environment(), input=typed, catch_exceptions=False
        )
        return Printed(result.stdout, result.stderr, result.exit_code)


def user_allowed(
    sandbox: Sandbox,
    settings: Mapping[str, str],
    command: str,
    *,
    without: str | None = None,
    denied: dict[str, Any] | None = None,
) -> Operator:
    """Return an operator who has the documented policy of a command, but for one action.

    `denied` is the rest of a statement that denies.
    """
    iam = sandbox.client("iam", "us-east-1")
    name = f"operator-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    policy = policy_for(command, load_one({**_FILE, **settings}))
    for statement in policy["Statement"]:
        statement["Action"] = [each for each in statement["Action"] if each != without]
    policy["Statement"] = [each for each in policy["Statement"] if each["Action"]]
    if denied:
        policy["Statement"].append({"Effect": "Deny", "Resource": "*", **denied})
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    credentials = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    return Operator(sandbox, settings, credentials)


def actions_of(command: str, settings: Mapping[str, str]) -> list[str]:
    """Return the actions of a command's documented policy, each once."""
    statements = policy_for(command, load_one({**_FILE, **settings}))["Statement"]
    return list(dict.fromkeys(action for each in statements for action in each["Action"]))
