"""`reprieve doctor` against the sandbox: what is ready, what is missing, and what to do."""

import csv
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import provider_environment
from tests.support.operator import Operator, user_allowed

SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
    "REPRIEVE_REGIONS__WATCH": "eu-west-1,us-east-1",
}
BUCKET = SETTINGS | {
    "REPRIEVE_STATE__BACKEND": "s3",
    "REPRIEVE_STATE__BUCKET": "reprieve-state-111122223333",
    "REPRIEVE_STATE__REGION": "eu-west-1",
}
MACHINE = ("Python", "Packages", "Node.js", "cdktf", "Terraform", "Provider", "Settings", "State")
ACCOUNT = ("Credentials", "Account", "Regions", "Trail")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty directory, with what tells terraform where the provider is."""
    for name in [name for name in os.environ if name.startswith("REPRIEVE_")]:
        if name != "REPRIEVE_PROVIDER_MIRROR":
            monkeypatch.delenv(name)
    for name, value in provider_environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def bucket(sandbox):
    """The bucket of the state."""
    s3 = sandbox.client("s3", "eu-west-1")
    name = BUCKET["REPRIEVE_STATE__BUCKET"]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    yield name
    s3.delete_bucket(Bucket=name)


def failed(printed):
    """Return by name what the checks that failed found, and their hints."""
    report = printed.json
    checks = report["checks"] + [each for one in report["accounts"] for each in one["checks"]]
    assert [each["name"] for each in checks] == [*MACHINE, *ACCOUNT]
    assert report["ready"] is (printed.exit_code == 0)
    return {each["name"]: (each["found"], each["hint"]) for each in checks if not each["passed"]}


@pytest.mark.parametrize("settings", [SETTINGS, BUCKET], ids=["local", "s3"])
def test_everything_is_ready(sandbox, here, bucket, settings):
    """For somebody who has the documented permissions of the command, and no others."""
    operator = user_allowed(sandbox, settings, "doctor")
    printed = operator.run("doctor")
    assert printed.exit_code == 0, printed.text
    lines = printed.text.splitlines()
    assert [line.split()[:2] for line in lines[:-2]] == [["✔", name] for name in MACHINE + ACCOUNT]
    assert f"✔ Account      {ACCOUNT_ID}" in lines
    assert "✔ Regions      2 watched, all enabled" in lines
    assert "✔ Trail        logs the calls that Reprieve watches, in 2 Regions" in lines
    assert lines[-1] == "Everything is ready."
    assert failed(operator.run("doctor", "--json")) == {}


def test_csv_has_a_row_for_each_check(sandbox, here):
    """With the account's name, which is empty for the default credentials."""
    printed = Operator(sandbox, SETTINGS).run("doctor", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(printed.text)))
    assert [row["name"] for row in rows] == [*MACHINE, *ACCOUNT]
    assert {row["passed"] for row in rows} == {"true"}


def test_a_trail_that_does_not_log(sandbox, here):
    """As `reprieve status` says it."""
    cloudtrail = sandbox.client("cloudtrail", "us-east-1")
    (trail,) = cloudtrail.describe_trails()["trailList"]
    cloudtrail.stop_logging(Name=trail["TrailARN"])
    try:
        printed = Operator(sandbox, SETTINGS).run("doctor", "--json")
    finally:
        cloudtrail.start_logging(Name=trail["TrailARN"])
    assert printed.exit_code == 1
    ((name, (found, hint)),) = failed(printed).items()
    assert name == "Trail"
    assert found.startswith("all Regions: No trail is known to log the calls")
    assert "aws cloudtrail start-logging" in hint


@pytest.mark.parametrize(
    ("action", "name"),
    [
        ("ec2:DescribeRegions", "Regions"),
        ("cloudtrail:DescribeTrails", "Trail"),
    ],
)
def test_a_permission_that_is_missing(sandbox, here, action, name):
    """Only its check fails, and it names the permission."""
    printed = user_allowed(sandbox, SETTINGS, "doctor", without=action).run("doctor", "--json")
    assert printed.exit_code == 1
    assert list(failed(printed)) == [name]
    assert action in failed(printed)[name][0]


def test_a_bucket_that_does_not_exist(sandbox, here):
    """It is named, with the page that says how to create it."""
    printed = Operator(sandbox, BUCKET).run("doctor", "--json")
    ((name, (found, hint)),) = failed(printed).items()
    assert name == "State"
    assert found.startswith("The bucket reprieve-state-111122223333 cannot be read. ")
    assert "docs/state.md" in hint


def test_settings_with_errors(sandbox, here):
    """What needs them is not checked; the credentials are. Exit code 2."""
    settings = SETTINGS | {"REPRIEVE_REGIONS__WATCH": "eu-wst-1", "REPRIEVE_NOTIFY__EMAILS": "x"}
    printed = Operator(sandbox, settings).run("doctor", "--json")
    assert printed.exit_code == 2
    assert failed(printed) == {
        "Settings": ("The settings have 2 errors.", "`reprieve validate` lists them."),
        "State": ("Not checked.", "Correct the settings first."),
        "Regions": ("Not checked.", "Correct the settings first."),
        "Trail": ("Not checked.", "Correct the settings first."),
    }


def test_where_nothing_is_there_it_runs_all_the_same(here):
    """No settings, no credentials, no tool: a line each that says what to do, and no traceback."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "TF_", "REPRIEVE_"))
    }
    missing = {
        "PATH": str(here),
        "HOME": str(here),
        "AWS_CONFIG_FILE": str(here / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(here / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTPS_PROXY": "http://127.0.0.1:1",  # nobody is reached
    }
    program = Path(sys.executable).with_name("reprieve")
    ended = subprocess.run(
        [program, "doctor", "--timeout", "5"],
        env=environ | missing,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stdout + ended.stderr
    lines = [line for line in ended.stdout.splitlines() if line.startswith("✘ ")]
    assert [line.split()[1] for line in lines] == [
        *("Node.js", "Terraform", "Provider", "Settings", "State", *ACCOUNT)
    ]
    assert "✘ Node.js      Node.js is not on PATH. Install Node.js 20 or newer" in ended.stdout
    assert "✘ Settings     There is no reprieve.toml in this directory." in ended.stdout
    assert "✘ Credentials  No AWS credentials were found. Set AWS_PROFILE" in ended.stdout
    assert ended.stdout.splitlines()[-1] == "5 checks failed. 4 depend on them."
