"""`reprieve drill`: schedule a drill key's deletion, and check that the guard rescues the key."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any, Final

from reprieve.aws.account import NO_TOPIC, Account, explain, is_code
from reprieve.aws.parallel import run_in_parallel
from reprieve.drill.cleanup import remove_earlier
from reprieve.drill.key import (
    DrillKey,
    create_key,
    find_key,
    finish_key,
    name_key,
)
from reprieve.drill.listener import Listener
from reprieve.drill.policy import drill_key_policy
from reprieve.drill.result import AccountDrill, Drill, Leftover
from reprieve.drill.watch import Watch
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.guard.remediation import runbook_against
from reprieve.guard.topology import hub_location, uses_hub
from reprieve.location import Location
from reprieve.settings.schema import Settings

# A drill that fails leaves its key pending deletion: the longest waiting period gives people time.
_LONGEST_DAYS: Final = 30
# How many seconds a Region may take to set up and to clean up, besides the waiting.
_OVERHEAD_SECONDS: Final = 120
_INTERRUPTED: Final = "It was interrupted."


@dataclass(frozen=True)
class Plan:
    """How to drill: the settings, how long to wait, and what to leave.

    `approver` is an exempt role that has the drill key deleted at the end. `hub` is the account
    that the alerts are sent from, if it is another one.
    """

    settings: Settings
    timeout: float
    approver: Account | None = None
    keep: bool = False
    hub: Account | None = None

    @property
    def expected(self) -> frozenset[str]:
        """What has to happen: the names of `Drill`'s seconds."""
        runbook = runbook_against(KEY_DELETION_SCHEDULED, self.settings.remediation)
        if runbook is None:
            return frozenset({"alert"})
        # Amazon's own runbook sends no message about its result.
        return frozenset(
            {"alert", "cancelled"} | (set() if runbook.is_amazons else {"result_sent"})
        )


def drill(
    account: Account,
    regions: Sequence[str],
    plan: Plan,
    stop: Event,
    done: Callable[[str], None] = lambda region: None,
    overhead: float = _OVERHEAD_SECONDS,
) -> AccountDrill:
    """Drill in all Regions at once. Setting `stop` ends the waiting; the drill then cleans up.

    A Region is given up after the plan's time-out and `overhead`, in seconds; its result then has
    what was known until then.
    """
    drills = {region: RegionDrill(account, region, plan, stop) for region in regions}
    if uses_hub(plan.settings):
        # Once, for all of them: their queues are side by side in the Region of the hub.
        with suppress(Exception):  # opening the queues reports the same
            drills[regions[0]].remove_earlier()
    found: dict[str, Drill] = {}
    for region, answer in run_in_parallel(
        lambda region: drills[region].run(), regions, plan.timeout + overhead
    ):
        found[region] = drills[region].give_up(answer) if isinstance(answer, Exception) else answer
        done(region)
    return AccountDrill(account.id, tuple(found[region] for region in regions), account.name)


def hub_among(accounts: Iterable[Account], settings: Settings) -> Account | None:
    """Return the account that the alerts of these settings are sent from, if it is among these."""
    hub = settings.notify.hub.account if uses_hub(settings) else None
    return next((each for each in accounts if each.id == hub), None)


