"""`read_role_arn`, and REPRIEVE_READ_ONLY, which lets it take the place of `role_arn`."""

import pytest

from reprieve.settings.deployment import ReadOnlyError
from reprieve.settings.loader import load
from tests.support.settings import GOOD, errors, read, rules

ID = "111122223333"
OTHER_ID = "222233334444"
ROLE = f"arn:aws:iam::{ID}:role/ci/Deployment"
READ_ROLE = f"arn:aws:iam::{ID}:role/ci/ReadOnly"


def account(**keys):
    """Return a file with these keys under [account]."""
    return "\n".join([GOOD, "[account]", *(f'{key} = "{text}"' for key, text in keys.items())])


def accounts(*, read_roles):
    """Return a file with two accounts that have a role, and one that has none."""
    lines = [GOOD]
    for name, id in (("prod", ID), ("test", OTHER_ID)):
        lines += [f"[accounts.{name}]", f'id = "{id}"']
        lines += [f'role_arn = "arn:aws:iam::{id}:role/Deployment"']
        lines += [f'read_role_arn = "arn:aws:iam::{id}:role/ReadOnly"'] if read_roles else []
    return "\n".join([*lines, '[accounts.own]\nid = "333344445555"\n'])


BOTH = account(id=ID, role_arn=ROLE, read_role_arn=READ_ROLE, external_id="example")


@pytest.mark.parametrize(
    ("environ", "role"),
    [
        ({}, ROLE),
        ({"REPRIEVE_READ_ONLY": ""}, ROLE),
        ({"REPRIEVE_READ_ONLY": "0"}, ROLE),
        ({"REPRIEVE_READ_ONLY": "1"}, READ_ROLE),
    ],
)
def test_the_variable_chooses_the_role(tmp_path, environ, role):
    """The external id is for both roles, and the settings still have the other one."""
    found = read(tmp_path, BOTH, **environ).account
    assert (found.role_arn, found.read_role_arn) == (role, READ_ROLE)
    assert (found.id, found.external_id) == (ID, "example")


@pytest.mark.parametrize("text", ["true", "yes", "2", " 1", "-1"])
def test_another_value_is_an_error(tmp_path, text):
    """A guess could let a pull request assume the deployer's role."""
    (error,) = errors(tmp_path, BOTH, REPRIEVE_READ_ONLY=text)
    assert (error.key, error.value) == ("REPRIEVE_READ_ONLY", f'"{text}"')
    assert error.rule == "is neither 0 nor 1"
    assert error.hint == "write 1 to use read_role_arn, or unset it"


def test_a_misspelt_variable_is_an_error(tmp_path):
    """It would have no effect."""
    (error,) = errors(tmp_path, BOTH, REPRIEVE_READONLY="1")
    assert error.hint == "did you mean REPRIEVE_READ_ONLY?"


def test_each_of_several_accounts_has_its_own(tmp_path):
    """An account without a role keeps none: its credentials are used as they are."""
    (tmp_path / "reprieve.toml").write_text(accounts(read_roles=True))
    deployment = load({"REPRIEVE_READ_ONLY": "1"}, tmp_path)
    assert [(each.account.name, each.account.role_arn) for each in deployment.accounts] == [
        ("prod", f"arn:aws:iam::{ID}:role/ReadOnly"),
        ("test", f"arn:aws:iam::{OTHER_ID}:role/ReadOnly"),
        ("own", None),
    ]
    selected = load({"REPRIEVE_READ_ONLY": "1", "REPRIEVE_ACCOUNT": "test"}, tmp_path)
    assert selected.only.account.role_arn == f"arn:aws:iam::{OTHER_ID}:role/ReadOnly"
    assert selected.read_only


def test_every_account_without_a_read_role_is_named(tmp_path):
    """The deployers' roles never take its place, whichever accounts are selected."""
    toml = accounts(read_roles=False)
    for selection in ({}, {"REPRIEVE_ACCOUNT": "own"}):
        found = errors(tmp_path, toml, REPRIEVE_READ_ONLY="1", **selection)
        assert [(each.key, each.rule) for each in found] == [
            (key, "is required with role_arn if REPRIEVE_READ_ONLY is 1")
            for key in ("accounts.prod.read_role_arn", "accounts.test.read_role_arn")
        ]
    assert found[0].hint == (
        "add it: a role of the account that can change nothing, with the policy that `reprieve "
        "policy plan` prints"
    )


@pytest.mark.parametrize("role_in_file", [True, False])
def test_the_only_account_needs_a_read_role_too(tmp_path, role_in_file):
    """Also if a variable sets its role."""
    toml = account(id=ID, role_arn=ROLE) if role_in_file else account(id=ID)
    environ = {} if role_in_file else {"REPRIEVE_ACCOUNT__ROLE_ARN": ROLE}
    expected = ("account.read_role_arn", "is required with role_arn if REPRIEVE_READ_ONLY is 1")
    assert rules(tmp_path, toml, REPRIEVE_READ_ONLY="1", **environ) == [expected]


def test_it_is_reported_with_all_other_errors(tmp_path):
    """In the order of the settings."""
    toml = accounts(read_roles=False).replace("security@example.com", "x")
    found = errors(tmp_path, toml, REPRIEVE_READ_ONLY="1", REPRIEVE_TOPIC="x")
    assert [each.key for each in found] == [
        "notify.emails[0]",
        "accounts.prod.read_role_arn",
        "accounts.test.read_role_arn",
        "REPRIEVE_TOPIC",
    ]


@pytest.mark.parametrize("toml", [GOOD, account(id=ID)])
def test_without_a_role_nothing_changes(tmp_path, toml):
    """The credentials are used as they are."""
    assert read(tmp_path, toml, REPRIEVE_READ_ONLY="1").account.role_arn is None


@pytest.mark.parametrize("environ", [{}, {"REPRIEVE_READ_ONLY": "1"}])
def test_it_is_a_role_of_the_account(tmp_path, environ):
    """Like `role_arn`, with the variable or without it."""
    for role, rule in (
        ("ReadOnly", "is not the ARN of an IAM role"),
        (
            READ_ROLE.replace(ID, OTHER_ID),
            "is a role of the account 222233334444; the id is 111122223333",
        ),
        (
            READ_ROLE.replace("aws", "aws-cn"),
            "is in the partition aws-cn; the Regions to watch are in aws",
        ),
        (ROLE, "is the same as role_arn"),
    ):
        toml = account(id=ID, role_arn=ROLE, read_role_arn=role)
        assert rules(tmp_path, toml, **environ) == [("account.read_role_arn", rule)]


def test_it_needs_a_role(tmp_path):
    """Otherwise it has no effect."""
    toml = account(id=ID, read_role_arn=READ_ROLE)
    expected = ("account.read_role_arn", "has no effect without role_arn")
    assert rules(tmp_path, toml) == [expected]


def test_what_changes_something_is_refused(tmp_path):
    """With the command, and only if the variable is 1."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    load({}, tmp_path).require_changes_allowed("reprieve drill")
    with pytest.raises(ReadOnlyError, match=r"REPRIEVE_READ_ONLY is 1: `reprieve drill` changes"):
        load({"REPRIEVE_READ_ONLY": "1"}, tmp_path).require_changes_allowed("reprieve drill")
