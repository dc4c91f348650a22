"""`reprieve sweep`: three Regions, sixty keys in all states."""

import json

import pytest
from moto.kms.models import kms_backends

from sandbox.core.account import ACCOUNT_ID
from tests.support.operator import Operator, actions_of, user_allowed

REGIONS = ("eu-west-1", "eu-west-2", "us-east-1")
ASKED = [part for region in REGIONS for part in ("--region", region)]
SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_SETTINGS": "/dev/null",
}
WAITING = (7, 9, 14, 21, 30)
ANYTHING = {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}


def fill(sandbox, region):
    """Make twenty keys; return their ids by what became of them."""
    kms = sandbox.client("kms", region)

    def create(**options):
        return kms.create_key(**options)["KeyMetadata"]["KeyId"]

    kinds = ("pending", "disabled", "rescued", "enabled", "import")
    made: dict[str, list[str]] = {kind: [] for kind in kinds}
    for days in WAITING:
        key = create()
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)
        made["pending"].append(key)
    for _ in range(4):
        key = create()
        kms.disable_key(KeyId=key)
        made["disabled"].append(key)
    for _ in range(2):
        key = create()
        kms.schedule_key_deletion(KeyId=key)
        kms.cancel_key_deletion(KeyId=key)
        made["rescued"].append(key)
    for _ in range(7):
        made["enabled"].append(create())
    for _ in range(2):
        made["import"].append(create(Origin="EXTERNAL"))
    return made


@pytest.fixture(scope="module")
def keys(sandbox):
    """Sixty keys in three Regions, and three more: they take seconds to make, and are shared.

    The last of the tests that ask for them changes them; those after it begin with none.
    """
    made = {region: fill(sandbox, region) for region in REGIONS}
    kms = sandbox.client("kms", "eu-west-1")
    primary = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=primary, ReplicaRegion="eu-west-2")
    kms.schedule_key_deletion(KeyId=primary, PendingWindowInDays=11)
    made["eu-west-1"]["replicated"] = [primary]
    sandbox.client("kms", "us-east-1").create_key()
    return made


@pytest.fixture
def empty(sandbox):
    """An empty account."""
    sandbox.reset()
    return sandbox


@pytest.fixture
def operator(sandbox):
    """The account's root."""
    return Operator(sandbox, SETTINGS)


def endanger(sandbox, region="us-east-1", **options):
    """Create a key and schedule its deletion; return its id."""
    kms = sandbox.client("kms", region)
    key = kms.create_key(**options)["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    return key


def session_of(sandbox, role):
    """Create a role that may do anything with keys; return a KMS client of a session of it."""
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    iam = sandbox.client("iam", "us-east-1")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ANYTHING]})
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=policy)
    given = sandbox.client("sts", "us-east-1").assume_role(
        RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/{role}", RoleSessionName="ci"
    )
    credentials = given["Credentials"]
    return sandbox._clients.make(
        "kms",
        "eu-west-1",
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
    )


def found(printed):
    """The keys that `--json` lists."""
    (account,) = printed.json["accounts"]
    return account["keys"]


def ids(made, what):
    """The ids of the keys of all Regions that something became of."""
    return {key for by_state in made.values() for key in by_state.get(what, [])}


def test_sixty_keys_were_made(sandbox, keys):
    """The other tests are about three Regions with twenty keys each, or one more."""
    counts = [len(sandbox.client("kms", region).list_keys()["Keys"]) for region in REGIONS]
    assert counts == [21, 21, 21]


def test_it_lists_the_keys_in_danger_and_no_other(operator, keys):
    """Pending ones with the fewest days first, then the one with replicas, then disabled ones."""
    printed = operator.run("sweep", "--json", *ASKED)
    listed = found(printed)
    assert printed.exit_code == 1
    states = [key["state"] for key in listed]
    assert states == 15 * ["PendingDeletion"] + ["PendingReplicaDeletion"] + 18 * ["Disabled"]
    days = [round(key["days_left"]) for key in listed[:15]]
    assert sorted(3 * WAITING) == days
    assert listed[15]["waiting_days"] == 11
    in_danger = ids(keys, "pending") | ids(keys, "disabled") | ids(keys, "rescued")
    in_danger |= ids(keys, "replicated")
    assert in_danger == {key["arn"].rpartition("/")[2] for key in listed}


