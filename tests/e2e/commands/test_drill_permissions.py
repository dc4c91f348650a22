"""What a drill may do: the policy that `reprieve policy drill` prints, and nothing more."""

import pytest

from tests.support.drills import SETTINGS, YES, drill_account, forget_keys, root, rows
from tests.support.operator import actions_of, user_allowed

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Two Regions, with a role whose deletions are approved."""
    return drill_account(sandbox, deployments, tmp_path_factory.mktemp("account"))


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return root(account)


REGION = "eu-west-1"
# The first drill in a Region, which creates a key, needs more than those after it.
FIRST = {"kms:CreateKey", "kms:TagResource", "kms:CreateAlias"}
# Without one of these a drill cannot prove that a key is its own, and creates another one.
PROOF = {
    "cloudtrail:LookupEvents",
    "kms:GetKeyLastUsage",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "kms:ListResourceTags",
}


def test_the_documented_policy_is_enough(account, operator):
    """Somebody who may do that and no more drills, with a new key and with one that was left."""
    forget_keys(account, REGION)
    someone = user_allowed(account.sandbox, SETTINGS, "drill")
    first, second = (rows(someone.run(*YES, "--region", REGION))[REGION] for _ in range(2))
    assert first["passed"]
    assert second["passed"]
    assert second["key"] == first["key"]


def test_the_caller_need_not_change_key_policies(account):
    """KMS refuses the drill's key policy at first, since such a caller could not change it."""
    forget_keys(account, REGION)
    someone = user_allowed(account.sandbox, SETTINGS, "drill")
    assert rows(someone.run(*YES, "--region", REGION))[REGION]["passed"]
    asked = [
        record.get("errorCode")
        for record in account.sandbox.history.records[REGION]
        if record["eventName"] == "CreateKey"
    ][-2:]
    assert asked == ["MalformedPolicyDocumentException", None]


@pytest.mark.parametrize("action", [a for a in actions_of("drill", SETTINGS) if a not in PROOF])
def test_a_missing_permission_is_named(account, operator, action):
    """Without any of these the drill fails, or leaves something behind."""
    if action in FIRST:
        forget_keys(account, REGION)
    else:
        key = rows(operator.run(*YES, "--region", REGION))[REGION]["key"]
        if action == "kms:EnableKey":
            account.kms(REGION).enable_key(KeyId=key)
    someone = user_allowed(account.sandbox, SETTINGS, "drill", without=action)
    printed = someone.run(*YES, "--region", REGION)
    row = rows(printed)[REGION]
    assert f"The permission {action} is missing." in f"{row['problem']} {row['leftovers']}"
    assert printed.exit_code == 1
    operator.run(*YES, "--region", REGION)


@pytest.mark.parametrize("action", sorted(PROOF))
def test_without_the_proof_a_key_is_not_used_again(account, operator, action):
    """The drill creates another key, passes, and says why it did not use the one that was left."""
    forget_keys(account, REGION)
    kept = rows(operator.run(*YES, "--region", REGION))[REGION]["key"]
    someone = user_allowed(account.sandbox, SETTINGS, "drill", without=action)
    printed = someone.run(*YES, "--region", REGION)
    row = rows(printed)[REGION]
    assert printed.exit_code == 0
    assert row["key"] != kept
    (rejected,) = row["rejected_keys"]
    assert rejected["key"] == kept
    assert rejected["reason"].startswith(f"The permission {action} is missing.")
