"""The service control policy of `reprieve policy protect`: its text, its size and its limits."""

import json

import pytest

from reprieve.errors import ExitCode
from reprieve.guard.protection import MAX_CHARACTERS, ProtectionError, protection_of
from tests.support.settings import load_one

DEPLOYER = "arn:aws:iam::111122223333:role/deployer"
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
}
# AWS Organizations user guide, "SCP syntax": a statement that denies has these elements.
ELEMENTS = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def protection(directory, days=30, **changed):
    """Return the policy of these settings; the keys of `changed` are those of the environment."""
    return protection_of(load_one(SETTINGS | changed, directory), days)


def statement(found, sid):
    """Return a statement of the policy."""
    (one,) = (each for each in found.policy["Statement"] if each["Sid"] == sid)
    return one


def test_the_policy_has_only_what_organizations_accepts(tmp_path):
    """Denials, without a principal, in a text that is within the limit."""
    found = protection(tmp_path)
    assert json.loads(found.text) == found.policy
    assert len(found.text) < MAX_CHARACTERS / 2
    for each in found.policy["Statement"]:
        assert each["Effect"] == "Deny"
        assert each.keys() <= ELEMENTS
        assert each["Sid"].isalnum()


def test_each_statement_has_a_sentence(tmp_path):
    """For the table."""
    sids = [each.sid for each in protection(tmp_path).statements]
    assert sids == [
        "OnlyDeployersChangeTheGuard",
        "OnlyDeployersBlindTheGuard",
        "OnlyDeployersMarkKeys",
        "MinimumWaitingPeriod",
        "NoPolicyLockout",
        "StayInTheOrganization",
    ]
    assert all(each.explanation.endswith(".") for each in protection(tmp_path).statements)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn")],
)
def test_every_arn_is_of_the_partition_and_of_every_region(tmp_path, region, partition):
    """And of every account: an organization attaches the policy to many."""
    deployer = DEPLOYER.replace("arn:aws:", f"arn:{partition}:")
    changed = {"REPRIEVE_REGIONS__WATCH": region, "REPRIEVE_EXEMPT__DEPLOYERS": deployer}
    found = protection(tmp_path, **changed)
    arns = [
        arn
        for each in found.policy["Statement"]
        for arn in each["Resource"]
        if each["Resource"] != "*" and arn != deployer
    ]
    assert {arn.split(":")[1] for arn in arns} == {partition}
    assert {(arn.split(":")[3], arn.split(":")[4]) for arn in arns} == {("*", "*"), ("", "*")}


def test_the_topic_of_the_settings_is_protected(tmp_path):
    """Its name is a setting; a subscription's ARN begins with the topic's."""
    found = protection(tmp_path, REPRIEVE_NOTIFY__TOPIC_NAME="alarm")
    resources = statement(found, "OnlyDeployersChangeTheGuard")["Resource"]
    assert [arn for arn in resources if ":sns:" in arn] == [
        "arn:aws:sns:*:*:alarm",
        "arn:aws:sns:*:*:alarm:*",
    ]


def test_each_topic_is_protected(tmp_path):
    """The lifeline, and that of the alarms."""
    found = protection(
        tmp_path,
        REPRIEVE_NOTIFY__ENCRYPTION="own",
        REPRIEVE_RELIABILITY__ALARM_EMAILS="oncall@example.com",
    )
    resources = statement(found, "OnlyDeployersChangeTheGuard")["Resource"]
    topics = {f"arn:aws:sns:*:*:reprieve-{name}" for name in ("alerts", "lifeline", "alarms")}
    assert topics <= set(resources)


def test_an_automation_role_of_the_user_is_protected_and_may_work(tmp_path):
    """It passes itself, and sends results."""
    role = "arn:aws:iam::111122223333:role/rescuer"
    found = protection(tmp_path, REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=role)
    guard = statement(found, "OnlyDeployersChangeTheGuard")
    assert role in guard["Resource"]
    assert role in guard["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert role not in json.dumps(statement(found, "OnlyDeployersBlindTheGuard"))


def test_the_keys_of_the_alerts_are_protected(tmp_path):
    """If the settings name them."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    found = protection(tmp_path, REPRIEVE_NOTIFY__ENCRYPTION=key)
    silence = statement(found, "OnlyDeployersSilenceAlerts")
    assert silence["Resource"] == [key]
    assert silence["Condition"].keys() == {"ArnNotLike"}


def test_the_key_that_reprieve_makes_is_protected(tmp_path):
    """By its tag: KMS chooses its id."""
    found = protection(tmp_path, REPRIEVE_NOTIFY__ENCRYPTION="own")
    silence = statement(found, "OnlyDeployersSilenceAlerts")
    assert silence["Resource"] == "*"
    assert silence["Condition"]["StringEquals"] == {"aws:ResourceTag/reprieve:alert-key": "true"}


def test_the_minimum_of_the_waiting_period_is_chosen(tmp_path):
    """In the condition, and in the sentence."""
    found = protection(tmp_path, days=14)
    condition = statement(found, "MinimumWaitingPeriod")["Condition"]
    key = "kms:ScheduleKeyDeletionPendingWindowInDays"
    assert condition["NumericLessThan"] == {key: "14"}
    assert "under 14 days" in found.statements[3].explanation


def test_without_a_deployer_there_is_no_policy(tmp_path):
    """It would let nobody change the guard."""
    with pytest.raises(ProtectionError) as caught:
        protection(tmp_path, REPRIEVE_EXEMPT__DEPLOYERS="")
    assert str(caught.value) == (
        "exempt.deployers is empty: the policy would let nobody change the guard."
    )
    assert caught.value.hint == (
        "Add the ARNs of the IAM roles and users that deploy Reprieve to exempt.deployers."
    )
    assert caught.value.exit_code == ExitCode.USAGE


def test_too_many_deployers_are_an_error(tmp_path):
    """The message has the size, and the limit of AWS Organizations."""
    deployers = [f"{DEPLOYER}-{number:02}" for number in range(20)]
    with pytest.raises(ProtectionError) as caught:
        protection(
            tmp_path,
            REPRIEVE_EXEMPT__DEPLOYERS=",".join(deployers),
            # Otherwise the event pattern of guard-changed is too long before that.
            REPRIEVE_NOTIFY__THREATS="key-deletion-scheduled",
        )
    size = str(caught.value).split()[3]
    assert int(size.replace(",", "")) > MAX_CHARACTERS
    assert str(caught.value) == (
        f"The policy has {size} characters; AWS Organizations accepts 5,120."
    )