def test_it_changes_nothing_unless_it_is_told_to(operator, keys):
    """Dry by default: the same list again, and no call in the trail's history."""
    first = found(operator.run("sweep", "--json", *ASKED))
    again = found(operator.run("sweep", "--json", *ASKED))
    assert [key["arn"] for key in first] == [key["arn"] for key in again]
    events = operator.sandbox.client("cloudtrail", "eu-west-1").lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CancelKeyDeletion"}]
    )["Events"]
    assert len(events) == 2


def test_cancel_rescues_all_but_what_is_exempt(sandbox, operator, keys):
    """By its id in one Region; the other Regions' keys, and the replicated one, are rescued."""
    spared = keys["eu-west-2"]["pending"][0]
    operator.settings = SETTINGS | {"REPRIEVE_EXEMPT__KEYS": spared}
    printed = operator.run("sweep", "--cancel", "--yes", "--json", *ASKED)
    assert printed.exit_code == 0
    listed = {key["arn"].rpartition("/")[2]: key for key in found(printed)}
    rescued = (ids(keys, "pending") | ids(keys, "replicated")) - {spared}
    assert rescued == {id for id, key in listed.items() if key["result"] == "cancelled"}
    assert listed[spared]["exempt"] == f"exempt.keys: {spared}"
    for region, made in keys.items():
        kms = sandbox.client("kms", region)
        states = {
            key: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in made["pending"]
        }
        expected = {key: "PendingDeletion" if key == spared else "Disabled" for key in states}
        assert states == expected


def test_keys_that_cannot_be_used_for_other_reasons_are_listed_too(empty, operator):
    """Of a disconnected custom key store, and without imported material; neither is in danger."""
    kms = empty.client("kms", "eu-west-1")
    states = ("Unavailable", "PendingImport", "Enabled")
    for state in states:
        key = endanger(empty, "eu-west-1")
        kms.cancel_key_deletion(KeyId=key)
        kms_backends[ACCOUNT_ID]["eu-west-1"].keys[key].key_state = state
    printed = operator.run("sweep", "--json", *ASKED)
    assert printed.exit_code == 0
    assert {key["state"] for key in found(printed)} == {"Unavailable", "PendingImport"}
    assert {key["call"]["name"] for key in found(printed)} == {"CancelKeyDeletion"}


def test_a_key_that_was_used_and_lost_its_material_is_listed(empty, operator):
    """Its material has expired: no call says so. A new key without material was never used."""
    kms = empty.client("kms", "eu-west-1")
    used = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.encrypt(KeyId=used, Plaintext=b"order")
    kms_backends[ACCOUNT_ID]["eu-west-1"].keys[used].key_state = "PendingImport"
    kms.create_key(Origin="EXTERNAL")
    (key,) = found(operator.run("sweep", "--json", *ASKED))
    assert key["arn"].rpartition("/")[2] == used


def test_a_rescue_by_reprieve_is_told_from_one_by_people(empty, operator):
    """By the role that cancelled the deletion; and a drill's key is one by its alias."""
    kms = empty.client("kms", "eu-west-1")
    by_reprieve = session_of(empty, "reprieve-automation")
    for rescuer, alias in ((by_reprieve, "alias/reprieve-drill-1a2b3c4d"), (kms, "alias/orders")):
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=alias, TargetKeyId=key)
        kms.schedule_key_deletion(KeyId=key)
        rescuer.cancel_key_deletion(KeyId=key)
    listed = {key["aliases"][0]: key for key in found(operator.run("sweep", "--json", *ASKED))}
    labels = {alias: (key["rescued"], key["drill_key"]) for alias, key in listed.items()}
    assert labels == {
        "alias/reprieve-drill-1a2b3c4d": (True, True),
        "alias/orders": (False, False),
    }
    assert {key["scheduled"]["name"] for key in listed.values()} == {"ScheduleKeyDeletion"}
    text = operator.run("sweep", *ASKED).text
    assert "rescued by Reprieve on " in text
    assert "deletion cancelled by " in text
    assert " drill key" in text


