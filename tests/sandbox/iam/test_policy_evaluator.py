"""The policy evaluator decides as IAM does, and refuses what it does not support."""

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
    """Return a statement that allows to cancel a deletion."""
    return {"Effect": "Allow", "Action": "kms:CancelKeyDeletion", "Resource": KEY, **changes}


def decided(*statements):
    """Return the decision of identity policies on cancelling a key's deletion."""
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
def test_a_statement_applies_to_its_actions_and_resources(changes, expected):
    """Both may have wildcards. Actions are case-insensitive, resources are not."""
    assert decided(statement(**changes)) == expected


def test_not_action_and_not_resource_exclude_what_they_name():
    """The statement applies to everything else."""
    base = {"Effect": "Allow", "Resource": "*"}
    assert decided({**base, "NotAction": "iam:*"}) == "allow"
    assert decided({**base, "NotAction": "kms:*"}) == "silent"
    other = {"Effect": "Allow", "Action": "*"}
    assert decided({**other, "NotResource": "arn:aws:s3:::*"}) == "allow"
    assert decided({**other, "NotResource": KEY}) == "silent"


def test_a_deny_wins_over_every_allow():
    """The order does not matter."""
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
def test_a_statement_applies_if_all_its_conditions_hold(condition, holds):
    """Most operators have a value that fulfils them and one that does not."""
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
def test_unsupported_parts_of_a_policy_are_refused(changes):
    """Among them are operators, condition keys and policy variables."""
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
def test_a_resource_policy_applies_to_the_principals_it_names(principal, expected):
    """The kind of principal has to match too."""
    request = Request("kms:CancelKeyDeletion", KEY, (f"AWS:{ROLE}",), CONTEXT)
    policy = {"Statement": statement(Principal=principal)}
    assert decide_resource(policy, request) == expected


def test_not_principal_is_refused():
    """A wrong guess about it would be dangerous."""
    request = Request("kms:CancelKeyDeletion", KEY, (f"AWS:{ROLE}",), CONTEXT)
    with pytest.raises(SandboxCannot, match="NotPrincipal"):
        decide_resource({"Statement": [statement(NotPrincipal={"AWS": ROLE})]}, request)
