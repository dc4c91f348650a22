"""The record of an automation: an execution and its steps."""

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

    `status` is one of Systems Manager's (`InProgress`, `Success`, `Failed`). `failure` is None or a
    sentence that says which step failed and why. `parameters` are the parameters of the run; every
    value is a list. `started` and `ended` are seconds since the epoch.
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
