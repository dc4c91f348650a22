"""The sandbox's strict KMS: what AWS refuses is refused, in AWS's words and shapes."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, allow, policy, role_arn, trust

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}


@pytest.fixture
def kms(sandbox):
    """A KMS client of the root."""
    return sandbox.client("kms", REGION)


@pytest.fixture
def key(kms):
    """A fresh key's id."""
    return kms.create_key()["KeyMetadata"]["KeyId"]


def code_of(call, **parameters):
    """The error code of a call that fails."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"]


def state(kms, key):
    """A key's state and whether it is enabled."""
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    return metadata["KeyState"], metadata["Enabled"]


def test_scheduling_answers_in_awss_shape(kms, key):
    """The ARN, the date, the state and the window; the same date stands in DescribeKey."""
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert answer["KeyId"] == metadata["Arn"]
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingDeletion", 7)
    assert answer["DeletionDate"] == metadata["DeletionDate"]
    assert 6 <= (answer["DeletionDate"] - metadata["CreationDate"]).days <= 7


def test_without_a_window_it_is_30_days(kms, key):
    """The default of the API."""
    assert kms.schedule_key_deletion(KeyId=key)["PendingWindowInDays"] == 30


@pytest.mark.parametrize("days", [6, 31])
def test_a_window_outside_7_to_30_days_is_refused(kms, key, days):
    """The neighbours of the range are outside it."""
    refused = code_of(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)
    assert refused == "ValidationException"
    assert state(kms, key) == ("Enabled", True)


@pytest.mark.parametrize("days", [7, 30])
def test_the_ends_of_the_range_are_inside_it(kms, key, days):
    """7 and 30 are allowed."""
    assert (
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)["PendingWindowInDays"]
        == days
    )


def test_cancelling_leaves_the_key_disabled_without_a_date(kms, key):
    """By ARN as by id; EnableKey brings it back."""
    arn = kms.schedule_key_deletion(KeyId=key)["KeyId"]
    assert kms.cancel_key_deletion(KeyId=arn)["KeyId"] == arn
    assert state(kms, key) == ("Disabled", False)
    assert "DeletionDate" not in kms.describe_key(KeyId=key)["KeyMetadata"]
    kms.enable_key(KeyId=arn)
    assert state(kms, key) == ("Enabled", True)


@pytest.mark.parametrize("operation", ["schedule_key_deletion", "enable_key", "disable_key"])
def test_a_pending_key_is_only_to_be_cancelled(kms, key, operation):
    """Scheduling twice, enabling, disabling: KMSInvalidStateException, and nothing changes."""
    kms.schedule_key_deletion(KeyId=key)
    assert code_of(getattr(kms, operation), KeyId=key) == "KMSInvalidStateException"
    assert state(kms, key) == ("PendingDeletion", False)


def test_what_is_not_pending_cannot_be_cancelled(kms, key):
    """AWS's sentence names the key and both pending states."""
    with pytest.raises(ClientError, match=r"is not pending deletion \(or pending replica"):
        kms.cancel_key_deletion(KeyId=key)


