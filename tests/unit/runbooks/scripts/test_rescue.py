"""The rescue of one key."""

import json

import pytest
from botocore.exceptions import ClientError

from reprieve.runbooks.scripts.rescue import handler
from tests.unit.runbooks.scripts.fake_aws import ACCOUNT, PLACE, arn_of, failure, record

DEPLOYER = f"AssumedRole:{ACCOUNT}:Deployment"
EVENTS = PLACE | {
    "KeyId": arn_of("k"),
    "Topics": ["alerts"],
    "CalledAt": "2026-01-31T12:00:00Z",
    "CalledBy": f"AssumedRole:{ACCOUNT}:Admin",
    "Exemptions": [],
    "Deployers": [DEPLOYER],
    "OwnKeyTag": "reprieve:alert-key",
    "ReEnable": False,
}


def rescue(aws, **more):
    """Return the outcome, the subject of the message, and the message."""
    outcome = handler(EVENTS | more, None)["Outcome"]
    (message,) = aws.sent
    return outcome, message["Subject"].removeprefix("Reprieve: "), message["Message"]


@pytest.mark.parametrize("state", ["PendingDeletion", "PendingReplicaDeletion"])
@pytest.mark.parametrize(
    ("after", "says"),
    [
        ("Disabled", "aws kms enable-key --region eu-west-1 --key-id"),
        ("Enabled", "it can be used"),
        ("Unavailable", "connect its custom key store"),
        ("PendingImport", "import its key material again"),
    ],
)
def test_a_deletion_is_cancelled_and_the_message_says_what_the_state_means(aws, state, after, says):
    """Every state that is not pending is a saved key."""
    aws.keys, aws.after = {"k": state}, {"k": after}
    outcome, subject, message = rescue(aws)
    assert (outcome, subject) == ("Saved", "KMS key saved (eu-west-1)")
    assert (aws.changed, aws.keys) == (["cancel k"], {"k": after})
    assert f"The key is safe. Its state is {after}" in message
    assert says in message


@pytest.mark.parametrize(
    ("state", "subject", "says"),
    [
        ("Enabled", "KMS key needs no rescue", ["it can be used"]),
        ("Unavailable", "KMS key needs no rescue", ["connect its custom key store"]),
        ("PendingImport", "KMS key needs no rescue", ["import its key material again"]),
        (
            "Disabled",
            "KMS key safe and disabled",
            [
                "An earlier attempt of Reprieve may have cancelled the deletion.",
                f"\naws kms enable-key --region eu-west-1 --key-id {arn_of('k')}\n",
            ],
        ),
    ],
)
def test_a_key_that_is_not_pending_is_left_alone(aws, state, subject, says):
    """Somebody cancelled the deletion meanwhile, or an earlier attempt of this script did."""
    aws.keys = {"k": state}
    outcome, sent, message = rescue(aws)
    assert (outcome, sent) == ("Safe", f"{subject} (eu-west-1)")
    assert f"is not pending deletion (any more). Its state is {state}" in message
    assert [each for each in says if each not in message] == []
    assert "nothing to do" not in message
    assert aws.changed == []


def fail_once(aws, monkeypatch, failing: str):
    """Run an attempt that cancels the deletion and then fails; `failing` is the call that does."""
    method = getattr(aws, failing)

    def throttled(**parameters):
        if aws.changed:
            raise failure("ThrottlingException")
        return method(**parameters)

    with monkeypatch.context() as patch:
        patch.setattr(aws, failing, throttled)
        patch.setattr("reprieve.runbooks.scripts.rescue.SCRIPT_SECONDS", 0)
        patch.setattr("reprieve.runbooks.scripts.messages.REPORT_SECONDS", 0)
        with pytest.raises(ClientError, match="ThrottlingException"):
            handler(EVENTS | {"ReEnable": True}, None)
    assert (aws.sent, aws.changed) == ([], ["cancel k"])


def test_the_second_attempt_enables_a_key_whose_deletion_the_first_cancelled(aws, monkeypatch):
    """KMS was throttled after the cancellation, so the first attempt sent no result."""
    aws.keys = {"k": "PendingDeletion"}
    fail_once(aws, monkeypatch, "describe_key")
    outcome, subject, message = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Safe", "KMS key safe and enabled again (eu-west-1)")
    assert "It is enabled again, because nobody had disabled it" in message
    assert aws.changed == ["cancel k", "enable k"]


