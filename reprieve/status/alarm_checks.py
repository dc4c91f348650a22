"""What `reprieve status` checks of the alarms."""

from collections.abc import Iterator
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.guard.resources import Alarm
from reprieve.status.commands import aws_command
from reprieve.status.compare import missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Finding, Kind, check_of
from reprieve.status.kinds import alarm as kind
from reprieve.status.tags import compare_tagged
from reprieve.text import printable

_UNKNOWN_CALL: Final = ("InvalidAction", "UnknownOperationException")
"""What CloudWatch answers where it does not know a call yet."""


def alarms(expected: ExpectedRegion) -> Check:
    """Check that the alarms are as the settings define them and off, and that there is no other.

    No mute rule may name one either.
    """
    wanted = expected.guard.alarms
    deployed = _deployed(expected)
    findings = [
        finding
        for alarm in wanted
        for finding in _findings(expected, alarm, deployed.get(alarm.name))
    ]
    quiet = len(wanted) - len({finding.resource for finding in findings})
    findings += unexpected(
        "alarm", [each.name for each in wanted], deployed, lambda name: _delete(expected, name)
    )
    findings += mute_findings(expected)
    return check_of("alarms", f"{quiet}/{len(wanted)}" if wanted else "off", findings)


def _delete(expected: ExpectedRegion, name: str) -> str:
    command = aws_command(expected.region, "cloudwatch", "delete-alarms", "--alarm-names", name)
    return unexpected_hint("alarm", command)


def _deployed(expected: ExpectedRegion) -> dict[str, dict[str, Any]]:
    """Return the alarms by their names, composite ones too: CloudWatch has to be asked for them."""
    pages = expected.client("cloudwatch").get_paginator("describe_alarms")
    types = ["MetricAlarm", "CompositeAlarm"]
    return {
        alarm["AlarmName"]: alarm
        for page in pages.paginate(AlarmNamePrefix=expected.names.beginning, AlarmTypes=types)
        for alarm in (*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ()))
    }


def mute_findings(expected: ExpectedRegion) -> Iterator[Finding]:
    """Yield each mute rule that names alarms of the guard: their actions may not run.

    CloudWatch lists the rules of one alarm, but does not list the alarms of a rule. Nearly always
    there is no rule at all.
    """
    muted: dict[str, list[str]] = {}
    try:
        if expected.guard.alarms and any(True for _ in _mute_rules(expected)):
            for alarm in expected.guard.alarms:
                for name in _mute_rules(expected, AlarmName=alarm.name):
                    muted.setdefault(name, []).append(alarm.name)
    except Exception as error:
        if not is_code(error, *_UNKNOWN_CALL):
            raise
    for name, alarms in sorted(muted.items()):
        options = "--alarm-mute-rule-name", name
        delete = aws_command(expected.region, "cloudwatch", "delete-alarm-mute-rule", *options)
        yield Finding(
            name,
            Kind.UNEXPECTED,
            f"The mute rule {printable(name)} keeps these alarms from sending messages: "
            f"{', '.join(sorted(alarms))}.",
            f"Find its author in CloudTrail (PutAlarmMuteRule), then delete it: {delete}.",
        )


def _mute_rules(expected: ExpectedRegion, **asked: str) -> Iterator[str]:
    """Yield the names of the mute rules that mute, or will."""
    pages = expected.client("cloudwatch").get_paginator("list_alarm_mute_rules")
    for page in pages.paginate(Statuses=["SCHEDULED", "ACTIVE"], **asked):
        for each in page["AlarmMuteRuleSummaries"]:
            yield each["AlarmMuteRuleArn"].partition(":alarm-mute-rule:")[2]


def _findings(
    expected: ExpectedRegion, alarm: Alarm, deployed: dict[str, Any] | None
) -> Iterator[Finding]:
    name = alarm.name
    title = title_of("alarm", name)
    if deployed is None:
        yield missing(title, name)
        return
    cloudwatch = expected.client("cloudwatch")
    tags = cloudwatch.list_tags_for_resource(ResourceARN=deployed["AlarmArn"])["Tags"]
    yield from compare_tagged(
        title,
        name,
        kind.expected(alarm),
        kind.deployed(deployed),
        expected.tags,
        tags,
    )
    if deployed["StateValue"] == "ALARM":
        reason = deployed.get("StateReason")
        yield Finding(
            name,
            Kind.FAILING,
            # The description says what to do, too.
            f"{title} is on. {deployed.get('AlarmDescription', '')}".strip(),
            "",
            f"CloudWatch says: {reason}" if reason else "",
        )
