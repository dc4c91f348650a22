"""Systems Manager Automation: starting a document with its rights checked, and running it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from sandbox.cloudtrail.records import envelope
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.events.validation import automation_of
from sandbox.iam import authorization
from sandbox.iam.principals import Caller, role_at, session_of
from sandbox.ssm.actions import StepFailed
from sandbox.ssm.documents import Document, checked_parameters, execution_arn, find_document
from sandbox.ssm.execution import Execution
from sandbox.ssm.interpreter import filled, interpret
from sandbox.ssm.runner import RoleRunner


class Automations:
    """All automation executions, oldest first."""

    def __init__(
        self, work: Work, clients: Clients, emit: Callable[[dict[str, Any], str], None]
    ) -> None:
        self._work = work
        self._clients = clients
        self._emit = emit
        self._lock = Lock()
        self._executions: dict[str, Execution] = {}
        self.sessions: dict[str, str] = {}
        """The service behind the access key of each running automation's role."""

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far."""
        with self._lock:
            return list(self._executions.values())

    def find(self, execution_id: str) -> Execution | None:
        """The execution of this id, or None."""
        with self._lock:
            return self._executions.get(execution_id)

    def clear(self) -> None:
        """Forget every execution."""
        with self._lock:
            self._executions.clear()
            self.sessions.clear()

    def start(
        self,
        name: str,
        version: str | None,
        parameters: Any,
        region: str,
        caller: Caller,
    ) -> Execution:
        """Check everything that AWS checks at the start, then run in the background.

        Raises AwsError: unknown document, parameters that are not allowed, a missing right of the
        caller (AccessDeniedException), a role that cannot be assumed.
        """
        document, execution = self._prepare(name, version, parameters, region, caller)
        self._work.submit(lambda: self._run(document, execution))
        return execution

    def start_for_rule(
        self, target: Mapping[str, Any], rule_arn: str, region: str, body: str
    ) -> None:
        """Start the document of an EventBridge target as the target's role; raises AwsError."""
        parts = automation_of(target["Arn"])
        if parts is None or not parts["version"]:
            # Such a target is accepted, and its automation is never started.
            raise AwsError(
                "TargetNotStarted",
                f"the target {target['Arn']} names no version; EventBridge accepts such a target "
                "and never starts it: add :$DEFAULT",
            )
        role = role_at(target["RoleArn"])
        refusal = authorization.why_not_trusted(
            target["RoleArn"], authorization.EVENTS, region, rule_arn
        )
        if role is None or refusal:
            raise AwsError("AccessDeniedException", refusal or "")
        document = find_document(parts["name"], parts["version"], region)
        if (parts["account"] or "") != document.account:
            owner = document.account or "empty, as for all of Amazon's documents"
            raise AwsError(
                "AutomationDefinitionNotFoundException",
                f"the account part of the target {target['Arn']} must be {owner}",
            )
        try:
            parameters = json.loads(body)
        except ValueError:
            raise AwsError(
                "InvalidAutomationExecutionParametersException",
                f"the input for {document.name} is not JSON: {body}",
            ) from None
        caller = session_of(role, uuid.uuid4().hex)
        self.start(parts["name"], parts["version"], parameters, region, caller)

    def _prepare(
        self, name: str, version: str | None, given: Any, region: str, caller: Caller
    ) -> tuple[Document, Execution]:
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
        source = execution_arn(region, execution_id)
        if refusal := authorization.why_not_trusted(
            role, authorization.SYSTEMS_MANAGER, region, source
        ):
            raise AwsError(
                "InvalidAutomationExecutionParametersException",
                f"The defined assume role is unable to be assumed: {refusal}.",
            )
        execution = Execution(
            execution_id=execution_id,
            document=name,
            document_version=document.version,
            region=region,
            parameters=parameters,
            started_by=caller,
            assume_role=role,
            started=time.time(),
        )
        with self._lock:
            self._executions[execution_id] = execution
        return document, execution

    def _require(
        self,
        caller: Caller,
        action: str,
        resource: str,
        region: str,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        if caller.kind == "session":
            refusal = authorization.why_role_may_not(
                caller.role_arn, action, resource, region, extra
            )
        else:
            refusal = authorization.why_caller_may_not(caller, action, resource, region, extra)
        if refusal:
            raise AwsError("AccessDeniedException", refusal)

    def _assume_role(self, document: Document, parameters: Mapping[str, list[str]]) -> str:
        wanted = document.content.get("assumeRole") or ""
        scope = {name: values[0] for name, values in parameters.items() if values}
        try:
            role = filled(wanted, scope)
        except StepFailed as fault:
            raise AwsError("InvalidAutomationExecutionParametersException", str(fault)) from None
        if not role:
            raise SandboxCannot(f"running {document.name} without an assumeRole")
        return str(role)

    def _run(self, document: Document, execution: Execution) -> None:
        partition = get_partition(execution.region)
        session = sts_backends[ACCOUNT_ID][partition].assume_role(
            region_name=execution.region,
            role_session_name=f"Automation-{execution.execution_id}",
            role_arn=execution.assume_role,
            policy="",
            duration=3600,
            external_id="",
        )
        self.sessions[session.access_key_id] = authorization.SYSTEMS_MANAGER
        try:
            interpret(document, execution, RoleRunner(self, execution, session))
        except Exception as fault:
            execution.status = "Failed"
            execution.failure = f"the sandbox itself failed: {fault!r}"
            raise
        finally:
            execution.ended = time.time()
            self._emit(_ended_event(execution), execution.region)

    def run_child(
        self, name: str, version: str | None, parameters: Any, parent: Execution, caller: Caller
    ) -> Execution:
        """Run a document to its end inside another execution; raises AwsError at the start."""
        document, execution = self._prepare(name, version, parameters, parent.region, caller)
        self._run(document, execution)
        return execution

    def client(self, service: str, region: str, session: Any) -> Any:
        """A boto3 client with the credentials of an assumed role."""
        return self._clients.make(
            service,
            region,
            session.access_key_id,
            session.secret_access_key,
            session.session_token,
        )

    def environment(self, region: str, session: Any) -> dict[str, str]:
        """The environment of a process that is to call AWS as an assumed role."""
        return self._clients.environment(region) | {
            "AWS_ACCESS_KEY_ID": session.access_key_id,
            "AWS_SECRET_ACCESS_KEY": session.secret_access_key,
            "AWS_SESSION_TOKEN": session.session_token,
        }


def _ended_event(execution: Execution) -> dict[str, Any]:
    """EventBridge's event for an execution that ended.

    Systems Manager User Guide, «EventBridge event patterns and types».
    """
    ended = execution.ended or time.time()
    detail = {
        "ExecutionId": execution.execution_id,
        "Definition": execution.document,
        "DefinitionVersion": float(execution.document_version),
        "Status": execution.status,
        "StartTime": _clock(execution.started),
        "EndTime": _clock(ended),
        "Time": round(ended - execution.started, 3),
        "ExecutedBy": execution.started_by.arn,
    }
    region = execution.region
    event = envelope(
        "aws.ssm", "EC2 Automation Execution Status-change Notification", region, detail
    )
    event["resources"] = [
        execution_arn(region, execution.execution_id),
        f"arn:{get_partition(region)}:ssm:{region}:{ACCOUNT_ID}:automation-definition/"
        f"{execution.document}:{execution.document_version}",
    ]
    return event


def _clock(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day}, {moment:%Y %I:%M:%S %p}"
