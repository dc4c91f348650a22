"""The subject and the first line of each message of a runbook: phones show only these."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reprieve.runbooks.scripts import enable, guard_check, patrol, rescue
from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.dead_letters import process_dead_letters
from tests.support.words import bad_words
from tests.unit.runbooks.scripts import test_enable, test_patrol, test_rescue
from tests.unit.runbooks.scripts.fake_aws import PLACE, FakeAws, arn_of, record
from tests.unit.runbooks.scripts.test_dead_letters import EVENT, letter

KEY = arn_of("k")
DAYS_AGO = datetime.now(UTC) - timedelta(days=2)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
RESCUED = f"Reprieve cancelled the deletion of the KMS key {KEY}. The key is safe."
DEPLOYER = test_rescue.DEPLOYER


def rescue_key(aws: FakeAws, **more: Any) -> None:
    """Run the rescue of a key."""
    rescue.handler(test_rescue.EVENTS | more, None)


def enable_key(aws: FakeAws, **more: Any) -> None:
    """Run the script that enables a key, which the caller named by its ARN."""
    enable.handler(test_enable.EVENTS | {"KeyId": KEY} | more, None)


def look(aws: FakeAws, guarded_since: datetime = LONG_AGO, **more: Any) -> None:
    """Run the patrol, with deletions that were scheduled two days ago."""
    aws.guarded_since = guarded_since
    aws.dates = dict.fromkeys(aws.keys, datetime.now(UTC) + timedelta(days=5, hours=1))
    at = f"{DAYS_AGO:%Y-%m-%dT%H:%M:%SZ}"
    aws.history = [record("ScheduleKeyDeletion", name, at) for name in aws.keys]
    patrol.handler(test_patrol.EVENTS | more, None)


def report_letters(aws: FakeAws, count: int = 1) -> None:
    """Report events that could not be delivered."""
    aws.letters = [letter(number, json.dumps(EVENT)) for number in range(count)]
    events = PLACE | {"DeadLetters": "reprieve-dead-letters", "Topics": ["alerts"]}
    process_dead_letters(Calls("eu-west-1", 60), events)


def check_guard(aws: FakeAws) -> None:
    """Check a guard that cannot be read at all."""
    expected = {
        "Partition": "aws",
        "Region": "us-east-1",
        "Accounts": [],
        "Topics": {"reprieve-alerts": {}},
        "Trails": [["us-east-1", {}]],
    }
    events = PLACE | {"DeadLetters": "reprieve-dead-letters", "Topics": ["alerts"]}
    guard_check.handler(events | {"Expected": expected}, None)


PENDING = {"k": "PendingDeletion"}
# What happens, in which states the keys are, which calls are denied, the subject, the first line.
MESSAGES: list[tuple[Callable[[FakeAws], None], dict[str, str], set[Any], str, str]] = [
    (
        rescue_key,
        PENDING,
        set(),
        "KMS key saved (eu-west-1)",
        f"{RESCUED} Its state is Disabled. To use it again, enable it:",
    ),
    (
        lambda aws: rescue_key(aws, ReEnable=True),
        PENDING,
        set(),
        "KMS key saved (eu-west-1)",
        f"{RESCUED} It is enabled again, because nobody had disabled it before.",
    ),
    (
        lambda aws: rescue_key(aws, ReEnable=True),
        PENDING,
        {"enable_key"},
        "KMS key saved, NOT enabled (eu-west-1)",
        f"{RESCUED} But Reprieve could NOT enable it again. Enable it yourself:",
    ),
    (
        rescue_key,
        {"k": "Enabled"},
        set(),
        "KMS key needs no rescue (eu-west-1)",
        f"The KMS key {KEY} is not pending deletion (any more). Its state is Enabled: it can be "
        "used.",
    ),
    (
        rescue_key,
        {"k": "Disabled"},
        set(),
        "KMS key safe and disabled (eu-west-1)",
        f"The KMS key {KEY} is not pending deletion (any more). Its state is Disabled. An earlier "
        "attempt of Reprieve may have cancelled the deletion. To use it again, enable it:",
    ),
    (
        rescue_key,
        PENDING,
        {"cancel_key_deletion"},
        "ACT NOW: KMS key NOT saved (eu-west-1)",
        f"Reprieve could NOT cancel the deletion of the KMS key {KEY}. Cancel it yourself now:",
    ),
    (
        rescue_key,
        {},
        set(),
        "ACT NOW: KMS key NOT saved (eu-west-1)",
        f"Reprieve could NOT save the KMS key {KEY}: it does not exist any more.",
    ),
    (
        lambda aws: rescue_key(aws, CalledBy=DEPLOYER),
        PENDING,
        set(),
        "the former key of the alerts will be deleted (eu-west-1)",
        f"Reprieve did NOT cancel the deletion of the KMS key {KEY}, because one of "
        "exempt.deployers scheduled it.",
    ),
    (
        enable_key,
        {"k": "Disabled"},
        set(),
        "KMS key enabled again (eu-west-1)",
        f"Reprieve enabled the KMS key {KEY} again. Its state is Enabled.",
    ),
    (
        enable_key,
        {"k": "Enabled"},
        set(),
        "KMS key is enabled (eu-west-1)",
        f"The KMS key {KEY} is enabled: there is nothing to do. An earlier attempt of Reprieve "
        "may have enabled it.",
    ),
    (
        enable_key,
        {"k": "Disabled"},
        {"enable_key"},
        "ACT NOW: KMS key NOT enabled (eu-west-1)",
        f"Reprieve could NOT enable the KMS key {KEY}, which was disabled. Enable it yourself now:",
    ),
    (
        look,
        PENDING,
        set(),
        "the patrol saved 1 KMS key (eu-west-1)",
        "Reprieve's patrol cancelled the deletion of 1 KMS key in eu-west-1. No event had "
        "reported it. Run 'reprieve status' to find out why.",
    ),
    (
        look,
        PENDING,
        {"cancel_key_deletion"},
        "ACT NOW: 1 KMS key NOT saved (eu-west-1)",
        "Reprieve's patrol could NOT cancel the deletion of 1 KMS key in eu-west-1. Cancel it "
        "yourself now:",
    ),
    (
        lambda aws: look(aws, Rescues=False, Remind="true"),
        dict.fromkeys("kl", "PendingDeletion"),
        set(),
        "2 KMS keys pending deletion (eu-west-1)",
        "2 KMS keys in eu-west-1 will be deleted. Reprieve does not cancel deletions, because the "
        "settings turn that off. Cancel the deletion of each key that you need:",
    ),
    (
        lambda aws: look(aws, guarded_since=datetime.now(UTC), Remind="true"),
        PENDING,
        set(),
        "1 KMS key pending deletion since before the deployment (eu-west-1)",
        "1 KMS key in eu-west-1 will be deleted. The deletion was scheduled before Reprieve was "
        "deployed, so Reprieve does not cancel it. Cancel the deletion of each key that you need:",
    ),
    (
        lambda aws: look(aws, ExemptKeys=["k"]),
        PENDING,
        {"lookup_events"},
        "the patrol cannot read CloudTrail's history (eu-west-1)",
        "Reprieve's patrol cannot see who scheduled a deletion in eu-west-1, so it cancels every "
        "deletion, also exempt ones. Deploy again to restore its permissions.",
    ),
    (
        lambda aws: look(aws, Remind="true"),
        {"k": "Enabled"},
        {"describe_key"},
        "the patrol cannot see 1 KMS key (eu-west-1)",
        "Reprieve's patrol cannot see the state of 1 KMS key in eu-west-1. If the key policy "
        "denies it, allow kms:DescribeKey and kms:CancelKeyDeletion there.",
    ),
    (
        report_letters,
        {},
        set(),
        "1 event not delivered (eu-west-1)",
        "EventBridge could not deliver 1 event in eu-west-1, so an alert or a rescue is missing. "
        "The patrol now checks every key. Run 'reprieve status' to find the cause.",
    ),
    (
        lambda aws: report_letters(aws, 2),
        {},
        set(),
        "2 events not delivered (eu-west-1)",
        "EventBridge could not deliver 2 events in eu-west-1, so an alert or a rescue is missing. "
        "The patrol now checks every key. Run 'reprieve status' to find the cause.",
    ),
    (
        check_guard,
        {},
        set(),
        "ACT NOW: the guard is broken (us-east-1)",
        "Reprieve in us-east-1 is not as it was deployed, so KMS keys there may be lost without an "
        "alert. Run 'reprieve status' now, and deploy again.",
    ),
]


@pytest.mark.parametrize(
    ("happens", "keys", "denied", "subject", "first"), MESSAGES, ids=[each[3] for each in MESSAGES]
)
def test_a_message_begins_with_the_result_and_what_to_do(
    aws, happens, keys, denied, subject, first
):
    """Its subject keeps the limits of SNS: ASCII, one line, fewer than 100 characters."""
    aws.keys, aws.denied = dict(keys), denied
    aws.tags = {"k": ["reprieve:alert-key"]}
    happens(aws)
    (sent,) = aws.sent
    assert sent["Subject"] == f"Reprieve: {subject}"
    assert sent["Message"].splitlines()[0] == first
    assert (sent["Subject"].isascii(), len(sent["Subject"]) < 100) == (True, True)
    assert bad_words(sent["Message"]) == []
    # A command can be copied: it has a line of its own.
    for line in sent["Message"].splitlines():
        assert line.find("aws kms") in (-1, 0)
