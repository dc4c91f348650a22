"""Data protection policies of topics."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.attacked_resources import PROTECTION
from tests.support.emulated_account import REGION, TOPIC_ARN, error_code_of


@pytest.fixture
def sns(sandbox):
    """Return a client of SNS. The topic `alerts` exists."""
    client = sandbox.client("sns", REGION)
    client.create_topic(Name="alerts")
    return client


def test_a_policy_is_kept_and_can_be_removed(sns):
    """A new topic has none, and an empty text removes it."""
    seen = []
    for text in (None, PROTECTION, ""):
        if text is not None:
            sns.put_data_protection_policy(ResourceArn=TOPIC_ARN, DataProtectionPolicy=text)
        answer = sns.get_data_protection_policy(ResourceArn=TOPIC_ARN)
        seen.append(answer.get("DataProtectionPolicy") or "")
    assert seen == ["", PROTECTION, ""]


def test_a_snapshot_has_the_policy(sandbox, sns):
    """It is a part of the topic."""
    sns.put_data_protection_policy(ResourceArn=TOPIC_ARN, DataProtectionPolicy=PROTECTION)
    copy = sandbox.snapshot()
    sandbox.restore(copy)
    kept = sns.get_data_protection_policy(ResourceArn=TOPIC_ARN)["DataProtectionPolicy"]
    assert json.loads(kept) == json.loads(PROTECTION)


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}"])
def test_a_text_that_is_no_policy_is_refused(sns, text):
    """It needs statements."""
    call = sns.put_data_protection_policy
    code = error_code_of(call, ResourceArn=TOPIC_ARN, DataProtectionPolicy=text)
    assert code == "InvalidParameter"


def test_a_topic_that_does_not_exist_has_no_policy(sns):
    """Neither call finds it."""
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:none"
    assert error_code_of(sns.get_data_protection_policy, ResourceArn=arn) == "NotFound"
