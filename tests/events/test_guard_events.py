"""Events about Reprieve's own resources, and similar ones: which ones match, and the alerts."""

import json
from typing import Any

import pytest

from reprieve.events.exemptions import without_callers
from reprieve.events.guard_events import (
    FORWARDED,
    GUARD_CHANGED,
    TRAIL_CHANGED,
    by_stack_sets,
    guard_changed,
    rescue_failed,
)
from reprieve.events.patterns import MAX_PATTERN_LENGTH, pattern_errors
from reprieve.events.threat import pattern_json
from reprieve.messages.alerts import alert
from reprieve.names import STACK_SETS_CREATOR
from sandbox.events.matching import matches
from tests.events.envelopes import delivered, envelope

ACCOUNT = "111122223333"
TOPIC = f"arn:aws:sns:eu-west-1:{ACCOUNT}:reprieve-alerts"
SUBSCRIPTION = f"{TOPIC}:0b7fd7dd-bac6-4ef2-a907-413567cad8c8"
QUEUE = f"https://sqs.eu-west-1.amazonaws.com/{ACCOUNT}/reprieve-dead-letters"
RULE = "reprieve-key-deletion-scheduled"
RUNBOOK = "reprieve-rescue-key-0123abcd"
ROLE = "reprieve-automation"
SETTING = "/ssm/automation/enable-adaptive-concurrency"

DEPLOYER = f"arn:aws:iam::{ACCOUNT}:role/ci/Deployment"
DEPLOYING_USER = f"arn:aws:iam::{ACCOUNT}:user/deployer"


