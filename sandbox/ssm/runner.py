"""What the steps of a runbook may do: call AWS as the automation's role, its rights checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from moto.utilities.utils import get_partition

from sandbox.core.account import ACCOUNT_ID
from sandbox.iam import authorization
from sandbox.iam.principals import role_at, session_of
from sandbox.sns import publish
from sandbox.ssm import script
from sandbox.ssm.actions import StepFailed, invoke
from sandbox.ssm.documents import execution_arn
from sandbox.ssm.execution import Execution

if TYPE_CHECKING:
    from sandbox.ssm.automations import Automations

# On what a call needs its right; the rights to KMS are checked where the call arrives.
_RESOURCES: dict[tuple[str, str], Callable[[Mapping[str, Any], str], str]] = {
    ("sns", "Publish"): lambda inputs, region: inputs["TopicArn"],
    ("events", "PutEvents"): lambda inputs, region: (
        f"arn:{get_partition(region)}:events:{region}:{ACCOUNT_ID}:event-bus/default"
    ),
    ("cloudtrail", "LookupEvents"): lambda inputs, region: "*",
    ("ssm", "GetAutomationExecution"): lambda inputs, region: execution_arn(
        region, inputs["AutomationExecutionId"]
    ),
}


class RoleRunner:
    """What the steps of one execution may do: call AWS as its role, over the endpoint."""

    def __init__(self, automations: Automations, execution: Execution, session: Any) -> None:
        self._automations = automations
        self._execution = execution
        self._session = session
        self._clients: dict[str, Any] = {}

    def call(self, service: str, api: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call AWS as the automation's role; raises StepFailed if the role may not."""
        region = self._execution.region
        if service != "kms":
            self._check_right(service, api, parameters, region)
        if service not in self._clients:
            self._clients[service] = self._automations.client(service, region, self._session)
        return invoke(self._clients[service], api, parameters)

    def _check_right(
        self, service: str, api: str, parameters: Mapping[str, Any], region: str
    ) -> None:
        if (service, api) == ("sts", "GetCallerIdentity"):
            return  # STS API reference: needs no permission.
        resource = _RESOURCES.get((service, api))
        if resource is None:
            raise StepFailed(f"the sandbox cannot check the right to {service}:{api}")
        arn = resource(parameters, region)
        role = self._execution.assume_role
        refusal = authorization.why_role_may_not(role, f"{service}:{api}", arn, region)
        if service == "sns" and not refusal:
            refusal = publish.why_role_may_not_publish(
                role, self._session.session_name, arn, region
            )
        if refusal:
            raise StepFailed(refusal)

    def run_child(self, document: str, version: str | None, parameters: Any) -> dict[str, Any]:
        """Run another document to its end, as the automation's role, and give its outputs."""
        role = role_at(self._execution.assume_role)
        if role is None:
            raise StepFailed(f"the role {self._execution.assume_role} is gone")
        caller = session_of(role, self._session.session_name)
        child = self._automations.run_child(document, version, parameters, self._execution, caller)
        if child.failure:
            raise StepFailed(f"{document} failed: {child.failure}")
        outputs: dict[str, Any] = {
            "ExecutionId": child.execution_id,
            "Status": child.status,
            "Output": child.outputs,
        }
        return outputs

    def run_script(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Run a script in a process of its own, as the automation's role."""
        environment = self._automations.environment(self._execution.region, self._session)
        return script.run(inputs, environment)
