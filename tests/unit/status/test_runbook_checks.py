"""What `reprieve status` finds about runbooks with other versions, and about failed rescues."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.findings import SWEEP, VERSION, Check, Kind
from reprieve.status.runbook_checks import rescues, runbook

SETTINGS = Settings(notify={"emails": ("security@example.com",)}, regions={"watch": ("eu-west-1",)})
GUARD = regional_guard(SETTINGS, Location("aws", "eu-west-1", "111122223333"))
NAMES = [each.name for each in GUARD.documents]


def other(name: str) -> str:
    """Return the name of another version of a document."""
    return f"{name[:-8]}0a1b2c3d"


def region_of(ssm: Any) -> Any:
    """Return a Region with this client of Systems Manager."""
    return SimpleNamespace(
        guard=GUARD,
        region="eu-west-1",
        settings=SETTINGS,
        names=SETTINGS.resource_names,
        tags={},
        client=lambda _: ssm,
    )


def found(*deployed: str) -> list[Any]:
    """Return the findings where the account has documents of these names, and none of the guard."""

    def describe(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InvalidDocument"}}, "DescribeDocument")

    page = {"DocumentIdentifiers": [{"Name": name} for name in deployed]}
    ssm = SimpleNamespace(
        describe_document=describe,
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [page]),
    )
    return list(runbook(region_of(ssm)).findings)


def test_another_version_is_named_with_the_one_that_is_missing():
    """As after an edit of the settings: it is one problem, not two."""
    findings = found(*map(other, NAMES))
    assert [each.problem for each in findings] == [
        f"The runbook {name} is missing. Another version is there: {other(name)}." for name in NAMES
    ]
    assert {(each.kind, each.attribute) for each in findings} == {(Kind.MISSING, VERSION)}
    assert all(SWEEP in each.hint for each in findings)


def test_a_runbook_without_another_version_is_missing():
    """What has another name is no version of it, and the command deletes it."""
    *missing, more = found("reprieve-old")
    assert [each.problem for each in missing] == [f"The runbook {n} is missing." for n in NAMES]
    assert {each.attribute for each in missing} == {""}
    assert more.kind is Kind.UNEXPECTED
    assert "`aws ssm delete-document --region eu-west-1 --name reprieve-old`" in more.hint


def execution(id: str, age: timedelta, status: str = "Success") -> dict[str, Any]:
    """Return an execution that Systems Manager lists."""
    return {
        "AutomationExecutionId": id,
        "AutomationExecutionStatus": status,
        "ExecutionStartTime": datetime.now(UTC) - age,
    }


def read_rescues(*pages: list[dict[str, Any]]) -> tuple[Check, int]:
    """Return the check where Systems Manager lists these pages, and how many of them it read."""
    read = 0

    def paginate(**_: Any) -> Iterator[dict[str, Any]]:
        nonlocal read
        for page in pages:
            read += 1
            yield {"AutomationExecutionMetadataList": page}

    ssm = SimpleNamespace(get_paginator=lambda _: SimpleNamespace(paginate=paginate))
    return rescues(region_of(ssm)), read


HOUR = timedelta(hours=1)


def test_a_failed_rescue_is_found_behind_a_page_of_later_ones():
    """Patrols and other rescues fill the first page. One without any execution is not the last."""
    patrols = [execution(f"patrol-{hours}", hours * HOUR) for hours in range(50)]
    check, _ = read_rescues(patrols, [], [execution("rescue", 60 * HOUR, "Failed")])
    assert [each.resource for each in check.findings] == ["rescue"]
    assert check.text.startswith("Success")


def test_pages_of_rescues_older_than_a_week_are_not_read():
    """The first of them ends the reading: Systems Manager keeps a month of executions."""
    old = [execution("old", 200 * HOUR, "Failed")]
    check, read = read_rescues([execution("new", HOUR)], old, [execution("older", 300 * HOUR)])
    assert (check.findings, read) == ((), 2)
    assert read_rescues(old)[0].text.startswith("Failed")


def test_there_may_be_no_rescue_yet():
    """Not even on the last page."""
    assert read_rescues([], [])[0].text == "none yet"
