"""Targets of EventBridge that start an automation: what they start, and as whom."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.core.arns import match_automation_definition
from sandbox.core.errors import AwsError
from sandbox.iam import authorization
from sandbox.iam.principals import Caller, role_at, session_of
from sandbox.ssm.documents import find_document


@dataclass(frozen=True)
class Start:
    """The arguments of StartAutomationExecution, and who calls it: a session of the rule's role."""

    document: str
    version: str
    parameters: Any
    caller: Caller


def read_target(target: Mapping[str, Any], rule_arn: str, region: str, body: str) -> Start:
    """Return what a target starts with this text as its input.

    Raise AwsError for a target that EventBridge cannot start: no version, a wrong account, a role
    that it cannot assume, or an input that is not JSON.
    """
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
    return Start(parts["name"], parts["version"], parameters, caller)
