"""`reprieve accounts`: those of the settings, and those of AWS Organizations."""

import csv
import io
import tomllib

import pytest
from moto.organizations.models import organizations_backends

from reprieve.errors import ExitCode
from reprieve.settings.loader import load
from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL
from tests.support.operator import Operator, user_allowed

GOOD = f'[notify]\nemails = ["{EMAIL}"]\n'
SETTINGS = (
    f'{GOOD}[accounts.security]\nid = "{ACCOUNT_ID}"\n'
    '[accounts.payments]\nid = "222233334444"\n'
    'role_arn = "arn:aws:iam::222233334444:role/Deployment"\n'
    '[accounts.old]\nid = "999900000000"\n'
)
NAMES = {
    ACCOUNT_ID: "Security",
    "222233334444": "payments",
    "333344445555": "Payments",
    "444455556666": "Web shop (production), with a name of fifty letters",
    "555566667777": "Закрыт",
    "666677778888": "closed",
}
FROM = ("accounts", "--from-organization")


@pytest.fixture
def organization(sandbox):
    """Put six accounts into an organization; one of them is suspended."""
    sandbox.reset()
    for account in NAMES:
        sandbox.add_account(account)
    sandbox.organize(names=NAMES)
    (suspended,) = (
        each
        for each in organizations_backends[ACCOUNT_ID]["aws"].accounts
        if each.id == "666677778888"
    )
    suspended.state = "SUSPENDED"
    return suspended


@pytest.fixture
def operator(sandbox, organization, tmp_path):
    """Return the management account's root, with settings for three accounts."""
    (tmp_path / "reprieve.toml").write_text(SETTINGS)
    return Operator(sandbox, {"REPRIEVE_SETTINGS": str(tmp_path / "reprieve.toml")})


def test_new_accounts_are_proposed_as_tables(operator, tmp_path):
    """They can be pasted into the settings; names are unique, and role names become ARNs."""
    printed = operator.run(*FROM, "--role-name", "ci/Deployment", "--read-role-name", "ReadOnly")
    assert printed.exit_code == ExitCode.OK
    assert printed.text == (
        "# 3 new accounts of the organization; 2 are in the settings already.\n"
        "# gone: [accounts.old], 999900000000, is not in the organization.\n"
        "\n"
        "# new: Payments\n"
        "[accounts.payments-333344445555]\n"
        'id = "333344445555"\n'
        'role_arn = "arn:aws:iam::333344445555:role/ci/Deployment"\n'
        'read_role_arn = "arn:aws:iam::333344445555:role/ReadOnly"\n'
        "\n"
        "# new: Web shop (production), with a name of fifty letters\n"
        "[accounts.web-shop-production-with-a-name-of-fifty]\n"
        'id = "444455556666"\n'
        'role_arn = "arn:aws:iam::444455556666:role/ci/Deployment"\n'
        'read_role_arn = "arn:aws:iam::444455556666:role/ReadOnly"\n'
        "\n"
        "# new: Закрыт\n"
        "[accounts.account-555566667777]\n"
        'id = "555566667777"\n'
        'role_arn = "arn:aws:iam::555566667777:role/ci/Deployment"\n'
        'read_role_arn = "arn:aws:iam::555566667777:role/ReadOnly"\n'
    )
    assert len(tomllib.loads(printed.text)["accounts"]) == 3
    (tmp_path / "new.toml").write_text(SETTINGS + printed.text)
    assert len(load({"REPRIEVE_SETTINGS": "new.toml"}, tmp_path).accounts) == 6
    again = operator.run(*FROM, "--settings", str(tmp_path / "new.toml")).text
    assert again.startswith("# 0 new accounts of the organization; 5 are in the settings already.")


def test_a_suspended_account_is_marked_and_never_proposed(operator, organization, tmp_path):
    """By the state that AWS says."""
    (tmp_path / "reprieve.toml").write_text(f'{GOOD}[accounts.closed]\nid = "{organization.id}"\n')
    text = operator.run(*FROM).text
    assert "# inactive: [accounts.closed], 666677778888, is SUSPENDED in the organization." in text
    assert "accounts.closed]\n" not in text


def test_json_and_csv_have_every_account(operator):
    """With its presence, its stacks and its state."""
    found = {each["account"]: each for each in operator.run(*FROM, "--json").json["accounts"]}
    assert {id: each["presence"] for id, each in found.items()} == {
        ACCOUNT_ID: "known",
        "222233334444": "known",
        "999900000000": "gone",
        "333344445555": "new",
        "444455556666": "new",
        "555566667777": "new",
    }
    assert found["222233334444"] == {
        "account": "222233334444",
        "name": "payments",
        "presence": "known",
        "stack": "reprieve-payments",
        "stacks": ["reprieve-payments"],
        "state": "terraform.reprieve-payments.tfstate",
        "role_arn": "arn:aws:iam::222233334444:role/Deployment",
        "read_role_arn": None,
        "organization_name": "payments",
    }
    rows = list(csv.DictReader(io.StringIO(operator.run(*FROM, "--format", "csv").text)))
    assert [row["account"] for row in rows] == list(found)


def test_without_settings_every_account_is_new(sandbox, organization, tmp_path, monkeypatch):
    """A deployment may begin with it."""
    monkeypatch.chdir(tmp_path)
    for name in sandbox.environment():
        monkeypatch.setenv(name, sandbox.environment()[name])
    operator = Operator(sandbox, {})
    monkeypatch.setattr(operator, "environment", sandbox.environment)
    text = operator.run(*FROM).text
    assert text.startswith("# 5 new accounts of the organization; 0 are in the settings already.")


def test_the_documented_permission_is_enough(sandbox, organization):
    """And without it the command says which is missing."""
    settings = {"REPRIEVE_NOTIFY__EMAILS": EMAIL}
    assert user_allowed(sandbox, settings, "accounts").run(*FROM).exit_code == ExitCode.OK
    action = "organizations:ListAccounts"
    denied = user_allowed(sandbox, settings, "status")
    printed = denied.run(*FROM)
    assert printed.exit_code == ExitCode.FAILED
    assert f"The permission {action} is missing." in printed.complaints


def test_the_accounts_of_the_settings_are_listed_without_aws(operator):
    """Each with its stack and its state."""
    text = operator.run("accounts").text
    assert [line.split() for line in text.splitlines()[1:3]] == [
        ["security", ACCOUNT_ID, "reprieve-security", "terraform.reprieve-security.tfstate", "–"],
        [
            "payments",
            "222233334444",
            "reprieve-payments",
            "terraform.reprieve-payments.tfstate",
            "arn:aws:iam::222233334444:role/Deployment",
        ],
    ]
    (account,) = operator.run("accounts", "--json", "--account", "old").json["accounts"]
    assert (account["name"], account["account"]) == ("old", "999900000000")


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--role-name", "x"), "--role-name, --read-role-name, --profile, --role-arn and"),
        (("--read-role-name", "x"), "--role-name, --read-role-name, --profile, --role-arn and"),
        (("--from-organization", "--read-role-name", "x"), "--read-role-name is for --role-name"),
        (("--from-organization", "--role-name", "a b"), "--role-name a b: This is not the name"),
    ],
)
def test_options_that_do_not_fit_are_refused(operator, options, complaint):
    """With exit code 2."""
    printed = operator.run("accounts", *options)
    assert printed.exit_code == ExitCode.USAGE
    assert printed.complaints.startswith(complaint)
