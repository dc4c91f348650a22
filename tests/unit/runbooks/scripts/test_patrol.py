"""What the patrol does about the keys that it finds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reprieve.runbooks.scripts.patrol import handler
from tests.unit.runbooks.scripts.fake_aws import ACCOUNT, PLACE, USER, arn_of, failure, record


def now() -> datetime:
    """Return the time of the call: a test may run long after this module was loaded."""
    return datetime.now(UTC)


ROLE = f"arn:aws:iam::{ACCOUNT}:role/Admin"
SESSION = {
    "type": "AssumedRole",
    "accountId": ACCOUNT,
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Admin/alice",
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE, "userName": "Admin"}},
}
EVENTS: dict[str, Any] = PLACE | {
    "Topics": ["alerts"],
    "DeadLetters": "reprieve-dead-letters",
    "Rescues": True,
    "RescuesEarlier": False,
    "Remind": "false",
    "ExemptPrincipals": [],
    "ExemptKeys": [],
    "Exemptions": [],
    "Deployers": [],
    "OwnKeyTag": "reprieve:alert-key",
    "Seen": "none",
}


def ago(**age: float) -> str:
    """Return a time in the past, as CloudTrail writes it."""
    return f"{now() - timedelta(**age):%Y-%m-%dT%H:%M:%SZ}"


def scheduled(key: str, time: str, **more: Any) -> dict[str, Any]:
    """Return the record of a scheduled deletion."""
    return record("ScheduleKeyDeletion", key, time, **more)


def patrol(aws, **more):
    """Run the script; return the unexplained keys, how many failed, and the subjects sent."""
    found = handler(EVENTS | more, None)
    subjects = [each["Subject"].removeprefix("Reprieve: ") for each in aws.sent]
    unexplained = [] if found["Unexplained"] == "none" else found["Unexplained"].split(",")
    return unexplained, found["Failed"], subjects


@pytest.fixture
def pending(aws):
    """Return an AWS with a key that is pending deletion since two hours, guarded for long."""
    aws.guarded_since = now() - timedelta(days=100)
    aws.keys = {"k": "PendingDeletion", "well": "Enabled"}
    aws.dates = {"k": now() + timedelta(days=29)}
    aws.history = [scheduled("k", ago(hours=2))]
    return aws


class Clock:
    """A clock that only moves when somebody sleeps."""

    now = 0.0

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


@pytest.fixture
def clock(aws, monkeypatch):
    """Return the clock of the scripts; a random pause is as long as it may be."""
    found = Clock()
    monkeypatch.setattr("reprieve.runbooks.scripts.calls.time.monotonic", lambda: found.now)
    monkeypatch.setattr("time.sleep", found.sleep)
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    return found


def test_a_patrol_that_finds_nothing_sends_nothing(aws):
    """Keys of AWS's own and keys in other states are no concern."""
    aws.keys = {"a": "Enabled", "b": "Disabled", "c": "PendingImport", "d": "PendingDeletion"}
    aws.managers = {"d": "AWS"}
    assert patrol(aws) == ([], "0", [])
    assert aws.changed == []


def test_a_key_whose_event_was_missed_is_rescued(pending):
    """The message names the key, the caller and the time."""
    assert patrol(pending) == ([], "0", ["the patrol saved 1 KMS key (eu-west-1)"])
    assert pending.changed == ["cancel k"]
    line = f"{arn_of('k')}, scheduled by [{USER}] at {ago(hours=2)}. Its state is now Disabled."
    assert line in pending.sent[0]["Message"].splitlines()


def test_a_deletion_of_the_last_minutes_is_left_to_its_event(pending):
    """Twenty of them."""
    pending.history = [scheduled("k", ago(minutes=19))]
    assert patrol(pending) == ([], "0", [])
    pending.history = [scheduled("k", ago(minutes=21))]
    patrol(pending)
    assert pending.changed == ["cancel k"]


@pytest.mark.parametrize(
    ("more", "identity"),
    [
        ({"ExemptKeys": [arn_of("k")]}, None),
        ({"ExemptKeys": ["k"]}, None),
        ({"ExemptPrincipals": [USER]}, None),
        ({"ExemptPrincipals": [ROLE]}, SESSION),
    ],
)
def test_an_approved_deletion_is_left_alone(pending, more, identity):
    """By the key's id or ARN, by a user, or by a session's role."""
    if identity:
        pending.history = [scheduled("k", ago(hours=2), userIdentity=identity)]
    assert patrol(pending, **more) == ([], "0", [])
    assert pending.keys["k"] == "PendingDeletion"
    patrol(pending)  # and without the exemption it is not
    assert pending.changed == ["cancel k"]


