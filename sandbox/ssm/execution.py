"""The record of an automation: an execution and its steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from sandbox.iam.principals import Caller
from sandbox.ssm.documents import Document


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

    `status` is one of Systems Manager's: `Pending` in the queue, `InProgress`, `Cancelling`, then
    `Success`, `Failed`, `TimedOut` or `Cancelled`. `failure` is None or a sentence that says which
    step failed and why, and `failed_as` is the status in which that failure ends the execution.
    `parameters` are the parameters of the run; every value is a list. `started` (when the start was
    requested) and `ended` are seconds since the epoch.
    """

    execution_id: str
    document: str
    document_version: str
    account: str
    region: str
    parameters: Mapping[str, list[str]]
    started_by: Caller
    assume_role: str
    status: str = "Pending"
    failure: str | None = None
    failed_as: str = "Failed"
    steps: list[Step] = field(default_factory=list)
    outputs: dict[str, list[str]] = field(default_factory=dict)
    started: float = 0.0
    ended: float | None = None


@dataclass(eq=False)
class Run:
    """An execution with what controls it: `stopping` asks it to end, `done` says that it has ended.

    `children` are the runs that its steps have started.
    """

    document: Document
    execution: Execution
    stopping: Event = field(default_factory=Event)
    done: Event = field(default_factory=Event)
    children: list[Run] = field(default_factory=list)
