"""KMS's request quotas."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.quotas import Quotas, RateLimiter
from tests.support.emulated_account import REGION, Account, allow


@pytest.fixture
def standing_still(sandbox, monkeypatch):
    """Let no time pass for the quotas."""
    monkeypatch.setattr(sandbox._limits, "rates", RateLimiter(lambda: 0.0))


@pytest.mark.parametrize(
    ("operation", "rate"),
    [
        ("cancel_key_deletion", 5),
        ("schedule_key_deletion", 15),
        ("enable_key", 5),
        ("disable_key", 5),
    ],
)
def test_calls_above_the_rate_are_throttled(sandbox, standing_still, operation, rate):
    """Failed calls count too. The words are those of AWS."""
    call = getattr(sandbox.client("kms", REGION), operation)
    codes = []
    for _ in range(rate + 1):
        with pytest.raises(ClientError) as raised:
            call(KeyId="1234abcd-12ab-34cd-56ef-1234567890ab")
        codes.append(raised.value.response["Error"])
    assert {code["Code"] for code in codes[:-1]} == {"NotFoundException"}
    assert codes[-1] == {
        "Code": "ThrottlingException",
        "Message": "You have exceeded the rate at which you may call KMS. Reduce the frequency of "
        "your calls.",
    }


def test_each_call_and_each_region_has_its_own_rate(sandbox, standing_still):
    """A storm of one call in one Region holds up no other."""
    sandbox.quotas = Quotas(disable_key_per_second=1, enable_key_per_second=1)
    for region in (REGION, "us-east-1"):
        kms = sandbox.client("kms", region)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.disable_key(KeyId=key)
        kms.enable_key(KeyId=key)
        with pytest.raises(ClientError, match="ThrottlingException"):
            kms.disable_key(KeyId=key)


def test_cloudtrail_records_a_throttled_call(sandbox, standing_still):
    """As a failed call, with the key as it was typed. It changed nothing."""
    sandbox.quotas = Quotas(schedule_key_deletion_per_second=1)
    account = Account(sandbox)
    queue = account.make_queue(
        "records", allow("sqs:SendMessage", Principal={"Service": "events.amazonaws.com"})
    )
    account.make_rule({"Id": "queue", "Arn": queue})
    account.schedule()
    kms = account.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="ThrottlingException"):
        kms.schedule_key_deletion(KeyId=key)
    sandbox.settle()
    details = [json.loads(each["Body"])["detail"] for each in account.messages("records")]
    (throttled,) = [each for each in details if each["requestParameters"]["keyId"] == key]
    assert throttled["errorCode"] == "ThrottlingException"
    assert throttled["responseElements"] is None
    assert account.state(key) == "Enabled"