def call(
    service: str,
    name: str,
    parameters: dict[str, Any] | None,
    *,
    identity: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the event of a call of a service, as CloudTrail sends it."""
    detail = {
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "eventTime": "2026-01-31T12:00:00Z",
        "eventID": "3c4226b0-1e81-48a8-a333-7fa5f3cbd118",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": 'aws-cli"\nREPRIEVE: all is well',
        "userIdentity": identity or {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/eve"},
        "requestParameters": parameters,
        "responseElements": None,
    }
    return envelope("AWS API Call via CloudTrail", detail, source=f"aws.{service}")


# Calls that change Reprieve's resources, each with the resource that the alert names.
# An alarm's name is free text, so no alert has it.
CHANGES = [
    ("events", "DisableRule", {"name": RULE}, RULE),
    ("events", "DeleteRule", {"name": RULE}, RULE),
    ("events", "PutRule", {"name": RULE, "eventPattern": "{}"}, RULE),
    ("events", "PutTargets", {"rule": RULE, "targets": [{"id": "x"}]}, RULE),
    ("events", "RemoveTargets", {"rule": RULE, "ids": ["x"]}, RULE),
    ("sns", "DeleteTopic", {"topicArn": TOPIC}, TOPIC),
    ("sns", "SetTopicAttributes", {"topicArn": TOPIC, "attributeName": "Policy"}, TOPIC),
    ("sns", "Subscribe", {"topicArn": TOPIC, "protocol": "sqs"}, TOPIC),
    ("sns", "Unsubscribe", {"subscriptionArn": SUBSCRIPTION}, SUBSCRIPTION),
    ("sns", "SetSubscriptionAttributes", {"subscriptionArn": SUBSCRIPTION}, SUBSCRIPTION),
    ("sns", "PutDataProtectionPolicy", {"resourceArn": TOPIC}, TOPIC),
    ("ssm", "UpdateDocument", {"name": RUNBOOK, "documentVersion": "$LATEST"}, RUNBOOK),
    ("ssm", "UpdateDocumentDefaultVersion", {"name": RUNBOOK}, RUNBOOK),
    ("ssm", "DeleteDocument", {"name": RUNBOOK}, RUNBOOK),
    ("ssm", "UpdateServiceSetting", {"settingId": SETTING, "settingValue": "False"}, ""),
    (
        "ssm",
        "UpdateServiceSetting",
        {"settingId": f"arn:aws:ssm:eu-west-1:111122223333:servicesetting{SETTING}"},
        "",
    ),
    ("sqs", "SetQueueAttributes", {"queueUrl": QUEUE}, QUEUE),
    ("sqs", "PurgeQueue", {"queueUrl": QUEUE}, QUEUE),
    ("sqs", "DeleteQueue", {"queueUrl": QUEUE}, QUEUE),
    ("monitoring", "PutMetricAlarm", {"alarmName": "reprieve-storm", "threshold": 1e9}, ""),
    ("monitoring", "DeleteAlarms", {"alarmNames": ["mine", "reprieve-storm"]}, ""),
    ("monitoring", "DisableAlarmActions", {"alarmNames": ["reprieve-dead-letters"]}, ""),
    (
        "monitoring",
        "PutAlarmMuteRule",
        {"name": "quiet", "muteTargets": {"alarmNames": ["mine", "reprieve-storm"]}},
        "quiet",
    ),
    ("iam", "PutRolePolicy", {"roleName": ROLE, "policyName": "deny"}, ROLE),
    ("iam", "AttachRolePolicy", {"roleName": ROLE}, ROLE),
    ("iam", "DeleteRolePolicy", {"roleName": ROLE}, ROLE),
    ("iam", "PutRolePermissionsBoundary", {"roleName": ROLE}, ROLE),
    ("iam", "UpdateAssumeRolePolicy", {"roleName": "reprieve-eventbridge"}, "reprieve-eventbridge"),
    ("iam", "DeleteRole", {"roleName": "reprieve-patrol"}, "reprieve-patrol"),
    ("events", "UpdateEventBus", {"name": "default", "kmsKeyIdentifier": "x"}, "default"),
    ("events", "ACallThatAwsAddsLater", {"name": RULE}, RULE),
]
NEAR_MISSES = [
    ("events", "DisableRule", {"name": "my-reprieve-rule"}),
    ("events", "DisableRule", {"name": "reprieved"}),
    ("events", "PutTargets", {"rule": "other", "targets": [{"id": RULE}]}),
    ("events", "UpdateEventBus", {"name": "default-2"}),
    ("sns", "DeleteTopic", {"topicArn": TOPIC.replace("reprieve-", "my-reprieve-")}),
    ("sns", "Unsubscribe", {"subscriptionArn": SUBSCRIPTION.replace("reprieve-", "other-")}),
    ("ssm", "DeleteDocument", {"name": "AWS-StopEC2Instance"}),
    ("ssm", "UpdateServiceSetting", {"settingId": "/ssm/parameter-store/high-throughput-enabled"}),
    ("ssm", "StartAutomationExecution", {"documentName": RUNBOOK}),
    ("sqs", "DeleteQueue", {"queueUrl": QUEUE.replace("dead-letters", "drill-0123")}),
    ("sqs", "DeleteQueue", {"queueUrl": QUEUE.replace("reprieve-", "my-reprieve-")}),
    ("monitoring", "DeleteAlarms", {"alarmNames": ["mine"]}),
    ("monitoring", "PutAlarmMuteRule", {"name": "quiet", "muteTargets": {"alarmNames": ["mine"]}}),
    ("iam", "DeleteRole", {"roleName": "Admin"}),
    ("iam", "CreateUser", {"userName": "reprieve-user"}),
    ("lambda", "DeleteFunction", {"name": "reprieve-function"}),
    ("events", "EnableRule", None),
]


@pytest.mark.parametrize(
    ("service", "name", "parameters", "resource"), CHANGES, ids=[each[1] for each in CHANGES]
)
def test_a_change_of_the_guard_sends_an_alert_that_names_it(service, name, parameters, resource):
    """Whatever the call; and the caller's free text is not in the alert."""
    event = call(service, name, parameters)
    assert matches(pattern_json(GUARD_CHANGED.event_pattern), event)
    lines = delivered(alert(GUARD_CHANGED), event)
    assert lines[:4] == [
        "Reprieve: a resource of Reprieve itself was changed in eu-west-1. Run 'reprieve status' "
        f"now. Call {name}, by IAMUser ",
        f"Call: {name}",
        f"Resource: {resource}",
        f"By: IAMUser [arn:aws:iam::{ACCOUNT}:user/eve] ",
    ]
    assert f"Service: {service}.amazonaws.com" in lines
    assert "all is well" not in "\n".join(lines)


@pytest.mark.parametrize(("service", "name", "parameters"), NEAR_MISSES)
def test_calls_on_other_resources_do_not_match(service, name, parameters):
    """Of the same services, with similar names; of another service; without parameters."""
    assert not matches(pattern_json(guard_changed()), call(service, name, parameters))


@pytest.mark.parametrize(("service", "name", "parameters", "_"), CHANGES)
def test_failed_calls_and_imitations_do_not_match(service, name, parameters, _):
    """A denied call changed nothing, and anybody can send an event of a source of their own."""
    pattern = pattern_json(guard_changed())
    event = call(service, name, parameters)
    assert not matches(pattern, event | {"source": "com.example"})
    denied = event["detail"] | {"errorCode": "AccessDenied"}
    assert not matches(pattern, event | {"detail": denied})


def test_resources_with_names_of_the_settings_are_the_guards_too():
    """A topic and a role of other names; a name that only begins like it is another topic."""
    pattern = pattern_json(guard_changed(["keys", "reprieve-lifeline"], ["KeyRescue"]))
    assert pattern_errors(pattern) == []
    arn = f"arn:aws:sns:eu-west-1:{ACCOUNT}:keys"
    for name, parameters in (
        ("DeleteTopic", {"topicArn": arn}),
        ("DeleteTopic", {"topicArn": TOPIC}),
        ("Unsubscribe", {"subscriptionArn": f"{arn}:0b7fd7dd-bac6-4ef2-a907-413567cad8c8"}),
        ("PutDataProtectionPolicy", {"resourceArn": arn}),
    ):
        assert matches(pattern, call("sns", name, parameters))
    assert matches(pattern, call("iam", "DeleteRole", {"roleName": "KeyRescue"}))
    assert not matches(pattern, call("sns", "DeleteTopic", {"topicArn": f"{arn}-of-mine"}))
    assert not matches(pattern, call("sns", "DeleteTopic", {"topicArn": arn.replace("key", "mon")}))
    assert not matches(pattern, call("iam", "DeleteRole", {"roleName": "KeyRescue2"}))


def session(role: str) -> dict[str, Any]:
    """Return the identity of a session of a role."""
    name = role.rpartition("/")[2]
    return {
        "type": "AssumedRole",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/run-1",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "userName": name}},
    }


@pytest.mark.parametrize(
    ("identity", "matched"),
    [
        (session(DEPLOYER), False),
        ({"type": "IAMUser", "arn": DEPLOYING_USER}, False),
        (session(f"arn:aws:iam::{ACCOUNT}:role/Deployment"), True),
        (session(f"arn:aws:iam::{ACCOUNT}:role/Admin"), True),
        ({"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/eve"}, True),
        ({"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}, True),
        # A record without the fields is not exempt.
        ({"type": "AWSService", "invokedBy": "ssm.amazonaws.com"}, True),
    ],
)
def test_calls_of_deployers_send_no_alert(identity, matched):
    """Nor are they forwarded; all others are."""
    pattern = pattern_json(without_callers(guard_changed(), [DEPLOYER, DEPLOYING_USER]))
    assert pattern_errors(pattern) == []
    assert matches(pattern, call("events", "PutRule", {"name": RULE}, identity=identity)) == matched


def test_without_deployers_the_pattern_stays_as_it_is():
    """And the pattern that is given is not changed."""
    assert without_callers(guard_changed(), []) == guard_changed()
    given = guard_changed()
    without_callers(given, [DEPLOYER])
    assert given == guard_changed()


@pytest.mark.parametrize("name", ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"])
def test_a_change_of_a_trail_sends_an_alert_that_names_it(name):
    """Of any trail: Reprieve does not know which one feeds it."""
    given = {"trailName" if name == "PutEventSelectors" else "name": "main"}
    event = call("cloudtrail", name, given)
    pattern = pattern_json(TRAIL_CHANGED.event_pattern)
    assert matches(pattern, event)
    lines = delivered(alert(TRAIL_CHANGED), event)
    assert f"Call: {name}" in lines
    assert "Trail: main" in lines
    assert not matches(pattern, event | {"source": "com.example"})
    denied = event["detail"] | {"errorCode": "AccessDenied"}
    assert not matches(pattern, event | {"detail": denied})


@pytest.mark.parametrize(
    "name", ["StartLogging", "CreateTrail", "GetTrailStatus", "LookupEvents", "AddTags"]
)
def test_calls_that_stop_no_trail_do_not_match(name):
    """Reads, and what starts a trail."""
    event = call("cloudtrail", name, {"name": "main"})
    assert not matches(pattern_json(TRAIL_CHANGED.event_pattern), event)


@pytest.mark.parametrize("threat", FORWARDED, ids=lambda each: each.name)
def test_no_event_is_about_both_a_key_and_the_guard(threat):
    """Calls of KMS are the other threats' matter."""
    event = call("kms", "ScheduleKeyDeletion", {"keyId": "x", "name": RULE})
    assert not matches(pattern_json(threat.event_pattern), event)


def test_the_longest_patterns_stay_within_eventbridges_limit():
    """A topic's name of 256 characters and a role's of 64; or ten deployers with long names.

    Both at once are refused by the settings: see tests/unit/settings/test_quotas.py.
    """
    region = {"region": ["ap-southeast-1"]}
    longest = guard_changed(["t" * 256, "reprieve-lifeline", "reprieve-alarms"], ["r" * 64])
    deployers = [f"{DEPLOYER}{number:016}" for number in range(10)]
    for pattern in (longest, without_callers(guard_changed(["reprieve-alerts"]), deployers)):
        text = pattern_json(pattern | region)
        assert pattern_errors(text) == []
        assert 1_500 < len(text) <= MAX_PATTERN_LENGTH


@pytest.mark.parametrize(
    ("definition", "matched"),
    [
        ("AWSConfigRemediation-CancelKeyDeletion", True),
        (RUNBOOK, True),
        ("reprieve-rescue-key", False),
        ("reprieve-patrol-0123abcd", False),
        ("AWSConfigRemediation-CancelKeyDeletion2", False),
    ],
)
def test_failures_of_reprieves_runbooks_match_by_their_beginning(definition, matched):
    """A document of an earlier deployment may still be running. Amazon's match by the name."""
    runbooks = (("AWSConfigRemediation-CancelKeyDeletion", True), ("reprieve-rescue-key", False))
    detail = {"Definition": definition, "Status": "TimedOut"}
    event = envelope("EC2 Automation Execution Status-change Notification", detail)
    pattern = json.dumps(rescue_failed(*runbooks))
    assert matches(pattern, event | {"source": "aws.ssm"}) == matched
    assert not matches(pattern, event | {"source": "com.example"})


CREATOR = f"arn:aws:iam::{ACCOUNT}:role/{STACK_SETS_CREATOR}"
STACK_SETS = f"arn:aws:iam::{ACCOUNT}:role/stacksets-exec-0123456789abcdef0123456789abcdef"


def of_a_member(*deployers):
    """Return the pattern in an account that a stack set deploys to."""
    pattern = guard_changed(deployed_by_stack_set=True)
    text = pattern_json(without_callers(pattern, (*by_stack_sets("aws", ACCOUNT), *deployers)))
    assert pattern_errors(text) == []
    return text


@pytest.mark.parametrize(
    ("role", "matched"),
    [
        (STACK_SETS, False),
        (DEPLOYER, False),
        (f"{DEPLOYER}2", True),
        # At another path, with another name, or of another account: StackSets never uses these.
        (STACK_SETS.replace("role/", "role/team/"), True),
        (STACK_SETS.replace("stacksets", "stackset"), True),
        (STACK_SETS.replace(ACCOUNT, "999988887777"), True),
        (f"arn:aws:iam::{ACCOUNT}:role/Admin", True),
    ],
)
def test_in_a_member_a_roll_out_of_stack_sets_sends_no_alert(role, matched):
    """Thousands of alerts would suspend the inbox of the organization."""
    event = call("events", "PutRule", {"name": RULE}, identity=session(role))
    assert matches(of_a_member(DEPLOYER), event) == matched


@pytest.mark.parametrize(
    ("name", "role", "matched"),
    [
        ("CreateRole", f"arn:aws:iam::{ACCOUNT}:role/Admin", True),
        ("UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/Admin", True),
        ("CreateRole", CREATOR, False),
        ("CreateRole", CREATOR.replace("aws-service-role/", ""), True),
    ],
)
def test_in_a_member_the_role_of_stack_sets_is_part_of_the_guard(name, role, matched):
    """Nobody gets such a role unnoticed: it may change the guard. AWS's own creation is no news."""
    event = call("iam", name, {"roleName": "stacksets-exec-evil"}, identity=session(role))
    assert matches(of_a_member(), event) == matched
    assert not matches(pattern_json(guard_changed()), event)


@pytest.mark.parametrize("name", ["DeleteStackInstances", "UpdateStackSet", "DeleteStackSet"])
@pytest.mark.parametrize("stack_set", ["reprieve-guard", "reprieve-guard:0a1b2c3d"])
def test_at_the_hub_a_change_of_the_stack_sets_sends_an_alert(name, stack_set):
    """Unless a deployer makes it: nothing in the members reports it."""
    pattern = guard_changed(buses=True, stack_sets=True)
    event = call("cloudformation", name, {"stackSetName": stack_set}, identity=session(DEPLOYER))
    assert pattern_errors(pattern_json(pattern)) == []
    assert matches(pattern_json(pattern), event)
    assert not matches(pattern_json(without_callers(pattern, [DEPLOYER])), event)
    assert not matches(pattern_json(guard_changed(buses=True)), event)
    other = call("cloudformation", name, {"stackSetName": "others"}, identity=session(DEPLOYER))
    assert not matches(pattern_json(pattern), other)
