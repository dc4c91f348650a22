"""Imported key material, custom key stores, and what time does to keys."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.support.emulated_account import REGION

MATERIAL = {"ImportToken": b"token", "EncryptedKeyMaterial": b"material"}


@pytest.fixture
def kms(sandbox):
    """A KMS client."""
    return sandbox.client("kms", REGION)


@pytest.fixture
def key(kms):
    """The id of a key that waits for its material."""
    return kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]


def import_material(kms, key, days=None):
    """Import material that expires in so many days, or never."""
    model = "KEY_MATERIAL_EXPIRES" if days else "KEY_MATERIAL_DOES_NOT_EXPIRE"
    expiry = {"ValidTo": datetime.now(UTC) + timedelta(days=days)} if days else {}
    kms.import_key_material(KeyId=key, ExpirationModel=model, **MATERIAL, **expiry)


def metadata(kms, key):
    """What DescribeKey says."""
    return kms.describe_key(KeyId=key)["KeyMetadata"]


def refused(call, **parameters):
    """The code that a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"]


def test_a_key_is_usable_with_its_material_only(kms, key):
    """PendingImport, Enabled, PendingImport."""
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    encrypt = {"KeyId": key, "Plaintext": b"x"}
    assert refused(kms.encrypt, **encrypt) == "KMSInvalidStateException"
    import_material(kms, key)
    found = metadata(kms, key)
    assert (found["KeyState"], found["Origin"]) == ("Enabled", "EXTERNAL")
    assert (found["ExpirationModel"], "ValidTo" in found) == ("KEY_MATERIAL_DOES_NOT_EXPIRE", False)
    kms.encrypt(**encrypt)
    kms.delete_imported_key_material(KeyId=key)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    assert refused(kms.enable_key, KeyId=key) == "KMSInvalidStateException"


def test_material_goes_into_keys_of_origin_external(kms):
    """Into no other, and out of no other."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        import_material(kms, key)
    refusal = refused(kms.delete_imported_key_material, KeyId=key)
    assert refusal == "UnsupportedOperationException"


def test_a_date_goes_with_material_that_expires(kms, key):
    """In the future, and only then."""
    given = {"KeyId": key, **MATERIAL}
    assert refused(kms.import_key_material, **given) == "ValidationException"
    past = datetime.now(UTC) - timedelta(days=1)
    assert refused(kms.import_key_material, **given, ValidTo=past) == "ValidationException"


def test_material_expires_when_its_time_has_come(sandbox, kms, key):
    """And not before."""
    import_material(kms, key, days=10)
    assert metadata(kms, key)["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    sandbox.advance(9)
    assert metadata(kms, key)["KeyState"] == "Enabled"
    sandbox.advance(2)
    assert metadata(kms, key)["KeyState"] == "PendingImport"


def test_a_key_is_gone_when_its_time_has_come(sandbox, kms):
    """And not before, nor after a cancellation."""
    doomed, saved = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    for key in (doomed, saved):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=saved)
    sandbox.advance(6.9)
    assert metadata(kms, doomed)["KeyState"] == "PendingDeletion"
    sandbox.advance(0.2)
    assert refused(kms.describe_key, KeyId=doomed) == "NotFoundException"
    assert metadata(kms, saved)["KeyState"] == "Disabled"


def test_a_primarys_window_begins_when_its_last_replica_is_gone(sandbox, kms):
    """Seven days for the replica, seven more for the primary."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    for region in (REGION, "us-east-1"):
        client = sandbox.client("kms", region)
        client.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    sandbox.advance(8)
    assert metadata(kms, key)["KeyState"] == "PendingDeletion"
    sandbox.advance(6)
    assert metadata(kms, key)["KeyState"] == "PendingDeletion"
    sandbox.advance(2)
    assert refused(kms.describe_key, KeyId=key) == "NotFoundException"


def test_time_does_not_go_back(sandbox):
    """Nor stand ahead in the next sandbox."""
    with pytest.raises(ValueError, match="moves forward only"):
        sandbox.advance(-1)


def test_key_stores_are_connected_disconnected_and_deleted(kms):
    """Each from the state that KMS wants."""
    store = {
        "CustomKeyStoreId": kms.create_custom_key_store(CustomKeyStoreName="hsm")[
            "CustomKeyStoreId"
        ]
    }
    invalid = "CustomKeyStoreInvalidStateException"
    assert refused(kms.disconnect_custom_key_store, **store) == invalid
    kms.connect_custom_key_store(**store)
    (found,) = kms.describe_custom_key_stores(**store)["CustomKeyStores"]
    assert found["ConnectionState"] == "CONNECTED"
    assert refused(kms.delete_custom_key_store, **store) == invalid
    kms.disconnect_custom_key_store(**store)
    kms.delete_custom_key_store(**store)
    assert refused(kms.delete_custom_key_store, **store) == "CustomKeyStoreNotFoundException"
    assert kms.describe_custom_key_stores()["CustomKeyStores"] == []


def test_the_record_of_an_import_shows_no_secret(sandbox, kms, key):
    """The date as CloudTrail writes it, the key's ARN; neither material nor token."""
    import_material(kms, key, days=10)
    trail = sandbox.client("cloudtrail", REGION)
    (record,) = (
        event["CloudTrailEvent"]
        for event in trail.lookup_events()["Events"]
        if event["EventName"] == "ImportKeyMaterial"
    )
    assert '"expirationModel": "KEY_MATERIAL_EXPIRES"' in record
    assert "validTo" in record
    assert metadata(kms, key)["Arn"] in record
    assert "token" not in record.lower()
