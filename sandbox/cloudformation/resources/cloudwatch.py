"""AWS::CloudWatch::Alarm and AWS::CloudWatch::Dashboard."""

from __future__ import annotations

from typing import Final

from sandbox.cloudformation.resources.kinds import (
    Context,
    Json,
    Kind,
    changed,
    given_of,
    require_absent,
    update_tags,
)
from sandbox.cloudformation.schema import BOOL, FLOAT, INT, STR, STRINGS, TAGS, Form

_DIMENSIONS: Final = [{"Name": STR, "Value": STR}]
_METRIC: Final = {"Namespace": STR, "MetricName": STR, "Dimensions": _DIMENSIONS}
_QUERY: Final = {
    "AccountId": STR,
    "Expression": STR,
    "Id": STR,
    "Label": STR,
    "MetricStat": {"Metric": _METRIC, "Period": INT, "Stat": STR, "Unit": STR},
    "Period": INT,
    "ReturnData": BOOL,
}
_ALARM: Final[dict[str, Form]] = {
    "ActionsEnabled": BOOL,
    "AlarmActions": STRINGS,
    "AlarmDescription": STR,
    "ComparisonOperator": STR,
    "DatapointsToAlarm": INT,
    "Dimensions": _DIMENSIONS,
    "EvaluateLowSampleCountPercentile": STR,
    "EvaluationPeriods": INT,
    "ExtendedStatistic": STR,
    "InsufficientDataActions": STRINGS,
    "MetricName": STR,
    "Metrics": [_QUERY],
    "Namespace": STR,
    "OKActions": STRINGS,
    "Period": INT,
    "Statistic": STR,
    "Threshold": FLOAT,
    "ThresholdMetricId": STR,
    "TreatMissingData": STR,
    "Unit": STR,
}


def _create_alarm(context: Context, given: Json) -> str:
    cloudwatch = context.client("cloudwatch")
    name = given.get("AlarmName") or context.unique_name()
    require_absent(
        "AWS::CloudWatch::Alarm",
        name,
        lambda: cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"],
    )
    tags = {"Tags": given["Tags"]} if given.get("Tags") else {}
    cloudwatch.put_metric_alarm(AlarmName=name, **given_of(given, _ALARM), **tags)
    return str(name)


def _update_alarm(context: Context, name: str, old: Json, new: Json) -> None:
    cloudwatch = context.client("cloudwatch")
    if any(changed(old, new, each) for each in _ALARM):
        cloudwatch.put_metric_alarm(AlarmName=name, **given_of(new, _ALARM))
    arn = _alarm_arn(context, name, new)
    update_tags(
        old,
        new,
        lambda tags: cloudwatch.tag_resource(ResourceARN=arn, Tags=tags),
        lambda keys: cloudwatch.untag_resource(ResourceARN=arn, TagKeys=keys),
    )


def _delete_alarm(context: Context, name: str, given: Json) -> None:
    context.client("cloudwatch").delete_alarms(AlarmNames=[name])


def _alarm_arn(context: Context, name: str, given: Json) -> str:
    return context.arn("cloudwatch", f"alarm:{name}")


def _create_dashboard(context: Context, given: Json) -> str:
    cloudwatch = context.client("cloudwatch")
    name = given.get("DashboardName") or context.unique_name()
    require_absent(
        "AWS::CloudWatch::Dashboard",
        name,
        lambda: cloudwatch.get_dashboard(DashboardName=name),
        "ResourceNotFound",
        "DashboardNotFoundError",
    )
    cloudwatch.put_dashboard(DashboardName=name, DashboardBody=given["DashboardBody"])
    return str(name)


def _update_dashboard(context: Context, name: str, old: Json, new: Json) -> None:
    context.client("cloudwatch").put_dashboard(
        DashboardName=name, DashboardBody=new["DashboardBody"]
    )


def _delete_dashboard(context: Context, name: str, given: Json) -> None:
    context.client("cloudwatch").delete_dashboards(DashboardNames=[name])


TYPES: Final = (
    Kind(
        "AWS::CloudWatch::Alarm",
        {"AlarmName": STR, **_ALARM, "Tags": TAGS},
        _create_alarm,
        _update_alarm,
        _delete_alarm,
        required=("ComparisonOperator", "EvaluationPeriods"),
        attributes={"Arn": _alarm_arn},
        replaced_by=frozenset({"AlarmName"}),
        name_property="AlarmName",
    ),
    Kind(
        "AWS::CloudWatch::Dashboard",
        {"DashboardName": STR, "DashboardBody": STR},
        _create_dashboard,
        _update_dashboard,
        _delete_dashboard,
        required=("DashboardBody",),
        replaced_by=frozenset({"DashboardName"}),
        name_property="DashboardName",
    ),
)
