"""The channels: topics for each form and severity, who subscribes, and the rules that send."""

import json
from collections import Counter
from typing import Any

import pytest

from reprieve.events.threats import BY_NAME
from tests.support.synth import CHANNELS, CONSOLE, ONE_THREAT, WATCH, by_sid, of_type, statements

ONE_REGION = {"REPRIEVE_REGIONS__WATCH": "eu-west-1"}
ALL_THREATS = ONE_REGION | {"REPRIEVE_NOTIFY__THREATS": ",".join(BY_NAME)}


@pytest.fixture(scope="module")
def everything(synth):
    """Return a stack with every channel, every threat and a watch."""
    return synth([WATCH], CHANNELS, **ALL_THREATS)


def names(stack: dict[str, Any], type_: str) -> set[str]:
    """Return the names of the resources of a type."""
    return {each["name"] for each in of_type(stack, type_)}


def subscriptions(stack: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the subscriptions to topics of channels by protocol and endpoint."""
    return {
        f"{each['protocol']} {each['endpoint']}": each
        for each in of_type(stack, "aws_sns_topic_subscription")
        if "channel" in each["topic_arn"].partition("_channel_")[2]
    }


def test_channels_change_nothing_of_what_exists_without_them(synth, stack):
    """Except the runbooks, which send their results as events too, and what allows that."""
    channels = synth((), CHANNELS)
    changed = {
        f"{type_}.{name}"
        for type_, resources in stack["resource"].items()
        for name, body in resources.items()
        if channels["resource"][type_].get(name) != body
    }
    kinds = {address.partition(".")[0] for address in changed}
    assert kinds == {
        "aws_ssm_document",
        "aws_iam_role_policy",
        "aws_cloudwatch_event_target",
        "aws_sqs_queue",
    }
    targets = {each for each in changed if each.startswith("aws_cloudwatch_event_target")}
    assert [each for each in targets if "-alert_" in each or "-bus_" in each] == []


def test_each_topic_has_one_form_and_but_for_the_machine_form_one_severity(everything):
    """A topic exists only if a channel wants it."""
    assert names(everything, "aws_sns_topic") == {
        "reprieve-alerts",
        "reprieve-text-critical",
        "reprieve-short-critical",
        "reprieve-json",
        "reprieve-chat-critical",
        "reprieve-chat-warning",
        "reprieve-chat-info",
    }


def test_every_receiver_subscribes_with_what_selects_its_messages(everything):
    """By a topic of its own, or by a filter of the message's field."""
    found = subscriptions(everything)
    assert set(found) == {
        "email oncall@example.com",
        "sms +15555550100",
        "https https://hooks.example.com/alerts",
        "sqs arn:aws:sqs:eu-west-1:111122223333:tickets",
        "lambda arn:aws:lambda:eu-west-1:111122223333:function:bot",
    }
    queue = found["sqs arn:aws:sqs:eu-west-1:111122223333:tickets"]
    assert json.loads(queue["filter_policy"]) == {"severity": ["critical", "warning"]}
    assert queue["filter_policy_scope"] == "MessageBody"
    assert queue["raw_message_delivery"] is True
    hook = found["https https://hooks.example.com/alerts"]
    assert "filter_policy" not in hook
    assert json.loads(hook["delivery_policy"])["healthyRetryPolicy"]["numRetries"] == 30
    for name, each in found.items():
        redrive = json.loads(each.get("redrive_policy", "{}"))
        assert ("deadLetterTargetArn" in redrive) == (not name.startswith("email"))


def test_no_rule_has_more_targets_than_eventbridge_takes(everything):
    """Five (EventBridge quotas)."""
    counts = Counter(each["rule"] for each in of_type(everything, "aws_cloudwatch_event_target"))
    assert max(counts.values()) <= 5


def test_every_rule_that_notifies_people_has_one_for_the_channels_with_its_pattern(everything):
    """And there are rules for the results and for the alarms."""
    rules = {each["name"]: each for each in of_type(everything, "aws_cloudwatch_event_rule")}
    notifying = {
        each["rule"]
        for each in of_type(everything, "aws_cloudwatch_event_target")
        if each["target_id"].endswith("-alert")
    }
    for name in notifying:
        assert rules[f"{name}-channels"]["event_pattern"] == rules[name]["event_pattern"]
    others = {name.removesuffix("-channels") for name in rules if name.endswith("-channels")}
    assert others - notifying == {
        "reprieve-results-critical",
        "reprieve-results-warning",
        "reprieve-results-info",
        *(f"reprieve-results-critical-{size}" for size in (3, 8, 24, 80)),
        "reprieve-alarms-critical",
        "reprieve-alarms-warning",
    }


def test_a_channel_that_wants_what_is_critical_gets_no_other_rule(synth):
    """A rule without a receiver would do nothing."""
    stack = synth((), [CHANNELS[1]], **ALL_THREATS)
    channel_rules = {
        name for name in names(stack, "aws_cloudwatch_event_rule") if name.endswith("-channels")
    }
    assert "reprieve-key-deletion-scheduled-channels" in channel_rules
    assert "reprieve-key-disabled-channels" not in channel_rules


def test_sns_may_leave_in_the_dead_letter_queue_what_it_cannot_deliver(everything, stack):
    """Only for Reprieve's topics, and only with channels."""
    (queue,) = of_type(everything, "aws_sqs_queue")
    condition = by_sid(queue)["TopicsLeaveWhatFailed"]["Condition"]
    (source,) = condition["ArnLike"].values()
    assert source.endswith(":reprieve-*")
    assert "TopicsLeaveWhatFailed" not in by_sid(of_type(stack, "aws_sqs_queue")[0])


def test_with_encryption_what_must_arrive_has_topics_without_it(synth):
    """The alert about the key itself, failed rescues and alarms; nothing confidential."""
    stack = synth((), CHANNELS, **(ALL_THREATS | {"REPRIEVE_NOTIFY__ENCRYPTION": "own"}))
    topics = {each["name"]: each for each in of_type(stack, "aws_sns_topic")}
    lifelines = {name for name in topics if name.startswith("reprieve-lifeline-")}
    assert lifelines == {
        "reprieve-lifeline-text-critical",
        "reprieve-lifeline-short-critical",
        "reprieve-lifeline-json",
        "reprieve-lifeline-chat-critical",
        "reprieve-lifeline-chat-warning",
    }
    for name, topic in topics.items():
        assert ("kms_master_key_id" in topic) == ("lifeline" not in name)
    targets = {
        each["rule"]: each["arn"]
        for each in of_type(stack, "aws_cloudwatch_event_target")
        if each["rule"].endswith("-channels")
    }
    for rule, arn in targets.items():
        is_lifeline = rule.startswith(
            ("reprieve-alert-key", "reprieve-rescue-failed", "reprieve-alarms")
        )
        assert ("lifeline" in arn) == is_lifeline


def test_a_chat_channel_exists_once_and_gets_the_topics_of_every_region(synth):
    """Those of its severities. Its role and its guardrail allow nothing."""
    stack = synth((), CHANNELS, REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1")
    (slack,) = of_type(stack, "aws_chatbot_slack_channel_configuration")
    assert len(slack["sns_topic_arns"]) == 4
    assert all("chat-critical" in arn or "chat-warning" in arn for arn in slack["sns_topic_arns"])
    assert slack["guardrail_policy_arns"] == ["arn:aws:iam::aws:policy/AWSDenyAll"]
    (teams,) = of_type(stack, "aws_chatbot_teams_channel_configuration")
    assert len(teams["sns_topic_arns"]) == 6
    (statement,) = statements(stack, "reprieve-chat").values()
    assert (statement["Effect"], statement["Action"]) == ("Deny", "*")


def test_user_notifications_confirm_once_and_match_what_they_can(synth):
    """Events of AWS's services without wildcards: neither results nor changes of the guard."""
    stack = synth([WATCH], [CONSOLE], **(ALL_THREATS | {"REPRIEVE_REGIONS__WATCH": "eu-west-1"}))
    (contact,) = of_type(stack, "aws_notificationscontacts_email_contact")
    assert contact["email_address"] == "team@example.com"
    (configuration,) = of_type(stack, "aws_notifications_notification_configuration")
    assert configuration["aggregation_duration"] == "SHORT"
    rules = of_type(stack, "aws_notifications_event_rule")
    assert {each["provider"] for each in rules} == {"aws.us_east_1"}
    assert {(each["source"], each["event_type"]) for each in rules} == {
        ("aws.kms", "AWS API Call via CloudTrail"),
        ("aws.kms", "KMS Imported Key Material Expiration"),
        ("aws.kms", "KMS CMK Deletion"),
        ("aws.cloudtrail", "AWS API Call via CloudTrail"),
        ("aws.ssm", "EC2 Automation Execution Status-change Notification"),
        ("aws.cloudwatch", "CloudWatch Alarm State Change"),
    }
    for each in rules:
        assert set(json.loads(each.get("event_pattern", '{"detail": {}}'))) == {"detail"}
        assert "wildcard" not in each.get("event_pattern", "")
    assert "aws_chatbot_slack_channel_configuration" not in stack["resource"]


def test_sms_are_sent_only_from_regions_that_have_them(synth):
    """SNS refuses the others."""
    stack = synth((), [CHANNELS[1]], REPRIEVE_REGIONS__WATCH="eu-west-1,ap-northeast-2")
    sms = [
        address
        for address, body in stack["resource"]["aws_sns_topic_subscription"].items()
        if body["protocol"] == "sms"
    ]
    assert len(sms) == 1
    assert sms[0].startswith("eu-west-1")


def test_the_whole_channels_of_a_region(synth, snapshot_json):
    """The golden snapshot of one threat, for review."""
    stack = synth((), CHANNELS, **ONE_THREAT)
    shown = {
        f"{type_}.{name}": body
        for type_, resources in stack["resource"].items()
        for name, body in resources.items()
        if "channel" in name or "chatbot" in type_
    }
    assert shown == snapshot_json
