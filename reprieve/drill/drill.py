"""`reprieve drill`: schedule a drill key's deletion, and check that the guard rescues the key."""

import json
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from threading import Event
from typing import Any, Final

from reprieve.aws.account import Account, explain, is_code
from reprieve.aws.parallel import run_in_parallel
from reprieve.drill.cleanup import clean_up, create_key, find_key
from reprieve.drill.watch import Watch
from reprieve.errors import ExitCode, ReprieveError
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.guard.remediation import runbook_against
from reprieve.names import DRILL_PREFIX, DRILL_TAG, PENDING_STATES
from reprieve.settings.schema import Settings

# A drill that fails leaves its key pending deletion: the longest waiting period gives people time.
# An approved deletion need not wait: the shortest.
_LONGEST_DAYS: Final = 30
_SHORTEST_DAYS: Final = 7
# How many seconds a Region may take to set up and to clean up, besides the waiting.
_OVERHEAD_SECONDS: Final = 120
_INTERRUPTED: Final = "It was interrupted."


class DrillError(ReprieveError):
    """With these settings, options or credentials a drill would prove nothing."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Drill:
    """The result of the drill in one Region.

    `alert`, `cancelled` and `result_sent` are seconds from the call until the alert arrived, the
    deletion was cancelled, and the runbook's message arrived; None for what did not happen or was
    not expected. `key` is the drill key's ARN, and `key_state` the state that it was left in.
    `removed` counts the queues and subscriptions of earlier drills that this one removed. `problem`
    says why the drill failed; None if it passed.
    """

    region: str
    key: str | None = None
    alert: float | None = None
    cancelled: float | None = None
    result_sent: float | None = None
    key_state: str | None = None
    removed: int = 0
    problem: str | None = None
    kept: str | None = None

    @property
    def passed(self) -> bool:
        """Whether everything that was expected happened."""
        return self.problem is None

    def as_json(self) -> dict[str, Any]:
        """Return the result as `--format json` prints it; docs/operations.md has the shape."""
        return {**asdict(self), "passed": self.passed}


@dataclass(frozen=True)
class AccountDrill:
    """The results of the drill in one account, by Region."""

    account: str
    regions: tuple[Drill, ...]

    @property
    def passed(self) -> bool:
        """Whether the drill passed in every Region."""
        return all(each.passed for each in self.regions)

    def as_json(self) -> dict[str, Any]:
        """Return the results as `--format json` prints them."""
        return {"account": self.account, "regions": [each.as_json() for each in self.regions]}


@dataclass(frozen=True)
class Plan:
    """How to drill: the settings, how long to wait, and what to leave.

    `approver` is an exempt role that has the drill key deleted at the end.
    """

    settings: Settings
    timeout: float
    approver: Account | None = None
    keep: bool = False

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


def check_settings(settings: Settings, approved_role: str | None) -> None:
    """Check that a drill can succeed with these settings.

    Raises:
        DrillError: the drill's threat is not watched, or the approved role is not exempt.
    """
    threat = KEY_DELETION_SCHEDULED.name
    if threat not in settings.notify.threats:
        raise DrillError(
            f"notify.threats does not have {threat}: the drill would send no alert.",
            f"Add {threat} to notify.threats and deploy.",
        )
    if approved_role and approved_role not in settings.exempt.principals:
        raise DrillError(
            f"--approved-role {approved_role}: the role is not in exempt.principals, so the guard "
            "would cancel its deletions."
        )


def check_caller(account: Account, settings: Settings) -> None:
    """Check that the guard reacts to deletions by the caller.

    Raises:
        DrillError: the caller is exempt.
    """
    if principal := exempt_principal(account.arn, settings):
        raise DrillError(
            f"You are {account.arn}, which exempt.principals exempts ({principal}): the guard does "
            "not cancel your deletions, so the drill would fail.",
            "Run the drill as another principal.",
        )


def exempt_principal(arn: str, settings: Settings) -> str | None:
    """Return the entry of `exempt.principals` that a caller's ARN matches; None if none does.

    The ARN of a session does not have its role's path, so only the role's name is compared.
    """
    for principal in settings.exempt.principals:
        account, name = principal.split(":")[4], principal.rpartition("/")[2]
        session = f":{account}:assumed-role/{name}/"
        if arn == principal or (":role/" in principal and session in arn):
            return principal
    return None


def approver(account: Account, role: str, settings: Settings) -> Account:
    """Return the account opened as the approved role.

    Raises:
        DrillError: the role cannot be assumed.
    """
    try:
        return account.assume(role, settings.regions.home)
    except Exception as error:
        raise DrillError(
            f"--approved-role {role}: the role cannot be assumed. {explain(error)}"
        ) from error


def drill(
    account: Account,
    regions: Sequence[str],
    plan: Plan,
    stop: Event,
    done: Callable[[str], None] = lambda region: None,
) -> AccountDrill:
    """Drill in all Regions at once. Setting `stop` ends the waiting; the drill then cleans up."""
    found: dict[str, Drill] = {}
    for region, answer in run_in_parallel(
        lambda region: _drill_in(region, account, plan, stop),
        regions,
        plan.timeout + _OVERHEAD_SECONDS,
    ):
        if isinstance(answer, Exception):
            no_topic = is_code(answer, "NotFound", "NotFoundException")
            problem = f"There is no topic {plan.settings.notify.topic_name}. Deploy first."
            answer = Drill(region, problem=problem if no_topic else explain(answer))
        found[region] = answer
        done(region)
    return AccountDrill(account.id, tuple(found[region] for region in regions))


def _drill_in(region: str, account: Account, plan: Plan, stop: Event) -> Drill:
    kms = account.client("kms", region)
    topic = (
        f"arn:{plan.settings.regions.partition}:sns:{region}:{account.id}:"
        f"{plan.settings.notify.topic_name}"
    )
    result = Drill(region, removed=clean_up(account, region, topic))
    run = uuid.uuid4().hex[:8]
    with _subscribed_queue(account, region, topic, run, keep=plan.keep) as queue:
        if stop.is_set():
            return replace(result, problem=_INTERRUPTED)
        key = find_key(kms) or create_key(kms, run)
        result = replace(result, key=key)
        try:
            kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=_LONGEST_DAYS)
        except Exception as error:
            result = replace(result, problem=explain(error))
        else:
            watch = Watch(kms, account.client("sqs", region), queue, key)
            result = _wait(result, plan, stop, watch)
    kept = queue if plan.keep else None
    return replace(result, key_state=_finish_key(kms, key, region, plan), kept=kept)


@contextmanager
def _subscribed_queue(
    account: Account, region: str, topic: str, run: str, *, keep: bool
) -> Iterator[str]:
    """Yield the URL of a queue that receives the topic's messages; remove it unless `keep`."""
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
        # Without raw delivery: `watch` reads the Subject.
        subscription = sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True
        )["SubscriptionArn"]
        yield queue
    finally:
        if not keep:
            try:
                if subscription:
                    sns.unsubscribe(SubscriptionArn=subscription)
            finally:
                sqs.delete_queue(QueueUrl=queue)


