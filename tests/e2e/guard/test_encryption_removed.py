"""notify.encryption from "own" back to "none": no alert is muted, and Reprieve's key may go."""

import json
from typing import Any

import pytest

from tests.support.account import Account, deploy

pytestmark = pytest.mark.long

REGION = "eu-west-1"
SMALL: dict[str, Any] = {
    "REPRIEVE_REGIONS__WATCH": REGION,
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_RELIABILITY__ALARMS": "false",
}


def alert_key(account: Account) -> str:
    """Return the ARN of the key that encrypts the topic of the alerts."""
    sns = account.sandbox.client("sns", REGION)
    keys = [
        sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"].get("KmsMasterKeyId")
        for topic in sns.list_topics()["Topics"]
    ]
    (key,) = filter(None, keys)
    return str(key)


def calls(account: Account) -> list[str]:
    """Return the calls that decrypt the topic and delete the key, in their order."""
    found = []
    for record in account.sandbox.history.records[REGION]:
        parameters = json.dumps(record["requestParameters"])
        decrypts = '"attributeName": "KmsMasterKeyId", "attributeValue": ""' in parameters
        if decrypts or record["eventName"] == "ScheduleKeyDeletion":
            found.append(record["eventName"])
    return found


@pytest.mark.parametrize("is_deployer", [True, False], ids=["a deployer", "somebody else"])
def test_the_topic_is_decrypted_first_and_only_a_deployer_may_remove_the_key(
    sandbox, tmp_path, is_deployer
):
    """A tag alone exempts no key from its rescue: anyone who can tag a key could abuse it."""
    sandbox.reset()
    deployment = deploy(sandbox, tmp_path, **SMALL, REPRIEVE_NOTIFY__ENCRYPTION="own")
    account = Account(sandbox, deployment)
    key = alert_key(account)
    others: dict[str, Any] = {} if is_deployer else {"REPRIEVE_EXEMPT__DEPLOYERS": ""}
    without = deploy(sandbox, tmp_path, **SMALL, **others)
    sandbox.settle()
    assert calls(account) == ["SetTopicAttributes", "ScheduleKeyDeletion"]
    assert [alert.error for alert in account.alerts(key)] == [None]
    (outcome,) = account.outcomes(key)
    if is_deployer:
        assert (
            outcome.subject == "Reprieve: the former key of the alerts will be deleted (eu-west-1)"
        )
        assert account.state(REGION, key) == "PendingDeletion"
    else:
        assert outcome.subject == "Reprieve: KMS key saved (eu-west-1)"
        assert account.state(REGION, key) == "Disabled"
    assert without.plan() == {}
