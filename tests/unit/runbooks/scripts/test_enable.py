"""Enabling a key that was disabled."""

import pytest

from reprieve.runbooks.scripts.enable import handler
from tests.unit.runbooks.scripts.fake_aws import ACCOUNT, PLACE, arn_of

EVENTS = PLACE | {
    "KeyId": "k",
    "Topics": ["alerts"],
    "CalledAt": "2026-01-31T12:00:00Z",
    "CalledBy": f"AssumedRole:{ACCOUNT}:Admin",
    "Exemptions": [],
}


def enable(aws, **more):
    """Return the outcome, the subject of the message, and the message."""
    outcome = handler(EVENTS | more, None)["Outcome"]
    (message,) = aws.sent
    return outcome, message["Subject"].removeprefix("Reprieve: "), message["Message"]


def test_a_disabled_key_is_enabled(aws):
    """The message names it by its ARN, however the caller did."""
    aws.keys = {"k": "Disabled"}
    outcome, subject, message = enable(aws)
    assert (outcome, subject) == ("Enabled", "KMS key enabled again (eu-west-1)")
    assert f"Reprieve enabled the KMS key {arn_of('k')} again. Its state is Enabled." in message
    assert aws.changed == ["enable k"]


def test_an_enabled_key_is_left_alone(aws):
    """Somebody enabled it meanwhile, or an earlier attempt of this script did."""
    aws.keys = {"k": "Enabled"}
    outcome, subject, message = enable(aws)
    assert (outcome, subject) == ("Safe", "KMS key is enabled (eu-west-1)")
    assert "An earlier attempt of Reprieve may have enabled it." in message
    assert "changed nothing" not in message
    assert aws.changed == []


def test_a_key_whose_rescue_runs_is_waited_for(aws, monkeypatch):
    """It was disabled, and then scheduled for deletion: the rescue leaves it disabled."""
    aws.keys = {"k": "PendingDeletion"}
    monkeypatch.setattr("time.sleep", lambda seconds: aws.keys.update(k="Disabled"))
    assert enable(aws)[0] == "Enabled"


@pytest.mark.parametrize("state", ["Unavailable", "PendingImport"])
def test_a_key_in_another_state_cannot_be_enabled(aws, state):
    """The message says why, and what to do."""
    aws.keys = {"k": state}
    outcome, subject, message = enable(aws)
    assert (outcome, subject) == ("Failed", "ACT NOW: KMS key NOT enabled (eu-west-1)")
    assert f"the state {state}, in which it cannot be enabled" in message
    assert "aws kms enable-key --region eu-west-1 --key-id k" in message


def test_a_key_that_its_policy_denies_is_not_enabled(aws):
    """As the message says."""
    aws.keys, aws.denied = {"k": "Disabled"}, {"enable_key"}
    outcome, _, message = enable(aws)
    assert outcome == "Failed"
    assert "Perhaps the key policy denies it to Reprieve." in message
