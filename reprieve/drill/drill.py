"""`reprieve drill`: endanger a throw-away key in each Region, and see whether it is saved."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from threading import Event
from typing import Any, Final

from reprieve.aws.account import Account, explain, is_code
from reprieve.aws.parallel import everywhere
from reprieve.drill.cleanup import find_key, make_key, remove_leftovers
from reprieve.drill.watch import Watch
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.guard.remediation import runbook_against
from reprieve.names import DRILL_PREFIX, DRILL_TAG, PENDING_STATES
from reprieve.settings.schema import Settings

# The longest, so that a drill that fails leaves all the time there is. What is approved need not
# wait: the shortest.
_LONGEST_DAYS: Final = 30
_SHORTEST_DAYS: Final = 7
# How long a Region may take beyond the waiting, to begin and to clean up, in seconds.
_AROUND: Final = 120
_INTERRUPTED: Final = "It was interrupted."


@dataclass(frozen=True)
class Drill:
    """What came of the drill in one Region.

    `alert`, `cancelled` and `told` are seconds from the call until the alert came, the deletion was
    taken back, and the runbook's message came; None for what did not happen, or was not awaited.
    `key` is the drill key's ARN and `key_state` how it was left; `removed` counts what an earlier
    drill had left and this one removed. `problem` says why it failed; None if it passed.
    """

    region: str
    key: str | None = None
    alert: float | None = None
    cancelled: float | None = None
    told: float | None = None
    key_state: str | None = None
    removed: int = 0
    problem: str | None = None
    kept: str | None = None

    @property
    def passed(self) -> bool:
        """Whether all that was to happen did."""
        return self.problem is None

    def as_json(self) -> dict[str, Any]:
        """Return the row as `--json` prints it."""
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class Plan:
    """How to drill: for how many seconds to wait, whom to act as at the end, what to leave."""

    settings: Settings
    timeout: float
    approver: Account | None = None
    keep: bool = False

    @property
    def awaited(self) -> frozenset[str]:
        """What has to happen: the names of `Drill`'s seconds."""
        runbook = runbook_against(KEY_DELETION_SCHEDULED, self.settings.remediation)
        if runbook is None:
            return frozenset({"alert"})
        # Amazon's own runbook does not tell what came of it.
        return frozenset({"alert", "cancelled"} | (set() if runbook.is_amazons else {"told"}))


def why_exempt(arn: str, settings: Settings) -> str | None:
    """Return the principal of `exempt.principals` that a caller is; None if it is none.

    The ARN of a session leaves its role's path out, so that only the role's name can be compared.
    """
    for principal in settings.exempt.principals:
        account, name = principal.split(":")[4], principal.rpartition("/")[2]
        session = f":{account}:assumed-role/{name}/"
        if arn == principal or (":role/" in principal and session in arn):
            return principal
    return None


def drill(
    account: Account,
    regions: Sequence[str],
    plan: Plan,
    stop: Event,
    done: Callable[[str], None] = lambda region: None,
) -> list[Drill]:
    """Drill in each Region at once; `stop`, once set, ends the waiting and cleans up."""
    found: dict[str, Drill] = {}
    for region, answer in everywhere(
        lambda region: _drill_in(region, account, plan, stop), regions, plan.timeout + _AROUND
    ):
        if isinstance(answer, Exception):
            nothing = is_code(answer, "NotFound", "NotFoundException")
            missing = f"There is no topic {plan.settings.notify.topic_name}: deploy first."
            answer = Drill(region, problem=missing if nothing else explain(answer))
        found[region] = answer
        done(region)
    return [found[region] for region in regions]


def _drill_in(region: str, account: Account, plan: Plan, stop: Event) -> Drill:
    kms = account.client("kms", region)
    topic = (
        f"arn:{plan.settings.regions.partition}:sns:{region}:{account.id}:"
        f"{plan.settings.notify.topic_name}"
    )
    result = Drill(region, removed=remove_leftovers(account, region, topic))
    run = uuid.uuid4().hex[:8]
    with _listening(account, region, topic, run, keep=plan.keep) as queue:
        if stop.is_set():
            return replace(result, problem=_INTERRUPTED)
        key = find_key(kms) or make_key(kms, run)
        result = replace(result, key=key)
        try:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=_LONGEST_DAYS)
        except Exception as error:
            result = replace(result, problem=explain(error))
        else:
            watch = Watch(kms, account.client("sqs", region), queue, key)
            result = _await(result, plan, stop, watch)
    kept = queue if plan.keep else None
    return replace(result, key_state=_put_away(kms, key, region, plan), kept=kept)


@contextmanager
def _listening(account: Account, region: str, topic: str, run: str, *, keep: bool) -> Iterator[str]:
    """Give the URL of a queue that gets the topic's messages; remove it again unless `keep`."""
    sqs, sns = account.client("sqs", region), account.client("sns", region)
    name = f"{DRILL_PREFIX}{run}"
    arn = f"{topic.replace(':sns:', ':sqs:').rpartition(':')[0]}:{name}"
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    queue = sqs.create_queue(QueueName=name, Attributes={"Policy": policy}, tags={DRILL_TAG: run})[
        "QueueUrl"
    ]
    subscription = None
    try:
        subscription = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        yield queue
    finally:
        if not keep:
            try:
                if subscription:
                    sns.unsubscribe(SubscriptionArn=subscription)
            finally:
                sqs.delete_queue(QueueUrl=queue)


def _await(result: Drill, plan: Plan, stop: Event, watch: Watch) -> Drill:
    """Wait until all has happened, the time is over, or somebody interrupts."""
    problem = None
    try:
        if not watch.until(plan.awaited, plan.timeout, stop):
            problem = _INTERRUPTED if stop.is_set() else _what_is_missing(watch.seen, plan)
    except Exception as error:
        problem = explain(error)
    seen = watch.seen
    return replace(
        result,
        alert=seen.get("alert"),
        cancelled=seen.get("cancelled"),
        told=seen.get("told"),
        problem=problem,
    )


def _what_is_missing(seen: dict[str, float], plan: Plan) -> str:
    within = f"within {plan.timeout:g} seconds"
    missing = [text for name, text in _MISSING.items() if name in plan.awaited - seen.keys()]
    return f"{'; '.join(missing)} {within}. `reprieve status` says what is broken."


_MISSING: Final = {
    "alert": "No alert came",
    "cancelled": "The deletion was not taken back",
    "told": "No message on what came of it came",
}


def _put_away(kms: Any, key: str, region: str, plan: Plan) -> str:
    """Have the drill key deleted if that is approved; return how it is left, in a phrase."""
    try:
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        if metadata["KeyState"] in PENDING_STATES or plan.keep:
            return _state(metadata)
        if plan.approver is None:
            return f"{metadata['KeyState']}, for the next drill"
        approver = plan.approver.client("kms", region)
        approver.schedule_key_deletion(KeyId=key, PendingWindowInDays=_SHORTEST_DAYS)
        return _state(kms.describe_key(KeyId=key)["KeyMetadata"])
    except Exception as error:
        return f"unknown: {explain(error)}"


def _state(metadata: dict[str, Any]) -> str:
    date = metadata.get("DeletionDate")
    return f"deleted on {date:%Y-%m-%d}" if date else str(metadata["KeyState"])