def test_the_second_attempt_reports_a_key_that_the_first_enabled(aws, monkeypatch):
    """SNS was throttled."""
    aws.keys = {"k": "PendingDeletion"}
    method = aws.publish

    def throttled(**message):
        raise failure("ThrottlingException")

    monkeypatch.setattr("reprieve.runbooks.scripts.messages.REPORT_SECONDS", 0)
    aws.publish = throttled
    with pytest.raises(ClientError, match="ThrottlingException"):
        handler(EVENTS | {"ReEnable": True}, None)
    aws.publish = method
    outcome, subject, message = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Safe", "KMS key needs no rescue (eu-west-1)")
    assert "Its state is Enabled: it can be used." in message
    assert "changed nothing" not in message


@pytest.mark.parametrize(
    "more",
    [
        {"ReEnable": False},
        # Nobody knows when, or whether, its deletion was scheduled.
        {"CalledAt": ""},
        # Reprieve did not cancel such a deletion.
        {"Exemptions": [{"Caller": EVENTS["CalledBy"], "Text": "its caller"}]},
        {"CalledBy": DEPLOYER},
    ],
)
def test_a_disabled_key_stays_disabled_where_an_earlier_attempt_enabled_none(aws, more):
    """Only a key that an attempt of this rescue may have saved is enabled."""
    aws.keys, aws.tags = {"k": "Disabled"}, {"k": ["reprieve:alert-key"]}
    outcome, subject, _ = rescue(aws, **{"ReEnable": True} | more)
    assert (outcome, subject) == ("Safe", "KMS key safe and disabled (eu-west-1)")
    assert aws.changed == []


@pytest.mark.parametrize("at", ["2026-01-30T12:00:00Z", "2026-01-31T13:00:00Z"])
def test_a_safe_key_that_somebody_disabled_stays_disabled(aws, at):
    """Before its deletion was scheduled, or after the deletion was cancelled."""
    aws.keys, aws.history = {"k": "Disabled"}, [record("DisableKey", "k", at)]
    outcome, subject, message = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Safe", "KMS key safe and disabled (eu-west-1)")
    assert "aws kms enable-key" in message
    assert aws.changed == []


@pytest.mark.parametrize("denied", ["lookup_events", "enable_key"])
def test_a_safe_key_that_cannot_be_enabled_again_is_reported(aws, denied):
    """As after a rescue."""
    aws.keys, aws.denied = {"k": "Disabled"}, {denied}
    outcome, subject, message = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Safe", "KMS key safe, NOT enabled (eu-west-1)")
    assert "Reprieve could NOT enable it again" in message
    assert aws.changed == []


def test_a_key_that_its_policy_denies_is_not_saved_and_people_are_told_how(aws):
    """Somebody whom the policy allows has to do it."""
    aws.keys, aws.denied = {"k": "PendingDeletion"}, {"cancel_key_deletion"}
    outcome, subject, message = rescue(aws)
    assert (outcome, subject) == ("Failed", "ACT NOW: KMS key NOT saved (eu-west-1)")
    assert f"aws kms cancel-key-deletion --region eu-west-1 --key-id {arn_of('k')}" in message
    assert "Perhaps the key policy denies it to Reprieve" in message


def test_a_key_that_does_not_exist_is_reported_as_gone(aws):
    """Nothing can be done."""
    outcome, _, message = rescue(aws)
    assert outcome == "Failed"
    assert "it does not exist any more" in message


def test_a_key_that_stays_pending_is_not_saved(aws):
    """KMS accepts the call; the state is what counts."""
    aws.keys, aws.after = {"k": "PendingDeletion"}, {"k": "PendingDeletion"}
    outcome, _, message = rescue(aws)
    assert outcome == "Failed"
    assert "the key is still PendingDeletion" in message


def test_while_kms_is_throttled_nothing_is_sent_and_the_runbook_tries_again(aws, monkeypatch):
    """The script raises the error, once its time is over."""
    aws.keys = {"k": "PendingDeletion"}
    monkeypatch.setattr("reprieve.runbooks.scripts.rescue.SCRIPT_SECONDS", 0)

    def throttled(KeyId):  # noqa: N803 - AWS's name
        raise failure("ThrottlingException")

    aws.cancel_key_deletion = throttled
    with pytest.raises(type(failure("x")), match="ThrottlingException"):
        handler(EVENTS, None)
    assert aws.sent == []


