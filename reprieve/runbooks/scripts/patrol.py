"""Inspect every key of a Region, and rescue those whose events were missed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from reprieve.runbooks.scripts.calls import REPORT_SECONDS, SCRIPT_SECONDS, Calls, is_temporary
from reprieve.runbooks.scripts.exemptions import exemption_of, tags_of
from reprieve.runbooks.scripts.keys import PENDING, cancel_deletion, describe, has_tag
from reprieve.runbooks.scripts.messages import printable, publish, without_quotes
from reprieve.runbooks.scripts.schedulings import Scheduling, guarded_since, read_schedulings

_WORKERS = 8
# A deletion that is younger is left to its event: CloudTrail delivers within minutes, and a rescue
# may have to wait for others.
_GRACE = timedelta(minutes=20)
# How many keys a message names: SNS takes 256 KB.
_LONGEST_LIST = 100
# How many keys are looked at again, and how much of the messages that were not sent is returned.
_LONGEST_RESULT = 1000
_LONGEST_FAILURE = 2000
# How long one call on one key is repeated: a key that KMS cannot read must not keep the others
# from their rescue.
_KEY_SECONDS = 30


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Look at every key once.

    Events: Topics, DeadLetters, Rescues (whether deletions may be cancelled), RescuesEarlier,
    Remind, ExemptPrincipals, ExemptKeys, Exemptions (see `exemptions`), Deployers, OwnKeyTag, and
    Seen: the ids of the keys that an earlier look found without a record of CloudTrail, or `none`.

    Returns Unexplained, the ids of the keys without such a record, or `none`: CloudTrail's history
    is up to 15 minutes late, so they are looked at again. Failed counts the keys that could not be
    rescued; messages that could not be sent follow. Raises RuntimeError if the time was too short:
    the runbook then runs the script again.
    """
    calls = Calls(events["Region"], SCRIPT_SECONDS)
    kms = calls.client("kms")
    pending, unreadable = _inspect(calls, kms)
    looks = _Looks(calls, kms, events, pending)
    rescued, failed, left = looks.rescue_missed()
    unsent = _report(calls, events, rescued, failed, looks, unreadable)
    # If a message was not sent, another run would not send it either: the keys are rescued. So the
    # execution fails with its text, and the keys that are left are looked at again.
    if left and not unsent:
        raise RuntimeError(f"{len(left)} keys are still to be rescued")
    # Without quotation marks, since it becomes a part of another step's input. And not all: what a
    # script returns has at most 100 KB, and the next patrol finds the others.
    again = [_id_of(key) for key in [*looks.unexplained, *left][:_LONGEST_RESULT]]
    failure = " NOT sent: ".join([f"{len(failed)}.", *unsent]) if unsent else str(len(failed))
    return {"Unexplained": ",".join(again) or "none", "Failed": failure[:_LONGEST_FAILURE]}