@dataclass
class RegionDrill:
    """The drill in one Region. `result` says at any time what has happened so far."""

    account: Account
    region: str
    plan: Plan
    stop: Event
    result: Drill = field(init=False)
    _id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _listener: Listener = field(init=False)
    _key: DrillKey | None = None
    _unheard: str | None = None

    def __post_init__(self) -> None:
        settings = self.plan.settings
        here = Location(settings.regions.partition, self.region, self.account.id)
        notifies = hub_location(settings, here) or here
        topic = notifies.arn("sns", settings.notify.topic_name)
        self.result = Drill(self.region)
        listening = self.plan.hub or self.account
        if notifies.account != listening.id:
            self._unheard = (
                f"The alerts are sent from the account {notifies.account}. Run the drill with its "
                "credentials too, to see whether they arrive there."
            )
        self._listener = Listener(
            listening, notifies.region, topic, self._id, settings.resource_names.drill
        )

    def run(self) -> Drill:
        """Drill, clean up, and return the result, whatever failed."""
        try:
            if self._unheard:
                self._note(problem=self._unheard)
                return self.result
            if not uses_hub(self.plan.settings):
                self.remove_earlier()
            queue = self._listener.open()
            if self.stop.is_set():
                self._note(problem=_INTERRUPTED)
            else:
                self._rescue_key(queue)
        except Exception as error:
            self._note(problem=self._explain(error))
        self._clean_up()
        return self.result

    def give_up(self, error: Exception) -> Drill:
        """Return the result of a drill that did not end, with everything that it may have left."""
        problem = "The drill ended before it cleaned this up."
        left = list(self._listener.remaining(problem))
        if self._key:
            command = f"aws kms describe-key --region {self.region} --key-id {self._key.arn}"
            left.append(Leftover(f"the drill key {self._key.arn}", problem, command))
        self._note(*left, problem=self.result.problem or explain(error))
        return self.result

    def _note(self, *leftovers: Leftover | None, **changes: Any) -> None:
        """Add leftovers to the result, and change its fields."""
        left = (*self.result.leftovers, *filter(None, leftovers))
        self.result = replace(self.result, leftovers=left, **changes)

    def _explain(self, error: Exception) -> str:
        if is_code(error, *NO_TOPIC) and not self._key:
            return f"There is no topic {self.plan.settings.notify.topic_name}. Deploy first."
        return explain(error)

    def remove_earlier(self) -> None:
        """Remove what earlier drills left where the alerts are sent from."""
        listener = self._listener
        removed, left = remove_earlier(
            listener.account, listener.region, listener.topic, listener.beginning
        )
        self._note(*left, removed=removed)

    def _rescue_key(self, queue: str) -> None:
        """Schedule the deletion of the drill's key, and wait for the guard."""
        kms = self.account.client("kms", self.region)
        key = self._find_or_create_key(kms)
        kms.schedule_key_deletion(KeyId=key.arn, PendingWindowInDays=_LONGEST_DAYS)
        sqs = self._listener.account.client("sqs", self._listener.region)
        watch = Watch(kms, sqs, queue, key.arn)
        self._note(**_wait(watch, self.plan, self.stop))

    def _find_or_create_key(self, kms: Any) -> DrillKey:
        partition = self.plan.settings.regions.partition
        beginning = self.plan.settings.resource_names.drill_alias
        self._key, rejected = find_key(self.account, self.region, partition, beginning)
        self._note(rejected_keys=rejected)
        if self._key is None:
            self._key = create_key(kms, drill_key_policy(partition, self.account.id), self._id)
            self._note(name_key(kms, self._key, self.region, f"{beginning}{self._id}"))
        self._note(key=self._key.arn)
        return self._key

    def _clean_up(self) -> None:
        """Remove the queue and the subscription, and leave the key as it was found."""
        if self.plan.keep:
            self._note(kept=self._listener.queue)
        else:
            self._note(*self._listener.close())
        if self._key:
            approver = self.plan.approver
            state, leftover = finish_key(
                self.account.client("kms", self.region),
                self._key,
                self.region,
                approver=approver.client("kms", self.region) if approver else None,
                keep=self.plan.keep,
            )
            self._note(leftover, key_state=state)


def _wait(watch: Watch, plan: Plan, stop: Event) -> dict[str, Any]:
    """Wait until everything has happened, the time is over, or the drill is interrupted.

    Return the fields of `Drill` that this decides.
    """
    problem = None
    try:
        if not watch.until(plan.expected, plan.timeout, stop):
            problem = _INTERRUPTED if stop.is_set() else _describe_missing(watch.seen, plan)
    except Exception as error:
        problem = explain(error)
    return {**{name: watch.seen.get(name) for name in _MISSING}, "problem": problem}


def _describe_missing(seen: dict[str, float], plan: Plan) -> str:
    missing = [text for name, text in _MISSING.items() if name in plan.expected - seen.keys()]
    return (
        f"Within {plan.timeout:g} seconds {_enumerate(missing)}. Run `reprieve status` to find the "
        "cause."
    )


def _enumerate(phrases: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(phrases[:-1]), phrases[-1])))


_MISSING: Final = {
    "alert": "no alert arrived",
    "cancelled": "the deletion was not cancelled",
    "result_sent": "the runbook did not send its result",
}
