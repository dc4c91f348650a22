"""Runs the steps of one execution as the automation's role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

from sandbox.core.quotas import Quotas
from sandbox.iam.principals import Caller, role_at, session_of
from sandbox.ssm.actions import StepCancelled, StepFailed, invoke
from sandbox.ssm.execution import Execution, Run
from sandbox.ssm.script import Scripts

# The services whose calls the gateway checks: the permissions of the role, and what else counts
# there, for example the policy of a key or a topic. STS checks no permission of a role's session.
_CHECKED = frozenset(
    {"cloudtrail", "cloudwatch", "events", "iam", "kms", "sns", "sqs", "ssm", "sts"}
)


@dataclass(frozen=True)
class RoleAccess:
    """How the steps of an execution reach AWS as the role of the automation.

    `client` makes a boto3 client of a service. `environment` is the environment of a process that
    calls AWS. `run_child` runs another document to its end: (name, version, parameters, caller,
    timeout in seconds). It raises StepTimedOut.
    """

    session_name: str
    client: Callable[[str], Any]
    environment: Mapping[str, str]
    scripts: Scripts
    run_child: Callable[[str, str | None, Any, Caller, float], Execution]


class RoleRunner:
    """Runs the steps of one execution as its role. The actions use it as their `Runner`."""

    def __init__(self, run: Run, access: RoleAccess, quotas: Quotas) -> None:
        self.stopping: Event = run.stopping
        self.quotas = quotas
        self._execution = run.execution
        self._access = access
        self._clients: dict[str, Any] = {}

    def call(self, service: str, api: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call AWS as the automation's role. Raise StepFailed if the role may not."""
        if service not in _CHECKED:
            raise StepFailed(f"the sandbox cannot check the right to {service}:{api}")
        if service not in self._clients:
            self._clients[service] = self._access.client(service)
        return invoke(self._clients[service], api, parameters)

    def run_child(
        self, document: str, version: str | None, parameters: Any, timeout: float
    ) -> dict[str, Any]:
        """Run another document to its end as the automation's role. Return its outputs."""
        role = role_at(self._execution.assume_role)
        if role is None:
            raise StepFailed(f"the role {self._execution.assume_role} no longer exists")
        caller = session_of(role, self._access.session_name)
        child = self._access.run_child(document, version, parameters, caller, timeout)
        if self.stopping.is_set():
            raise StepCancelled("the execution was stopped")
        if child.failure:
            raise StepFailed(f"{document} failed: {child.failure}")
        return {
            "ExecutionId": child.execution_id,
            "Status": child.status,
            "Output": child.outputs,
        }

    def run_script(self, inputs: Mapping[str, Any], timeout: float) -> dict[str, Any]:
        """Run a script as the automation's role, in a process of its own. Return its outputs."""
        timeout = min(timeout, self.quotas.script_timeout)
        access = self._access
        return access.scripts.run(inputs, access.environment, timeout, self.stopping)
