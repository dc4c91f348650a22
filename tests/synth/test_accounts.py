"""What a stack knows of its account: the providers, the state, the names."""

import json
from types import MappingProxyType

import pytest

from reprieve.settings.loader import load
from stacks.account import add_account
from stacks.cdk import App
from tests.support.settings import GOOD

ID = "111122223333"
ROLE = f"arn:aws:iam::{ID}:role/Deployment"
ONE_REGION = f'{GOOD}[regions]\nwatch = ["eu-west-1"]\n'


@pytest.fixture(scope="module")
def synthesise(tmp_path_factory):
    """Return a function: a file of settings and variables in, the stacks by their names out."""

    def stacks(toml, environ=MappingProxyType({})):
        directory = tmp_path_factory.mktemp("synth")
        (directory / "reprieve.toml").write_text(toml)
        app = App(outdir=str(directory))
        for settings in load(environ, directory).accounts:
            add_account(app, settings)
        app.synth()
        files = (directory / "stacks").glob("*/cdk.tf.json")
        return {file.parent.name: json.loads(file.read_text()) for file in files}

    return stacks


@pytest.fixture(scope="module")
def unknown(synthesise):
    """Return the stack of an account whose id is not known."""
    return synthesise(ONE_REGION)["reprieve"]


def comparable(stack):
    """Return a stack without CDKTF's metadata, which have the name of the stack."""
    if isinstance(stack, list):
        return [comparable(each) for each in stack]
    if not isinstance(stack, dict):
        return stack
    return {key: comparable(value) for key, value in stack.items() if key != "//"}


def test_an_id_changes_nothing_but_the_providers(synthesise, unknown):
    """Each of them refuses the credentials of another account."""
    stacks = synthesise(f'{ONE_REGION}[account]\nid = "{ID}"\n')
    assert list(stacks) == ["reprieve"]
    stack = stacks["reprieve"]
    providers = [{**each, "allowed_account_ids": [ID]} for each in unknown["provider"]["aws"]]
    assert comparable(stack) == comparable(unknown) | {"provider": {"aws": providers}}


def test_a_role_is_assumed_by_every_provider(synthesise, unknown):
    """With its external id, and a name that CloudTrail shows."""
    stacks = synthesise(
        f'{ONE_REGION}[account]\nid = "{ID}"\nrole_arn = "{ROLE}"\nexternal_id = "example"\n'
    )
    assumed = {"role_arn": ROLE, "external_id": "example", "session_name": "reprieve"}
    assert stacks["reprieve"]["provider"]["aws"] == [
        {**each, "allowed_account_ids": [ID], "assume_role": [assumed]}
        for each in unknown["provider"]["aws"]
    ]


def test_a_plan_assumes_the_role_that_can_change_nothing(synthesise):
    """The variable chooses it; nothing else differs, so that the plan is that of a deployment."""
    read_role = f"arn:aws:iam::{ID}:role/ReadOnly"
    toml = (
        f'{ONE_REGION}[account]\nid = "{ID}"\nrole_arn = "{ROLE}"\n'
        f'read_role_arn = "{read_role}"\nexternal_id = "example"\n'
    )
    deployed = synthesise(toml)["reprieve"]
    planned = synthesise(toml, {"REPRIEVE_READ_ONLY": "1"})["reprieve"]
    for stack, role in ((deployed, ROLE), (planned, read_role)):
        for provider in stack["provider"]["aws"]:
            assert provider.pop("assume_role") == [
                {"role_arn": role, "external_id": "example", "session_name": "reprieve"}
            ]
    assert comparable(planned) == comparable(deployed)


def test_each_account_has_a_stack_and_a_state(synthesise, unknown):
    """The addresses are those of a single account, so that its state can be kept."""
    stacks = synthesise(
        f'{ONE_REGION}[accounts.prod]\nid = "{ID}"\n[accounts.test]\nid = "222233334444"\n'
    )
    assert sorted(stacks) == ["reprieve-prod", "reprieve-test"]
    for name, stack in stacks.items():
        path = stack["terraform"]["backend"]["local"]["path"]
        assert path.endswith(f"/terraform.{name}.tfstate")
        assert comparable(stack["resource"]) == comparable(unknown["resource"])
    ids = {
        name: stack["provider"]["aws"][0]["allowed_account_ids"] for name, stack in stacks.items()
    }
    assert ids == {"reprieve-prod": [ID], "reprieve-test": ["222233334444"]}


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (
            'backend = "s3"\nbucket = "reprieve-state"\nregion = "eu-west-1"\n',
            ["reprieve/reprieve-prod.tfstate", "reprieve/reprieve-test.tfstate"],
        ),
        (
            'backend = "s3"\nbucket = "reprieve-state"\nregion = "eu-west-1"\nkey = "a/STACK/b"\n',
            ["a/reprieve-prod/b", "a/reprieve-test/b"],
        ),
        ('backend = "hcp"\norganization = "example"\n', ["reprieve-prod", "reprieve-test"]),
        (
            'backend = "hcp"\norganization = "example"\nworkspace = "kms-STACK"\n',
            ["kms-reprieve-prod", "kms-reprieve-test"],
        ),
    ],
)
def test_the_state_of_a_stack_has_its_name(synthesise, state, expected):
    """In a bucket and in HCP Terraform."""
    stacks = synthesise(
        f'{ONE_REGION}[state]\n{state}[accounts.prod]\nid = "{ID}"\n'
        '[accounts.test]\nid = "222233334444"\n'
    )
    found = []
    for _, stack in sorted(stacks.items()):
        terraform = stack["terraform"]
        if "cloud" in terraform:
            found.append(terraform["cloud"]["workspaces"]["name"])
        else:
            found.append(terraform["backend"]["s3"]["key"])
    assert found == expected
