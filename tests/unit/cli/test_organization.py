"""`reprieve status --organization` as a command: options, formats, exit codes, a continued run."""

import csv
import io
import json

import pytest

from reprieve.aws.account import AccountError
from reprieve.aws.opening import Closed, NoAccountError, Opened
from reprieve.cli import organization
from reprieve.errors import ExitCode
from reprieve.organization.journal import cache_folder
from tests.unit.organization.fakes import (
    MANAGEMENT,
    NOW,
    REGIONS,
    SECURITY,
    UNIT,
    FakeAccount,
    FakeAws,
    entry,
    error,
)
from tests.unit.organization.samples import expected, ids, with_management

ALL = ("status", "--organization")
IDS = ids(3)


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """Let the command find an organization of three healthy accounts and two of Terraform."""
    found = FakeAws(
        members=dict.fromkeys([MANAGEMENT, SECURITY, *IDS], "ACTIVE"),
        units={UNIT: IDS},
        entries=[entry(id, region) for id in IDS for region in REGIONS],
    )
    opened = [Opened(FakeAccount(found), None)]  # type: ignore[arg-type]
    monkeypatch.setattr(organization, "open_accounts", lambda access, accounts: (opened, []))
    wanted = with_management(expected(REGIONS))
    monkeypatch.setattr(organization, "administrator_of", lambda accounts: accounts[0])
    monkeypatch.setattr(organization, "expected_of", lambda *_: wanted)
    for each in ("STACK_SETS_PER_SECOND", "ORGANIZATIONS_PER_SECOND"):
        monkeypatch.setattr(organization, each, 1_000_000)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return found


def test_all_is_well(reprieve, aws):
    """The progress goes to stderr, and no file is left."""
    result = reprieve(*ALL)
    assert result.exit_code == ExitCode.OK
    assert result.stdout.endswith("✔ 6 stack instances deployed, and nothing needs attention.\n")
    assert "Reading stack instances of reprieve-organization: about 6\n" in result.stderr
    assert list(cache_folder().iterdir()) == []


def test_a_problem_is_exit_code_1(reprieve, aws):
    """It is in the table, in the JSON and in the CSV."""
    aws.entries[0] |= {"Status": "OUTDATED", "StackInstanceStatus": {"DetailedStatus": "FAILED"}}
    assert reprieve(*ALL).exit_code == ExitCode.FAILED
    found = json.loads(reprieve(*ALL, "--json").stdout)
    assert found["healthy"] is False
    assert found["states"]["failed"] == 1
    assert len(found["rows"]) == 8
    (row,) = json.loads(reprieve(*ALL, "--json", "--only-failed").stdout)["rows"]
    assert (row["account"], row["region"], row["state"]) == (IDS[0], REGIONS[0], "failed")
    result = reprieve(*ALL, "--format", "csv", "--only-failed")
    (line,) = csv.DictReader(io.StringIO(result.stdout))
    assert (line["account"], line["state"], line["healthy"]) == (IDS[0], "failed", "false")


def test_the_csv_has_every_row(reprieve, aws):
    """One for each account and Region, and one for each account of Terraform."""
    rows = list(csv.DictReader(io.StringIO(reprieve(*ALL, "--format", "csv").stdout)))
    assert len(rows) == 8
    assert {each["stack_set"] for each in rows} == {"reprieve-organization", ""}


def test_the_limit_cuts_the_accounts(reprieve, aws):
    """All of them are in the count."""
    aws.entries = []
    text = reprieve(*ALL, "--limit", "1").stdout
    assert "6 Regions of 3 accounts" in text
    assert f"{IDS[0]} (account {IDS[0]}) and 2 more" in text


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("status", "--organization", "--region", "eu-west-1"), "--region and --organization"),
        (("status", "--resume"), "--resume and --limit are for --organization only"),
        (("status", "--limit", "3"), "--resume and --limit are for --organization only"),
    ],
)
def test_options_that_do_not_fit_together(reprieve, options, said):
    """Nothing is read."""
    result = reprieve(*options)
    assert result.exit_code == ExitCode.USAGE
    assert said in result.stderr