def test_crypto_needs_an_enabled_key(kms, key):
    """Encrypt and Decrypt work, then answer for a disabled and for a pending key."""
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    kms.disable_key(KeyId=key)
    assert code_of(kms.encrypt, KeyId=key, Plaintext=b"x") == "DisabledException"
    assert code_of(kms.decrypt, CiphertextBlob=blob) == "DisabledException"
    kms.schedule_key_deletion(KeyId=key)
    assert code_of(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    assert (
        code_of(kms.generate_data_key, KeyId=key, KeySpec="AES_256") == "KMSInvalidStateException"
    )


def test_an_alias_names_a_key_to_look_at_but_not_to_schedule(kms, key):
    """DescribeKey takes an alias; ScheduleKeyDeletion does not."""
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    assert kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == key
    assert code_of(kms.schedule_key_deletion, KeyId="alias/mine") == "NotFoundException"


@pytest.mark.parametrize(
    "name",
    [
        "00000000-0000-0000-0000-000000000000",
        f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_key_that_is_not_there_is_not_found(kms, name):
    """By id and by ARN."""
    assert code_of(kms.schedule_key_deletion, KeyId=name) == "NotFoundException"


def test_an_arn_of_another_region_is_not_found(sandbox, kms, key):
    """KMS never reaches into another Region."""
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    elsewhere = sandbox.client("kms", "us-east-1")
    assert code_of(elsewhere.describe_key, KeyId=arn) == "NotFoundException"


def test_an_aws_managed_key_cannot_be_scheduled(kms):
    """It can be looked at."""
    key = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert key["KeyManager"] == "AWS"
    assert code_of(kms.schedule_key_deletion, KeyId=key["KeyId"]) == "AccessDeniedException"


def test_a_primary_with_replicas_waits_for_them(sandbox, kms):
    """PendingReplicaDeletion with a window and without a date; the replica is scheduled alone."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    assert key.startswith("mrk-")
    kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    elsewhere = sandbox.client("kms", "us-east-1")
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=9)
    assert (answer["KeyState"], answer.get("DeletionDate")) == ("PendingReplicaDeletion", None)
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert metadata["PendingDeletionWindowInDays"] == 9
    assert metadata["MultiRegionConfiguration"]["MultiRegionKeyType"] == "PRIMARY"
    assert elsewhere.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Enabled"
    assert elsewhere.schedule_key_deletion(KeyId=key)["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key)
    assert state(kms, key) == ("Disabled", False)
    assert state(elsewhere, key) == ("PendingDeletion", False)


def test_a_primary_without_replicas_is_scheduled_like_any_key(kms):
    """The near miss of the case above."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    assert kms.schedule_key_deletion(KeyId=key)["KeyState"] == "PendingDeletion"


def test_replicas_know_each_other_and_keep_their_own_aliases(sandbox, kms):
    """Both lists name both replicas; an alias of the primary is not the replica's."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    for region in ("us-east-1", "us-east-2"):
        kms.replicate_key(KeyId=key, ReplicaRegion=region)
    kms.create_alias(AliasName="alias/primary", TargetKeyId=key)
    elsewhere = sandbox.client("kms", "us-east-1")
    configuration = elsewhere.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
    assert configuration["MultiRegionKeyType"] == "REPLICA"
    regions = {replica["Region"] for replica in configuration["ReplicaKeys"]}
    assert regions == {"us-east-1", "us-east-2"}
    assert code_of(elsewhere.describe_key, KeyId="alias/primary") == "NotFoundException"


def test_a_policy_that_locks_the_caller_out_is_refused(kms, key):
    """PutKeyPolicy and CreateKey check it, unless asked not to."""
    lockout = policy(allow("kms:*", Principal={"AWS": role_arn("somebody")}))
    locked = {"KeyId": key, "PolicyName": "default", "Policy": lockout}
    assert code_of(kms.put_key_policy, **locked) == "MalformedPolicyDocumentException"
    assert code_of(kms.create_key, Policy=lockout) == "MalformedPolicyDocumentException"
    kms.put_key_policy(**locked, BypassPolicyLockoutSafetyCheck=True)
    assert code_of(kms.schedule_key_deletion, KeyId=key) == "AccessDeniedException"


@pytest.mark.parametrize("options", [{"Origin": "AWS_CLOUDHSM"}, {"CustomKeyStoreId": "cks-1"}])
def test_keys_that_moto_would_only_pretend_to_make_are_refused(kms, options):
    """Keys in key stores are not modelled: loudly so."""
    assert code_of(kms.create_key, **options) == "SandboxCannot"


def test_what_moto_does_not_implement_is_refused_loudly(kms, key):
    """Not as a server error, which clients would retry."""
    assert code_of(kms.update_primary_region, KeyId=key, PrimaryRegion="x") == "SandboxCannot"


def as_role(sandbox, *statements):
    """A KMS client of a role with these rights."""
    iam = sandbox.client("iam", REGION)
    document = trust("ec2.amazonaws.com")
    iam.create_role(RoleName="worker", AssumeRolePolicyDocument=document)
    if statements:
        iam.put_role_policy(RoleName="worker", PolicyName="p", PolicyDocument=policy(*statements))
    session = sandbox.client("sts", REGION).assume_role(
        RoleArn=role_arn("worker"), RoleSessionName="shift"
    )["Credentials"]
    return sandbox._clients.make(
        "kms",
        REGION,
        session["AccessKeyId"],
        session["SecretAccessKey"],
        session["SessionToken"],
    )


WORKER = {"AWS": role_arn("worker")}


def deny(action, principal):
    """A key policy's statement that denies."""
    return {"Effect": "Deny", "Action": action, "Principal": principal, "Resource": "*"}


@pytest.mark.parametrize(
    ("key_statements", "role_statements", "allowed"),
    [
        ([allow("kms:*", Principal=ROOT)], [allow("kms:DescribeKey")], True),
        ([allow("kms:*", Principal=ROOT)], [allow("kms:ListKeys")], False),
        (
            [
                allow("kms:*", Principal=ROOT),
                allow("kms:DescribeKey", Principal={"AWS": role_arn("worker")}),
            ],
            [],
            True,
        ),
        (
            [
                allow(
                    "kms:*",
                    Principal=ROOT,
                    Condition={"StringEquals": {"aws:PrincipalArn": role_arn("boss")}},
                ),
                allow("kms:PutKeyPolicy", Principal=ROOT),
            ],
            [allow("kms:*")],
            False,
        ),
        (
            [allow("kms:*", Principal=ROOT)],
            [allow("kms:*"), {"Effect": "Deny", "Action": "kms:Describe*", "Resource": "*"}],
            False,
        ),
        # Allowed by the key policy itself, and denied: by the role's own policy, by the key policy
        # to the account, by the key policy to the role.
        (
            [allow("kms:*", Principal=ROOT), allow("kms:DescribeKey", Principal=WORKER)],
            [{"Effect": "Deny", "Action": "kms:Describe*", "Resource": "*"}],
            False,
        ),
        (
            [
                allow("kms:*", Principal=ROOT),
                allow("kms:DescribeKey", Principal=WORKER),
                deny("kms:DescribeKey", ROOT),
            ],
            [],
            False,
        ),
        (
            [allow("kms:*", Principal=ROOT), deny("kms:DescribeKey", WORKER)],
            [allow("kms:*")],
            False,
        ),
    ],
)
def test_a_role_needs_the_key_policy_and_its_own(
    sandbox, kms, key_statements, role_statements, allowed
):
    """The key policy allows the role, or the account and then the role's own policy."""
    key = kms.create_key(Policy=policy(*key_statements))["KeyMetadata"]["KeyId"]
    worker = as_role(sandbox, *role_statements)
    if allowed:
        assert worker.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key
    else:
        assert code_of(worker.describe_key, KeyId=key) == "AccessDeniedException"


def records(sandbox):
    """What KMS rules of the account get, from a queue that takes every event of KMS."""
    from tests.support.emulated_account import Account

    account = Account(sandbox)
    sandbox.settle()
    return [json.loads(message["Body"]) for message in account.messages("kms")]


@pytest.fixture
def watched(sandbox):
    """An account whose events of KMS all go to a queue."""
    from tests.support.emulated_account import Account

    account = Account(sandbox)
    queue = account.make_queue(
        "kms", allow("sqs:SendMessage", Principal={"Service": "events.amazonaws.com"})
    )
    account.make_rule({"Id": "q", "Arn": queue}, pattern={"source": ["aws.kms"]})
    return sandbox


def test_a_write_call_is_recorded_as_cloudtrail_does_it(watched, kms):
    """The envelope, who, what as typed, and the answer in CloudTrail's form."""
    key = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    event = next(e for e in records(watched) if e["detail"]["eventName"] != "CreateKey")
    detail = event["detail"]
    assert (
        event["detail-type"],
        event["source"],
        event["resources"],
        event["region"],
        event["account"],
    ) == ("AWS API Call via CloudTrail", "aws.kms", [], REGION, ACCOUNT_ID)
    assert detail["requestParameters"] == {"keyId": key["KeyId"], "pendingWindowInDays": 7}
    shown = detail["responseElements"]
    assert (shown["keyId"], shown["keyState"]) == (key["Arn"], "PendingDeletion")
    assert shown["deletionDate"].endswith(("AM", "PM"))
    assert list(shown) == ["keyId", "keyState", "deletionDate"]
    assert detail["resources"] == [
        {"accountId": ACCOUNT_ID, "type": "AWS::KMS::Key", "ARN": key["Arn"]}
    ]
    assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:root"
    assert (
        detail["readOnly"],
        detail["eventType"],
        detail["managementEvent"],
        detail["eventCategory"],
    ) == (False, "AwsApiCall", True, "Management")
    assert "errorCode" not in detail


def test_the_key_is_recorded_as_it_was_typed(watched, kms, key):
    """An ARN stays an ARN in requestParameters; the response names the key by its ARN always."""
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    detail = next(e["detail"] for e in records(watched) if e["detail"]["eventName"] == "DisableKey")
    expected = {"keyId": arn}
    assert (detail["requestParameters"], detail["responseElements"]) == (expected, expected)


def test_a_primary_is_recorded_without_a_date(watched, kms):
    """PendingReplicaDeletion comes with the window in place of the date."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    arn = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=8)["KeyId"]
    detail = next(
        e["detail"] for e in records(watched) if e["detail"]["eventName"] == "ScheduleKeyDeletion"
    )
    expected = {"keyId": arn, "keyState": "PendingReplicaDeletion", "pendingWindowInDays": 8}
    assert detail["responseElements"] == expected


def test_failed_and_denied_calls_are_recorded_too(watched, kms, key):
    """With errorCode and errorMessage, and a null response; the role's session is named."""
    worker = as_role(watched)
    code_of(worker.schedule_key_deletion, KeyId=key)
    code_of(kms.schedule_key_deletion, KeyId="alias/none")
    code_of(kms.cancel_key_deletion, KeyId=key)
    found = {
        e["detail"]["errorCode"]: e["detail"]
        for e in records(watched)
        if "errorCode" in e["detail"]
    }
    assert set(found) == {"AccessDenied", "NotFoundException", "KMSInvalidStateException"}
    assert all(detail["responseElements"] is None for detail in found.values())
    identity = found["AccessDenied"]["userIdentity"]
    assert identity["arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/shift"
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role_arn("worker")


def test_reading_leaves_no_event(watched, kms, key):
    """Describe, list, encrypt: none of them reaches the bus."""
    kms.describe_key(KeyId=key)
    kms.list_keys()
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert [e["detail"]["eventName"] for e in records(watched)] == ["CreateKey"]


def select(cloudtrail, **selector):
    """Set the one event selector of the trail."""
    cloudtrail.put_event_selectors(TrailName="sandbox", EventSelectors=[selector])


def select_advanced(cloudtrail, *fields):
    """Set the one advanced selector of the trail."""
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    selector = {"Name": "s", "FieldSelectors": [management, *fields]}
    cloudtrail.put_event_selectors(TrailName="sandbox", AdvancedEventSelectors=[selector])


KMS = "kms.amazonaws.com"


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda c: c.stop_logging(Name="sandbox"), False),
        (lambda c: select(c, ReadWriteType="WriteOnly"), True),
        (lambda c: select(c, ReadWriteType="ReadOnly"), False),
        (lambda c: select(c, IncludeManagementEvents=False), False),
        (lambda c: select(c, ExcludeManagementEventSources=[KMS]), False),
        (lambda c: select(c, ExcludeManagementEventSources=["rdsdata.amazonaws.com"]), True),
        (lambda c: select_advanced(c), True),
        (lambda c: select_advanced(c, {"Field": "readOnly", "Equals": ["true"]}), False),
        (lambda c: select_advanced(c, {"Field": "eventSource", "NotEquals": [KMS]}), False),
        (lambda c: c.update_trail(Name="sandbox", IsMultiRegionTrail=False), False),
    ],
)
def test_only_what_a_trail_is_logging_is_seen(watched, kms, change, seen):
    """Stopped, reading only, KMS left out, another Region's: each makes the account blind."""
    change(watched.client("cloudtrail", "us-east-1"))
    kms.create_key()
    assert bool(records(watched)) == seen


def test_several_calls_at_once_schedule_a_key_once(sandbox, kms, key):
    """Checking the state and changing it are one act."""
    from concurrent.futures import ThreadPoolExecutor

    def schedule(_):
        try:
            return kms.schedule_key_deletion(KeyId=key)["KeyState"]
        except ClientError as fault:
            return fault.response["Error"]["Code"]

    with ThreadPoolExecutor(8) as pool:
        results = sorted(pool.map(schedule, range(8)))
    assert results == ["KMSInvalidStateException"] * 7 + ["PendingDeletion"]
