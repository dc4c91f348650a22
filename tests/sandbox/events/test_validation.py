"""The sandbox accepts and refuses event patterns as EventBridge does."""

import json
import uuid
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import AwsError
from sandbox.events.matching import matches
from sandbox.events.patterns import errors_in
from sandbox.events.validation import check_put_rule
from tests.support.emulated_account import (
    AUTOMATION_TARGET,
    PATTERN,
    REGION,
    RUNBOOK,
    TOPIC_ARN,
    Account,
    error_code_of,
    role_arn,
)
from tests.support.event_patterns import CASES


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_sandbox_has_awss_verdict_on_a_pattern(case):
    """The cases that AWS documents, or that the library of EventBridge decides."""
    assert (not errors_in(case.pattern)) == case.accepted, errors_in(case.pattern)


def test_the_last_of_two_fields_with_one_name_counts():
    """As in EventBridge."""
    assert not matches('{"a": ["x"], "a": ["y"]}', {"a": "x"})
    assert matches('{"a": ["x"], "a": ["y"]}', {"a": "y"})


def test_a_repeated_match_expression_is_refused():
    """One operator is allowed, even if both have the same name."""
    (error,) = errors_in('{"a": [{"prefix": "x", "prefix": "y"}]}')
    assert error == "Only one key allowed in match expression, not 2"


def test_every_sentence_of_a_refusal_names_the_reason():
    """PutRule puts it into its answer."""
    assert errors_in('{"a": "x"}') == ['"a" must be an object or an array']
    assert errors_in("{") == [
        "Event pattern is not JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)"
    ]


def test_a_pattern_that_eventbridge_refuses_is_refused(sandbox):
    """An unknown operator must not count as a match."""
    events = sandbox.client("events", REGION)
    wrong = json.dumps({"source": [{"starts-with": "aws."}]})
    code = error_code_of(events.put_rule, Name="r", EventPattern=wrong)
    assert code == "InvalidEventPatternException"
    assert error_code_of(events.put_rule, Name="a b", EventPattern="{}") == "ValidationException"


DOCUMENT = f"arn:aws:ssm:{REGION}::document/{RUNBOOK}"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"Arn": DOCUMENT, "RoleArn": role_arn("r")}, "ValidationException"),
        ({"Arn": AUTOMATION_TARGET}, "ValidationException"),
        ({"Arn": TOPIC_ARN, "RoleArn": role_arn("r")}, "SandboxCannot"),
        ({"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT_ID}:function:f"}, "SandboxCannot"),
        ({"Arn": TOPIC_ARN.replace(REGION, "us-east-1")}, "ValidationException"),
        ({"Arn": TOPIC_ARN, "Input": "{}", "InputPath": "$.id"}, "ValidationException"),
        ({"Arn": TOPIC_ARN, "RetryPolicy": {"MaximumRetryAttempts": 186}}, "ValidationException"),
        (
            {"Arn": TOPIC_ARN, "RetryPolicy": {"MaximumEventAgeInSeconds": 86401}},
            "ValidationException",
        ),
        (
            {"Arn": TOPIC_ARN, "InputTransformer": {"InputTemplate": '"<undefined>"'}},
            "ValidationException",
        ),
    ],
)
def test_an_invalid_target_is_not_kept(sandbox, target, code):
    """The valid target of the same call is not kept either."""
    account = Account(sandbox)
    account.make_rule()
    events = account.client("events")
    targets = [{"Id": "good", "Arn": TOPIC_ARN}, {"Id": "bad", **target}]
    assert error_code_of(events.put_targets, Rule="guard", Targets=targets) == code
    assert events.list_targets_by_rule(Rule="guard")["Targets"] == []


def test_a_rule_has_five_targets_at_most(sandbox):
    """The sixth is refused. Replacing one of the five is allowed."""
    account = Account(sandbox)
    five = [{"Id": str(n), "Arn": TOPIC_ARN} for n in range(5)]
    account.make_rule(*five)
    events = account.client("events")
    sixth = [{"Id": "5", "Arn": TOPIC_ARN}]
    assert (
        error_code_of(events.put_targets, Rule="guard", Targets=sixth) == "LimitExceededException"
    )
    assert events.put_targets(Rule="guard", Targets=five[:1])["FailedEntryCount"] == 0


def test_test_event_pattern_answers_as_the_bus_decides(sandbox):
    """It refuses invalid patterns too."""
    events = sandbox.client("events", REGION)
    event = {
        "id": str(uuid.uuid4()),
        "source": "aws.kms",
        "detail": {"eventName": "ScheduleKeyDeletion"},
    }
    tried = {"EventPattern": json.dumps(PATTERN), "Event": json.dumps(event)}
    assert events.test_event_pattern(**tried)["Result"]
    with pytest.raises(ClientError, match="InvalidEventPatternException"):
        events.test_event_pattern(**tried | {"EventPattern": '{"source":[{"starts-with":"a"}]}'})


def test_a_full_bus_takes_no_new_rule(sandbox):
    """The quota is an argument. A rule that exists can be changed."""
    Account(sandbox).make_rule()
    given = {"EventPattern": json.dumps(PATTERN)}
    check_put_rule({"Name": "guard", **given}, REGION, rules_per_bus=1)
    check_put_rule({"Name": "more", **given}, REGION, rules_per_bus=2)
    with pytest.raises(AwsError) as raised:
        check_put_rule({"Name": "more", **given}, REGION, rules_per_bus=1)
    assert raised.value.code == "LimitExceededException"


def test_the_accounts_quota_of_rules_applies(sandbox):
    """A test may lower it."""
    Account(sandbox).make_rule()
    put_rule = Account(sandbox).client("events").put_rule
    before = sandbox.quotas
    sandbox.quotas = replace(before, rules_per_bus=1)
    try:
        code = error_code_of(put_rule, Name="more", EventPattern=json.dumps(PATTERN))
    finally:
        sandbox.quotas = before
    assert code == "LimitExceededException"
