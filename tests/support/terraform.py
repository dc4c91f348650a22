"""The real terraform with a small configuration of a test, against the sandbox."""

import json
import os
from pathlib import Path

from sandbox.deployment import provider_environment
from sandbox.processes import run, tool

_KEPT = ("PATH", "HOME", "TMPDIR", "REPRIEVE_PROVIDER_MIRROR")
AWS = {"aws": {"source": "hashicorp/aws"}}


class Configuration:
    """A working directory with one configuration, as Terraform's JSON syntax has it.

    `environment` is the sandbox's, with the credentials that terraform uses.
    """

    def __init__(self, directory: Path, environment: dict[str, str], content: dict) -> None:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._directory = directory
        self._environment = {**kept, **provider_environment(directory), **environment}
        self.write(content)
        self._terraform("init")

    def write(self, content: dict) -> None:
        """Replace the configuration. The providers stay."""
        whole = {"terraform": {"required_providers": AWS}, **content}
        (self._directory / "main.tf.json").write_text(json.dumps(whole))

    def apply(self) -> dict[str, object]:
        """Apply; return the outputs. Raise CommandFailed with what terraform printed."""
        self._terraform("apply", "-auto-approve")
        outputs = json.loads(self._terraform("output", "-json"))
        return {name: output["value"] for name, output in outputs.items()}

    def destroy(self) -> None:
        """Destroy everything. Raise CommandFailed with what terraform printed."""
        self._terraform("destroy", "-auto-approve")

    def planned(self) -> list[str]:
        """Return the addresses of the resources that a new plan would change."""
        self._terraform("plan", "-out=plan")
        plan = json.loads(self._terraform("show", "-json", "plan"))
        changes = plan.get("resource_changes", [])
        return [each["address"] for each in changes if each["change"]["actions"] != ["no-op"]]

    def _terraform(self, command: str, *arguments: str) -> str:
        line = [tool("terraform"), command, "-no-color", *arguments]
        return run(line, self._directory, self._environment)
