"""How `reprieve threats` and `reprieve policy` look at each width."""

import pytest

from reprieve.cli.views import policy, threats
from reprieve.guard.protection import protection_of
from reprieve.guard.watched_events import WatchedEvent
from tests.support.settings import load_one
from tests.unit.cli.samples import ACCOUNT
from tests.unit.cli.views.printing import WIDTHS, printed

EVENTS = [
    WatchedEvent(
        "key-policy-bypassed",
        "critical",
        True,
        True,
        "the policy of a KMS key was changed, with the lockout check bypassed",
        {},
    ),
    WatchedEvent("alias-deleted", "medium", False, False, "an alias of a KMS key was deleted", {}),
    WatchedEvent("watch-x", "", True, False, "a\x1b[2J\u202eb", {}),
]
DOCUMENT = {
    "Statement": [
        {
            "Sid": "ReadRegions",
            "Action": [
                "ec2:DescribeRegions",
                "kms:ListKeys",
                "kms:ListAliases",
                "ssm:DescribeAutomationExecutions",
                "cloudwatch:GetMetricStatistics",
            ],
            "Resource": ["*"],
        },
        {
            "Sid": "ReadRunbooks",
            "Action": ["ssm:DescribeDocument", "ssm:GetDocument"],
            "Resource": [
                "arn:aws:ssm:*:*:document/reprieve-*",
                "arn:aws:ssm:*::document/AWSConfigRemediation-CancelKeyDeletion",
            ],
        },
    ]
}


@pytest.mark.parametrize("width", WIDTHS)
def test_threats(snapshot, width):
    """Only the sentences wrap; the summary of a [[watch]] is escaped."""
    assert (
        printed(
            lambda out: threats.show([(each, []) for each in EVENTS], out, patterns=False), width
        )
        == snapshot
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_a_policy(snapshot, width):
    """No action and no resource is broken."""
    text = printed(lambda out: policy.show(DOCUMENT, out), width)
    words = text.replace(",", " ").split()
    for statement in DOCUMENT["Statement"]:
        assert {*statement["Action"], *statement["Resource"]} <= {*words}
    assert text == snapshot


@pytest.mark.parametrize("width", WIDTHS)
def test_the_policy_that_protects_the_guard(tmp_path, width):
    """A sentence for each statement, and none is cut off."""
    environ = {
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_EXEMPT__DEPLOYERS": f"arn:aws:iam::{ACCOUNT.id}:role/deployer",
    }
    protection = protection_of(load_one(environ, tmp_path), 7)
    text = " ".join(printed(lambda out: policy.show_protection(protection, out), width).split())
    for statement in protection.statements:
        assert f"{statement.sid} {statement.explanation}" in text
