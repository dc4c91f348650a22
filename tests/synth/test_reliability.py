"""What keeps and reports events that cannot be delivered."""

import itertools
from collections import Counter
from pathlib import Path

import pytest

from reprieve.events.threats import BY_NAME
from sandbox.events.matching import matches
from tests.support.synth import ONE_THREAT, WATCH, by_sid, of_type, resources


@pytest.mark.parametrize(
    ("runbook", "name"),
    [
        ("reprieve", "reprieve-rescue-key-0123abcd"),
        ("reprieve", "reprieve-patrol-0123abcd"),
        ("aws", "AWSConfigRemediation-CancelKeyDeletion"),
    ],
)
def test_a_rule_waits_for_rescues_that_fail(synth, runbook, name):
    """Of the runbooks that rules start, also of an earlier deployment, and of no other."""
    stack = synth(REPRIEVE_REMEDIATION__RUNBOOK=runbook, REPRIEVE_REGIONS__WATCH="eu-west-1")
    (rule,) = (
        rule
        for rule in of_type(stack, "aws_cloudwatch_event_rule")
        if rule["name"] == "reprieve-rescue-failed"
    )

    def event(definition: str, status: str) -> dict:
        return {
            "source": "aws.ssm",
            "detail-type": "EC2 Automation Execution Status-change Notification",
            "detail": {"Definition": definition, "Status": status},
        }

    for status in ("Failed", "TimedOut", "Cancelled"):
        assert matches(rule["event_pattern"], event(name, status))
    assert not matches(rule["event_pattern"], event(name, "Success"))
    assert not matches(rule["event_pattern"], event("AWS-StopEC2Instance", "Failed"))


