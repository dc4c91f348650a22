"""A key in one Region: created, scheduled for deletion, and watched until that is dealt with."""

import time
from dataclasses import dataclass
from typing import Any

from sandbox.events.delivery import Delivery
from sandbox.server import Sandbox

TIMEOUT = 60.0
POLL = 0.1


@dataclass
class Rescue:
    """What happened to one key. `fault` is empty while nothing is known to be wrong.

    `by` is who schedules the deletion, if it is not the account's root; with `approved` the
    settings exempt them, so that nothing is to be taken back.
    """

    region: str
    by: str = ""
    approved: bool = False
    alerted: tuple[str, ...] = ()
    key_id: str = ""
    alert: str = ""
    automation: str = ""
    states: tuple[str, ...] = ()
    seconds: float | None = None
    fault: str = ""

    @property
    def before_and_after(self) -> tuple[str, ...]:
        """The key's first and its latest state."""
        return self.states[:1] + self.states[1:][-1:]

    @property
    def as_due(self) -> bool:
        """Whether people were told and the key was rescued, or let go where that is approved."""
        if self.approved:
            let_go = not self.automation and self.states[-1:] == ("PendingDeletion",)
            return bool(self.alerted and let_go and not self.fault)
        return bool(
            self.alerted
            and self.automation == "Success"
            and self.states[-1:] == ("Disabled",)
            and not self.fault
        )


def rescue(sandbox: Sandbox, row: Rescue, caller: Any = None) -> None:
    """Endanger a key in the row's Region and fill the row as things happen; it never raises.

    `caller` is the KMS client that schedules the deletion, if it is not that of the root.
    """
    try:
        _endanger_and_watch(sandbox, row, caller)
    except Exception as error:  # one Region's failure is its own row's business
        row.fault = f"{type(error).__name__}: {error}"


def _endanger_and_watch(sandbox: Sandbox, row: Rescue, caller: Any) -> None:
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
    if row.approved:
        # That nothing is taken back shows only once all there was to do is done.
        sandbox.settle()
    while time.monotonic() - started < TIMEOUT:
        note_state()
        _note_deliveries(sandbox, row)
        _note_automation(sandbox, row)
        if row.as_due or row.fault:
            row.seconds = time.monotonic() - started
            return
        time.sleep(POLL)
    row.fault = f"not {'let go' if row.approved else 'rescued'} within {TIMEOUT:.0f} s"


def _note_deliveries(sandbox: Sandbox, row: Rescue) -> None:
    for delivery in sandbox.deliveries:
        if delivery.event_name != "ScheduleKeyDeletion" or row.key_id not in delivery.body:
            continue
        if delivery.error:
            row.fault = f"{delivery.target_id}: {delivery.error}"
        elif _is_alert(delivery):
            row.alerted, row.alert = delivery.recipients, delivery.body
            if not row.alerted:
                row.fault = "the alert reached the topic, but the topic has no confirmed e-mail"


def _is_alert(delivery: Delivery) -> bool:
    return ":sns:" in delivery.target_arn


def _note_automation(sandbox: Sandbox, row: Rescue) -> None:
    # The first one: what the rule started. Others are what that one started in its turn.
    for execution in sandbox.executions:
        if execution.region == row.region and row.key_id in execution.parameters["KeyId"][0]:
            row.automation = execution.status
            if execution.failure:
                row.fault = f"{execution.document}: {execution.failure}"
            return
