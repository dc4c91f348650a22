"""The commands that need no AWS, with the settings of several accounts."""

import json
import tomllib

import pytest

from reprieve.cli.views.accounts import toml

GOOD = '[notify]\nemails = ["security@example.com"]\n'
ROLES = {
    "prod": ("111122223333", "arn:aws:iam::111122223333:role/Deployment"),
    "test": ("222233334444", "arn:aws:iam::222233334444:role/Deployment"),
}
ACCOUNTS = GOOD + "".join(
    f'[accounts.{name}]\nid = "{id}"\nrole_arn = "{role}"\n' for name, (id, role) in ROLES.items()
)
READ_ROLES = {name: role.replace("Deployment", "ReadOnly") for name, (_, role) in ROLES.items()}
WITH_READ_ROLES = GOOD + "".join(
    f'[accounts.{name}]\nid = "{id}"\nrole_arn = "{role}"\nread_role_arn = "{READ_ROLES[name]}"\n'
    for name, (id, role) in ROLES.items()
)
OTHER_TOPIC = ACCOUNTS + '[accounts.test.notify]\ntopic_name = "other"\n'


def test_validate_lists_the_accounts(reprieve):
    """Each with what its settings have."""
    result = reprieve("validate", settings=ACCOUNTS + '[accounts.test.regions]\nwatch = "all"\n')
    assert result.exit_code == 0
    first, prod, test = result.stdout.splitlines()
    assert first == "✔ The settings of 2 accounts are valid:"
    assert prod.startswith("  prod (111122223333): 17 Regions, 1 address")
    assert test.startswith("  test (222233334444): ")


@pytest.mark.parametrize("line", [["--account", "x", "validate"], ["validate", "--account", "x"]])
def test_an_unknown_account_ends_a_command(reprieve, line):
    """Before or after its name."""
    result = reprieve(*line, settings=ACCOUNTS)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == 'The settings have no account "x".\n→ The accounts are prod, test.\n'


def test_several_accounts_are_selected_one_by_one(reprieve):
    """Also with one of them before the command, and one after it."""
    toml = f'{ACCOUNTS}[accounts.dev]\nid = "333344445555"\n'
    result = reprieve("--account", "test", "accounts", "--account", "dev", "--json", settings=toml)
    assert [each["name"] for each in json.loads(result.stdout)["accounts"]] == ["test", "dev"]


def test_threats_names_the_accounts_where_the_settings_differ(reprieve):
    """A threat that every account watches alike has none."""
    toml = ACCOUNTS + '[accounts.test.notify]\nthreats = ["key-deletion-scheduled"]\n'
    events = json.loads(reprieve("threats", "--json", settings=toml).stdout)
    found = [(each["name"], each["watched"], each.get("accounts")) for each in events]
    assert ("key-deletion-scheduled", True, None) in found
    assert ("key-disabled", True, ["prod"]) in found
    assert ("key-disabled", False, ["test"]) in found
    table = reprieve("threats", settings=toml).stdout
    assert "ACCOUNTS" in table
    assert "ACCOUNTS" not in reprieve("threats", settings=ACCOUNTS).stdout


def test_a_policy_serves_every_account(reprieve):
    """It has the resources of all; --account makes it smaller."""
    document = json.loads(reprieve("policy", "status", settings=OTHER_TOPIC).stdout)
    resources = {each["Sid"]: each["Resource"] for each in document["Statement"]}
    topics = resources["ReadTopics"]
    assert "arn:aws:sns:*:*:reprieve-alerts" in topics
    assert "arn:aws:sns:*:*:other" in topics
    assert len(topics) == len(set(topics))
    one = reprieve("policy", "status", "--account", "prod", settings=OTHER_TOPIC).stdout
    assert "sns:*:*:other" not in one


def test_a_policy_lets_the_roles_be_assumed(reprieve):
    """For the credentials with which the commands and Terraform begin."""
    (statement,) = json.loads(reprieve("policy", "assume", settings=ACCOUNTS).stdout)["Statement"]
    assert statement["Action"] == ["sts:AssumeRole"]
    assert statement["Resource"] == [role for _, role in ROLES.values()]


def test_a_policy_lets_only_the_read_roles_be_assumed(reprieve, monkeypatch):
    """For the credentials of a pull request's job, which must not become a deployer."""
    monkeypatch.setenv("REPRIEVE_READ_ONLY", "1")
    result = reprieve("policy", "assume", settings=WITH_READ_ROLES)
    (statement,) = json.loads(result.stdout)["Statement"]
    assert statement["Resource"] == list(READ_ROLES.values())


