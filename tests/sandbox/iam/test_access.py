"""The sandbox evaluates policies as IAM does, and refuses what it does not know."""

import pytest

from sandbox.core.errors import SandboxCannot
from sandbox.iam.policy_evaluator import Request, decide, decide_resource

KEY = "arn:aws:kms:eu-west-1:111122223333:key/abc"
CONTEXT = {
    "aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/guard",
    "aws:SourceAccount": "111122223333",
    "aws:Tags": ("a", "b"),
    "aws:Absent": None,
    "aws:ResourceTag/*": None,
    "days": "7",
    "secure": "true",
}


def statement(**changes):
    """A statement that allows cancelling."""
    return {"Effect": "Allow", "Action": "kms:CancelKeyDeletion", "Resource": KEY, **changes}


def decided(*statements):
    """What identity policies say to cancelling a key's deletion."""
    request = Request("kms:CancelKeyDeletion", KEY, (), CONTEXT)
    return decide([{"Statement": list(statements)}], request)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "allow"),
        ({"Action": ["kms:x", "KMS:cancel*"]}, "allow"),
        ({"Action": "kms:Cancel?eyDeletion"}, "allow"),
        ({"Action": "kms:CancelKey"}, "silent"),
        ({"Resource": "*"}, "allow"),
        ({"Resource": KEY[:-1] + "?"}, "allow"),
        ({"Resource": KEY + "d"}, "silent"),
        ({"Resource": KEY.upper()}, "silent"),
        ({"Effect": "Deny"}, "deny"),
    ],
)
def test_actions_and_resources(changes, expected):
    """Wildcards; actions in any case, resources in their own."""
    assert decided(statement(**changes)) == expected


def test_not_action_and_not_resource():
    """All but what they name."""
    base = {"Effect": "Allow", "Resource": "*"}
    assert decided({**base, "NotAction": "iam:*"}) == "allow"
    assert decided({**base, "NotAction": "kms:*"}) == "silent"
    other = {"Effect": "Allow", "Action": "*"}
    assert decided({**other, "NotResource": "arn:aws:s3:::*"}) == "allow"
    assert decided({**other, "NotResource": KEY}) == "silent"


def test_a_deny_wins_over_every_allow():
    """In whatever order."""
    deny = statement(Effect="Deny", Resource="*")
    assert decided(deny, statement()) == "deny"
    assert decided(statement(), deny) == "deny"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"AWS:sourceaccount": "111122223333"}}, True),
        ({"StringEquals": {"aws:SourceAccount": ["1", "111122223333"]}}, True),
        ({"StringEquals": {"aws:SourceAccount": "1111*"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1111*"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "1"}}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ["1", "111122223333"]}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:111122223333:rule/g*"}}, True),
        ({"ArnEquals": {"aws:SourceArn": "arn:aws:events:*:111122223333:rule/g*"}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:*:rule/guard"}}, False),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:events:*:2:rule/*"}}, False),
        ({"Bool": {"secure": True}}, True),
        ({"Bool": {"secure": "false"}}, False),
        ({"NumericLessThan": {"days": 8}}, True),
        ({"NumericLessThan": {"days": "7"}}, False),
        ({"NumericGreaterThanEquals": {"days": "7"}}, True),
        ({"Null": {"aws:Absent": "true"}}, True),
        ({"Null": {"aws:SourceArn": "true"}}, False),
        ({"StringEquals": {"aws:Absent": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:Absent": "x"}}, True),
        ({"StringNotEquals": {"aws:Absent": "x"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:Tags": "b"}}, True),
        ({"ForAllValues:StringEquals": {"aws:Tags": "b"}}, False),
        ({"ForAllValues:StringEquals": {"aws:Tags": ["a", "b", "c"]}}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "x"}}, False),
        ({"StringLike": {"aws:SourceAccount": "1*"}, "Bool": {"secure": "false"}}, False),
    ],
)
def test_conditions(condition, holds):
    """Each operator with what fulfils it and what does not; all have to hold."""
    assert decided(statement(Condition=condition)) == ("allow" if holds else "silent")


@pytest.mark.parametrize(
    "changes",
    [
        {"Condition": {"DateLessThan": {"aws:SourceArn": "2020-01-01"}}},
        {"Condition": {"StringEquals": {"aws:SourceIp": "1.2.3.4"}}},
        {"Condition": {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}},
        {"Condition": {"StringEquals": {"aws:Tags": "a"}}},
        {"Resource": "arn:aws:kms:*:*:key/${aws:username}"},
        {"Effect": "Maybe"},
    ],
)
def test_what_is_not_known_is_refused_and_not_guessed(changes):
    """Operators, keys, policy variables."""
    with pytest.raises(SandboxCannot):
        decided(statement(**changes))


ROLE = "arn:aws:iam::111122223333:role/worker"


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", "allow"),
        ({"AWS": "*"}, "allow"),
        ({"AWS": ROLE}, "allow"),
        ({"AWS": [ROLE + "2", ROLE]}, "allow"),
        ({"AWS": ROLE + "2"}, "silent"),
        ({"Service": ROLE}, "silent"),
    ],
)
def test_principals(principal, expected):
    """Named as what they are; no wildcard inside an ARN."""
    request = Request("kms:CancelKeyDeletion", KEY, (f"AWS:{ROLE}",), CONTEXT)
    policy = {"Statement": statement(Principal=principal)}
    assert decide_resource(policy, request) == expected


def test_not_principal_is_refused():
    """It is too easily misread to be guessed at."""
    request = Request("kms:CancelKeyDeletion", KEY, (f"AWS:{ROLE}",), CONTEXT)
    with pytest.raises(SandboxCannot, match="NotPrincipal"):
        decide_resource({"Statement": [statement(NotPrincipal={"AWS": ROLE})]}, request)