@pytest.mark.parametrize(
    ("tags", "deployers", "left"),
    [
        (["reprieve:alert-key"], [f"AssumedRole:{ACCOUNT}:Admin"], True),
        ([], [f"AssumedRole:{ACCOUNT}:Admin"], False),
        (["reprieve:alert-key"], [], False),
    ],
)
def test_only_a_deployer_may_delete_the_key_of_the_alerts(pending, tags, deployers, left):
    """As in the rescue of one key."""
    pending.history = [scheduled("k", ago(hours=2), userIdentity=SESSION)]
    pending.tags = {"k": tags}
    patrol(pending, Deployers=deployers)
    assert pending.changed == ([] if left else ["cancel k"])


@pytest.mark.parametrize(("earlier", "changed"), [(False, []), (True, ["cancel k"])])
def test_a_deletion_from_before_the_deployment_is_cancelled_if_the_settings_say_so(
    pending, earlier, changed
):
    """Otherwise it is reported, once a day."""
    pending.guarded_since = now() - timedelta(hours=1)
    assert patrol(pending, RescuesEarlier=earlier)[0] == []
    assert pending.changed == changed
    if not earlier:
        assert pending.sent == []
        (subject,) = patrol(pending, Remind="true")[2]
        assert subject == "1 KMS key pending deletion since before the deployment (eu-west-1)"
        assert "28 days left" in pending.sent[0]["Message"]


def test_without_remediation_a_deletion_is_reported_once_a_day(pending):
    """And not cancelled."""
    assert patrol(pending, Rescues=False) == ([], "0", [])
    assert patrol(pending, Rescues=False, Remind="true")[2] == [
        "1 KMS key pending deletion (eu-west-1)"
    ]
    assert pending.changed == []


def test_a_key_without_a_record_is_looked_at_again(pending):
    """CloudTrail's history is late; at the second look the key is rescued."""
    pending.history = []
    unexplained, failed, subjects = patrol(pending)
    assert (unexplained, failed, subjects) == (["k"], "0", [])
    assert pending.changed == []
    patrol(pending, Seen=",".join(unexplained))
    assert pending.changed == ["cancel k"]
    assert "scheduled by an unknown caller" in pending.sent[0]["Message"]


def test_a_key_without_a_record_from_before_the_deployment_is_known_by_its_date(pending):
    """A waiting period is 7 days at least: a date within 6 was set before yesterday."""
    pending.history = []
    pending.guarded_since = now() - timedelta(hours=1)
    pending.dates = {"k": now() + timedelta(days=6)}
    patrol(pending, Seen="k")
    assert pending.changed == []
    pending.dates = {"k": now() + timedelta(days=8)}
    patrol(pending, Seen="k")
    assert pending.changed == ["cancel k"]


def test_if_the_history_cannot_be_read_every_key_is_rescued(pending):
    """An approved deletion can be scheduled again; a lost key cannot."""
    pending.denied = {"lookup_events"}
    subjects = patrol(pending, ExemptPrincipals=[USER])[2]
    assert pending.changed == ["cancel k"]
    assert subjects == [
        "the patrol saved 1 KMS key (eu-west-1)",
        "the patrol cannot read CloudTrail's history (eu-west-1)",
    ]


def test_a_key_that_cannot_be_rescued_is_reported_and_counted(pending):
    """The others are rescued all the same; the runbook then ends as Failed."""
    pending.keys["l"] = "PendingDeletion"
    pending.history.append(scheduled("l", ago(hours=3)))
    pending.denied = {("cancel_key_deletion", "k")}
    assert patrol(pending) == (
        [],
        "1",
        ["the patrol saved 1 KMS key (eu-west-1)", "ACT NOW: 1 KMS key NOT saved (eu-west-1)"],
    )
    assert pending.changed == ["cancel l"]


def test_a_patrol_fails_if_no_topic_accepts_a_message(pending):
    """Another attempt would find no pending key. So it raises nothing, and says what it did."""
    pending.denied = {"publish"}
    failed = handler(EVENTS, None)["Failed"]
    assert failed.startswith("0. NOT sent: the patrol saved 1 KMS key: Reprieve's patrol cancelled")
    assert f"{arn_of('k')}, scheduled by [{USER}]" in failed
    assert not set('"\\\n') & set(failed)  # it becomes a part of another step's input


def test_what_a_patrol_could_not_send_fits_into_its_result(pending):
    """Whatever the number of keys."""
    names = [f"k{number:03}" for number in range(150)]
    pending.keys = dict.fromkeys(names, "PendingDeletion")
    pending.history = [scheduled(name, ago(hours=2)) for name in names]
    pending.denied = {"publish"}
    assert len(handler(EVENTS, None)["Failed"]) <= 2000


