"""Three accounts from one synthesis: each has its guard, its stack and its state."""

import pytest

from reprieve.errors import ExitCode
from sandbox.deployment import PROJECT
from tests.support.accounts import ACCOUNTS, create_reader, deploy_accounts, settings_of

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def deployed(sandbox, tmp_path_factory):
    """Deploy to three accounts, two Regions each."""
    return deploy_accounts(sandbox, tmp_path_factory.mktemp("accounts"))


@pytest.fixture
def app(deployed, monkeypatch):
    """Change to the directory of the settings, with an app there, and with Terraform's provider."""
    monkeypatch.chdir(deployed.directory)
    (deployed.directory / "main.py").write_text(
        "import runpy, sys\n"
        f"sys.path.insert(0, {str(PROJECT)!r})\n"
        f"runpy.run_path({str(PROJECT / 'main.py')!r}, run_name='__main__')\n"
    )
    for name, value in deployed.deployments["test"].variables().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def wrong_id(deployed):
    """Let the role of `production` demand another external id than the settings have."""
    deployed.write(settings_of(external_id="green"))
    yield
    deployed.write(settings_of())


def test_a_key_is_rescued_in_each_region_of_each_account(deployed):
    """By the guard of its own account, whose topic sends the alert."""
    keys = {}
    for name, region in deployed.places():
        key = deployed.kms(name, region).create_key()["KeyMetadata"]
        keys[name, region] = key["KeyId"]
        assert key["AWSAccountId"] == ACCOUNTS[name]
        deployed.kms(name, region).schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    deployed.sandbox.settle()
    for (name, region), key in keys.items():
        metadata = deployed.kms(name, region).describe_key(KeyId=key)["KeyMetadata"]
        assert metadata["KeyState"] == "Disabled"
        topics = {mail.topic_arn for mail in deployed.sandbox.mails if key in mail.body}
        assert topics == {f"arn:aws:sns:{region}:{ACCOUNTS[name]}:reprieve-alerts"}


def test_each_stack_has_a_state_and_an_empty_plan(deployed):
    """The files are named after the stacks."""
    states = sorted(file.name for file in deployed.directory.glob("terraform.*.tfstate"))
    assert states == [
        "terraform.reprieve-production.tfstate",
        "terraform.reprieve-security.tfstate",
        "terraform.reprieve-test.tfstate",
    ]
    assert deployed.deployments["production"].plan() == {}


def test_the_commands_cover_every_account(deployed):
    """Each with the credentials of its role; --account selects."""
    report = deployed.run("sweep", "--region", "eu-west-1", "--json").json
    found = {each["name"]: each["account"] for each in report["accounts"]}
    assert found == ACCOUNTS
    report = deployed.run("--account", "test", "status", "--region", "eu-west-1", "--json").json
    (account,) = report["accounts"]
    assert (account["name"], account["account"]) == ("test", ACCOUNTS["test"])
    assert account["caller"].startswith(
        f"arn:aws:sts::{ACCOUNTS['test']}:assumed-role/Deployment/reprieve-"
    )
    printed = deployed.run("drill", "--region", "eu-west-1", "--yes", "--json")
    assert printed.json["passed"], printed.text
    assert {each["name"]: each["account"] for each in printed.json["accounts"]} == ACCOUNTS


def test_a_role_that_cannot_be_assumed_stops_only_its_own_account(deployed, wrong_id):
    """It is in the report by its name, and the exit code is that of a failure."""
    printed = deployed.run("sweep", "--region", "eu-west-1", "--json")
    assert printed.exit_code == ExitCode.FAILED
    assert [each["name"] for each in printed.json["accounts"]] == ["security", "test"]
    assert list(printed.json["failed_profiles"]) == ["production"]
    (line,) = [line for line in printed.complaints.splitlines() if "assumed" in line]
    assert line.startswith(
        "[accounts.production]: The role arn:aws:iam::222233334444:role/Deployment cannot be "
        "assumed."
    )


def test_a_plan_of_each_stack_is_reviewed(deployed, app, wrong_id):
    """That of the role that cannot be assumed failed; the others have no changes."""
    printed = deployed.run("--quiet", "diff", "--json")
    assert printed.exit_code == ExitCode.FAILED
    plans = {each["plan"]: each["errored"] for each in printed.json["plans"]}
    assert plans == {
        "reprieve-production": True,
        "reprieve-security": False,
        "reprieve-test": False,
    }
    assert "Cannot assume IAM Role" in printed.complaints


def test_a_plan_of_a_pull_request_assumes_the_roles_that_can_change_nothing(deployed, app):
    """With the policies of `reprieve policy plan` and `assume`; it can assume no deployer's."""
    credentials = create_reader(deployed, "plan")
    reader = deployed.operator(credentials, REPRIEVE_READ_ONLY="1")
    printed = reader.run("--quiet", "diff", "--json")
    assert printed.exit_code == ExitCode.OK, printed.complaints
    plans = {each["plan"]: each["errored"] for each in printed.json["plans"]}
    assert plans == {f"reprieve-{name}": False for name in sorted(ACCOUNTS)}
    # A pull request that unsets the variable gains nothing.
    printed = deployed.operator(credentials).run("--quiet", "diff", "--json")
    assert printed.exit_code == ExitCode.FAILED
    plans = {each["plan"]: each["errored"] for each in printed.json["plans"]}
    assert plans == {f"reprieve-{name}": name != "security" for name in sorted(ACCOUNTS)}
    assert "Cannot assume IAM Role" in printed.complaints