def test_a_region_is_not_for_the_organization_and_the_hint_says_what_is(reprieve):
    """Every row of the CSV has its Region."""
    assert "\n→ " in reprieve(*ALL, "--region", "eu-west-1").stderr


def test_without_stack_sets_there_is_nothing_to_show(reprieve):
    """The message names the setting."""
    result = reprieve(*ALL)
    assert result.exit_code == ExitCode.USAGE
    assert 'organization.engine is not "stacksets"' in result.stderr


TWO_ACCOUNTS = """
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = { account = "security", region = "eu-west-1", organization_id = "o-exampleorgid" }
[regions]
watch = ["eu-west-1"]
[exempt]
deployers = ["arn:aws:iam::111122223333:role/Deployment"]
[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-12345678"]
[accounts.security]
id = "111122223333"
[accounts.shop]
id = "222233334444"
"""


def test_the_account_to_select_is_named(reprieve):
    """By its name, which --account needs, and by its id."""
    result = reprieve(*ALL, "--account", "shop", settings=TWO_ACCOUNTS)
    assert (result.exit_code, result.stderr) == (
        ExitCode.USAGE,
        "The stack sets are in the account security (111122223333), which is not one of the "
        "selected accounts.\n→ Select it with --account security, or select no account.\n",
    )


def test_without_credentials_the_account_is_named(reprieve, monkeypatch):
    """That of the stack sets, or the management account."""
    hint = "Set AWS_PROFILE, or run `aws configure`."

    def refuse(access, accounts):
        raise NoAccountError([Closed("", AccountError("No AWS credentials were found.", hint))])

    monkeypatch.setattr(organization, "open_accounts", refuse)
    result = reprieve(*ALL, settings=TWO_ACCOUNTS)
    assert "No AWS credentials were found.\n→ Use credentials of the account security" in (
        result.stderr
    )
    assert result.stderr.endswith(f"(111122223333), or of the management account. {hint}\n")


def test_a_missing_permission_is_named(reprieve, aws):
    """With the command that prints the policy."""
    aws.fail = {3: error("AccessDenied", "ListStackSetOperations")}
    result = reprieve(*ALL)
    assert result.exit_code == ExitCode.FAILED
    assert "The permission cloudformation:ListStackSetOperations is missing." in result.stderr
    assert "`reprieve policy`" in result.stderr


def test_an_interrupted_run_continues(reprieve, aws, monkeypatch):
    """Only what was missing is read, and the view says since when."""
    aws.fail = {len(reading_calls(reprieve, aws)): KeyboardInterrupt()}
    interrupted = reprieve(*ALL)
    assert interrupted.exit_code == ExitCode.INTERRUPTED
    assert "--resume" in interrupted.stderr
    aws.fail, aws.calls = {}, []
    result = reprieve(*ALL, "--resume")
    assert result.exit_code == ExitCode.OK
    assert ", continued (accounts 20" in result.stdout
    assert aws.count("list_accounts") == 0
    assert aws.count("list_stack_instances") == 1


def reading_calls(reprieve, aws):
    """Return the calls of a whole run."""
    reprieve(*ALL)
    calls, aws.calls = aws.calls, []
    return calls


def test_without_a_run_to_continue_everything_is_read(reprieve, aws):
    """The command says so."""
    result = reprieve(*ALL, "--resume")
    assert result.exit_code == ExitCode.OK
    assert "There is no run to continue" in result.stderr
    assert ", continued" not in result.stdout
    quiet = reprieve("--quiet", *ALL, "--resume")
    assert (quiet.exit_code, quiet.stderr) == (ExitCode.OK, "")


def test_a_run_of_another_hour_is_not_continued(reprieve, aws):
    """The file stays as it was written, in the past."""
    cache_folder().mkdir(parents=True)
    line = {"version": 1, "key": "x", "began": NOW.isoformat()}
    (cache_folder() / "organization.jsonl").write_text(json.dumps(line) + "\n")
    assert "There is no run to continue" in reprieve(*ALL, "--resume").stderr
