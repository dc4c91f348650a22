"""The sandbox's strict KMS: it refuses what AWS refuses, with AWS's error codes."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, allow, policy, role_arn, trust

ROOT = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}


@pytest.fixture
def kms(sandbox):
    """Return a KMS client of the root."""
    return sandbox.client("kms", REGION)


@pytest.fixture
def key(kms):
    """Return the id of a new key."""
    return kms.create_key()["KeyMetadata"]["KeyId"]


def code_of(call, **parameters):
    """Return the error code of a call that fails."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return raised.value.response["Error"]["Code"]


def state(kms, key):
    """Return a key's state, and whether it is enabled."""
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    return metadata["KeyState"], metadata["Enabled"]


def test_schedule_key_deletion_answers_like_aws(kms, key):
    """The response has ARN, date, state and window. DescribeKey shows the same date."""
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert answer["KeyId"] == metadata["Arn"]
    assert (answer["KeyState"], answer["PendingWindowInDays"]) == ("PendingDeletion", 7)
    assert answer["DeletionDate"] == metadata["DeletionDate"]
    assert 6 <= (answer["DeletionDate"] - metadata["CreationDate"]).days <= 7


def test_the_default_window_is_30_days(kms, key):
    """ScheduleKeyDeletion without PendingWindowInDays."""
    assert kms.schedule_key_deletion(KeyId=key)["PendingWindowInDays"] == 30


@pytest.mark.parametrize("days", [6, 31])
def test_a_window_outside_7_to_30_days_is_refused(kms, key, days):
    """The key stays enabled."""
    refused = code_of(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)
    assert refused == "ValidationException"
    assert state(kms, key) == ("Enabled", True)


@pytest.mark.parametrize("days", [7, 30])
def test_windows_of_7_and_30_days_are_accepted(kms, key, days):
    """They are the ends of the range."""
    assert (
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=days)["PendingWindowInDays"]
        == days
    )


def test_cancelling_leaves_the_key_disabled_without_a_date(kms, key):
    """The key can be named by its ARN. EnableKey makes it usable again."""
    arn = kms.schedule_key_deletion(KeyId=key)["KeyId"]
    assert kms.cancel_key_deletion(KeyId=arn)["KeyId"] == arn
    assert state(kms, key) == ("Disabled", False)
    assert "DeletionDate" not in kms.describe_key(KeyId=key)["KeyMetadata"]
    kms.enable_key(KeyId=arn)
    assert state(kms, key) == ("Enabled", True)


@pytest.mark.parametrize("operation", ["schedule_key_deletion", "enable_key", "disable_key"])
def test_a_pending_key_cannot_be_scheduled_enabled_or_disabled(kms, key, operation):
    """The error is KMSInvalidStateException, and nothing changes."""
    kms.schedule_key_deletion(KeyId=key)
    assert code_of(getattr(kms, operation), KeyId=key) == "KMSInvalidStateException"
    assert state(kms, key) == ("PendingDeletion", False)


def test_cancelling_needs_a_pending_key(kms, key):
    """AWS's message names the key and both pending states."""
    with pytest.raises(ClientError, match=r"is not pending deletion \(or pending replica"):
        kms.cancel_key_deletion(KeyId=key)


def test_cryptographic_operations_need_an_enabled_key(kms, key):
    """Disabled and pending keys have different error codes."""
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


def test_describe_key_accepts_an_alias_and_schedule_key_deletion_does_not(kms, key):
    """As the API reference says for each operation."""
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
def test_a_missing_key_is_not_found(kms, name):
    """Neither by its id nor by its ARN."""
    assert code_of(kms.schedule_key_deletion, KeyId=name) == "NotFoundException"


def test_an_arn_of_another_region_is_not_found(sandbox, kms, key):
    """KMS never uses a key of another Region."""
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    elsewhere = sandbox.client("kms", "us-east-1")
    assert code_of(elsewhere.describe_key, KeyId=arn) == "NotFoundException"


def test_an_aws_managed_key_cannot_be_scheduled(kms):
    """DescribeKey works."""
    key = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert key["KeyManager"] == "AWS"
    assert code_of(kms.schedule_key_deletion, KeyId=key["KeyId"]) == "AccessDeniedException"


