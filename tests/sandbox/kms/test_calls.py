"""The sandbox's strict KMS: it refuses what AWS refuses, with AWS's error codes."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, error_code_of


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


def test_a_key_of_the_default_kind_says_so(kms):
    """CreateKey without options makes a symmetric encryption key of one Region."""
    metadata = kms.create_key()["KeyMetadata"]
    described = kms.describe_key(KeyId=metadata["KeyId"])["KeyMetadata"]
    for found in (metadata, described):
        assert (found["KeyUsage"], found["KeySpec"]) == ("ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT")
        assert (found["MultiRegion"], found["Origin"]) == (False, "AWS_KMS")


def test_the_default_window_is_30_days(kms, key):
    """ScheduleKeyDeletion without PendingWindowInDays."""
    assert kms.schedule_key_deletion(KeyId=key)["PendingWindowInDays"] == 30


@pytest.mark.parametrize("days", [6, 31])
def test_a_window_outside_7_to_30_days_is_refused(kms, key, days):
    """The key stays enabled."""
    refused = error_code_of(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)
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
    assert error_code_of(getattr(kms, operation), KeyId=key) == "KMSInvalidStateException"
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
    assert error_code_of(kms.encrypt, KeyId=key, Plaintext=b"x") == "DisabledException"
    assert error_code_of(kms.decrypt, CiphertextBlob=blob) == "DisabledException"
    kms.schedule_key_deletion(KeyId=key)
    assert error_code_of(kms.decrypt, CiphertextBlob=blob) == "KMSInvalidStateException"
    assert (
        error_code_of(kms.generate_data_key, KeyId=key, KeySpec="AES_256")
        == "KMSInvalidStateException"
    )


def test_describe_key_accepts_an_alias_and_schedule_key_deletion_does_not(kms, key):
    """As the API reference says for each operation."""
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    assert kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["KeyId"] == key
    assert error_code_of(kms.schedule_key_deletion, KeyId="alias/mine") == "NotFoundException"


@pytest.mark.parametrize(
    "name",
    [
        "00000000-0000-0000-0000-000000000000",
        f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_missing_key_is_not_found(kms, name):
    """Neither by its id nor by its ARN."""
    assert error_code_of(kms.schedule_key_deletion, KeyId=name) == "NotFoundException"


def test_an_arn_of_another_region_is_not_found(sandbox, kms, key):
    """KMS never uses a key of another Region."""
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    elsewhere = sandbox.client("kms", "us-east-1")
    assert error_code_of(elsewhere.describe_key, KeyId=arn) == "NotFoundException"


def test_an_aws_managed_key_cannot_be_scheduled(kms):
    """DescribeKey works."""
    key = kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]
    assert key["KeyManager"] == "AWS"
    assert error_code_of(kms.schedule_key_deletion, KeyId=key["KeyId"]) == "AccessDeniedException"


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
    assert error_code_of(elsewhere.describe_key, KeyId="alias/primary") == "NotFoundException"


@pytest.mark.parametrize("options", [{"Origin": "AWS_CLOUDHSM"}, {"CustomKeyStoreId": "cks-1"}])
def test_keys_in_custom_key_stores_are_refused(kms, options):
    """moto would create ordinary keys."""
    assert error_code_of(kms.create_key, **options) == "SandboxCannot"


def test_an_operation_that_moto_lacks_is_refused(kms, key):
    """The answer is no server error, which clients would retry."""
    assert error_code_of(kms.update_primary_region, KeyId=key, PrimaryRegion="x") == "SandboxCannot"


def test_several_calls_at_once_schedule_a_key_once(sandbox, kms, key):
    """Checking the state and changing it is one atomic step."""

    def schedule(_):
        try:
            return kms.schedule_key_deletion(KeyId=key)["KeyState"]
        except ClientError as error:
            return error.response["Error"]["Code"]

    with ThreadPoolExecutor(8) as pool:
        results = sorted(pool.map(schedule, range(8)))
    assert results == ["KMSInvalidStateException"] * 7 + ["PendingDeletion"]
