"""`reprieve validate`: the settings without a synthesis."""

import json

from tests.support.template import ORGANIZATION
from tests.unit.cli.samples import SETTINGS

WRONG = f'{SETTINGS}topic_name = "a b"\n[regions]\nwatch = ["eu-wst-1"]\n'
ERROR = {
    "key": "regions.watch[0]",
    "value": '"eu-wst-1"',
    "rule": "is not a Region that has AWS KMS, EventBridge, SNS and Systems Manager",
    "hint": 'did you mean "eu-west-1"?',
    "origin": "reprieve.toml",
}


def test_valid_settings_are_one_line(reprieve):
    """It says what they come to."""
    result = reprieve("validate")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "✔ The settings are valid: 17 Regions, 1 address, 11 threats.\n"
    found = json.loads(reprieve("validate", "--json").stdout)
    assert found == {"valid": True, "errors": [], "stack_sets": None}


def test_errors_are_the_report_of_every_command(reprieve):
    """On stderr, with exit code 2."""
    result = reprieve("validate", settings=WRONG)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("reprieve.toml has 2 errors:\n")


def test_errors_as_json_are_objects(reprieve):
    """All of them."""
    result = reprieve("validate", "--format", "json", settings=WRONG)
    assert result.exit_code == 2
    found = json.loads(result.stdout)
    assert found["valid"] is False
    assert [each["key"] for each in found["errors"]] == ["notify.topic_name", "regions.watch[0]"]
    assert found["errors"][1] == ERROR


def test_errors_as_csv_are_rows(reprieve):
    """In the order of the settings."""
    lines = reprieve("validate", "--format", "csv", settings=WRONG).stdout.splitlines()
    assert lines[0] == "key,value,rule,hint,origin"
    assert len(lines) == 3


def test_it_counts_channels_and_names_the_hub(reprieve):
    """Everything that decides who is notified."""
    channel = '[[channel]]\nname = "ops"\ntype = "email"\naddress = "ops@example.com"\n'
    hub = '[notify.hub]\nregion = "eu-west-1"\n'
    result = reprieve("validate", settings=f'{SETTINGS}topology = "hub"\n{hub}{channel}')
    counts = "17 Regions, 1 address, 1 channel, 11 threats, the hub in eu-west-1"
    assert result.stdout == f"✔ The settings are valid: {counts}.\n"


def test_warnings_are_on_stderr(reprieve):
    """The settings are valid."""
    deployers = '[exempt]\ndeployers = ["arn:aws:iam::222233334444:role/Deployment"]\n'
    account = '[account]\nid = "111122223333"\n'
    result = reprieve("validate", settings=SETTINGS + deployers + account)
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: exempt.deployers has no principal of the account")


def test_quiet_prints_no_warning(reprieve):
    """It prints only errors on stderr."""
    deployers = '[exempt]\ndeployers = ["arn:aws:iam::222233334444:role/Deployment"]\n'
    settings = f'{SETTINGS}{deployers}[account]\nid = "111122223333"\n'
    assert "Warning: " in reprieve("validate", settings=settings).stderr
    assert reprieve("--quiet", "validate", settings=settings).stderr == ""


def test_the_stack_sets_are_described_after_one_account(reprieve):
    """Its own id is excluded: Terraform deploys it."""
    first, second = reprieve("validate", settings=ORGANIZATION).stdout.splitlines()
    assert first.startswith("✔ The settings are valid: ")
    assert second.startswith("Stack sets deploy the common settings to all accounts below ")
