"""Systems Manager Automation: checks the permissions to start a document, then runs it."""

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

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.arns import match_automation_definition
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.envelope import envelope
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.iam import authorization
from sandbox.iam.principals import Caller, role_at, session_of
from sandbox.ssm.actions import StepFailed
from sandbox.ssm.documents import Document, checked_parameters, execution_arn, find_document
from sandbox.ssm.execution import Execution
from sandbox.ssm.interpreter import filled, interpret
from sandbox.ssm.runner import RoleAccess, RoleRunner


class Automations:
    """All automation executions, oldest first.

    `emit` puts an event on the default bus of a Region: (event, region). `publish_denial_reason`
    is the one of `RoleAccess`.
    """

    def __init__(
        self,
        work: Work,
        clients: Clients,
        emit: Callable[[dict[str, Any], str], None],
        publish_denial_reason: Callable[[str, str, str, str], str | None],
    ) -> None:
        self._work = work
        self._clients = clients
        self._emit = emit
        self._publish_denial_reason = publish_denial_reason
        self._lock = Lock()
        self._executions: dict[str, Execution] = {}
        self.sessions: dict[str, str] = {}
        """By access key of a role session: the service that made the session."""

    @property
    def executions(self) -> list[Execution]:
        """Every execution so far."""
        with self._lock:
            return list(self._executions.values())

    def service_of(self, access_key: str) -> str:
        """Return the service that made the session of an access key, or an empty text."""
        return self.sessions.get(access_key, "")

    def find(self, execution_id: str) -> Execution | None:
        """Return the execution of this id, or None."""
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

        Raise AwsError for an unknown document, invalid parameters, a missing permission of the
        caller (AccessDeniedException) and a role that cannot be assumed.
        """
        document, execution = self._prepare(name, version, parameters, region, caller)
        self._work.submit(lambda: self._run(document, execution))
        return execution

    def start_for_rule(
        self, target: Mapping[str, Any], rule_arn: str, region: str, body: str
    ) -> None:
        """Start the document of an EventBridge target as the target's role. Raise AwsError."""
        parts = match_automation_definition(target["Arn"])
        if parts is None or not parts["version"]:
            raise AwsError(
                "TargetNotStarted",
                f"the target {target['Arn']} names no version; EventBridge accepts such a target "
                "and never starts it: add :$DEFAULT",
            )
        role = role_at(target["RoleArn"])
        reason = authorization.trust_denial_reason(
            target["RoleArn"], authorization.EVENTS, region, rule_arn
        )
        if role is None or reason:
            raise AwsError("AccessDeniedException", reason or "")
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
            interpret(document, execution, RoleRunner(execution, self._access(execution, session)))
        except Exception as error:
            execution.status = "Failed"
            execution.failure = f"the sandbox itself failed: {error!r}"
            raise
        finally:
            execution.ended = time.time()
            self._emit(_ended_event(execution), execution.region)

    def _access(self, execution: Execution, session: Any) -> RoleAccess:
        """Return how the steps of an execution reach AWS with the credentials of a session."""
        region = execution.region
        credentials = (session.access_key_id, session.secret_access_key, session.session_token)

        def run_child(name: str, version: str | None, parameters: Any, caller: Caller) -> Execution:
            document, child = self._prepare(name, version, parameters, region, caller)
            self._run(document, child)
            return child

        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        return RoleAccess(
            session_name=session.session_name,
            client=lambda service: self._clients.make(service, region, *credentials),
            environment=self._clients.environment(region)
            | dict(zip(names, credentials, strict=True)),
            run_child=run_child,
            publish_denial_reason=self._publish_denial_reason,
        )


def _ended_event(execution: Execution) -> dict[str, Any]:
    """Return EventBridge's event for an execution that ended.

    Systems Manager User Guide, "EventBridge event patterns and types".
    """
    ended = execution.ended or time.time()
    detail = {
        "ExecutionId": execution.execution_id,
        "Definition": execution.document,
        "DefinitionVersion": float(execution.document_version),
        "Status": execution.status,
        "StartTime": _event_time(execution.started),
        "EndTime": _event_time(ended),
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


def _event_time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day}, {moment:%Y %I:%M:%S %p}"
