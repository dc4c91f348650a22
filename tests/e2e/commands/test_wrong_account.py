"""The credentials of another account than the settings are for: nothing is changed anywhere."""

import pytest

from reprieve.errors import ExitCode
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import PROJECT, Deployment
from sandbox.processes import CommandFailed
from tests.support.account import EMAIL
from tests.support.operator import Operator

WANTED = "222233334444"
REGION = "eu-west-1"
SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_PATROL__ENABLED": "false",
    "REPRIEVE_REGIONS__WATCH": REGION,
    "REPRIEVE_ACCOUNT__ID": WANTED,
}
SENTENCE = (
    f"to the account {ACCOUNT_ID}, and the settings are for the account {WANTED}: nothing was done."
)


@pytest.fixture
def key(sandbox):
    """A key of the account that the credentials open, whose deletion is scheduled."""
    sandbox.reset()
    kms = sandbox.client("kms", REGION)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=arn, PendingWindowInDays=7)
    yield arn
    assert kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert [each["KeyArn"] for each in kms.list_keys()["Keys"]] == [arn]
    for region in (REGION, "us-east-1"):
        assert sandbox.client("sns", region).list_topics()["Topics"] == []
        assert sandbox.client("sqs", region).list_queues().get("QueueUrls", []) == []
    assert sandbox.client("iam", "us-east-1").list_roles()["Roles"] == []


@pytest.mark.parametrize(
    "command",
    [
        ("status",),
        ("status", "--json"),
        ("drill", "--yes"),
        ("sweep", "--cancel", "--enable", "--yes"),
    ],
    ids=" ".join,
)
def test_a_command_does_nothing_and_says_so(sandbox, key, command):
    """In one sentence that names both accounts, with exit code 2."""
    printed = Operator(sandbox, SETTINGS).run(*command)
    assert (printed.exit_code, printed.text) == (ExitCode.USAGE, "")
    assert printed.complaints == (
        f"The default credentials belong {SENTENCE}\n→ Use credentials of that account.\n"
    )


def test_a_profile_is_named(sandbox, key, tmp_path, monkeypatch):
    """By the option, and by the variable."""
    config = tmp_path / "credentials"
    config.write_text(
        "[blue]\naws_access_key_id = {AWS_ACCESS_KEY_ID}\n"
        "aws_secret_access_key = {AWS_SECRET_ACCESS_KEY}\n".format(**sandbox.environment())
    )
    blank = {
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": str(config),
    }
    operator = Operator(sandbox, SETTINGS, blank)
    expected = f"The credentials of the profile blue belong {SENTENCE}\n"
    printed = operator.run("sweep", "--profile", "blue")
    assert (printed.exit_code, printed.text) == (ExitCode.USAGE, "")
    assert printed.complaints.startswith(expected)
    monkeypatch.setenv("AWS_PROFILE", "blue")
    assert operator.run("sweep").complaints.startswith(expected)


def test_an_account_without_a_role_is_named_by_its_table(sandbox, key, tmp_path):
    """And other accounts can be selected."""
    file = tmp_path / "reprieve.toml"
    file.write_text(
        f'[notify]\nemails = ["{EMAIL}"]\n'
        f'[accounts.security]\nid = "{ACCOUNT_ID}"\n[accounts.test]\nid = "{WANTED}"\n'
    )
    operator = Operator(sandbox, {"REPRIEVE_SETTINGS": str(file)})
    arguments = ("sweep", "--region", REGION, "--json")
    printed = operator.run(*arguments)
    assert (printed.exit_code, printed.text) == (ExitCode.USAGE, "")
    assert f"and [accounts.test] is for the account {WANTED}: nothing was done." in (
        printed.complaints
    )
    printed = operator.run(*arguments, "--account", "security")
    assert [each["name"] for each in printed.json["accounts"]] == ["security"]


def test_doctor_names_both_accounts(sandbox, key):
    """As a check that failed, like its others."""
    printed = Operator(sandbox, SETTINGS).run("doctor", "--json")
    ((credentials, *_),) = [each["checks"] for each in printed.json["accounts"]]
    assert credentials["found"] == f"The default credentials belong {SENTENCE}"


def test_neither_plan_nor_deployment_changes_anything(sandbox, key, tmp_path, monkeypatch):
    """`reprieve diff` says it in a sentence; terraform in the words of the provider."""
    deployment = Deployment(sandbox, tmp_path, settings=SETTINGS)
    deployment.synth()
    deployment.init()
    with pytest.raises(CommandFailed, match=f"AWS account ID not allowed: {ACCOUNT_ID}"):
        deployment.apply()
    assert not (tmp_path / "terraform.reprieve.tfstate").exists()

    (tmp_path / "main.py").write_text(
        f"import runpy, sys\nsys.path.insert(0, {str(PROJECT)!r})\n"
        f"runpy.run_path({str(PROJECT / 'main.py')!r}, run_name='__main__')\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, value in deployment.variables().items():
        monkeypatch.setenv(name, value)
    printed = Operator(sandbox, SETTINGS).run("--quiet", "diff")
    assert (printed.exit_code, printed.text) == (ExitCode.USAGE, "")
    assert printed.complaints == (
        f"The credentials belong to the account {ACCOUNT_ID}, and the stack reprieve is for the "
        f"account {WANTED}: nothing was planned.\n"
        "→ Use credentials of that account, or set the role_arn of the account in the settings.\n"
    )
