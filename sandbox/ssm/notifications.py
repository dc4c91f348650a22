"""The events that Systems Manager sends to EventBridge about executions. They need no trail."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from moto.utilities.utils import get_partition

from sandbox.core.account import current_account
from sandbox.core.envelope import envelope
from sandbox.ssm.documents import execution_arn
from sandbox.ssm.execution import Execution


def ended_event(execution: Execution) -> dict[str, Any]:
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
        f"arn:{get_partition(region)}:ssm:{region}:{current_account()}:automation-definition/"
        f"{execution.document}:{execution.document_version}",
    ]
    return event


def _event_time(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%b} {moment.day}, {moment:%Y %I:%M:%S %p}"