@pytest.mark.parametrize(("value", "assumed"), [("0", "Deployment"), ("1", "ReadOnly")])
def test_the_accounts_are_listed_with_the_roles_that_are_assumed(
    reprieve, monkeypatch, value, assumed
):
    """The variable chooses."""
    monkeypatch.setenv("REPRIEVE_READ_ONLY", value)
    result = reprieve("accounts", "--json", settings=WITH_READ_ROLES)
    for each in json.loads(result.stdout)["accounts"]:
        assert each["role_arn"] == f"arn:aws:iam::{each['account']}:role/{assumed}"
        assert each["read_role_arn"] == READ_ROLES[each["name"]]


def test_a_policy_is_for_one_partition(reprieve):
    """IAM refuses the ARNs of another one."""
    toml = f'{GOOD}[accounts.a]\nid = "111122223333"\n[accounts.b]\nid = "222233334444"\n'
    toml += '[accounts.b.regions]\nwatch = ["us-gov-west-1"]\n'
    result = reprieve("policy", "status", settings=toml)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("The accounts are in the partitions aws and aws-us-gov")
    assert reprieve("policy", "status", "--account", "b", settings=toml).exit_code == 0


def test_a_service_control_policy_must_be_the_same_for_all(reprieve):
    """Otherwise one is selected."""
    role = '[exempt]\ndeployers = ["arn:aws:iam::111122223333:role/Deployment"]\n'
    assert reprieve("policy", "protect", settings=ACCOUNTS + role).exit_code == 0
    result = reprieve("policy", "protect", settings=OTHER_TOPIC + role)
    assert result.exit_code == 2
    assert "need different service control policies" in result.stderr


def test_an_id_in_place_of_a_name_is_answered_with_the_name(reprieve):
    """The options select by name."""
    result = reprieve(
        "--account",
        "333344445555",
        "accounts",
        settings=f'{ACCOUNTS}[accounts.dev]\nid = "333344445555"\n',
    )
    assert result.exit_code == 2
    assert result.stderr.endswith("→ This is an id. Write the name of the account: dev.\n")


def test_the_rows_of_a_threat_are_together(reprieve):
    """However the accounts differ."""
    role = "arn:aws:iam::333344445555:role/Deployment"
    dev = f'[accounts.dev]\nid = "333344445555"\n[accounts.dev.exempt]\ndeployers = ["{role}"]\n'
    result = reprieve("threats", "--json", settings=ACCOUNTS + dev)
    found = [(each["name"], each.get("accounts")) for each in json.loads(result.stdout)]
    at = next(index for index, (name, _) in enumerate(found) if name == "guard-changed")
    assert found[at + 1] == ("guard-changed", ["dev"])


STACK_SETS = """
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = { account = "prod", region = "eu-west-1", organization_id = "o-exampleorgid" }
[regions]
watch = ["eu-west-1", "us-east-1"]
[exempt]
deployers = ["arn:aws:iam::111122223333:role/Deployment"]
[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-12345678", "ou-abcd-87654321"]
exclude_accounts = ["333344445555"]
[accounts.prod]
id = "111122223333"
"""


@pytest.mark.parametrize("command", ["validate", "accounts"])
def test_the_accounts_of_stack_sets_are_described(reprieve, command):
    """The settings name none of them. The excluded ones are those of Terraform, too."""
    assert reprieve(command, settings=STACK_SETS).stdout.splitlines()[-1] == (
        "Stack sets deploy the common settings to all accounts below ou-abcd-12345678, "
        "ou-abcd-87654321, except 2 excluded accounts: 2 Regions each."
    )
    assert json.loads(reprieve(command, "--json", settings=STACK_SETS).stdout)["stack_sets"] == {
        "organizational_units": ["ou-abcd-12345678", "ou-abcd-87654321"],
        "excluded_accounts": ["111122223333", "333344445555"],
        "regions": ["eu-west-1", "us-east-1"],
    }
    assert "tack sets" not in reprieve(command, settings=ACCOUNTS).stdout


def test_a_proposal_says_that_stack_sets_deploy_to_most_accounts():
    """A table for a member would let Terraform create what exists already."""
    proposal = toml([], lambda each: {}, stack_sets=True)
    assert "Add no table for\n# such an account" in proposal
    assert tomllib.loads(proposal) == {}
    assert "Stack sets" not in toml([], lambda each: {}, stack_sets=False)
