"""What `reprieve status` finds about mute rules of the alarms."""

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.alarm_checks import mute_findings
from reprieve.status.findings import Finding, Kind

SETTINGS = Settings(notify={"emails": ("security@example.com",)}, regions={"watch": ("eu-west-1",)})
GUARD = regional_guard(SETTINGS, Location("aws", "eu-west-1", "111122223333"))
ARN = "arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:"


def found(rules: dict[str, list[str]] | ClientError) -> tuple[list[Finding], int]:
    """Return the findings where mute rules name these alarms, and the number of calls."""
    calls = 0

    def paginate(*, Statuses: list[str], AlarmName: str = "") -> list[Any]:  # noqa: N803
        nonlocal calls
        calls += 1
        if isinstance(rules, ClientError):
            raise rules
        assert Statuses == ["SCHEDULED", "ACTIVE"]
        names = [name for name, alarms in rules.items() if not AlarmName or AlarmName in alarms]
        return [
            {"AlarmMuteRuleSummaries": [{"AlarmMuteRuleArn": f"{ARN}{name}"}]} for name in names
        ]

    client = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=paginate))
    expected: Any = SimpleNamespace(guard=GUARD, region="eu-west-1", client=lambda _: client)
    return list(mute_findings(expected)), calls


def test_each_mute_rule_that_names_an_alarm_is_a_finding():
    """With all the alarms that it mutes. A mute rule of other alarms is not."""
    first, second = (each.name for each in GUARD.alarms[:2])
    findings, _ = found({"night": [second, first], "others": ["mine"]})
    (finding,) = findings
    names = ", ".join(sorted([first, second]))
    assert (finding.resource, finding.kind) == ("night", Kind.UNEXPECTED)
    assert finding.problem == (
        f"The mute rule night keeps these alarms from sending messages: {names}."
    )
    assert "`aws cloudwatch delete-alarm-mute-rule --region eu-west-1" in finding.hint
    assert "--alarm-mute-rule-name night`" in finding.hint


def test_without_mute_rules_there_is_one_call():
    """Not one for each alarm: CloudWatch lists by one alarm at a time."""
    assert found({}) == ([], 1)


@pytest.mark.parametrize("code", ["InvalidAction", "UnknownOperationException"])
def test_a_partition_without_mute_rules_has_none(code):
    """The call is new."""
    assert found(ClientError({"Error": {"Code": code}}, "ListAlarmMuteRules"))[0] == []


def test_mute_rules_that_cannot_be_read_fail_the_check():
    """As without the permission."""
    with pytest.raises(ClientError):
        found(ClientError({"Error": {"Code": "AccessDenied"}}, "ListAlarmMuteRules"))