def test_it_says_who_did_it_and_when_the_key_was_last_used(empty, operator):
    """As far as CloudTrail and KMS know; a key that was never used says since when."""
    iam = empty.client("iam", "us-east-1")
    iam.create_user(UserName="alice")
    credentials = iam.create_access_key(UserName="alice")["AccessKey"]
    may = {"Version": "2012-10-17", "Statement": [ANYTHING]}
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=json.dumps(may))
    alice = empty._clients.make(
        "kms", "eu-west-1", credentials["AccessKeyId"], credentials["SecretAccessKey"]
    )
    used, unused = (alice.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    alice.create_alias(AliasName="alias/orders", TargetKeyId=used)
    alice.encrypt(KeyId=used, Plaintext=b"order")
    alice.schedule_key_deletion(KeyId=used, PendingWindowInDays=7)
    alice.disable_key(KeyId=unused)
    first, second = found(operator.run("sweep", "--json", *ASKED))
    assert first["aliases"] == ["alias/orders"]
    assert first["call"]["by"].endswith(":user/alice")
    assert (first["call"]["name"], second["call"]["name"]) == ("ScheduleKeyDeletion", "DisableKey")
    assert first["last_used"]
    assert (second["last_used"], bool(second["tracked_since"])) == (None, True)
    text = operator.run("sweep", *ASKED).text
    assert "orders" in text
    assert "user/alice" in text
    assert "never since" in text


def test_what_cloudtrail_has_forgotten_is_left_open(empty, operator):
    """After 90 days nobody knows who disabled a key; nothing is guessed."""
    kms = empty.client("kms", "eu-west-1")
    kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    empty.advance(days=91)
    (key,) = found(operator.run("sweep", "--json", *ASKED))
    assert key["call"] is None


def test_whose_deletion_is_approved_is_left_alone(empty):
    """A session of an exempt role scheduled it: CloudTrail names the role."""
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/decommissioner"
    session = session_of(empty, "decommissioner")
    key = session.create_key()["KeyMetadata"]["KeyId"]
    session.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    operator = Operator(empty, SETTINGS | {"REPRIEVE_EXEMPT__PRINCIPALS": role})
    printed = operator.run("sweep", "--cancel", "--yes", "--json", *ASKED)
    (listed,) = found(printed)
    assert (listed["exempt"], listed["result"]) == (f"exempt.principals: {role}", None)
    assert printed.exit_code == 0


def test_enable_enables_what_is_disabled_and_with_cancel_what_it_rescued(empty, operator):
    """Both together leave no key in danger."""
    endanger(empty)
    kms = empty.client("kms", "eu-west-1")
    kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    printed = operator.run("sweep", "--cancel", "--enable", "--yes", "--json", *ASKED)
    assert printed.exit_code == 0
    assert [key["result"] for key in found(printed)] == ["cancelled, enabled", "enabled"]
    assert {key["state"] for key in found(printed)} == {"Enabled"}
    assert found(operator.run("sweep", "--json", *ASKED)) == []


def test_what_could_not_be_done_is_not_called_done(empty, operator):
    """A key whose policy denies the rescue: its row says which permission is missing."""
    stubborn, other = endanger(empty), endanger(empty)
    kms = empty.client("kms", "us-east-1")
    policy = json.loads(kms.get_key_policy(KeyId=stubborn, PolicyName="default")["Policy"])
    policy["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "kms:CancelKeyDeletion",
            "Resource": "*",
        }
    )
    kms.put_key_policy(KeyId=stubborn, PolicyName="default", Policy=json.dumps(policy))
    printed = operator.run("sweep", "--cancel", "--yes", "--json", *ASKED)
    (failed,) = (key for key in found(printed) if key["problem"])
    (rescued,) = (key for key in found(printed) if key["result"])
    assert (stubborn, other) == tuple(k["arn"].rpartition("/")[2] for k in (failed, rescued))
    assert (failed["state"], failed["result"]) == ("PendingDeletion", None)
    assert failed["problem"].startswith("The permission kms:CancelKeyDeletion is missing.")
    assert printed.exit_code == 1