def test_a_primary_with_replicas_waits_for_them(sandbox, kms):
    """PendingReplicaDeletion has a window and no date. The replica is scheduled separately."""
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
    """It does not wait for anything."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    assert kms.schedule_key_deletion(KeyId=key)["KeyState"] == "PendingDeletion"


def test_replicas_know_each_other_and_keep_their_own_aliases(sandbox, kms):
    """Both lists name both replicas. A replica does not get an alias of the primary."""
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
    """PutKeyPolicy and CreateKey check it, unless the call disables the check."""
    lockout = policy(allow("kms:*", Principal={"AWS": role_arn("somebody")}))
    locked = {"KeyId": key, "PolicyName": "default", "Policy": lockout}
    assert code_of(kms.put_key_policy, **locked) == "MalformedPolicyDocumentException"
    assert code_of(kms.create_key, Policy=lockout) == "MalformedPolicyDocumentException"
    kms.put_key_policy(**locked, BypassPolicyLockoutSafetyCheck=True)
    assert code_of(kms.schedule_key_deletion, KeyId=key) == "AccessDeniedException"


@pytest.mark.parametrize("options", [{"Origin": "AWS_CLOUDHSM"}, {"CustomKeyStoreId": "cks-1"}])
def test_keys_in_custom_key_stores_are_refused(kms, options):
    """moto would create ordinary keys."""
    assert code_of(kms.create_key, **options) == "SandboxCannot"


def test_an_operation_that_moto_lacks_is_refused(kms, key):
    """The answer is no server error, which clients would retry."""
    assert code_of(kms.update_primary_region, KeyId=key, PrimaryRegion="x") == "SandboxCannot"


def as_role(sandbox, *statements):
    """Return a KMS client of a role with these statements."""
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
    """Return a statement of a key policy that denies an action."""
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
        # The key policy allows the role itself. The deny comes from the role's own policy, or from
        # the key policy for the account or for the role.
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
    """Return KMS's events from the queue of `watched`."""
    from tests.support.emulated_account import Account

    account = Account(sandbox)
    sandbox.settle()
    return [json.loads(message["Body"]) for message in account.messages("kms")]


@pytest.fixture
def watched(sandbox):
    """Return a sandbox with a rule that sends all of KMS's events to a queue."""
    from tests.support.emulated_account import Account

    account = Account(sandbox)
    queue = account.make_queue(
        "kms", allow("sqs:SendMessage", Principal={"Service": "events.amazonaws.com"})
    )
    account.make_rule({"Id": "q", "Arn": queue}, pattern={"source": ["aws.kms"]})
    return sandbox


def test_a_write_call_is_recorded_as_cloudtrail_does_it(watched, kms):
    """The event has the envelope, the caller, the parameters and the response as in AWS."""
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


def test_the_key_is_recorded_as_the_caller_named_it(watched, kms, key):
    """An ARN stays an ARN in requestParameters. The response always has the ARN."""
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    detail = next(e["detail"] for e in records(watched) if e["detail"]["eventName"] == "DisableKey")
    expected = {"keyId": arn}
    assert (detail["requestParameters"], detail["responseElements"]) == (expected, expected)


def test_a_primary_is_recorded_without_a_date(watched, kms):
    """PendingReplicaDeletion has the window instead of the date."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    arn = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=8)["KeyId"]
    detail = next(
        e["detail"] for e in records(watched) if e["detail"]["eventName"] == "ScheduleKeyDeletion"
    )
    expected = {"keyId": arn, "keyState": "PendingReplicaDeletion", "pendingWindowInDays": 8}
    assert detail["responseElements"] == expected


def test_failed_and_denied_calls_are_recorded_too(watched, kms, key):
    """Such a record has errorCode and errorMessage, a null response and the role's session."""
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


def test_read_only_calls_make_no_event(watched, kms, key):
    """DescribeKey, ListKeys and Encrypt do not reach the bus."""
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
def test_only_calls_that_a_trail_logs_become_events(watched, kms, change, seen):
    """A trail may be stopped, log reads only, exclude KMS, or cover another Region."""
    change(watched.client("cloudtrail", "us-east-1"))
    kms.create_key()
    assert bool(records(watched)) == seen


def test_several_calls_at_once_schedule_a_key_once(sandbox, kms, key):
    """Checking the state and changing it is one atomic step."""
    from concurrent.futures import ThreadPoolExecutor

    def schedule(_):
        try:
            return kms.schedule_key_deletion(KeyId=key)["KeyState"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(8) as pool:
        results = sorted(pool.map(schedule, range(8)))
    assert results == ["KMSInvalidStateException"] * 7 + ["PendingDeletion"]
