"""The rescue of one key."""

import pytest

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


@pytest.mark.parametrize("state", ["Enabled", "Disabled", "Unavailable", "PendingImport"])
def test_a_key_that_is_not_pending_is_left_alone(aws, state):
    """Somebody cancelled the deletion meanwhile."""
    aws.keys = {"k": state}
    outcome, subject, message = rescue(aws)
    assert (outcome, subject) == ("Safe", "KMS key needs no rescue (eu-west-1)")
    assert f"Its state is {state}. Reprieve changed nothing, " in message
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
