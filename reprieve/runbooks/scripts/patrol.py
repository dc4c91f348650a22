"""Inspect every key of a Region, and rescue those whose events were missed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from reprieve.runbooks.scripts.calls import REPORT_SECONDS, SCRIPT_SECONDS, Calls, is_temporary
from reprieve.runbooks.scripts.exemptions import exemption_of, tags_of
from reprieve.runbooks.scripts.keys import PENDING, cancel_deletion, describe
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
# How long the calls on one key are repeated, and how long CloudTrail's history is read: neither a
# key that KMS cannot read nor a long history must keep the other keys from their rescue.
_KEY_SECONDS = 30
_HISTORY_SECONDS = 200


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Look at every key once.

    Events: Topics, DeadLetters, Rescues (whether deletions may be cancelled), RescuesEarlier,
    Remind, ExemptPrincipals, ExemptKeys, Exemptions (see `exemptions`), Deployers, OwnKeyTag, and
    Seen: the ids of the keys that an earlier look found without a record of CloudTrail, or `none`.

    Returns Unexplained, the ids of the keys without such a record, or `none`: CloudTrail's history
    is up to 15 minutes late, so they are looked at again. So are keys that cannot be read for now.
    Failed counts the keys that could not be rescued, or not be read at the second look; messages
    that could not be sent follow. Raises RuntimeError if the time was too short: the runbook then
    runs the script again.
    """
    calls = Calls(events["Region"], SCRIPT_SECONDS)
    kms = calls.client("kms")
    pending, unread = _inspect(calls, kms)
    late = [key for key, error in unread.items() if is_temporary(error)]
    later = late if events["Seen"] == "none" else []
    for key in later:
        del unread[key]
    looks = _Looks(calls, kms, events, pending)
    rescued, failed, left = looks.rescue_missed()
    unsent = _report(calls, events, rescued, failed, looks, unread)
    # If a message was not sent, another run would not send it either: the keys are rescued. So the
    # execution fails with its text, and the keys that are left are looked at again.
    if left and not unsent:
        raise RuntimeError(f"{len(left)} keys are still to be rescued")
    # Without quotation marks, since it becomes a part of another step's input. And not all: what a
    # script returns has at most 100 KB, and the next patrol finds the others.
    again = [_id_of(key) for key in [*looks.unexplained, *left, *later][:_LONGEST_RESULT]]
    count = str(len(failed) + len(late) - len(later))
    failure = " NOT sent: ".join([f"{count}.", *unsent]) if unsent else count
    return {"Unexplained": ",".join(again) or "none", "Failed": failure[:_LONGEST_FAILURE]}


def _inspect(calls: Calls, kms: Any) -> tuple[list[dict[str, Any]], dict[str, Exception]]:
    """Return the metadata of the keys that are pending deletion, and the keys that deny a look."""
    keys = [
        key["KeyArn"]
        for page in calls.pages(kms.list_keys, "NextMarker", "Marker", Limit=1000)
        for key in page["Keys"]
    ]
    pending, unread = [], {}

    def look(key: str) -> dict[str, Any] | Exception:
        try:
            return describe(_limited(calls), kms, key)
        except Exception as error:
            return error

    with ThreadPoolExecutor(_WORKERS) as workers:
        for key, found in zip(keys, workers.map(look, keys), strict=True):
            if isinstance(found, Exception):
                unread[key] = found
            elif found["KeyState"] in PENDING and found["KeyManager"] == "CUSTOMER":
                pending.append(found)
    return pending, unread


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
        self._tags = _limited(calls)
        for key in self.metadata:
            try:
                self._classify(key)
            except Exception as error:
                if not is_temporary(error):
                    raise
                self._classify_without_record(key)

    def _read(self) -> dict[str, Scheduling]:
        try:
            calls = _limited(self._calls, _HISTORY_SECONDS)
            return read_schedulings(calls, set(self.metadata))
        except Exception as error:
            # Without the history nobody knows who scheduled what. A key that may be lost counts
            # more than a deletion that somebody has to schedule again.
            self.history_error = printable(error)
            return {}

    def _classify(self, key: str) -> None:
        scheduling = self.schedulings.get(key)
        if key in self._events["ExemptKeys"] or _id_of(key) in self._events["ExemptKeys"]:
            return
        tags = tags_of(self._tags, self._kms, key)
        if exemption_of(
            self._events["Exemptions"],
            key,
            scheduling.principal if scheduling else "",
            scheduling.at if scheduling else self._now,
            tags,
        ):
            return
        if scheduling is None:
            self._classify_without_record(key)
            return
        if scheduling.principals & set(self._events["ExemptPrincipals"]):
            return
        if (
            scheduling.principal in self._events["Deployers"]
            and self._events["OwnKeyTag"] in tags()
        ):
            return
        if scheduling.at < self._since and not self._events["RescuesEarlier"]:
            self.earlier.append(key)
        elif self._now - scheduling.at >= _GRACE:
            self.missed.append(key)

    def _classify_without_record(self, key: str) -> None:
        """Decide at the second look, and by the date: the waiting period is 7 days at least."""
        if not self.history_error and _id_of(key) not in self._seen:
            self.unexplained.append(key)
            return
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
    unread: dict[str, Exception],
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
    if unread and (events["Remind"] == "true" or any(map(is_temporary, unread.values()))):
        keys = [f"{key}: {printable(error)}" for key, error in unread.items()]
        send(
            f"the patrol cannot see {_count(keys)}",
            f"Reprieve's patrol cannot see the state of {_count(keys)} in {region}. If the key "
            "policy denies it, allow kms:DescribeKey and kms:CancelKeyDeletion there.",
            *_listed(keys),
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
