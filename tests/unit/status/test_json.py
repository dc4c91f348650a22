"""`reprieve status --json`: one list has every finding."""

from reprieve.status.findings import Check, Finding, Kind, Verdict, check_of
from reprieve.status.status import AccountStatus, Coverage, RegionStatus


def finding(name):
    """Return a finding about a resource of that name."""
    return Finding(name, Kind.DIFFERENT, f"{name} differs.", "Do it.", "So.", attribute="state")


def test_the_findings_of_an_account_are_all_of_them():
    """Those of the roles, of Regions as a whole, and of checks, in one form."""
    status = AccountStatus(
        "111122223333",
        "arn",
        None,
        (
            RegionStatus(
                "eu-west-1", Coverage.WATCHED, 0, (check_of("rules", "0/1", [finding("rule")]),)
            ),
            RegionStatus(
                "us-east-1",
                Coverage.WATCHED,
                0,
                (Check("rules", "0/1", verdict=Verdict.WRONG),),
                (finding("region"),),
            ),
            RegionStatus("us-west-2", Coverage.UNWATCHED, 0),
        ),
        check_of("roles", "wrong", [finding("role")]),
    )
    found = status.as_json()
    assert [(each["region"], each["check"], each["resource"]) for each in found["findings"]] == [
        (None, "roles", "role"),
        ("eu-west-1", "rules", "rule"),
        ("us-east-1", None, "region"),
    ]
    assert found["findings"][1] == {
        "region": "eu-west-1",
        "check": "rules",
        "resource": "rule",
        "kind": Kind.DIFFERENT,
        "problem": "rule differs.",
        "hint": "Do it.",
        "reason": "So.",
        "attribute": "state",
    }
    # The lists of Regions and checks stay as they were.
    assert [len(each["findings"]) for each in found["regions"]] == [0, 1, 0]
    assert len(found["regions"][0]["checks"][0]["findings"]) == 1
