"""Systems Manager Automation: checks the permissions to start a document, then runs it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import account_of, current_account, in_account
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.quotas import Limits
from sandbox.iam import authorization
from sandbox.iam.principals import Caller
from sandbox.ssm import service_settings
from sandbox.ssm.actions import StepFailed, StepTimedOut
from sandbox.ssm.documents import Document, checked_parameters, execution_arn, find_document
from sandbox.ssm.execution import Execution, Run
from sandbox.ssm.interpreter import filled, interpret
from sandbox.ssm.notifications import ended_event
from sandbox.ssm.runner import RoleAccess, RoleRunner
from sandbox.ssm.script import Scripts
from sandbox.ssm.slots import Slots
from sandbox.ssm.targets import read_target


class Automations:
    """All automation executions, oldest first. Those without a slot wait in a queue.

    `emit` puts an event on the default bus of a Region: (event, region).
    """

    def __init__(
        self,
        work: Work,
        clients: Clients,
        limits: Limits,
        emit: Callable[[dict[str, Any], str], None],
    ) -> None:
        self._clients = clients
        self._limits = limits
        self._emit = emit
        self._scripts = Scripts()
        self._lock = Lock()
        self._runs: dict[str, Run] = {}
        self.slots = Slots(work.spawn, self._slots_in, lambda: limits.quotas.queued_automations)
        """What runs, and what waits."""
        self.sessions: dict[str, str] = {}
        """By access key of a role session: the service that made the session."""

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far."""
        with self._lock:
            return [run.execution for run in self._runs.values()]

    def service_of(self, access_key: str) -> str:
        """Return the service that made the session of an access key, or an empty text."""
        return self.sessions.get(access_key, "")

    def find(self, execution_id: str) -> Execution | None:
        """Return the execution of this id, or None."""
        with self._lock:
            run = self._runs.get(execution_id)
        return None if run is None else run.execution

    def clear(self) -> None:
        """Forget every execution."""
        with self._lock:
            self._runs.clear()
            self.sessions.clear()

    def _slots_in(self, region: str) -> int:
        quotas = self._limits.quotas
        if service_settings.is_adaptive(region):
            return max(quotas.adaptive_automations, quotas.running_automations)
        return quotas.running_automations

    def start(
        self,
        name: str,
        version: str | None,
        parameters: Any,
        region: str,
        caller: Caller,
    ) -> Execution:
        """Check everything that AWS checks at the start, then run as soon as there is a slot.

        Raise AwsError for an unknown document, invalid parameters, a missing permission of the
        caller (AccessDeniedException), a role that cannot be assumed, and a full queue.
        """
        return self._start(name, version, parameters, region, caller).execution

    def stop(self, execution_id: str) -> None:
        """Answer StopAutomationExecution: cancel an execution, and those that it has started.

        Raise AwsError if the execution has ended.
        """
        with self._lock:
            run = self._runs[execution_id]
        if run.done.is_set() or run.stopping.is_set():
            raise AwsError(
                "InvalidAutomationStatusUpdateException",
                f"Automation execution {execution_id} is {run.execution.status}.",
            )
        self._cancel(run)

    def close(self) -> None:
        """Cancel every execution that has not ended, and end the processes of scripts."""
        self.cancel_all()
        self._scripts.stop()

    def cancel_all(self) -> None:
        """Cancel every execution that has not ended."""
        with self._lock:
            runs = [run for run in self._runs.values() if not run.done.is_set()]
        for run in runs:
            with in_account(run.execution.account):
                self._cancel(run)

    def _cancel(self, run: Run) -> None:
        run.stopping.set()
        execution = run.execution
        if self.slots.withdraw(execution.region, execution.execution_id):
            execution.failure = "the execution was stopped"
            self._end(run, "Cancelled")
        with self._lock:
            if not run.done.is_set():
                execution.status = "Cancelling"
        for child in list(run.children):
            if not child.done.is_set():
                self._cancel(child)

    def start_for_rule(
        self, target: Mapping[str, Any], rule_arn: str, region: str, body: str
    ) -> None:
        """Start the document of an EventBridge target as the target's role. Raise AwsError."""
        given = read_target(target, rule_arn, region, body)
        self.start(given.document, given.version, given.parameters, region, given.caller)

    def _start(
        self, name: str, version: str | None, given: Any, region: str, caller: Caller
    ) -> Run:
        run = self._prepare(name, version, given, region, caller)
        execution_id = run.execution.execution_id
        with self._lock:
            self._runs[execution_id] = run
        try:
            self.slots.start(
                region,
                execution_id,
                begin=lambda: setattr(run.execution, "status", "InProgress"),
                job=lambda: self._run(run),
            )
        except AwsError:
            with self._lock:
                del self._runs[execution_id]
            raise
        return run

    def _prepare(
        self, name: str, version: str | None, given: Any, region: str, caller: Caller
    ) -> Run:
        document = find_document(name, version, region)
        execution_id = str(uuid.uuid4())
        for arn in document.arns(region, execution_id, version):
            self._require(caller, "ssm:StartAutomationExecution", arn, region)
        parameters = checked_parameters(document, given)
        role = self._assume_role(document, parameters)
        self._require(
            caller,
            "iam:PassRole",
            role,
            region,
            {"iam:PassedToService": authorization.SYSTEMS_MANAGER},
        )
        if account_of(role) != current_account():
            raise SandboxCannot(f"an automation that assumes {role}, a role of another account")
        source = execution_arn(region, execution_id)
        if reason := authorization.trust_denial_reason(
            role, authorization.SYSTEMS_MANAGER, region, source
        ):
            raise AwsError(
                "InvalidAutomationExecutionParametersException",
                f"The defined assume role is unable to be assumed: {reason}.",
            )
        execution = Execution(
            execution_id=execution_id,
            document=name,
            document_version=document.version,
            account=current_account(),
            region=region,
            parameters=parameters,
            started_by=caller,
            assume_role=role,
            started=time.time(),
        )
        return Run(document, execution)

    def _require(
        self,
        caller: Caller,
        action: str,
        resource: str,
        region: str,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        if caller.kind == "session":
            reason = authorization.role_denial_reason(
                caller.role_arn, action, resource, region, extra
            )
        else:
            reason = authorization.caller_denial_reason(caller, action, resource, region, extra)
        if reason:
            raise AwsError("AccessDeniedException", reason)

    def _assume_role(self, document: Document, parameters: Mapping[str, list[str]]) -> str:
        wanted = document.content.get("assumeRole") or ""
        scope = {name: values[0] for name, values in parameters.items() if values}
        try:
            role = filled(wanted, scope)
        except StepFailed as error:
            raise AwsError("InvalidAutomationExecutionParametersException", str(error)) from None
        if not role:
            raise SandboxCannot(f"running {document.name} without an assumeRole")
        return str(role)

    def _run(self, run: Run) -> None:
        execution = run.execution
        partition = get_partition(execution.region)
        session = sts_backends[execution.account][partition].assume_role(
            region_name=execution.region,
            role_session_name=f"Automation-{execution.execution_id}",
            role_arn=execution.assume_role,
            policy="",
            duration=3600,
            external_id="",
        )
        self.sessions[session.access_key_id] = authorization.SYSTEMS_MANAGER
        status = "Failed"
        try:
            runner = RoleRunner(run, self._access(run, session), self._limits.quotas)
            status = interpret(run.document, execution, runner)
        except Exception as error:
            execution.failure = f"the sandbox itself failed: {error!r}"
            raise
        finally:
            self._end(run, status)

    def _end(self, run: Run, status: str) -> None:
        with self._lock:
            run.execution.ended = time.time()
            run.execution.status = status
            run.done.set()
        self._emit(ended_event(run.execution), run.execution.region)

    def _access(self, run: Run, session: Any) -> RoleAccess:
        """Return how the steps of an execution reach AWS with the credentials of a session."""
        region = run.execution.region
        credentials = (session.access_key_id, session.secret_access_key, session.session_token)

        def run_child(
            name: str, version: str | None, parameters: Any, caller: Caller, timeout: float
        ) -> Execution:
            child = self._start(name, version, parameters, region, caller)
            run.children.append(child)
            if run.stopping.is_set():
                self._cancel(child)
            if not child.done.wait(timeout):
                status = child.execution.status
                # AWS does not say whether the child goes on. Without it, less is rescued.
                self._cancel(child)
                raise StepTimedOut(f"{name} was {status} after {timeout:g} seconds")
            return child.execution

        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return RoleAccess(
            session_name=session.session_name,
            client=lambda service: self._clients.make(service, region, *credentials),
            environment=self._clients.environment(region)
            | dict(zip(names, credentials, strict=True)),
            scripts=self._scripts,
            run_child=run_child,
        )