def _wait(result: Drill, plan: Plan, stop: Event, watch: Watch) -> Drill:
    """Wait until everything has happened, the time is over, or the drill is interrupted."""
    problem = None
    try:
        if not watch.until(plan.expected, plan.timeout, stop):
            problem = _INTERRUPTED if stop.is_set() else _describe_missing(watch.seen, plan)
    except Exception as error:
        problem = explain(error)
    return replace(
        result,
        alert=watch.seen.get("alert"),
        cancelled=watch.seen.get("cancelled"),
        result_sent=watch.seen.get("result_sent"),
        problem=problem,
    )


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


def _finish_key(kms: Any, key: str, region: str, plan: Plan) -> str:
    """Schedule the drill key's deletion if a role approves it; return its state, in a phrase."""
    try:
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        if metadata["KeyState"] in PENDING_STATES or plan.keep:
            return _state(metadata)
        if plan.approver is None:
            return f"{metadata['KeyState']}, kept for the next drill"
        approver_kms = plan.approver.client("kms", region)
        approver_kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=_SHORTEST_DAYS)
        return _state(kms.describe_key(KeyId=key)["KeyMetadata"])
    except Exception as error:
        return f"unknown: {explain(error)}"


def _state(metadata: dict[str, Any]) -> str:
    date = metadata.get("DeletionDate")
    return f"deleted on {date:%Y-%m-%d}" if date else str(metadata["KeyState"])
