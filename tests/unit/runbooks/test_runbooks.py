"""The ARNs of runbooks."""

from reprieve.location import Location
from reprieve.names import Names
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, RESCUE_KEY

ACCOUNT = "111122223333"


def test_the_resources_of_starting_amazons_runbook():
    """All three forms that AWS's own policies name. Amazon's documents have no account."""
    name = "AWSConfigRemediation-CancelKeyDeletion"
    assert CANCEL_KEY_DELETION.start_resources(Location("aws", "eu-west-1", ACCOUNT), Names()) == [
        f"arn:aws:ssm:*::document/{name}",
        f"arn:aws:ssm:*::automation-definition/{name}:*",
        f"arn:aws:ssm:*:{ACCOUNT}:automation-execution/*",
    ]


def test_the_resources_of_starting_a_runbook_of_the_account():
    """Each form has the account, and any hash: a deployment may be replacing the document."""
    assert RESCUE_KEY.start_resources(Location("aws-cn", "cn-north-1", ACCOUNT), Names()) == [
        f"arn:aws-cn:ssm:*:{ACCOUNT}:document/reprieve-rescue-key-*",
        f"arn:aws-cn:ssm:*:{ACCOUNT}:automation-definition/reprieve-rescue-key-*:*",
        f"arn:aws-cn:ssm:*:{ACCOUNT}:automation-execution/*",
    ]
