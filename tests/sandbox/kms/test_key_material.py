"""Imported key material, custom key stores, and the effects of time on keys."""

from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from tests.support.emulated_account import REGION, error_code_of

MATERIAL = {"ImportToken": b"token", "EncryptedKeyMaterial": b"material"}


@pytest.fixture
def key(kms):
    """Return the id of a key without material."""
    return kms.create_key(Origin="EXTERNAL")["KeyMetadata"]["KeyId"]


def import_material(kms, key, days=None):
    """Import material that expires in so many days, or never."""
    model = "KEY_MATERIAL_EXPIRES" if days else "KEY_MATERIAL_DOES_NOT_EXPIRE"
    expiry = {"ValidTo": datetime.now(UTC) + timedelta(days=days)} if days else {}
    kms.import_key_material(KeyId=key, ExpirationModel=model, **MATERIAL, **expiry)


def metadata(kms, key):
    """Return the metadata of a key."""
    return kms.describe_key(KeyId=key)["KeyMetadata"]


def test_a_key_is_usable_only_while_it_has_material(kms, key):
    """Its states are PendingImport, Enabled and PendingImport."""
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    encrypt = {"KeyId": key, "Plaintext": b"x"}
    assert error_code_of(kms.encrypt, **encrypt) == "KMSInvalidStateException"
    import_material(kms, key)
    found = metadata(kms, key)
    assert (found["KeyState"], found["Origin"]) == ("Enabled", "EXTERNAL")
    assert (found["ExpirationModel"], "ValidTo" in found) == ("KEY_MATERIAL_DOES_NOT_EXPIRE", False)
    kms.encrypt(**encrypt)
    kms.delete_imported_key_material(KeyId=key)
    assert metadata(kms, key)["KeyState"] == "PendingImport"
    assert error_code_of(kms.enable_key, KeyId=key) == "KMSInvalidStateException"


def test_only_keys_of_origin_external_take_material(kms):
    """For other keys, importing and deleting material are refused."""
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="UnsupportedOperationException"):
        import_material(kms, key)
    refusal = error_code_of(kms.delete_imported_key_material, KeyId=key)
    assert refusal == "UnsupportedOperationException"


def test_material_that_expires_needs_a_date_in_the_future(kms, key):
    """Without a date, and with a date in the past, the import is refused."""
    given = {"KeyId": key, **MATERIAL}
    assert error_code_of(kms.import_key_material, **given) == "ValidationException"
    past = datetime.now(UTC) - timedelta(days=1)
    assert error_code_of(kms.import_key_material, **given, ValidTo=past) == "ValidationException"


def test_material_expires_on_its_date_and_not_before(sandbox, kms, key):
    """The key is then in PendingImport."""
    import_material(kms, key, days=10)
    assert metadata(kms, key)["ExpirationModel"] == "KEY_MATERIAL_EXPIRES"
    sandbox.advance(9)
    assert metadata(kms, key)["KeyState"] == "Enabled"
    sandbox.advance(2)
    assert metadata(kms, key)["KeyState"] == "PendingImport"


def test_a_key_is_deleted_on_its_date_and_not_before(sandbox, kms):
    """A key whose deletion was cancelled stays."""
    doomed, saved = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    for key in (doomed, saved):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=saved)
    sandbox.advance(6.9)
    assert metadata(kms, doomed)["KeyState"] == "PendingDeletion"
    sandbox.advance(0.2)
    assert error_code_of(kms.describe_key, KeyId=doomed) == "NotFoundException"
    assert metadata(kms, saved)["KeyState"] == "Disabled"


def test_a_primarys_waiting_period_begins_when_its_last_replica_is_deleted(sandbox, kms):
    """The replica is deleted after seven days, the primary after seven more."""
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
    assert error_code_of(kms.describe_key, KeyId=key) == "NotFoundException"


def test_the_clock_does_not_move_back(sandbox):
    """A negative number of days is refused."""
    with pytest.raises(ValueError, match="moves forward only"):
        sandbox.advance(-1)


def test_key_stores_are_connected_disconnected_and_deleted(kms):
    """Each operation needs the state that KMS requires."""
    store = {
        "CustomKeyStoreId": kms.create_custom_key_store(CustomKeyStoreName="hsm")[
            "CustomKeyStoreId"
        ]
    }
    invalid = "CustomKeyStoreInvalidStateException"
    assert error_code_of(kms.disconnect_custom_key_store, **store) == invalid
    kms.connect_custom_key_store(**store)
    (found,) = kms.describe_custom_key_stores(**store)["CustomKeyStores"]
    assert found["ConnectionState"] == "CONNECTED"
    assert error_code_of(kms.delete_custom_key_store, **store) == invalid
    kms.disconnect_custom_key_store(**store)
    kms.delete_custom_key_store(**store)
    assert error_code_of(kms.delete_custom_key_store, **store) == "CustomKeyStoreNotFoundException"
    assert kms.describe_custom_key_stores()["CustomKeyStores"] == []


def test_the_record_of_an_import_shows_no_secret(sandbox, kms, key):
    """It has the date and the key's ARN, but neither the material nor the token."""
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
