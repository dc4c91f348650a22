"""Which key a drill uses: no production key, however it is disguised."""

import json

import pytest

from reprieve.drill.policy import drill_key_policy
from reprieve.drill.proof import DESCRIPTION
from sandbox.core.account import ACCOUNT_ID
from tests.support.account import Policy
from tests.support.drills import YES, drill_account, forget_keys, root, rows
from tests.support.emulated_account import error_code_of


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Two Regions, with a role whose deletions are approved."""
    return drill_account(sandbox, deployments, tmp_path_factory.mktemp("account"))


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return root(account)


REGION = "eu-west-1"


def kept_key(account, operator):
    """Return the ARN of the only drill key in the Region, which a drill created and kept."""
    forget_keys(account, REGION)
    row = rows(operator.run(*YES, "--region", REGION))[REGION]
    assert row["passed"]
    return row["key"]


def policy():
    """Return the text of a drill's key policy."""
    return json.dumps(drill_key_policy("aws", ACCOUNT_ID))


def writes(account, key):
    """Return the names of all calls that changed a key, oldest first."""
    return [
        record["eventName"]
        for record in account.sandbox.history.records[REGION]
        if any(each.get("ARN") == key for each in record.get("resources") or ())
    ]


def disguise(kms, key, run, *, without=()):
    """Give a key everything of a drill's key that can be given; not what `without` names."""
    steps = {
        "description": lambda: kms.update_key_description(KeyId=key, Description=DESCRIPTION),
        "tag": lambda: kms.tag_resource(
            KeyId=key, Tags=[{"TagKey": "reprieve-drill-run", "TagValue": run}]
        ),
        "alias": lambda: kms.create_alias(AliasName=f"alias/reprieve-drill-{run}", TargetKeyId=key),
        "policy": lambda: kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy()),
        "state": lambda: kms.disable_key(KeyId=key),
    }
    for name, step in steps.items():
        if name not in without:
            step()


def used(kms, key):
    """A production key, as most are."""
    kms.encrypt(KeyId=key, Plaintext=b"order 1")


def granted(kms, key):
    """A key that a service may use."""
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=f"arn:aws:iam::{ACCOUNT_ID}:role/decommissioner",
        Operations=["Decrypt"],
    )


def named(kms, key):
    """A key that programs find by its name."""
    kms.create_alias(AliasName="alias/orders", TargetKeyId=key)


def untouched(kms, key):
    """A key of which nothing is known but its creation."""


# By name: what the key was before, what the attacker leaves out, and the check that fails.
PRODUCTION_KEYS = {
    "used": (used, (), "use"),
    "never used": (untouched, (), "creation"),
    "enabled": (used, ("state",), "use"),
    "without the policy": (used, ("policy",), "policy"),
    "without the tag": (used, ("tag",), "alias"),
    "without the description": (used, ("description",), "description"),
    "with another alias": (named, (), "alias"),
    "with a grant": (granted, (), "grants"),
}


def test_a_disguised_production_key_is_never_touched(account, operator):
    """Nobody can make it a drill's by its description, tags, aliases, state and policy.

    The drill creates a key of its own, passes, and says of each key which check failed.
    """
    forget_keys(account, REGION)
    kms = account.kms(REGION)
    expected, before = {}, {}
    for number, (prepare, left_out, check) in enumerate(PRODUCTION_KEYS.values()):
        key = kms.create_key(Description="orders")["KeyMetadata"]["Arn"]
        prepare(kms, key)
        disguise(kms, key, f"disguise{number}", without=left_out)
        expected[key], before[key] = check, account.state(REGION, key)
    known = [writes(account, key) for key in expected]
    printed = operator.run(*YES, "--region", REGION)
    row = rows(printed)[REGION]
    assert printed.exit_code == 0
    assert row["key"] not in expected
    assert {each["key"]: each["check"] for each in row["rejected_keys"]} == expected
    assert {key: account.state(REGION, key) for key in expected} == before
    assert [writes(account, key) for key in expected] == known
    assert writes(account, row["key"])[-2:] == ["ScheduleKeyDeletion", "CancelKeyDeletion"]


def test_a_multi_region_key_is_never_a_drills(account, operator):
    """Not even one that was created with a drill's description, tag and policy."""
    forget_keys(account, REGION)
    kms = account.kms(REGION)
    tags = [{"TagKey": "reprieve-drill-run", "TagValue": "many"}]
    key = kms.create_key(MultiRegion=True, Description=DESCRIPTION, Policy=policy(), Tags=tags)[
        "KeyMetadata"
    ]["Arn"]
    kms.create_alias(AliasName="alias/reprieve-drill-many", TargetKeyId=key)
    (rejected,) = rows(operator.run(*YES, "--region", REGION))[REGION]["rejected_keys"]
    assert (rejected["key"], rejected["check"]) == (key, "kind")
    assert account.state(REGION, key) == "Enabled"


def test_a_drill_key_that_somebody_opened_is_not_used_again(account, operator):
    """Its policy is a drill's again, and no use is recorded; CloudTrail knows of the change."""
    key = kept_key(account, operator)
    with Policy.of_key(account, REGION, key).without("NobodyUsesADrillKey"):
        pass
    row = rows(operator.run(*YES, "--region", REGION))[REGION]
    assert row["key"] != key
    assert [each["check"] for each in row["rejected_keys"]] == ["policy_changes"]


def test_a_drill_key_whose_creation_cloudtrail_forgot_is_not_used_again(account, operator):
    """CloudTrail keeps 90 days; the table says it too, and the drill passes."""
    key = kept_key(account, operator)
    account.sandbox.history.age(91)
    printed = operator.run("drill", "--yes", "--region", REGION)
    assert printed.exit_code == 0
    assert f"Not used in {REGION}: {key} looks like a drill's key." in printed.text
    assert "The check creation failed: CloudTrail's event history" in printed.text


@pytest.mark.parametrize("state", ["Disabled", "Enabled"])
def test_a_drill_leaves_a_key_as_it_found_it(account, operator, state):
    """A rescued key is disabled: one that was enabled before is enabled again."""
    key = kept_key(account, operator)
    if state == "Enabled":
        account.kms(REGION).enable_key(KeyId=key)
    row = rows(operator.run(*YES, "--region", REGION))[REGION]
    assert row["passed"]
    assert row["key"] == key
    assert row["key_state"] == f"{state}, kept for the next drill"
    assert account.state(REGION, key) == state


@pytest.mark.parametrize("operation", ["encrypt", "generate_data_key", "create_grant"])
def test_nobody_can_use_a_drill_key(account, operator, operation):
    """Not even the account's root: the key cannot protect anything."""
    kms = account.kms(REGION)
    key = kept_key(account, operator)
    kms.enable_key(KeyId=key)
    options: dict[str, dict[str, object]] = {
        "encrypt": {"Plaintext": b"order 1"},
        "generate_data_key": {"KeySpec": "AES_256"},
        "create_grant": {
            "GranteePrincipal": f"arn:aws:iam::{ACCOUNT_ID}:root",
            "Operations": ["Decrypt"],
        },
    }
    assert error_code_of(getattr(kms, operation), KeyId=key, **options[operation]) == (
        "AccessDeniedException"
    )
