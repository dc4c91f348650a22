"""The table `[account]`: one account, its id, and the role to assume there."""

import pytest

from tests.support.settings import GOOD, errors, read, rules

ID = "111122223333"
ROLE = f"arn:aws:iam::{ID}:role/ci/Deployment"


def account(**keys):
    """Return a file with these keys under [account]."""
    return "\n".join([GOOD, "[account]", *(f'{key} = "{text}"' for key, text in keys.items())])


def test_nothing_is_known_of_the_account_by_default(tmp_path):
    """As before there was such a table."""
    settings = read(tmp_path)
    assert (settings.account.id, settings.account.role_arn, settings.account.name) == (None,) * 3
    assert (settings.stack, settings.all_account_ids) == ("reprieve", ())


def test_every_key_is_read(tmp_path):
    """From the file; a variable overrides the id."""
    settings = read(tmp_path, account(id=ID, role_arn=ROLE, external_id="a:b/c=d"))
    assert settings.account.id == ID
    assert settings.account.role_arn == ROLE
    assert settings.account.external_id == "a:b/c=d"
    assert settings.stack == "reprieve"
    assert settings.all_account_ids == (ID,)
    other = read(tmp_path, account(id=ID), REPRIEVE_ACCOUNT__ID="012345678901")
    assert other.account.id == "012345678901"


@pytest.mark.parametrize(
    ("id", "hint"),
    [
        ("1111-2222-3333", f'write "{ID}"'),
        ("11112222333", f'write it like "{ID}"'),
        ("١١١١٢٢٢٢٣٣٣٣", f'write it like "{ID}"'),
        ("production", f'write it like "{ID}"'),
    ],
)
def test_an_id_has_twelve_digits(tmp_path, id, hint):
    """Without hyphens, in ASCII."""
    (error,) = errors(tmp_path, account(id=id))
    assert (error.key, error.hint) == ("account.id", hint)


def test_an_id_without_quotation_marks_is_no_text(tmp_path):
    """A number would lose a zero at its beginning."""
    toml = f"{GOOD}[account]\nid = {ID}\n"
    assert rules(tmp_path, toml) == [("account.id", "is not text")]


@pytest.mark.parametrize("external_id", ["x", "a b", "ü" * 3, "x" * 1225])
def test_an_external_id_is_one_that_sts_accepts(tmp_path, external_id):
    """STS API reference, AssumeRole."""
    toml = account(id=ID, role_arn=ROLE, external_id=external_id)
    assert [key for key, _ in rules(tmp_path, toml)] == ["account.external_id"]


def test_a_role_is_of_the_account(tmp_path):
    """Its account and its partition are in its ARN."""
    assert rules(tmp_path, account(id="222233334444", role_arn=ROLE)) == [
        ("account.role_arn", "is a role of the account 111122223333; the id is 222233334444")
    ]
    other = ROLE.replace("aws", "aws-cn")
    assert rules(tmp_path, account(id=ID, role_arn=other)) == [
        ("account.role_arn", "is in the partition aws-cn; the Regions to watch are in aws")
    ]
    (error,) = errors(tmp_path, account(role_arn=ROLE))
    assert (error.key, error.rule) == ("account.id", "is required with role_arn")
    assert error.hint == 'write id = "111122223333"'


def test_an_external_id_needs_a_role(tmp_path):
    """Otherwise it has no effect."""
    toml = account(id=ID, external_id="reprieve")
    assert rules(tmp_path, toml) == [("account.external_id", "has no effect without role_arn")]


def test_the_runbooks_role_is_of_the_account(tmp_path):
    """Systems Manager accepts no role of another account."""
    toml = account(id="222233334444") + (
        '\n[remediation]\nautomation_role_arn = "arn:aws:iam::111122223333:role/KeyRescue"\n'
    )
    assert rules(tmp_path, toml) == [
        (
            "remediation.automation_role_arn",
            "is a role of the account 111122223333, and account.id is 222233334444: Systems "
            "Manager accepts only roles of its own account",
        )
    ]