def test_a_key_that_cannot_be_looked_at_is_listed(empty, operator):
    """Nobody knows whether it is in danger: that is no good news."""
    kms = empty.client("kms", "eu-west-1")
    policy = {
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "111122223333"},
                "NotAction": "kms:DescribeKey",
                "Resource": "*",
            }
        ]
    }
    hidden = kms.create_key(Policy=json.dumps(policy), BypassPolicyLockoutSafetyCheck=True)[
        "KeyMetadata"
    ]["Arn"]
    printed = operator.run("sweep", "--json", *ASKED)
    (key,) = found(printed)
    assert (hidden, "unknown") == (key["arn"], key["state"])
    assert key["problem"].startswith("The permission kms:DescribeKey is missing.")
    assert printed.exit_code == 1


def test_regions_that_are_off_denied_or_slow_hide_no_other(empty):
    """One that is off has no keys to look for; the other two say why they show none."""
    key = endanger(empty)
    denied = {
        "Action": ["kms:ListKeys"],
        "Condition": {"StringEquals": {"aws:RequestedRegion": "eu-west-2"}},
    }
    someone = user_allowed(empty, SETTINGS, "sweep", denied=denied)
    empty.switches.switch_off("af-south-1")
    empty.switches.slow_down("eu-west-1", seconds=60)
    try:
        printed = someone.run("sweep", "--timeout", "20", "--json")
    finally:
        empty.switches.reset()
    (account,) = printed.json["accounts"]
    assert [key] == [each["arn"].rpartition("/")[2] for each in account["keys"]]
    problems = {each["region"]: each["problem"] for each in account["problems"]}
    assert problems.keys() == {"eu-west-1", "eu-west-2"}
    assert problems["eu-west-1"].startswith("There was no answer within 20 seconds.")
    assert problems["eu-west-2"].startswith("The permission kms:ListKeys is missing.")
    assert printed.exit_code == 1


@pytest.mark.parametrize("action", actions_of("sweep --cancel", SETTINGS))
def test_whoever_lacks_a_right_is_told_which(empty, action):
    """No action of the documented policy is superfluous, and each that is missing is named."""
    endanger(empty, "eu-west-1")
    someone = user_allowed(empty, SETTINGS, "sweep --cancel", without=action)
    # Which Regions are switched on is asked where none is named.
    where = [] if action == "ec2:DescribeRegions" else ["--region", "eu-west-1"]
    printed = someone.run("sweep", "--cancel", "--yes", *where)
    assert f"The permission {action} is missing." in printed.text
    assert printed.exit_code == 1


def test_the_documented_policies_are_enough(empty):
    """For the dry run, for --cancel and for --enable."""
    endanger(empty, "eu-west-1")
    asked = ("sweep", "--yes", "--region", "eu-west-1", "--json")
    dry = user_allowed(empty, SETTINGS, "sweep").run(*asked)
    assert [key["state"] for key in found(dry)] == ["PendingDeletion"]
    cancelled = user_allowed(empty, SETTINGS, "sweep --cancel").run(*asked, "--cancel")
    assert [key["result"] for key in found(cancelled)] == ["cancelled"]
    enabled = user_allowed(empty, SETTINGS, "sweep --enable").run(*asked, "--enable")
    assert [key["result"] for key in found(enabled)] == ["enabled"]


def test_nobody_can_be_asked_without_a_terminal(operator):
    """Then --yes has to be said; nothing was asked of AWS."""
    printed = operator.run("sweep", "--cancel")
    assert printed.exit_code == 2
    assert "Use --yes" in printed.complaints
