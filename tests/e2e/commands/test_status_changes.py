"""Each thing of a deployed guard that can be changed is changed, and `reprieve status` finds it."""

from collections.abc import Mapping

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support import breaking, breaking_quietly, breaking_reports
from tests.support.breaking import BROKEN, EMAIL, RULE, damaged
from tests.support.breaking_quietly import ELSEWHERE
from tests.support.operator import Operator
from tests.support.status import DEPLOYED, RUNBOOK, SETTINGS, THREE, WATCHED, findings

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to three Regions. Tests leave it as they found it."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("account"), **DEPLOYED)


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return Operator(account.sandbox, SETTINGS)


def _without_condition(statements):
    del statements[1]["Condition"]


def _for_everybody(statements):
    extra = {"Sid": "Mine", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}
    statements.append(extra | {"Resource": statements[0]["Resource"]})


ALERT = "The target key-deletion-scheduled-alert of the rule reprieve-key-deletion-scheduled"
START = "The target key-deletion-scheduled-remediation of the rule reprieve-key-deletion-scheduled"
ALARM = "The alarm reprieve-dead-letters"
TOPIC = "The topic reprieve-alerts"
QUEUE = "The queue reprieve-dead-letters"
SUBSCRIPTION = f"The subscription of {EMAIL} to the topic reprieve-alerts"
NEVER = '{"never": ["matches"]}'
RESCUE = f"The runbook {RUNBOOK}"
LETTERS = "arn:aws:sqs:us-east-1:111122223333:letters"

