"""The topics: who is notified, who may publish, and which key encrypts them."""

import json

from reprieve.events.threats import DEFAULTS
from tests.support.synth import ONE_THREAT, WATCH, by_sid, of_type, statements


def test_each_address_gets_a_subscription_in_each_region(two_regions):
    """Two addresses, two Regions: four subscriptions."""
    found = sorted(
        (body["provider"], body["protocol"], body["endpoint"])
        for body in of_type(two_regions, "aws_sns_topic_subscription")
    )
    assert found == [
        ("aws.eu_west_1", "email", "oncall@example.com"),
        ("aws.eu_west_1", "email", "security@example.com"),
        ("aws.us_east_1", "email", "oncall@example.com"),
        ("aws.us_east_1", "email", "security@example.com"),
    ]


def test_the_alert_target_has_no_role(two_regions):
    """SNS lets EventBridge in by the topic's policy; a role there may break delivery."""
    alerts = [
        target
        for target in of_type(two_regions, "aws_cloudwatch_event_target")
        if "sns_topic" in target["arn"]
    ]
    assert len(alerts) == 2 * (len(DEFAULTS) + 1)
    assert not any("role_arn" in target for target in alerts)


def test_the_topic_has_the_name_of_the_settings(synth):
    """And the role of Reprieve's runbook may publish to it, in any Region, and to no other."""
    stack = synth(REPRIEVE_NOTIFY__TOPIC_NAME="keys", REPRIEVE_REGIONS__WATCH="eu-west-1")
    assert [topic["name"] for topic in of_type(stack, "aws_sns_topic")] == ["keys"]
    assert [t["display_name"] for t in of_type(stack, "aws_sns_topic")] == ["Reprieve eu-west-1"]
    account = "${data.aws_caller_identity.account.account_id}"
    expected = f"arn:aws:sns:*:{account}:keys"
    assert statements(stack, "reprieve-automation")["TellOutcome"]["Resource"] == expected


def test_the_topic_lets_eventbridge_in_and_asks_for_no_condition(two_regions):
    """A condition that EventBridge does not fulfil would drop alerts without a trace."""
    for policy in of_type(two_regions, "aws_sns_topic_policy"):
        statement = by_sid(policy)["EventBridgePublishes"]
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Action"] == "sns:Publish"
        assert "Condition" not in statement


def test_the_stricter_topic_policy_is_asked_for(synth):
    """Then EventBridge publishes for rules of Reprieve, of this Region and account, only."""
    stack = synth(REPRIEVE_NOTIFY__STRICT_TOPIC_POLICY="true", **ONE_THREAT)
    (policy,) = of_type(stack, "aws_sns_topic_policy")
    account = "${data.aws_caller_identity.account.account_id}"
    assert {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:events:eu-west-1:{account}:rule/reprieve-*"},
    } == by_sid(policy)["EventBridgePublishes"]["Condition"]


def test_an_encrypted_topic_has_a_lifeline_that_is_not(synth):
    """It reports the key, alarms and failed rescues; the key lets the services publish."""
    stack = synth(REPRIEVE_NOTIFY__ENCRYPTION="own", **ONE_THREAT)
    keys = {
        topic["name"]: topic.get("kms_master_key_id") for topic in of_type(stack, "aws_sns_topic")
    }
    ((key_id, key),) = stack["resource"]["aws_kms_key"].items()
    assert keys == {"reprieve-alerts": f"${{aws_kms_key.{key_id}.arn}}", "reprieve-lifeline": None}
    statements = by_sid(key)
    assert ["events.amazonaws.com", "cloudwatch.amazonaws.com"] == (
        statements["AlertsAreEncrypted"]["Principal"]["Service"]
    )
    assert "aws_iam_role" in statements["OutcomesAreEncrypted"]["Principal"]["AWS"]
    aliases = {a["name"]: a["target_key_id"] for a in of_type(stack, "aws_kms_alias")}
    assert aliases == {"alias/reprieve-alerts": f"${{aws_kms_key.{key_id}.key_id}}"}
    assert key["tags"] == {"reprieve:alert-key": "true"}
    lifeline = [t for t in of_type(stack, "aws_cloudwatch_event_target") if "lifeline" in t["arn"]]
    assert {target["target_id"] for target in lifeline} == {
        "alert-key-endangered-alert",
        "rescue-failed-lifeline-alert",
    }
    for alarm in of_type(stack, "aws_cloudwatch_metric_alarm"):
        assert len(alarm["alarm_actions"]) == 2


def test_keys_of_the_settings_encrypt_the_topic_of_their_region(synth):
    """Each its own; nothing is made; and the automation role may use them, and no others."""
    arns = [
        f"arn:aws:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        for region in ("us-east-1", "eu-west-1")
    ]
    stack = synth(
        REPRIEVE_NOTIFY__ENCRYPTION=",".join(arns), REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1"
    )
    assert "aws_kms_key" not in stack["resource"]
    assert sorted(arns) == sorted(
        topic["kms_master_key_id"]
        for topic in of_type(stack, "aws_sns_topic")
        if topic["name"] == "reprieve-alerts"
    )
    for topic in of_type(stack, "aws_sns_topic"):
        region = topic["provider"].removeprefix("aws.").replace("_", "-")
        assert f":{region}:" in topic.get("kms_master_key_id", f":{region}:")
    assert arns == statements(stack, "reprieve-automation")["TellEncrypted"]["Resource"]


def test_a_watch_is_a_rule_that_only_tells(synth):
    """What a user writes cannot become a Terraform template."""
    watch = WATCH | {"summary": "costs ${1+1} and %{ more }"}
    stack = synth(watch=[watch], **ONE_THREAT)
    (rule,) = (
        rule
        for rule in of_type(stack, "aws_cloudwatch_event_rule")
        if rule["name"] == "reprieve-watch-trail-changed"
    )
    assert json.loads(WATCH["pattern"]) == json.loads(rule["event_pattern"])
    assert rule["description"] == "Reprieve: costs $${1+1} and %%{ more }"
    (target,) = (
        target
        for target in of_type(stack, "aws_cloudwatch_event_target")
        if target["target_id"] == "watch-trail-changed-alert"
    )
    assert (
        "Reprieve: costs $${1+1} and %%{ more } (Region <region>)."
        in target["input_transformer"]["input_template"]
    )
