"""When a key was last used: GetKeyLastUsage."""

from tests.support.emulated_account import REGION


def test_get_key_last_usage_shows_the_last_use_of_a_key(sandbox):
    """Encrypt counts as a use. DescribeKey does not."""
    kms = sandbox.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId=key)
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"] == {}
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert kms.get_key_last_usage(KeyId=key)["KeyLastUsage"]["Operation"] == "Encrypt"
