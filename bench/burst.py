"""`make burst`: what happens when very many keys are scheduled for deletion at once.

Everything runs in the sandbox, with AWS's quotas, and in real time. The scenarios can be scaled
down: then there are fewer keys, and the quotas on numbers of automations shrink with them. The
rates per second stay as they are.
"""

import argparse
import itertools
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError
from moto.kms.models import kms_backends
from moto.sns.models import sns_backends
from rich.console import Console
from rich.table import Table

from bench.keys import fill
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.quotas import Quotas
from sandbox.deployment import Deployment, deployer
from sandbox.events.delivery import Delivery
from sandbox.server import Sandbox
from sandbox.sns.subscriptions import is_pending
from sandbox.sqs.queues import backdate

REGION: Final = "eu-west-1"
HOME: Final = "us-east-1"
THREAT: Final = "key-deletion-scheduled"
RULE: Final = f"reprieve-{THREAT}"
SETTINGS: Final = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_RELIABILITY__ALARM_EMAILS": "oncall@example.com",
    "REPRIEVE_REGIONS__WATCH": f"{REGION},{HOME}",
}
NEVER: Final = "-"
"""The text of a time at which nothing happened."""
KEYS_OF_A_PATROL: Final = 10_000
# How long all rescues of a scenario may take, in seconds.
_PATIENCE = 3600
_KEY_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Scenario:
    """Keys that are scheduled for deletion as fast as KMS allows.

    EventBridge loses every so-manieth event with `loses_every`. With `attacked` somebody disables
    the rule half-way.
    """

    name: str
    keys: int
    loses_every: int | None = None
    attacked: bool = False

    def scaled(self, scale: int) -> "Scenario":
        """Return the scenario with fewer keys."""
        return replace(self, keys=self.keys // scale)


SCENARIOS: Final = (
    Scenario("1,000", 1000),
    Scenario("3,000", 3000),
    Scenario("5 % of the events are lost", 1000, loses_every=20),
    Scenario("the rule is disabled half-way", 1000, attacked=True),
)


@dataclass(frozen=True)
class Result:
    """What happened. Times are in seconds since the first deletion; None if it did not happen.

    `scheduled` is when the last deletion was scheduled. `by_event` and `by_patrol` are the keys
    that were saved by their events and by the patrol, `alerts_twice` the keys with more than one
    alert. `storm` and `waiting` are when these alarms went off, `attack` when the home Region's
    topic reported the attack. The mailbox of the alerts, or of the alarms, may be suspended at the
    end.
    """

    scenario: Scenario
    scheduled: float
    last_rescue: float
    by_event: int
    by_patrol: int
    lost: int
    alerts_twice: int
    storm: float | None
    waiting: float | None
    attack: float | None
    is_suspended: bool
    is_alarm_suspended: bool


def quotas(scale: int) -> Quotas:
    """Return AWS's quotas, with the numbers of automations and alarm periods scaled down."""
    default = Quotas()
    return replace(
        default,
        running_automations=max(default.running_automations // scale, 2),
        queued_automations=max(default.queued_automations // scale, 4),
        alarm_period=max(default.alarm_period / scale, 2.0),
    )


def deploy(sandbox: Sandbox, directory: Path) -> None:
    """Deploy the guard of the scenarios."""
    deployment = Deployment(sandbox, directory, settings=deployer(sandbox) | SETTINGS)
    deployment.deploy()


def run(sandbox: Sandbox, scenario: Scenario) -> Result:
    """Run a scenario in a sandbox with a deployed guard."""
    kms = sandbox.client("kms", REGION)
    keys = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(scenario.keys)}
    changes, ran, delivered = (
        len(observed) for observed in (sandbox.alarms, sandbox.executions, sandbox.deliveries)
    )
    sandbox.lose_events(_losing(scenario))
    began = time.time()
    for number, key in enumerate(keys):
        _schedule(kms, key)
        if scenario.attacked and number == len(keys) // 2:
            sandbox.client("events", REGION).disable_rule(Name=RULE)
    scheduled = time.time() - began
    sandbox.settle(_PATIENCE)
    sandbox.lose_events(None)
    by_event = _count_saved(keys)
    ends = [e.ended or 0.0 for e in sandbox.executions[ran:] if "rescue-key" in e.document]
    _patrol(sandbox)
    saved = _count_saved(keys)
    deliveries = sandbox.deliveries[delivered:]
    alarms = {
        change.name: change.at - began
        for change in reversed(sandbox.alarms[changes:])
        if change.state == "ALARM" and change.region == REGION
    }
    attacks = [
        each.at - began
        for each in deliveries
        if each.region == HOME and each.target_id == "guard-changed-alert" and each.recipients
    ]
    return Result(
        scenario=scenario,
        scheduled=scheduled,
        last_rescue=max(ends) - began,
        by_event=by_event,
        by_patrol=saved - by_event,
        lost=len(keys) - saved,
        alerts_twice=_count_alerted_twice(deliveries, keys),
        storm=alarms.get("reprieve-storm"),
        waiting=alarms.get("reprieve-waiting-rescues"),
        attack=min(attacks, default=None),
        is_suspended=_is_suspended("security@example.com"),
        is_alarm_suspended=_is_suspended("oncall@example.com"),
    )


def _schedule(kms: Any, key: str) -> None:
    """Schedule a key's deletion as soon as KMS's quota, 15 calls a second, allows it."""
    while True:
        try:
            kms.schedule_key_deletion(KeyId=key)
            return
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottlingException":
                raise
            time.sleep(0.02)


def _losing(scenario: Scenario) -> Callable[[Mapping[str, Any]], bool] | None:
    """Return which events of a scenario EventBridge loses."""
    every = scenario.loses_every
    if not every:
        return None
    seen = itertools.count(1)

    def is_lost(event: Mapping[str, Any]) -> bool:
        detail = event["detail"]
        # A call that KMS throttled has an event of its own.
        if detail.get("eventName") != "ScheduleKeyDeletion" or "errorCode" in detail:
            return False
        return next(seen) % every == 0

    return is_lost


def _patrol(sandbox: Sandbox) -> None:
    """Let an hour pass for CloudTrail's history, and run the patrol of the Region."""
    sandbox.history.age(1 / 24)
    backdate(REGION, "reprieve-dead-letters", hours=24)
    sandbox.run_schedules(REGION, "reprieve-patrol")
    sandbox.settle(_PATIENCE)


def time_patrol(sandbox: Sandbox, count: int) -> float:
    """Return how many seconds the patrol inspects the keys of a Region that has `count` of them."""
    fill(sandbox, REGION, count)
    sandbox.run_schedules(REGION, "reprieve-patrol")
    sandbox.settle(_PATIENCE)
    (inspection,) = (
        step
        for execution in sandbox.executions
        for step in execution.steps
        if step.name == "Inspect" and execution.region == REGION
    )
    if inspection.status != "Success" or not (inspection.started and inspection.ended):
        raise RuntimeError(f"The patrol did not inspect the keys: {inspection.failure}")
    return inspection.ended - inspection.started


def _count_saved(keys: set[str]) -> int:
    states = {key: kms_backends[ACCOUNT_ID][REGION].keys[key].key_state for key in keys}
    return sum(state == "Disabled" for state in states.values())


def _count_alerted_twice(deliveries: Iterable[Delivery], keys: set[str]) -> int:
    alerts = [each.body for each in deliveries if each.target_id == f"{THREAT}-alert"]
    named = Counter(key for body in alerts for key in set(_KEY_ID.findall(body)) & keys)
    return sum(count > 1 for count in named.values())


def _is_suspended(address: str) -> bool:
    subscriptions = sns_backends[ACCOUNT_ID][REGION].subscriptions.values()
    (subscription,) = (each for each in subscriptions if each.endpoint == address)
    return is_pending(subscription)


def table(results: Iterable[Result]) -> Table:
    """Return the results as a table, a column for each scenario."""
    results = list(results)
    shown = Table(box=None, pad_edge=False)
    shown.add_column()
    for each in results:
        shown.add_column(each.scenario.name, justify="right")
    for figure, text in FIGURES.items():
        shown.add_row(figure, *(text(each) for each in results))
    return shown


FIGURES: Final[Mapping[str, Callable[[Result], str]]] = {
    "keys": lambda each: f"{each.scenario.keys:,}",
    "the last deletion is scheduled": lambda each: _seconds(each.scheduled),
    "the alarm on many deletions": lambda each: _seconds(each.storm),
    "the alarm on waiting rescues": lambda each: _seconds(each.waiting),
    "the attack is reported in the home Region": lambda each: _seconds(each.attack),
    "the last rescue": lambda each: _seconds(each.last_rescue),
    "keys saved by their events": lambda each: f"{each.by_event:,}",
    "keys saved by the patrol": lambda each: f"{each.by_patrol:,}",
    "keys lost": lambda each: f"{each.lost:,}",
    "keys with two alerts": lambda each: f"{each.alerts_twice:,}",
    "the mailbox of the alerts": lambda each: "suspended" if each.is_suspended else "works",
    "the mailbox of the alarms": lambda each: "suspended" if each.is_alarm_suspended else "works",
}
"""What the table shows of a result."""


def _seconds(value: float | None) -> str:
    return NEVER if value is None else f"{value:.0f} s"


def main() -> int:
    """Run every scenario and print the figures; return 1 if a key was lost."""
    parser = argparse.ArgumentParser(description="Schedule the deletion of very many keys.")
    parser.add_argument("--scale", type=int, default=1, help="divide keys and quotas by this")
    scale = parser.parse_args().scale
    results = []
    with tempfile.TemporaryDirectory() as directory, Sandbox(quotas=quotas(scale)) as sandbox:
        deploy(sandbox, Path(directory))
        deployed = sandbox.snapshot()
        for scenario in SCENARIOS:
            sandbox.restore(deployed)
            results.append(run(sandbox, scenario.scaled(scale)))
            print(f"{scenario.name}: done", flush=True)
        sandbox.restore(deployed)
        seconds = time_patrol(sandbox, KEYS_OF_A_PATROL // scale)
    Console().print(table(results))
    print(f"The patrol inspects {KEYS_OF_A_PATROL // scale:,} keys in {seconds:.0f} s.")
    return 1 if any(each.lost for each in results) else 0


if __name__ == "__main__":
    sys.exit(main())
