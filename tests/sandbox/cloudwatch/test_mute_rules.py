"""The sandbox's mute rules of alarms."""

from datetime import UTC, datetime, timedelta

from tests.support.emulated_account import REGION, error_code_of

RULE = {"Schedule": {"Expression": "cron(0 0 * * *)", "Duration": "P1D"}}


def listed(cloudwatch, **asked):
    """Return the names and the statuses of the mute rules that are listed."""
    pages = cloudwatch.get_paginator("list_alarm_mute_rules").paginate(
        **asked, PaginationConfig={"PageSize": 1}
    )
    return [
        (each["AlarmMuteRuleArn"].rpartition(":")[2], each["Status"])
        for page in pages
        for each in page["AlarmMuteRuleSummaries"]
    ]


def test_mute_rules_are_listed_by_the_alarms_that_they_name(sandbox):
    """On several pages, by status too, until they are deleted."""
    cloudwatch = sandbox.client("cloudwatch", REGION)
    for name in ("a", "b"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="m",
            Namespace="n",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
    cloudwatch.put_alarm_mute_rule(Name="both", Rule=RULE, MuteTargets={"AlarmNames": ["a", "b"]})
    cloudwatch.put_alarm_mute_rule(
        Name="over",
        Rule=RULE,
        MuteTargets={"AlarmNames": ["a"]},
        ExpireDate=datetime.now(UTC) - timedelta(hours=1),
    )
    assert listed(cloudwatch) == [("both", "SCHEDULED"), ("over", "EXPIRED")]
    assert listed(cloudwatch, AlarmName="b") == [("both", "SCHEDULED")]
    assert listed(cloudwatch, Statuses=["EXPIRED"]) == [("over", "EXPIRED")]
    got = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="both")
    assert got["MuteTargets"] == {"AlarmNames": ["a", "b"]}
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="both")
    assert listed(cloudwatch, AlarmName="b") == []
    unknown = {"Name": "x", "Rule": RULE, "MuteTargets": {"AlarmNames": ["nowhere"]}}
    assert error_code_of(cloudwatch.put_alarm_mute_rule, **unknown) == "ValidationError"
