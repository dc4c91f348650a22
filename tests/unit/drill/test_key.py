"""Which key a drill takes, and the state that it leaves the key in."""

from datetime import UTC, datetime

import pytest

from reprieve.drill import key as module
from reprieve.drill.key import DrillKey, create_key, find_key, finish_key, name_key
from reprieve.drill.policy import drill_key_policy
from reprieve.drill.result import RejectedKey
from tests.unit.drill.fakes import ACCOUNT_ID, ARN, REGION, FakeAccount, FakeClient, failure

POLICY = drill_key_policy("aws", ACCOUNT_ID)
ALIASES = "alias/reprieve-drill-"
PENDING = {"KeyState": "PendingDeletion", "DeletionDate": datetime(2026, 12, 1, tzinfo=UTC)}


def account_with(states, described=None):
    """Return an account with a drill's alias for each key; `states` is by key id."""
    aliases = [
        {"AliasName": f"alias/reprieve-drill-{key}", "TargetKeyId": key} for key in states
    ] + [
        {"AliasName": "alias/orders", "TargetKeyId": "other"},
        {"AliasName": "alias/aws/ebs"},
    ]
    kms = FakeClient(
        list_aliases={"Aliases": aliases},
        describe_key=described
        or (
            lambda **asked: {
                "KeyMetadata": {"Arn": asked["KeyId"], "KeyState": states[asked["KeyId"]]}
            }
        ),
    )
    return FakeAccount({"kms": kms, "cloudtrail": FakeClient()})


@pytest.fixture
def proved(monkeypatch):
    """Return a set: the keys that are proved to be a drill's."""
    keys: set[str] = set()

    def reject(candidate):
        return None if candidate.arn in keys else RejectedKey(candidate.arn, "use", "It was used.")

    monkeypatch.setattr(module, "reject", reject)
    return keys


def test_the_first_proved_key_is_used(proved):
    """Those before it are named; its state is remembered; keys without a drill's alias are not."""
    proved.update({"b", "c"})
    found = find_key(
        account_with({"a": "Enabled", "b": "Disabled", "c": "Enabled"}), REGION, "aws", ALIASES
    )
    assert found == (DrillKey("b", "Disabled"), (RejectedKey("a", "use", "It was used."),))


def test_a_key_that_is_pending_deletion_is_neither_used_nor_named(proved):
    """A drill that failed left it so."""
    proved.add("a")
    assert find_key(account_with({"a": "PendingDeletion"}), REGION, "aws", ALIASES) == (None, ())


def test_a_key_that_cannot_be_described_is_named(proved):
    """Its alias was moved to a key that the caller may not see: the drill goes on without it."""
    account = account_with({"a": "Enabled"}, described=failure("DescribeKey"))
    (key, (rejected,)) = find_key(account, REGION, "aws", ALIASES)
    assert (key, rejected.key, rejected.check) == (None, "a", "state")
    assert rejected.reason.startswith("The permission kms:DescribeKey is missing.")


def test_a_new_key_gets_the_policy_the_description_and_the_tag():
    """The proof of the next drill rests on what CreateKey was asked for."""
    kms = FakeClient(create_key={"KeyMetadata": {"Arn": ARN}})
    assert create_key(kms, POLICY, "1") == DrillKey(ARN, None)
    ((_, asked),) = kms.calls
    assert asked["Tags"] == [{"TagKey": "reprieve-drill-run", "TagValue": "1"}]
    assert asked.keys() == {"Description", "Policy", "Tags"}


def test_the_lockout_check_is_bypassed_only_if_kms_insists():
    """A caller that may not change key policies can create the key all the same."""

    def answer(**asked):
        if "BypassPolicyLockoutSafetyCheck" not in asked:
            raise failure("CreateKey", "MalformedPolicyDocumentException")
        return {"KeyMetadata": {"Arn": ARN}}

    kms = FakeClient(create_key=answer)
    assert create_key(kms, POLICY, "1") == DrillKey(ARN, None)
    assert [call[1].get("BypassPolicyLockoutSafetyCheck") for call in kms.calls] == [None, True]


def test_another_error_of_create_key_is_raised():
    """It is not tried again."""
    kms = FakeClient(create_key=failure("CreateKey"))
    with pytest.raises(type(failure(""))):
        create_key(kms, POLICY, "1")
    assert kms.called == ["create_key"]