@pytest.mark.parametrize(
    ("role", "tags", "outcome"),
    [
        (DEPLOYER, ["reprieve:alert-key"], "Left"),
        (DEPLOYER, ["other"], "Saved"),
        (EVENTS["CalledBy"], ["reprieve:alert-key"], "Saved"),
        ("", ["reprieve:alert-key"], "Saved"),
    ],
)
def test_only_a_deployer_may_delete_the_key_of_the_alerts(aws, role, tags, outcome):
    """The tag alone does not protect a deletion: anybody who may tag a key could use it."""
    aws.keys, aws.tags = {"k": "PendingDeletion"}, {"k": tags}
    assert rescue(aws, CalledBy=role)[0] == outcome
    assert aws.changed == ([] if outcome == "Left" else ["cancel k"])


@pytest.mark.parametrize(
    ("history", "enabled"),
    [
        ([], True),
        ([record("DisableKey", "k", "2026-01-30T12:00:00Z")], False),
        ([record("CancelKeyDeletion", "k", "2026-01-30T12:00:00Z")], False),
        (
            [
                record("DisableKey", "k", "2026-01-29T12:00:00Z"),
                record("EnableKey", "k", "2026-01-30T12:00:00Z"),
            ],
            True,
        ),
        (
            [
                record("EnableKey", "k", "2026-01-29T12:00:00Z"),
                record("DisableKey", "k", "2026-01-30T12:00:00Z"),
            ],
            False,
        ),
        # Another key, a failed call, and what came after the deletion was scheduled.
        ([record("DisableKey", "other", "2026-01-30T12:00:00Z")], True),
        ([record("DisableKey", "k", "2026-01-30T12:00:00Z", errorCode="AccessDenied")], True),
        ([record("DisableKey", "k", "2026-01-31T12:00:01Z")], True),
    ],
)
def test_a_key_is_enabled_again_unless_it_was_disabled_before(aws, history, enabled):
    """As CloudTrail's history shows."""
    aws.keys, aws.history = {"k": "PendingDeletion"}, history
    outcome, subject, _ = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Saved", "KMS key saved (eu-west-1)")
    assert aws.keys == {"k": "Enabled" if enabled else "Disabled"}


@pytest.mark.parametrize("denied", ["lookup_events", "enable_key"])
def test_a_key_whose_past_cannot_be_read_stays_disabled(aws, denied):
    """And so does one that cannot be enabled. It is saved all the same."""
    aws.keys, aws.denied = {"k": "PendingDeletion"}, {denied}
    outcome, subject, message = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Saved", "KMS key saved, NOT enabled (eu-west-1)")
    assert "Reprieve could NOT enable it again" in message
    assert aws.keys == {"k": "Disabled"}


def test_without_re_enable_the_past_is_not_read(aws):
    """CloudTrail answers two lookups a second."""
    aws.keys, aws.denied = {"k": "PendingDeletion"}, {"lookup_events"}
    assert rescue(aws)[1] == "KMS key saved (eu-west-1)"


@pytest.mark.parametrize("throttled", [False, True])
@pytest.mark.parametrize("cancelled_at", [0, 500, 536])
def test_the_look_back_ends_in_time_for_the_result(aws, monkeypatch, throttled, cancelled_at):
    """After a minute, and 30 seconds before Systems Manager stops the script."""
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr("time.sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr("random.uniform", lambda low, high: high)
    aws.keys = {"k": "PendingDeletion"}
    cancel = aws.cancel_key_deletion

    def cancel_late(**parameters):
        now[0] = max(now[0], float(cancelled_at))
        cancel(**parameters)

    def answer_with_another_page(**parameters):
        assert now[0] < 600, "Systems Manager has stopped the script"
        now[0] += 0.5
        if throttled:
            raise failure("ThrottlingException")
        other = json.dumps(record("EnableKey", "other", "2026-01-30T12:00:00Z"))
        return {"Events": [{"CloudTrailEvent": other}] * 50, "NextToken": "more"}

    aws.cancel_key_deletion, aws.lookup_events = cancel_late, answer_with_another_page
    outcome, subject, message = rescue(aws, ReEnable=True)
    assert (outcome, subject) == ("Saved", "KMS key saved, NOT enabled (eu-west-1)")
    assert f"aws kms enable-key --region eu-west-1 --key-id {arn_of('k')}" in message
    assert now[0] <= min(cancelled_at + 60, 570) + 1
