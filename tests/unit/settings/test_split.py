"""`state.split`: which values there are, and which states two stacks would share."""

import pytest

from reprieve.guard.layout import stacks_of
from reprieve.settings.loader import load
from tests.support.settings import GOOD, errors, read, rules

S3 = 'backend = "s3"\nbucket = "reprieve-state-111122223333"\nregion = "eu-west-1"\n'
HCP = 'backend = "hcp"\norganization = "example"\n'
TWO = 'watch = ["eu-west-1", "us-east-1"]\n'
ACCOUNTS = """
[accounts.test]
id = "111122223333"
[accounts.test-us]
id = "222233334444"
"""


def state(*lines):
    """Return a file of settings with a table of the state."""
    return f"{GOOD}[regions]\n{TWO}[state]\n{''.join(lines)}"


def test_one_stack_is_the_default(tmp_path):
    """As it was before there was a choice."""
    settings = read(tmp_path)
    assert (settings.state.split, stacks_of(settings)) == ("account", ("reprieve",))


def test_an_unknown_split_is_an_error(tmp_path):
    """It says which ones there are."""
    (error,) = errors(tmp_path, state('split = "continent"\n'))
    assert (error.key, error.rule) == ("state.split", "is not a way to split the state")
    assert '"account", "area" or "region"' in error.hint


@pytest.mark.parametrize(
    ("lines", "key"),
    [(f'{S3}key = "kms.tfstate"\n', "state.key"), (f'{HCP}workspace = "kms"\n', "state.workspace")],
)
def test_two_stacks_of_an_account_never_share_a_state(tmp_path, lines, key):
    """A name without STACK would be that of all of them."""
    (error,) = errors(tmp_path, state('split = "area"\n', lines))
    assert (error.key, error.rule) == (
        key,
        'is the state of every stack of the account with state.split = "area"',
    )
    assert error.hint == "write STACK in it, which stands for the name of the stack, or remove it"
    assert read(tmp_path, state(lines)).state.split == "account"


def test_stack_stands_for_the_name_of_each_stack(tmp_path):
    """In the key and in the workspace, for one account and for several."""
    settings = read(tmp_path, state('split = "area"\n', S3, 'key = "kms/STACK.tfstate"\n'))
    assert [settings.state.key_of(each) for each in stacks_of(settings)] == [
        "kms/reprieve.tfstate",
        "kms/reprieve-europe-west.tfstate",
        "kms/reprieve-us.tfstate",
    ]
    (tmp_path / "reprieve.toml").write_text(
        state('split = "area"\n', HCP, 'workspace = "kms-STACK"\n')
        + '[accounts.test]\nid = "111122223333"\n'
    )
    (named,) = load({}, tmp_path).accounts
    assert [named.state.workspace_of(each) for each in stacks_of(named)] == [
        "kms-reprieve-test",
        "kms-reprieve-test-europe-west",
        "kms-reprieve-test-us",
    ]


def test_without_a_name_each_state_has_the_stacks_name(tmp_path):
    """The defaults of the three backends."""
    places = [
        [settings.state.describe(each) for each in stacks_of(settings)]
        for backend in ("", S3, HCP)
        for settings in [read(tmp_path, state('split = "region"\n', backend))]
    ]
    assert places == [
        [
            "terraform.reprieve.tfstate",
            "terraform.reprieve-eu-west-1.tfstate",
            "terraform.reprieve-us-east-1.tfstate",
        ],
        [
            "s3://reprieve-state-111122223333/reprieve/reprieve.tfstate",
            "s3://reprieve-state-111122223333/reprieve/reprieve-eu-west-1.tfstate",
            "s3://reprieve-state-111122223333/reprieve/reprieve-us-east-1.tfstate",
        ],
        [
            "app.terraform.io/example/reprieve",
            "app.terraform.io/example/reprieve-eu-west-1",
            "app.terraform.io/example/reprieve-us-east-1",
        ],
    ]


def test_an_account_cannot_have_the_name_of_a_part_of_another(tmp_path):
    """Whether or not the part has a Region yet: a new one must not be the first with an error."""
    toml = f'{GOOD}[regions]\nwatch = ["eu-west-1"]\n[state]\nsplit = "area"\n{ACCOUNTS}'
    assert rules(tmp_path, toml) == [
        ("accounts.test-us", "has the stack reprieve-test-us, which is a part of accounts.test too")
    ]
    (tmp_path / "reprieve.toml").write_text(toml.replace('split = "area"', ""))
    assert len(load({}, tmp_path).accounts) == 2


def test_all_accounts_are_split_in_the_same_way(tmp_path):
    """One command moves the state of all."""
    toml = f'{GOOD}{ACCOUNTS}[accounts.test.state]\nsplit = "area"\n'
    assert rules(tmp_path, toml) == [("accounts.test.state.split", "is for all accounts together")]