def test_a_key_without_an_alias_is_a_leftover():
    """The next drill could not find it."""
    assert name_key(FakeClient(create_alias={}), DrillKey(ARN), REGION, f"{ALIASES}1") is None
    left = name_key(
        FakeClient(create_alias=failure("CreateAlias")), DrillKey(ARN), REGION, f"{ALIASES}1"
    )
    assert left is not None
    assert left.command == (
        f"aws kms create-alias --region {REGION} --alias-name alias/reprieve-drill-1 "
        f"--target-key-id {ARN}"
    )


def finish(before, after, *, approver=None, keep=False, **answers):
    """Return what `finish_key` returns and the calls that it made."""
    kms = FakeClient(describe_key={"KeyMetadata": after}, **answers)
    found = finish_key(kms, DrillKey(ARN, before), REGION, approver=approver, keep=keep)
    return (*found, kms.called[1:])


@pytest.mark.parametrize(
    ("before", "after", "state", "calls"),
    [
        (None, "Disabled", "Disabled, kept for the next drill", []),
        (None, "Enabled", "Enabled, kept for the next drill", []),
        ("Disabled", "Disabled", "Disabled, kept for the next drill", []),
        ("Enabled", "Enabled", "Enabled, kept for the next drill", []),
        ("Enabled", "Disabled", "Enabled, kept for the next drill", ["enable_key"]),
    ],
)
def test_a_key_is_left_as_it_was_found(before, after, state, calls):
    """A new key stays as the rescue left it."""
    assert finish(before, {"KeyState": after}, enable_key={}) == (state, None, calls)


def test_a_key_that_the_guard_enabled_is_reported():
    """It was disabled before. To disable it would send an alert."""
    state, left, calls = finish("Disabled", {"KeyState": "Enabled"})
    assert (state, calls) == ("Enabled, kept for the next drill", [])
    assert left is not None
    assert left.problem == "It was disabled before the drill, and is enabled now."
    assert left.command == f"aws kms disable-key --region {REGION} --key-id {ARN}"


def test_a_key_that_cannot_be_enabled_again_is_reported():
    """With the command that does."""
    state, left, _ = finish("Enabled", {"KeyState": "Disabled"}, enable_key=failure("EnableKey"))
    assert state == "Disabled, kept for the next drill"
    assert left is not None
    assert left.problem.startswith("It was enabled before the drill, and is disabled now. The perm")
    assert left.command == f"aws kms enable-key --region {REGION} --key-id {ARN}"


@pytest.mark.parametrize("keep", [True, False])
def test_a_pending_key_stays_pending(keep):
    """The drill failed: people have the waiting period to look."""
    assert finish("Enabled", PENDING, keep=keep) == ("deleted on 2026-12-01", None, [])


def test_a_kept_key_stays_as_it_is():
    """--keep leaves everything as it is."""
    assert finish("Enabled", {"KeyState": "Disabled"}, keep=True) == ("Disabled", None, [])


def test_a_key_of_unknown_state_is_reported():
    """With the command that shows it."""
    kms = FakeClient(describe_key=failure("DescribeKey"))
    state, left = finish_key(kms, DrillKey(ARN), REGION, approver=None, keep=False)
    assert state == "unknown"
    assert left is not None
    assert left.problem.startswith("Its state is unknown. The permission kms:DescribeKey")
    assert left.command == f"aws kms describe-key --region {REGION} --key-id {ARN}"


def test_an_approved_role_schedules_the_deletion():
    """With the shortest waiting period; if it may not, the result has the command."""
    approver = FakeClient(schedule_key_deletion={})
    finish("Enabled", {"KeyState": "Disabled"}, approver=approver)
    asked = {"KeyId": ARN, "PendingWindowInDays": 7}
    assert approver.calls == [("schedule_key_deletion", asked)]
    denied = FakeClient(schedule_key_deletion=failure("ScheduleKeyDeletion"))
    state, left, _ = finish("Enabled", {"KeyState": "Disabled"}, approver=denied)
    assert state == "not deleted"
    assert left is not None
    assert left.command == (
        f"aws kms schedule-key-deletion --region {REGION} --key-id {ARN} --pending-window-in-days 7"
    )
