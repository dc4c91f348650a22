"""What `reprieve status` finds about runbooks whose documents have other versions."""

from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.findings import SWEEP, VERSION, Kind
from reprieve.status.runbook_checks import runbook

SETTINGS = Settings(notify={"emails": ("security@example.com",)}, regions={"watch": ("eu-west-1",)})
GUARD = regional_guard(SETTINGS, Location("aws", "eu-west-1", "111122223333"))
NAMES = [each.name for each in GUARD.documents]


def other(name: str) -> str:
    """Return the name of another version of a document."""
    return f"{name[:-8]}0a1b2c3d"


def found(*deployed: str) -> list[Any]:
    """Return the findings where the account has documents of these names, and none of the guard."""

    def describe(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InvalidDocument"}}, "DescribeDocument")

    page = {"DocumentIdentifiers": [{"Name": name} for name in deployed]}
    ssm = SimpleNamespace(
        describe_document=describe,
        get_paginator=lambda _: SimpleNamespace(paginate=lambda **_: [page]),
    )
    expected: Any = SimpleNamespace(
        guard=GUARD,
        region="eu-west-1",
        settings=SETTINGS,
        names=SETTINGS.resource_names,
        tags={},
        client=lambda _: ssm,
    )
    return list(runbook(expected).findings)


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