def test_topics_and_queues_are_spoken_to_over_tls_only(two_regions):
    """Each policy denies everybody the rest."""
    policies = of_type(two_regions, "aws_sns_topic_policy") + of_type(two_regions, "aws_sqs_queue")
    assert len(policies) == 4
    for policy in policies:
        statement = by_sid(policy)["OverTlsOnly"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_every_target_is_tried_for_a_time_and_then_kept(stack):
    """An alert for an hour, a runbook for a day: Systems Manager's queue may be full for long.

    No target is without its Region's queue, and a rule has five at most.
    """
    targets = of_type(stack, "aws_cloudwatch_event_target")
    for target in targets:
        region = target["provider"].removeprefix("aws.").replace("_", "-")
        assert f"${{aws_sqs_queue.{region}_" in target["dead_letter_config"]["arn"]
        assert target["retry_policy"] == {
            "maximum_event_age_in_seconds": 24 * 3600 if ":ssm:" in target["arn"] else 3600,
            "maximum_retry_attempts": 185,
        }
    a_rule = Counter((target["provider"], target["rule"]) for target in targets)
    assert max(a_rule.values()) <= 5


def test_every_target_waits_for_the_rule_that_it_names(stack):
    """It names the rule by its name, so Terraform does not see the order by itself."""
    rules = {
        f"aws_cloudwatch_event_rule.{id}": (rule["provider"], rule["name"])
        for id, rule in stack["resource"]["aws_cloudwatch_event_rule"].items()
    }
    for target in of_type(stack, "aws_cloudwatch_event_target"):
        assert (target["provider"], target["rule"]) == rules[target["depends_on"][0]]


def test_every_rule_has_its_failures_summed_up_by_an_alarm(synth):
    """With all threats, exemptions, encryption and ten watches; no alarm sums more than ten.

    The patrol and the forwarding have no alarm: a missed patrol is followed by the next one, and
    both leave what fails in the dead-letter queue, which has an alarm.
    """
    stack = synth(
        REPRIEVE_NOTIFY__THREATS=",".join(BY_NAME),
        REPRIEVE_NOTIFY__ENCRYPTION="own",
        REPRIEVE_REMEDIATION__ENABLE_DISABLED="true",
        REPRIEVE_EXEMPT__PRINCIPALS="arn:aws:iam::111122223333:role/KeyAdministrator",
        REPRIEVE_REGIONS__WATCH="eu-west-1",
        watch=[WATCH | {"name": f"watch-{number}"} for number in range(10)],
    )
    summed = [
        [query["metric"]["dimensions"]["RuleName"] for query in queries if "metric" in query]
        for alarm in of_type(stack, "aws_cloudwatch_metric_alarm")
        if alarm["alarm_name"].startswith("reprieve-failed-invocations-")
        for queries in [alarm["metric_query"]]
    ]
    assert all(len(names) <= 10 for names in summed)
    without = {"reprieve-patrol", "reprieve-patrol-daily"}
    without |= {"reprieve-guard-changed-forward", "reprieve-trail-changed-forward"}
    rules = {rule["name"] for rule in of_type(stack, "aws_cloudwatch_event_rule")}
    assert without <= rules
    assert sorted(itertools.chain(*summed)) == sorted(rules - without)
    assert len(rules - without) == len(BY_NAME) + 2 + 1 + 1 + 10


def test_an_alarm_reports_more_deletions_than_the_settings_call_normal(synth):
    """Approved ones count as well; and another alarm reports rescues that have to wait."""
    stack = synth(
        REPRIEVE_RELIABILITY__STORM_THRESHOLD="25",
        REPRIEVE_EXEMPT__PRINCIPALS="arn:aws:iam::111122223333:role/KeyAdministrator",
        **ONE_THREAT,
    )
    alarms = {alarm["alarm_name"]: alarm for alarm in of_type(stack, "aws_cloudwatch_metric_alarm")}
    storm = alarms["reprieve-storm"]
    assert (storm["comparison_operator"], storm["threshold"]) == ("GreaterThanThreshold", 25)
    counted = [query["metric"] for query in storm["metric_query"] if "metric" in query]
    assert [
        (each["metric_name"], each["stat"], each["period"], each["dimensions"]["RuleName"])
        for each in counted
    ] == [
        ("MatchedEvents", "Sum", 60, "reprieve-key-deletion-approved"),
        ("MatchedEvents", "Sum", 60, "reprieve-key-deletion-scheduled"),
    ]
    waiting = alarms["reprieve-waiting-rescues"]
    assert (waiting["metric_name"], waiting["threshold"], waiting["dimensions"]) == (
        "RetryInvocationAttempts",
        0,
        {"RuleName": "reprieve-key-deletion-scheduled"},
    )


def test_alarms_and_failed_rescues_can_have_recipients_of_their_own(synth):
    """Through a topic whose subscriptions SNS does not suspend along with those of the alerts."""
    stack = synth(REPRIEVE_RELIABILITY__ALARM_EMAILS="oncall@example.com", **ONE_THREAT)
    topics = {id: topic["name"] for id, topic in stack["resource"]["aws_sns_topic"].items()}
    assert sorted(topics.values()) == ["reprieve-alarms", "reprieve-alerts"]
    (own,) = (id for id, name in topics.items() if name == "reprieve-alarms")
    arn = f"${{aws_sns_topic.{own}.arn}}"
    addresses = [
        each["endpoint"]
        for each in of_type(stack, "aws_sns_topic_subscription")
        if each["topic_arn"] == arn
    ]
    assert addresses == ["oncall@example.com"]
    for alarm in of_type(stack, "aws_cloudwatch_metric_alarm"):
        assert arn in alarm["alarm_actions"]
    targets = of_type(stack, "aws_cloudwatch_event_target")
    assert [each["rule"] for each in targets if each["arn"] == arn] == ["reprieve-rescue-failed"]


def setting_arn(region):
    """Return the ARN of the service setting in a Region, as the provider reads it back."""
    account = "${data.aws_caller_identity.account.account_id}"
    path = "servicesetting/ssm/automation/enable-adaptive-concurrency"
    return f"arn:aws:ssm:{region.replace('_', '-')}:{account}:{path}"


def test_adaptive_concurrency_is_a_setting_of_each_watched_region(synth):
    """And without it Reprieve touches no setting of the account."""
    stack = synth(
        REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY="true",
        REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1",
    )
    assert sorted(
        (each["provider"], each["setting_id"], each["setting_value"])
        for each in of_type(stack, "aws_ssm_service_setting")
    ) == [(f"aws.{region}", setting_arn(region), "True") for region in ("eu_west_1", "us_east_1")]
    assert "aws_ssm_service_setting" not in synth(**ONE_THREAT)["resource"]


def test_alarms_can_be_left_out(synth):
    """The queue stays: it costs nothing while it is empty."""
    stack = synth(REPRIEVE_RELIABILITY__ALARMS="false", **ONE_THREAT)
    assert "aws_cloudwatch_metric_alarm" not in stack["resource"]
    assert "aws_sqs_queue" in stack["resource"]


def test_the_architecture_page_explains_every_resource_and_counts_them_right(synth):
    """Each type of a default stack, how many stand in a Region, and what that costs."""
    page = (Path(__file__).parents[2] / "docs/architecture.md").read_text(encoding="utf-8")
    stack = synth(
        REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1",
        REPRIEVE_NOTIFY__EMAILS="security@example.com",
    )
    types = {address.split(".")[0] for address in resources(stack)}
    assert [type_ for type_ in sorted(types) if f"`{type_}`" not in page] == []
    in_region = [address for address in resources(stack) if ".eu-west-1_" in address]
    assert f"| **{len(in_region)}** with one address |" in page
    metrics = sum(
        sum("metric" in query for query in alarm.get("metric_query", [{"metric": 1}]))
        for alarm in of_type(stack, "aws_cloudwatch_metric_alarm")
        if alarm["provider"] == "aws.eu_west_1"
    )
    # A patrol every 6 hours and one more a day: five steps, and ten seconds of scripts.
    patrols = round(150 * (5 * 0.002 + 10 * 0.00003), 2)
    assert f"| **{metrics * 0.10 + patrols:.2f}** |" in page
    assert f"cost US$ {(metrics * 0.10 + patrols) * 17:.2f} a month" in page
    assert f"`reliability.alarms = false`, US$ {patrols * 17:.2f}" in page
