"""Runs: what was uploaded is planned and applied by a worker, with the real terraform.

Written from HCP Terraform's API documentation ("Configuration Versions", "Runs", "Plans").
"""

import hashlib
import io
import itertools
import json
import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread

from tests.e2e.hcp.workspaces import Json, Refused, StateVersion, Workspace

# HCP Terraform too puts a local state in the place of what the configuration says.
_LOCAL_STATE = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}


class Worker:
    """Runs terraform in directories of its own; `terraform` takes a directory and arguments."""

    def __init__(self, directory: Path, terraform: Callable[[Path, str], str]) -> None:
        self._directory = directory
        self._terraform = terraform
        self._numbers = itertools.count(1)

    def plan(self, archive: bytes, state: bytes | None) -> Path:
        """Plan what was uploaded, from a state; return the directory, with `plan` in it."""
        directory = self._directory / f"run-{next(self._numbers)}"
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            tar.extractall(directory, filter="data")
        (directory / "override.tf.json").write_text(json.dumps(_LOCAL_STATE))
        if state:
            (directory / "terraform.tfstate").write_bytes(state)
        self._terraform(directory, "init -input=false")
        self._terraform(directory, "plan -input=false -out=plan")
        return directory

    def show(self, directory: Path) -> Json:
        """Return a plan in JSON."""
        plan: Json = json.loads(self._terraform(directory, "show -json plan"))
        return plan

    def apply(self, directory: Path) -> bytes:
        """Apply a plan; return the state that it leaves."""
        self._terraform(directory, "apply -input=false plan")
        return (directory / "terraform.tfstate").read_bytes()


@dataclass
class ConfigurationVersion:
    """What is to be run: an archive, once it was uploaded."""

    id: str
    speculative: bool
    archive: bytes | None = None
    error: str | None = None

    @property
    def status(self) -> str:
        """What the API calls it."""
        if self.error:
            return "errored"
        return "uploaded" if self.archive else "pending"

    def upload(self, archive: bytes) -> None:
        """Take the archive, once."""
        if self.archive:
            raise Refused(400, "the configuration was uploaded already")
        if not tarfile.is_tarfile(io.BytesIO(archive)):
            self.error = "Failed to extract the archive: it is no tar.gz"
        self.archive = archive


@dataclass
class Run:
    """A run and its plan."""

    id: str
    workspace: Workspace
    configuration: ConfigurationVersion
    message: str
    status: str = "pending"
    plan: Json | None = None
    fault: str | None = None
    """What HCP Terraform would show in the run's log."""
    _directory: Path | None = None

    @property
    def auto_apply(self) -> bool:
        """Whether it goes on without being asked to."""
        return self.workspace.auto_apply and not self.configuration.speculative

    def count(self, action: str) -> int:
        """Return how many resources the plan has an action for."""
        changes = (self.plan or {}).get("resource_changes", [])
        return sum(action in each["change"]["actions"] for each in changes)

    def start(self, worker: Worker) -> None:
        """Plan, in the background; then apply if that needs nobody."""
        Thread(target=self._work, args=(worker,), daemon=True).start()

    def confirm(self, worker: Worker) -> None:
        """Apply: what a person may ask for once it is planned."""
        assert self._directory
        self.status = "applying"
        content = worker.apply(self._directory)
        state = json.loads(content)
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        self.workspace.versions.append(
            StateVersion(
                f"sv-{self.id}", state["serial"], state["lineage"], md5, state["outputs"], content
            )
        )
        self.status = "applied"

    def _work(self, worker: Worker) -> None:
        assert self.configuration.archive
        self.status = "planning"
        try:
            state = self.workspace.versions and self.workspace.current.content
            self._directory = worker.plan(self.configuration.archive, state or None)
            self.plan = worker.show(self._directory)
            if self.configuration.speculative or not self.plan.get("applyable", True):
                self.status = "planned_and_finished"
                return
            self.status = "planned"
            if self.auto_apply:
                self.confirm(worker)
        except Exception as fault:
            self.fault = str(fault)
            self.status = "errored"


@dataclass
class Runs:
    """All runs and what they run, by their ids."""

    configurations: dict[str, tuple[Workspace, ConfigurationVersion]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)

    def configuration(self, id: str) -> ConfigurationVersion:
        """Return a configuration version."""
        if id not in self.configurations:
            raise Refused(404, "not found")
        return self.configurations[id][1]

    def run(self, id: str) -> Run:
        """Return a run, also by the id of its plan."""
        if id.replace("plan-", "run-", 1) not in self.runs:
            raise Refused(404, "not found")
        return self.runs[id.replace("plan-", "run-", 1)]