def test_every_message_is_tried(pending, clock):
    """Each gets a part of the time that is left."""
    pending.keys["l"] = "PendingDeletion"
    pending.history.append(scheduled("l", ago(hours=3)))
    pending.denied = {("cancel_key_deletion", "k")}
    publish, tried = pending.publish, set()

    def refuse_the_first(**message: str) -> None:
        tried.add(message["Subject"])
        if "saved 1" in message["Subject"]:
            raise failure("KMSThrottling")
        publish(**message)

    pending.publish = refuse_the_first
    failed = handler(EVENTS, None)["Failed"]
    assert failed.startswith("1. NOT sent: the patrol saved 1 KMS key: ")
    assert [each["Subject"] for each in pending.sent] == [
        "Reprieve: ACT NOW: 1 KMS key NOT saved (eu-west-1)"
    ]
    assert 100 < clock.now < 300


def test_a_message_may_take_the_time_that_the_keys_did_not_need(pending, clock):
    """More than the 30 seconds that are always left for it."""
    publish = pending.publish

    def recover(**message: str) -> None:
        if clock.now < 120:
            raise failure("KMSThrottling")
        publish(**message)

    pending.publish = recover
    assert patrol(pending) == ([], "0", ["the patrol saved 1 KMS key (eu-west-1)"])


def test_keys_that_are_left_are_inspected_again_if_a_message_was_not_sent(pending, clock):
    """Another attempt would end as a success."""
    pending.denied = {"publish"}
    pending.keys["l"] = "PendingDeletion"
    pending.history.append(scheduled("l", ago(hours=3)))
    cancel = pending.cancel_key_deletion

    def slow_cancel(**named: str) -> None:
        clock.sleep(600)
        cancel(**named)

    pending.cancel_key_deletion = slow_cancel
    found = handler(EVENTS, None)
    assert found["Unexplained"] == "l"
    assert found["Failed"].startswith("0. NOT sent: the patrol saved 1 KMS key: ")


def test_a_cancelled_deletion_is_reported_if_the_key_cannot_be_read_afterwards(pending, clock):
    """The next attempt would find a key that is not pending deletion, and send nothing."""
    describe = pending.describe_key

    def broken_afterwards(**named: str) -> Any:
        if pending.changed:
            raise failure("KMSInternalException", 500)
        return describe(**named)

    pending.describe_key = broken_afterwards
    assert patrol(pending)[1:] == ("1", ["ACT NOW: 1 KMS key NOT saved (eu-west-1)"])
    assert "KMSInternalException" in pending.sent[0]["Message"]


def test_tags_that_cannot_be_read_are_none(pending):
    """A key policy that denies it must not keep the others from their rescue."""
    pending.keys["l"] = "PendingDeletion"
    pending.history = [
        scheduled("k", ago(hours=2), userIdentity=SESSION),
        scheduled("l", ago(hours=3)),
    ]
    pending.tags = {"k": ["reprieve:alert-key"]}
    pending.denied = {("list_resource_tags", "k")}
    patrol(pending, Deployers=[f"AssumedRole:{ACCOUNT}:Admin"])
    assert pending.changed == ["cancel k", "cancel l"]


def test_if_the_queue_cannot_be_read_every_deletion_counts_as_later(pending):
    """Nobody knows since when there is a guard."""
    pending.guarded_since = now()
    pending.denied = {"get_queue_attributes"}
    assert patrol(pending) == ([], "0", ["the patrol saved 1 KMS key (eu-west-1)"])
    assert pending.changed == ["cancel k"]


@pytest.fixture
def two(pending):
    """Return an AWS with two keys that are pending deletion; the first is `a`."""
    pending.keys = {"a": "PendingDeletion"} | pending.keys
    pending.dates["a"] = pending.dates["k"]
    pending.history.append(scheduled("a", ago(hours=3)))
    return pending


def test_a_key_that_cannot_be_rescued_for_now_comes_last(two, clock):
    """KMS answers with errors of its own. It is tried until the time is over, and reported."""
    two.broken = {("cancel_key_deletion", "a")}
    assert patrol(two) == (
        [],
        "1",
        ["the patrol saved 1 KMS key (eu-west-1)", "ACT NOW: 1 KMS key NOT saved (eu-west-1)"],
    )
    assert two.changed == ["cancel k"]
    assert 540 <= clock.now < 600


def test_a_key_that_can_be_rescued_later_is(two, clock):
    """In the same patrol, after the others."""
    cancel = two.cancel_key_deletion

    def broken_for_a_minute(**named: str) -> None:
        if named["KeyId"] == arn_of("a") and clock.now < 60:
            raise failure("DependencyTimeoutException", 503)
        cancel(**named)

    two.cancel_key_deletion = broken_for_a_minute
    assert patrol(two) == ([], "0", ["the patrol saved 2 KMS keys (eu-west-1)"])
    assert two.changed == ["cancel k", "cancel a"]


