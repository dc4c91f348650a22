"""remediation.runbook = "aws": Amazon's runbook alone, as AWS's pattern has it."""

import pytest

from tests.support.account import EMAIL


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to one Region, with Amazon's runbook as the target."""
    return deployments.account(
        sandbox,
        tmp_path_factory.mktemp("account"),
        REPRIEVE_REGIONS__WATCH="eu-west-1",
        REPRIEVE_REMEDIATION__RUNBOOK="aws",
    )


@pytest.mark.parametrize("multi_region", [False, True], ids=["id", "mrk"])
def test_a_key_named_by_its_id_is_rescued(account, multi_region):
    """A bare id, of a multi-Region key too: an alert, a rescue, and no second message."""
    key = account.create_key("eu-west-1", MultiRegion=multi_region)["KeyId"]
    account.schedule("eu-west-1", key)
    assert [alert.recipients for alert in account.alerts(key)] == [(EMAIL,)]
    assert [execution.document for execution in account.executions(key)] == [
        "AWSConfigRemediation-CancelKeyDeletion"
    ]
    assert account.outcomes(key) == []
    assert account.state("eu-west-1", key) == "Disabled"


def test_a_key_named_by_its_arn_is_told_and_the_refusal_is_reported(account):
    """Amazon's runbook takes bare ids only: the key stays pending, and that is not hidden."""
    key = account.create_key("eu-west-1")
    account.schedule("eu-west-1", key["Arn"])
    (alert,) = account.alerts(key["KeyId"])
    assert (alert.error, alert.recipients) == (None, (EMAIL,))
    assert "it refuses a key that was named by its ARN" in alert.body
    (start,) = account.starts(key["KeyId"])
    assert "KeyId" in start.error
    assert "[a-z0-9-]{1,2048}" in start.error
    assert account.state("eu-west-1", key["KeyId"]) == "PendingDeletion"
