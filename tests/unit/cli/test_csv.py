"""--format csv: a header, and a row for each finding, key or Region."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reprieve.aws.permissions import policy_for
from reprieve.cli.views.csv_output import csv_text
from reprieve.drill.result import AccountDrill, Leftover
from reprieve.events.threats import CATALOGUE
from reprieve.status.findings import Check, Finding, Kind, Verdict
from reprieve.status.status import Coverage, RegionStatus
from reprieve.sweep.cloudtrail import Call
from tests.support.settings import load_one
from tests.unit.cli.samples import KEY
from tests.unit.diff.plan_making import PLANS

FINDING = Finding("reprieve-x", Kind.MISSING, "The rule is missing.", "Deploy again.")


def rows(result):
    """Return the rows that a command printed."""
    return list(csv.DictReader(io.StringIO(result.stdout)))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "＝", "＋", "－", "＠"])
def test_no_cell_is_a_formula(first):
    """A spreadsheet would run it: an apostrophe makes it text."""
    text = csv_text(("name", "days"), [{"name": f"{first}cmd|'/C calc'!A0", "days": -1.5}])
    assert text == f"name,days\n'{first}cmd|'/C calc'!A0,-1.5\n"


def test_cells_are_plain():
    """Times are ISO 8601, nothing is empty, control characters are escaped."""
    row = {
        "at": datetime(2026, 11, 24, 3, 1, 17, 999, tzinfo=UTC),
        "passed": True,
        "none": None,
        "list": ["a", "b"],
        "text": 'one, "two"\r\n\t=3',
    }
    assert csv_text((*row, "missing"), [row]) == (
        "at,passed,none,list,text,missing\n"
        '2026-11-24T03:01:17Z,true,,a b,"one, ""two""\\r\\n\\t=3",\n'
    )


def test_status_has_a_row_for_each_finding(reprieve, account):
    """And one for each Region without a finding, and for the account's roles."""
    wrong = Check("rules", "9/10", (FINDING,), Verdict.WRONG)
    healthy = account["status"]
    account["status"] = replace(
        healthy,
        regions=(RegionStatus("eu-west-2", Coverage.WATCHED, 1, (wrong,)), *healthy.regions),
        roles=Check("roles", "?", (replace(FINDING, kind=Kind.UNKNOWN),), Verdict.UNKNOWN),
    )
    result = reprieve("status", "--format", "csv")
    found = [(row["region"], row["healthy"], row["kind"], row["hint"]) for row in rows(result)]
    assert found == [
        ("", "false", "unknown", "Deploy again."),
        ("eu-west-2", "false", "missing", "Deploy again."),
        ("eu-west-1", "true", "", ""),
    ]
    assert result.exit_code == 1
    failed = rows(reprieve("status", "--format", "csv", "--only-failed"))
    assert [row["region"] for row in failed] == ["", "eu-west-2"]


def test_a_drill_has_a_row_for_each_region(reprieve, account):
    """With what was left behind."""
    (passed,) = account["drill"].regions
    left = replace(passed, region="eu-west-2", leftovers=(Leftover("the queue", "Denied.", "rm"),))
    account["drill"] = AccountDrill("111122223333", (passed, left))
    found = rows(reprieve("drill", "--yes", "--format", "csv"))
    assert [(row["region"], row["passed"], row["alert"]) for row in found] == [
        ("eu-west-1", "true", "0.1"),
        ("eu-west-2", "false", "0.1"),
    ]
    assert found[1]["leftovers"] == "the queue: Denied."


def test_a_sweep_has_a_row_for_each_key_and_each_problem(reprieve, account):
    """What could not be read must not look like a Region without keys."""
    found = rows(reprieve("sweep", "--format", "csv"))
    assert [(row["region"], row["arn"], row["at"], row["problem"]) for row in found] == [
        ("eu-west-1", KEY.arn, "2026-11-24T00:00:00Z", ""),
        ("eu-west-2", "", "", "There was no answer."),
    ]


def test_a_sweep_names_who_scheduled_a_deletion_that_was_cancelled(reprieve, account):
    """And the call that put the key into its state, which was Reprieve's own."""
    at = datetime(2026, 11, 24, tzinfo=UTC)
    rescue = Call("CancelKeyDeletion", "reprieve", "reprieve", at, "1")
    scheduled = Call("ScheduleKeyDeletion", "alice", "alice", at, "2")
    rescued = replace(KEY, state="Disabled", call=rescue, scheduled=scheduled, rescued=True)
    account["sweep"] = replace(account["sweep"], keys=(rescued,))
    row = rows(reprieve("sweep", "--format", "csv"))[0]
    assert (row["call"], row["by"], row["rescued"], row["scheduled_by"], row["scheduled_at"]) == (
        *("CancelKeyDeletion", "reprieve", "true", "alice", "2026-11-24T00:00:00Z"),
    )


def test_threats_has_a_row_for_each_threat(reprieve):
    """With its pattern."""
    found = rows(reprieve("threats", "--format", "csv"))
    assert [row["name"] for row in found] == [threat.name for threat in CATALOGUE]
    assert found[0]["pattern"].startswith('{"source": ["aws.kms"]')


def test_a_policy_has_a_row_for_each_action(reprieve, tmp_path):
    """Of each statement."""
    found = rows(reprieve("policy", "status", "--format", "csv"))
    statements = policy_for("status", load_one({}, tmp_path))["Statement"]
    assert [row["action"] for row in found] == [a for each in statements for a in each["Action"]]


def test_diff_has_a_row_for_each_resource(reprieve):
    """In sections: what weakens protection is in two of them."""
    result = reprieve("diff", str(PLANS / "remediation-off.json"), "--format", "csv")
    found = rows(result)
    assert {row["section"] for row in found} == {"weakening", "change"}
    assert all(row["address"] for row in found)
    assert result.exit_code == 4


@pytest.mark.parametrize("command", ["status", "threats", "sweep", "diff"])
def test_json_and_csv_do_not_fit_together(reprieve, account, command):
    """One of them would be ignored."""
    result = reprieve(command, "--json", "--format", "csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "--json and --format csv do not fit together.\n"
