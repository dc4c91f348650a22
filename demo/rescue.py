"""Create a key in one Region, schedule its deletion, and watch what happens."""

import time
from dataclasses import dataclass
from typing import Any

from sandbox.events.delivery import Delivery
from sandbox.server import Sandbox

REGIONS = "ap-northeast-1,ap-southeast-2,eu-west-1,sa-east-1,us-east-1"
"""What the demo watches: in the 17 default Regions it would take two to three times as long."""
FEW_REGIONS = "ap-southeast-2,eu-west-1,us-east-1"
"""What is watched where each command of a complete guard has to be quick."""
TIMEOUT = 60.0
POLL = 0.1


@dataclass
class Rescue:
    """What happened to one key. `problem` is empty while nothing has failed.

    `by` is the role that schedules the deletion; empty for the account's root. With `exempt` the
    settings exempt that role, so Reprieve must not cancel the deletion.
    """

    region: str
    by: str = ""
    exempt: bool = False
    alerted: tuple[str, ...] = ()
    key_id: str = ""
    alert: str = ""
    automation: str = ""
    states: tuple[str, ...] = ()
    seconds: float | None = None
    problem: str = ""

    @property
    def before_and_after(self) -> tuple[str, ...]:
        """The key's first and its latest state."""
        return self.states[:1] + self.states[1:][-1:]

    @property
    def as_expected(self) -> bool:
        """Whether the alert was sent, and the key was rescued or, if exempt, left alone."""
        if self.exempt:
            left_alone = not self.automation and self.states[-1:] == ("PendingDeletion",)
            return bool(self.alerted and left_alone and not self.problem)
        return bool(
            self.alerted
            and self.automation == "Success"
            and self.states[-1:] == ("Disabled",)
            and not self.problem
        )


def rescue(sandbox: Sandbox, row: Rescue, caller: Any = None) -> None:
    """Schedule the deletion of a key in the row's Region; update the row as things happen.

    Nothing is raised. `caller` is the KMS client that schedules the deletion; None is the root's.
    """
    try:
        _schedule_and_watch(sandbox, row, caller)
    except Exception as error:  # shown in the row; the other Regions go on
        row.problem = f"{type(error).__name__}: {error}"


def _schedule_and_watch(sandbox: Sandbox, row: Rescue, caller: Any) -> None:
    kms = sandbox.client("kms", row.region)
    row.key_id = kms.create_key(Description="Reprieve demo")["KeyMetadata"]["KeyId"]

    def note_state() -> None:
        state = kms.describe_key(KeyId=row.key_id)["KeyMetadata"]["KeyState"]
        if state != (row.states or ("",))[-1]:
            row.states = (*row.states, state)

    note_state()
    started = time.monotonic()
    row.states = (
        *row.states,
        (caller or kms).schedule_key_deletion(KeyId=row.key_id, PendingWindowInDays=7)["KeyState"],
    )
    if row.exempt:
        # Only when everything has run is it certain that nothing was cancelled.
        sandbox.settle()
    while time.monotonic() - started < TIMEOUT:
        note_state()
        _note_deliveries(sandbox, row)
        _note_automation(sandbox, row)
        if row.as_expected or row.problem:
            row.seconds = time.monotonic() - started
            return
        time.sleep(POLL)
    row.problem = f"not {'left alone' if row.exempt else 'rescued'} within {TIMEOUT:.0f} s"


def _note_deliveries(sandbox: Sandbox, row: Rescue) -> None:
    for delivery in sandbox.deliveries:
        if delivery.event_name != "ScheduleKeyDeletion" or row.key_id not in delivery.body:
            continue
        if delivery.error:
            row.problem = f"{delivery.target_id}: {delivery.error}"
        elif _is_alert(delivery):
            row.alerted, row.alert = delivery.recipients, delivery.body
            if not row.alerted:
                row.problem = (
                    "the alert reached the topic, but the topic has no confirmed e-mail address"
                )


def _is_alert(delivery: Delivery) -> bool:
    return ":sns:" in delivery.target_arn


def _note_automation(sandbox: Sandbox, row: Rescue) -> None:
    # The first execution: the rule started it. It starts the others.
    for execution in sandbox.executions:
        if execution.region == row.region and row.key_id in execution.parameters["KeyId"][0]:
            row.automation = execution.status
            if execution.failure:
                row.problem = f"{execution.document}: {execution.failure}"
            return
