"""What the automations did: an execution and its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.iam.principals import Caller


@dataclass
class Step:
    """One step of an execution. Times are seconds since the epoch."""

    name: str
    action: str
    status: str = "Pending"
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    failure: str | None = None
    started: float | None = None
    ended: float | None = None


@dataclass
class Execution:
    """One run of an Automation document.

    `status` is one of Systems Manager's (`InProgress`, `Success`, `Failed`), `failure` None or the
    sentence that says which step failed on what, `parameters` what the run was started with (every
    value a list) and `started`, `ended` seconds since the epoch.
    """

    execution_id: str
    document: str
    document_version: str
    region: str
    parameters: Mapping[str, list[str]]
    started_by: Caller
    assume_role: str
    status: str = "InProgress"
    failure: str | None = None
    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, list[str]] = field(default_factory=dict)
    started: float = 0.0
    ended: float | None = None