def _inspect(calls: Calls, kms: Any) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the metadata of the keys that are pending deletion, and the keys that deny a look."""
    keys = [
        key["KeyArn"]
        for page in calls.pages(kms.list_keys, "NextMarker", "Marker", Limit=1000)
        for key in page["Keys"]
    ]
    pending, unreadable = [], []

    def look(key: str) -> dict[str, Any] | None:
        try:
            return describe(calls, kms, key)
        except Exception as error:
            if is_temporary(error):
                raise
            return None

    with ThreadPoolExecutor(_WORKERS) as workers:
        for key, metadata in zip(keys, workers.map(look, keys), strict=True):
            if metadata is None:
                unreadable.append(key)
            elif metadata["KeyState"] in PENDING and metadata["KeyManager"] == "CUSTOMER":
                pending.append(metadata)
    return pending, unreadable


class _Looks:
    """What a patrol finds about the keys that are pending deletion.

    `missed` keys are to be rescued. `earlier` ones were scheduled before the guard was deployed.
    `unexplained` ones have no record yet.
    """

    def __init__(
        self, calls: Calls, kms: Any, events: dict[str, Any], pending: list[dict[str, Any]]
    ) -> None:
        self._calls, self._kms, self._events = calls, kms, events
        self._now = datetime.now(UTC)
        self._seen = set(events["Seen"].split(","))
        self._since = guarded_since(calls, events["DeadLetters"]) if pending else self._now
        self.metadata = {each["Arn"]: each for each in pending}
        self.history_error = ""
        self.schedulings = self._read() if pending else {}
        self.missed: list[str] = []
        self.earlier: list[str] = []
        self.unexplained: list[str] = []
        for key in self.metadata:
            self._classify(key)

    def _read(self) -> dict[str, Scheduling]:
        try:
            return read_schedulings(self._calls, set(self.metadata))
        except Exception as error:
            if is_temporary(error):
                raise
            # Without the history nobody knows who scheduled what. A key that may be lost counts
            # more than a deletion that somebody has to schedule again.
            self.history_error = printable(error)
            return {}

    def _classify(self, key: str) -> None:
        scheduling = self.schedulings.get(key)
        if key in self._events["ExemptKeys"] or _id_of(key) in self._events["ExemptKeys"]:
            return
        if exemption_of(
            self._events["Exemptions"],
            key,
            scheduling.principal if scheduling else "",
            scheduling.at if scheduling else self._now,
            tags_of(self._calls, self._kms, key),
        ):
            return
        if scheduling is None:
            if self.history_error or _id_of(key) in self._seen:
                self._classify_without_record(key)
            else:
                self.unexplained.append(key)
            return
        if scheduling.principals & set(self._events["ExemptPrincipals"]):
            return
        if scheduling.principal in self._events["Deployers"] and has_tag(
            self._calls, self._kms, key, self._events["OwnKeyTag"]
        ):
            return
        if scheduling.at < self._since and not self._events["RescuesEarlier"]:
            self.earlier.append(key)
        elif self._now - scheduling.at >= _GRACE:
            self.missed.append(key)

    def _classify_without_record(self, key: str) -> None:
        """Decide by the date of deletion: the waiting period is 7 days at least."""
        date = self.metadata[key].get("DeletionDate")
        surely_earlier = date is not None and date - timedelta(days=7) < self._since
        if surely_earlier and not self._events["RescuesEarlier"]:
            self.earlier.append(key)
        else:
            self.missed.append(key)

    def rescue_missed(self) -> tuple[list[str], list[str], list[str]]:
        """Cancel the deletions of the missed keys.

        Return the rescued keys with their states, those that failed with the reasons, and those
        that were not tried because the time is over. A key that fails temporarily comes last, and
        is tried until the time is over.
        """
        rescued: list[str] = []
        errors: dict[str, str] = {}
        keys = list(self.missed) if self._events["Rescues"] else []
        while keys and self._calls.seconds_left > 0:
            key = keys.pop(0)
            try:
                state = cancel_deletion(_limited(self._calls), self._kms, key)["KeyState"]
                rescued.append(f"{self.describe(key)}. Its state is now {state}.")
                errors.pop(key, None)
            except Exception as error:
                errors[key] = f"{self.describe(key)}: {printable(error)}"
                if is_temporary(error):
                    keys.append(key)
        return rescued, list(errors.values()), [key for key in keys if key not in errors]

    def describe(self, key: str) -> str:
        """Return a key, who scheduled its deletion, and when."""
        scheduling = self.schedulings.get(key)
        if scheduling is None:
            return f"{key}, scheduled by an unknown caller"
        at = f"{scheduling.at:%Y-%m-%dT%H:%M:%SZ}"
        return f"{key}, scheduled by [{printable(scheduling.caller)}] at {at}"

    def days_left(self, key: str) -> str:
        """Return how many days are left before KMS deletes a key."""
        date = self.metadata[key].get("DeletionDate")
        return f"{(date - self._now).days} days left" if date else "no date while it has replicas"


def _limited(calls: Calls, seconds: float = _KEY_SECONDS) -> Calls:
    """Return calls that have a time of their own, within that of the script."""
    return Calls(calls.region, min(seconds, calls.seconds_left))


def _report(
    calls: Calls,
    events: dict[str, Any],
    rescued: list[str],
    failed: list[str],
    looks: _Looks,
    unreadable: list[str],
) -> list[str]:
    """Send a message for each kind of finding; none if there is nothing to say.

    Return the messages that no topic accepted.
    """
    region, unsent = events["Region"], []
    cancel = f"aws kms cancel-key-deletion --region {region} --key-id KEY"
    enable = f"aws kms enable-key --region {region} --key-id KEY"

    def send(subject: str, *lines: str) -> None:
        # A third of the time that is left: other messages may follow.
        own = Calls(region, max(REPORT_SECONDS, calls.seconds_left) / 3)
        try:
            publish(own, events, subject, *lines)
        except Exception:
            unsent.append(without_quotes(f"{subject}: {' '.join(lines)}"))

    if rescued:
        send(
            f"the patrol saved {_count(rescued)}",
            f"Reprieve's patrol cancelled the deletion of {_count(rescued)} in {region}. No "
            "event had reported it. Run 'reprieve status' to find out why.",
            *_listed(rescued),
            "To use a key again, enable it:",
            enable,
        )
    if failed:
        send(
            f"ACT NOW: {_count(failed)} NOT saved",
            f"Reprieve's patrol could NOT cancel the deletion of {_count(failed)} in {region}. "
            "Cancel it yourself now:",
            cancel,
            *_listed(failed),
        )
    if looks.missed and not events["Rescues"] and events["Remind"] == "true":
        keys = [f"{looks.describe(key)}: {looks.days_left(key)}" for key in looks.missed]
        send(
            f"{_count(keys)} pending deletion",
            f"{_count(keys)} in {region} will be deleted. Reprieve does not cancel deletions, "
            "because the settings turn that off. Cancel the deletion of each key that you need:",
            cancel,
            *_listed(keys),
        )
    if looks.earlier and events["Remind"] == "true":
        keys = [f"{looks.describe(key)}: {looks.days_left(key)}" for key in looks.earlier]
        send(
            f"{_count(keys)} pending deletion since before the deployment",
            f"{_count(keys)} in {region} will be deleted. The deletion was scheduled before "
            "Reprieve was deployed, so Reprieve does not cancel it. Cancel the deletion of each "
            "key that you need:",
            cancel,
            *_listed(keys),
            "To cancel all such deletions, set patrol.rescue_earlier to true. To get no more "
            "reminders, add the keys to exempt.keys.",
        )
    if looks.history_error:
        send(
            "the patrol cannot read CloudTrail's history",
            f"Reprieve's patrol cannot see who scheduled a deletion in {region}, so it cancels "
            "every deletion, also exempt ones. Deploy again to restore its permissions.",
            f"Reason: {looks.history_error}",
        )
    if unreadable and events["Remind"] == "true":
        send(
            f"the patrol cannot see {_count(unreadable)}",
            f"Reprieve's patrol cannot see the state of {_count(unreadable)} in {region}: the key "
            "policy denies it. Allow kms:DescribeKey and kms:CancelKeyDeletion in the key policy.",
            *_listed(unreadable),
            "Until then, nobody notices if the event of such a key is missed.",
        )
    return unsent


def _id_of(key: str) -> str:
    return key.rpartition("/")[2]


def _count(keys: list[str]) -> str:
    return "1 KMS key" if len(keys) == 1 else f"{len(keys):,} KMS keys"


def _listed(lines: list[str]) -> Iterator[str]:
    yield from lines[:_LONGEST_LIST]
    if len(lines) > _LONGEST_LIST:
        yield f"and {len(lines) - _LONGEST_LIST:,} more: run 'reprieve sweep' to see them"
