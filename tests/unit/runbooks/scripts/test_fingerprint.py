"""Fingerprints of what is deployed."""

import copy
import json
from typing import Any

import pytest

from reprieve.runbooks.scripts.fingerprint import fingerprint, policy_facts, rule_facts

ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
RULE: dict[str, Any] = {
    "Name": "reprieve-patrol",
    "Arn": f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/reprieve-patrol",
    "State": "ENABLED",
    "ScheduleExpression": "rate(6 hours)",
    "EventPattern": '{"source": ["aws.kms"], "detail": {"eventName": ["a", "b"]}}',
    "EventBusName": "default",
}
TARGETS: list[dict[str, Any]] = [
    {
        "Id": "patrol-remediation",
        "Arn": f"arn:aws:ssm:eu-west-1:{ACCOUNT}:automation-definition/reprieve-patrol-0123abcd:1",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/reprieve-eventbridge",
        "InputTransformer": {"InputPathsMap": {"at": "$.time"}, "InputTemplate": "x"},
        "RetryPolicy": {"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 86400},
        "DeadLetterConfig": {"Arn": f"arn:aws:sqs:eu-west-1:{ACCOUNT}:reprieve-dead-letters"},
    },
    {"Id": "other", "Arn": KEY},
]


def digest(value, accounts=(ACCOUNT,), key=None):
    """Return the fingerprint of a value in this account."""
    return fingerprint(value, accounts, key)


def replaced(value, old, new):
    """Return JSON with a text replaced everywhere."""
    return json.loads(json.dumps(value).replace(old, new))


def test_a_fingerprint_has_twelve_digits():
    """Hexadecimal."""
    assert len(digest({})) == 12
    assert set(digest({})) <= set("0123456789abcdef")


def test_the_order_does_not_count():
    """Of lists, of objects in lists, and of fields: AWS returns them in any order."""
    facts = rule_facts(RULE, TARGETS)
    turned = rule_facts(
        dict(reversed(RULE.items()))
        | {"EventPattern": '{"detail": {"eventName": ["b", "a"]}, "source": ["aws.kms"]}'},
        [dict(reversed(each.items())) for each in reversed(TARGETS)],
    )
    assert digest(turned) == digest(facts)
    assert digest([[1, 2], [3]]) == digest([[3], [2, 1]])


@pytest.mark.parametrize(
    "value", [{"a": [1]}, {"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {}, {"b": 1}, [1, 1], [1]]
)
def test_different_values_differ(value):
    """Also where only the type does."""
    others = [{"a": [1]}, {"a": 1}, {"a": "1"}, {"a": True}, {"a": None}, {}, {"b": 1}, [1, 1], [1]]
    same = [each for each in others if digest(each) == digest(value)]
    assert [json.dumps(each) for each in same] == [json.dumps(value)]


def test_the_account_does_not_count_and_another_account_does():
    """What is deployed in another account, or names one, is another thing."""
    facts = rule_facts(RULE, TARGETS)
    moved = replaced(facts, ACCOUNT, "444455556666")
    assert digest(moved, ["444455556666"]) == digest(facts)
    assert digest(moved) != digest(facts)
    assert digest(replaced(facts, ACCOUNT, "${AWS::AccountId}"), ["${AWS::AccountId}"]) == (
        digest(facts)
    )


def test_the_key_of_the_alerts_does_not_count():
    """KMS chose its id. Without it the key's ARN counts like any text."""
    other = KEY.replace("1234abcd", "ffffffff")
    assert digest(TARGETS, key=KEY) == digest(replaced(TARGETS, KEY, other), key=other)
    assert digest(TARGETS) != digest(replaced(TARGETS, KEY, other))


def test_the_hash_of_the_next_patrol_does_not_count_and_that_of_a_rescue_does():
    """In a ring the hashes of the patrols would depend on each other."""
    facts = rule_facts(RULE, TARGETS)
    assert digest(replaced(facts, "0123abcd:1", "89abcdef:1")) == digest(facts)
    rescue = replaced(facts, "reprieve-patrol-0123abcd", "reprieve-rescue-key-0123abcd")
    assert digest(rescue) != digest(replaced(rescue, "0123abcd:1", "89abcdef:1"))
    # Another version, another length, and a document of somebody else.
    for old, new in (
        ("0123abcd:1", "0123abcd:2"),
        ("0123abcd:1", "0123abcde:1"),
        ("reprieve-patrol-", "my-patrol-"),
    ):
        assert digest(replaced(facts, old, new)) != digest(facts)


CHANGES: list[tuple[tuple[str, ...], Any]] = [
    (("State",), "DISABLED"),
    (("ScheduleExpression",), "rate(1 day)"),
    (("EventPattern",), '{"source": ["aws.kms"], "detail": {"eventName": ["a"]}}'),
    (("EventPattern",), None),
]
TARGET_CHANGES: list[tuple[tuple[str, ...], Any]] = [
    (("Id",), "x"),
    (("Arn",), "arn:x"),
    (("RoleArn",), None),
    (("InputTransformer", "InputTemplate"), "y"),
    (("InputTransformer", "InputPathsMap", "at"), "$.id"),
    (("RetryPolicy", "MaximumRetryAttempts"), 0),
    (("RetryPolicy", "MaximumEventAgeInSeconds"), 60),
    (("DeadLetterConfig", "Arn"), "arn:x"),
    (("Input",), "{}"),
    (("InputPath",), "$.detail"),
]


def changed(value, path, new):
    """Return a copy of a value with another one at a path."""
    copied = node = copy.deepcopy(value)
    for name in path[:-1]:
        node = node[name]
    node[path[-1]] = new
    return copied


@pytest.mark.parametrize(("path", "new"), CHANGES)
def test_every_change_of_a_rule_counts(path, new):
    """Its state, schedule and pattern."""
    before = digest(rule_facts(RULE, TARGETS))
    assert digest(rule_facts(changed(RULE, path, new), TARGETS)) != before


@pytest.mark.parametrize(("path", "new"), TARGET_CHANGES)
def test_every_change_of_a_target_counts(path, new):
    """Also of one that is added, one that is gone, and a field that Reprieve does not use."""
    before = digest(rule_facts(RULE, TARGETS))
    first, second = TARGETS
    assert digest(rule_facts(RULE, [changed(first, path, new), second])) != before
    assert digest(rule_facts(RULE, [first])) != before
    assert digest(rule_facts(RULE, [*TARGETS, {"Id": "more", "Arn": "x"}])) != before


def test_what_aws_adds_by_itself_does_not_count():
    """A rule's own ARN, name and bus; and fields without a value."""
    plain = {"State": RULE["State"], "ScheduleExpression": RULE["ScheduleExpression"]}
    plain["EventPattern"] = RULE["EventPattern"]
    targets = [each | {"RoleArn": each.get("RoleArn"), "Input": None} for each in TARGETS]
    assert digest(rule_facts(plain, targets)) == digest(rule_facts(RULE, TARGETS))


POLICY: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "A", "Effect": "Allow", "Action": "sns:Publish", "Resource": "x"},
        {"Sid": "B", "Effect": "Deny", "Action": ["sns:Publish"], "Principal": {"AWS": ["*"]}},
    ],
}


def test_a_policy_has_one_form():
    """As text or parsed, with a list of one or its element, a statement alone or in a list."""
    written = copy.deepcopy(POLICY)
    written["Statement"][0]["Action"] = ["sns:Publish"]
    written["Statement"][1]["Principal"] = {"AWS": "*"}
    assert policy_facts(json.dumps(written)) == policy_facts(POLICY)
    one = {"Statement": POLICY["Statement"][0]}
    assert policy_facts({"Statement": [one["Statement"]]}) == policy_facts(one)
    assert policy_facts("{}") == {"Statement": []}


@pytest.mark.parametrize(
    ("path", "new"),
    [
        (("Statement", 0, "Effect"), "Deny"),
        (("Statement", 0, "Action"), ["sns:Publish", "sns:Subscribe"]),
        (("Statement", 0, "Resource"), "*"),
        (("Statement", 0, "Condition"), {"Bool": {"aws:SecureTransport": "true"}}),
        (("Statement", 1), {}),
    ],
)
def test_every_change_of_a_policy_counts(path, new):
    """Of any part of a statement."""
    assert digest(policy_facts(changed(POLICY, path, new))) != digest(policy_facts(POLICY))