def test_a_key_that_cannot_be_read_for_now_is_read_again(two, clock):
    """After 20 minutes; if it still cannot be read, it counts as not rescued, and is reported."""
    two.broken = {("describe_key", "a")}
    assert patrol(two) == (["a"], "0", ["the patrol saved 1 KMS key (eu-west-1)"])
    assert (two.changed, clock.now) == (["cancel k"], 30)
    two.sent.clear()
    assert patrol(two, Seen="a") == ([], "1", ["the patrol cannot see 1 KMS key (eu-west-1)"])
    assert f"{arn_of('a')}: An error occurred (DependencyTimeout" in two.sent[0]["Message"]


def test_a_key_whose_tags_cannot_be_read_for_now_is_read_again(two, clock):
    """And then rescued: a key that may be lost counts more."""
    two.broken = {("list_resource_tags", "a")}
    tagged = [{"Text": "tags", "Tags": {"temporary": "true"}}]
    found, failed, _ = patrol(two, Exemptions=tagged)
    assert (found, failed, two.changed) == (["a"], "0", ["cancel k"])
    patrol(two, Exemptions=tagged, Seen="a")
    assert two.changed == ["cancel k", "cancel a"]


def test_a_long_history_leaves_time_for_the_rescues(two, clock):
    """What was found in 200 seconds counts; the other keys are looked at again."""
    (known, _), page = two.history, [scheduled("x", ago(hours=4), errorCode="AccessDenied")] * 50

    def endless(**parameters: Any) -> dict[str, Any]:
        clock.sleep(1)
        records = page if "NextToken" in parameters else [known]
        return {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in records],
                "NextToken": "more"}  # fmt: skip

    two.lookup_events = endless
    assert patrol(two) == (["a"], "0", ["the patrol saved 1 KMS key (eu-west-1)"])
    assert (two.changed, clock.now) == (["cancel k"], 200)
    patrol(two, Seen="a")
    assert two.changed == ["cancel k", "cancel a"]


def test_a_throttled_history_leaves_time_for_the_rescues(two, clock):
    """CloudTrail answers two lookups a second, for the whole account."""
    known = two.history[0]

    def throttled(**parameters: Any) -> dict[str, Any]:
        if "NextToken" in parameters:
            raise failure("ThrottlingException")
        return {"Events": [{"CloudTrailEvent": json.dumps(known)}], "NextToken": "more"}

    two.lookup_events = throttled
    assert patrol(two) == (["a"], "0", ["the patrol saved 1 KMS key (eu-west-1)"])
    assert (two.changed, clock.now) == (["cancel k"], 200)


def test_keys_that_deny_a_look_are_reported_once_a_day(pending):
    """If their events are missed, nobody notices."""
    pending.history, pending.keys = [], {"k": "Enabled"}
    pending.denied = {("describe_key", "k")}
    assert patrol(pending) == ([], "0", [])
    assert patrol(pending, Remind="true")[2] == ["the patrol cannot see 1 KMS key (eu-west-1)"]


def test_if_the_time_is_over_the_script_runs_again(pending, monkeypatch):
    """It raises an error that says how many keys are left."""
    monkeypatch.setattr("reprieve.runbooks.scripts.patrol.SCRIPT_SECONDS", 0)
    with pytest.raises(RuntimeError, match="1 keys are still to be rescued"):
        handler(EVENTS, None)


def test_a_message_names_a_hundred_keys_and_counts_the_rest(pending):
    """SNS takes 256 KB."""
    names = [f"k{number:03}" for number in range(150)]
    pending.keys = dict.fromkeys(names, "PendingDeletion")
    pending.history = [scheduled(name, ago(hours=2)) for name in names]
    assert patrol(pending)[2] == ["the patrol saved 150 KMS keys (eu-west-1)"]
    (message,) = pending.sent
    assert message["Message"].count("arn:aws:kms") == 100
    assert "and 50 more: run 'reprieve sweep' to see them" in message["Message"]
    assert len(message["Message"]) < 256 * 1024


def test_only_so_many_keys_are_looked_at_again_as_a_result_has_room_for(pending):
    """Systems Manager cuts what a script returns after 100 KB: the rest is for the next patrol."""
    keys = [f"0b1f3a52-1111-2222-3333-{number:012}" for number in range(3000)]
    pending.keys = dict.fromkeys(keys, "PendingDeletion")
    pending.dates = {key: now() + timedelta(days=29) for key in keys}
    unexplained, failed, _ = patrol(pending)
    assert (len(unexplained), failed) == (1000, "0")
    assert len(",".join(unexplained)) < 100_000