RULES = {
    "gone": (breaking.rule_is_gone, f"The rule {RULE} is missing."),
    "disabled": (
        breaking.rule_is_disabled,
        f"The rule {RULE} has the state DISABLED, not ENABLED.",
    ),
    "pattern": (
        breaking.pattern_is_another,
        f"The rule {RULE} has another pattern: it differs at detail.userIdentity.",
    ),
    "description": (
        breaking.rule_is(Description="harmless"),
        f'The rule {RULE} has the description harmless, not "Reprieve: A KMS key was scheduled '
        'for deletion".',
    ),
    "more": (breaking.rule_is_strange, "The rule reprieve-old is not defined by the settings."),
}
TARGETS = {
    "gone": (breaking.target_is("alert"), f"{ALERT} is missing."),
    "elsewhere": (
        breaking.target_is("alert", Arn=ELSEWHERE),
        f"{ALERT} has the ARN {ELSEWHERE}, not arn:aws:sns:{BROKEN}:{ACCOUNT_ID}:reprieve-alerts.",
    ),
    "role": (
        breaking.target_is("remediation", RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/other"),
        f"{START} has the role ARN arn:aws:iam::{ACCOUNT_ID}:role/other, not "
        f"arn:aws:iam::{ACCOUNT_ID}:role/reprieve-eventbridge.",
    ),
    "dead-letter queue": (
        breaking.target_is("alert", DeadLetterConfig=None),
        f"{ALERT} has no dead letter ARN; the settings define "
        f"arn:aws:sqs:{BROKEN}:{ACCOUNT_ID}:reprieve-dead-letters.",
    ),
    "retries": (
        breaking.target_is(
            "alert",
            RetryPolicy={"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 3600},
        ),
        f"{ALERT} has the maximum retries 0, not 185.",
    ),
    "age": (
        breaking.target_is(
            "alert",
            RetryPolicy={"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60},
        ),
        f"{ALERT} has the maximum event age 60, not 3600.",
    ),
    "more": (
        breaking_quietly.rule_has_another_target,
        f"The rule {RULE} has the target mine, which the settings do not define: it leads to "
        f"{ELSEWHERE}.",
    ),
}
TOPICS = {
    "shut": (
        breaking.topic_policy(lambda statements: statements.pop(0)),
        f"{TOPIC} has another policy: the statement EventBridgePublishes is missing.",
    ),
    "condition": (
        breaking.topic_policy(_without_condition),
        f"{TOPIC} has another policy: the statement AlarmsPublish was changed.",
    ),
    "open": (
        breaking.topic_policy(_for_everybody),
        f"{TOPIC} has another policy: it has the statement Mine, which is not Reprieve's.",
    ),
    "encrypted": (
        breaking.topic_is_encrypted,
        f"{TOPIC} has the key ARN alias/aws/sns, which the settings do not define.",
    ),
    "sender": (
        breaking_quietly.topic_has("DisplayName", "Holidays"),
        f'{TOPIC} has the display name Holidays, not "Reprieve {BROKEN}".',
    ),
    "delivery policy": (
        breaking_quietly.topic_has("DeliveryPolicy", '{"http": {}}'),
        f'{TOPIC} has the delivery policy {{"http": {{}}}}, which the settings do not define.',
    ),
    "data protection": (
        breaking_quietly.topic_denies_data,
        f'{TOPIC} has the data protection policy {{"Name": "deny", "Statement": [], "Version": '
        '"2021-06-01"}, which the settings do not define.',
    ),
    "more": (
        breaking_quietly.topic_is_strange,
        "The topic reprieve-old is not defined by the settings.",
    ),
}
SUBSCRIPTIONS = {
    "not confirmed": (
        breaking.subscription_is_pending,
        f"{EMAIL} has not confirmed, and is not notified.",
    ),
    "gone": (breaking.subscription_is_gone, f"{EMAIL} does not subscribe to the topic."),
    "filter": (
        breaking_quietly.subscription_has("FilterPolicy", NEVER),
        f"{SUBSCRIPTION} has the filter policy {NEVER}, which the settings do not define.",
    ),
    "raw": (
        breaking_quietly.subscription_has("RawMessageDelivery", "true", "false"),
        f"{SUBSCRIPTION} has the raw message delivery true, not false.",
    ),
    "redrive policy": (
        breaking_quietly.subscription_has(
            "RedrivePolicy", f'{{"deadLetterTargetArn": "{LETTERS}"}}'
        ),
        f'{SUBSCRIPTION} has the redrive policy {{"deadLetterTargetArn": "{LETTERS}"}}, which the '
        "settings do not define.",
    ),
    "delivery policy": (
        breaking_quietly.subscription_has("DeliveryPolicy", '{"throttlePolicy": {"a": 1}}'),
        f'{SUBSCRIPTION} has the delivery policy {{"throttlePolicy": {{"a": 1}}}}, which the '
        "settings do not define.",
    ),
}
RUNBOOKS = {
    "gone": (breaking.runbook_is_gone, f"{RESCUE} is missing."),
    "steps": (
        breaking.runbook_is_another,
        f"{RESCUE} has another content: it differs at description, assumeRole, parameters and at "
        "1 more place.",
    ),
    "newer version": (
        breaking_quietly.runbook_has_a_newer_version,
        f"{RESCUE} has the newer version 2, which the settings do not define.",
    ),
    "more": (
        breaking_quietly.runbook_is_strange,
        "The runbook reprieve-old is not defined by the settings.",
    ),
}
QUEUES = {
    "gone": (breaking_reports.queue_is_gone, f"{QUEUE} is missing."),
    "letter": (breaking_reports.queue_has_a_letter, "1 event could not be delivered."),
    "open": (
        breaking_reports.queue_is_open,
        f"{QUEUE} has another policy: the statement EventBridgeLeavesWhatFailed was changed.",
    ),
    "retention": (
        breaking_reports.queue_is(MessageRetentionPeriod="60"),
        f"{QUEUE} has the retention seconds 60, not 1209600.",
    ),
    "encryption": (
        breaking_reports.queue_is(SqsManagedSseEnabled="false"),
        f'{QUEUE} has the encryption none, not "with a key of SQS".',
    ),
    "delay": (
        breaking_reports.queue_is(DelaySeconds="900"),
        f'{QUEUE} has the delivery delay "900 s", not "0 s".',
    ),
    "more": (
        breaking_quietly.queue_is_strange,
        "The queue reprieve-old is not defined by the settings.",
    ),
}
ALARMS = {
    "mute": (
        breaking_reports.alarm_is_mute,
        f"{ALARM} has the alarm actions disabled, not enabled.",
    ),
    "muted by a rule": (
        breaking_reports.alarm_is_muted,
        "The mute rule quiet keeps these alarms from sending messages: reprieve-dead-letters.",
    ),
    "gone": (breaking_reports.alarm_is_gone, f"{ALARM} is missing."),
    "to nobody": (
        breaking_reports.alarm_is(AlarmActions=[]),
        f"{ALARM} lacks arn:aws:sns:{BROKEN}:{ACCOUNT_ID}:reprieve-alerts in its actions.",
    ),
    "threshold": (
        breaking_reports.alarm_is(Threshold=1e9),
        f"{ALARM} has the threshold 1000000000, not 0.",
    ),
    "queue": (
        breaking_reports.alarm_is(Dimensions=[{"Name": "QueueName", "Value": "other"}]),
        f"{ALARM} has the dimension QueueName other, not reprieve-dead-letters.",
    ),
    "period": (
        breaking_reports.alarm_is(Period=86400),
        f"{ALARM} has the period seconds 86400, not 60.",
    ),
    "more": (
        breaking_quietly.alarm_is_strange,
        "The alarm reprieve-old is not defined by the settings.",
    ),
}
Cases = Mapping[str, tuple[breaking.Breaking, str]]
BY_CHECK: dict[str, Cases] = {
    "rules": RULES,
    "targets": TARGETS,
    "topic": TOPICS,
    "subscriptions": SUBSCRIPTIONS,
    "runbook": RUNBOOKS,
    "dead letters": QUEUES,
    "alarms": ALARMS,
}
ONE_FINDING = {
    f"{check}: {name}": (how, {(check, sentence)})
    for check, cases in BY_CHECK.items()
    for name, (how, sentence) in cases.items()
}
SEVERAL_FINDINGS = {
    "target's text": (
        breaking.target_says_nothing,
        {
            (
                "targets",
                f"{ALERT} has another set of input paths: it differs at account, region, type and "
                "at 12 more places.",
            ),
            ("targets", f"{ALERT} has another text than the settings define."),
        },
    ),
    "topic gone": (
        breaking.topic_is_gone,
        {("topic", f"{TOPIC} is missing."), ("subscriptions", f"{TOPIC} is missing.")},
    ),
    "runbook's default": (
        breaking_quietly.runbook_has_another_default,
        {
            ("runbook", f"{RESCUE} has the {which} version 2, which the settings do not define.")
            for which in ("default", "newer")
        },
    ),
}


@pytest.mark.parametrize(
    ("how", "expected"),
    [*ONE_FINDING.values(), *SEVERAL_FINDINGS.values()],
    ids=[*ONE_FINDING, *SEVERAL_FINDINGS],
)
def test_what_is_broken_in_a_region_is_found_there(operator, how, expected):
    """Exactly that is found, and the exit code tells."""
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", "--region", BROKEN)
    assert findings(printed, BROKEN) == expected
    assert findings(printed, None) == set()
    assert printed.exit_code == 1


def test_what_is_broken_in_a_region_is_found_in_no_other(operator):
    """The others pass."""
    how, sentence = RULES["gone"]
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", *THREE)
    assert findings(printed, BROKEN) == {("rules", sentence)}
    assert [findings(printed, region) for region in WATCHED[:2]] == [set(), set()]
