"""REPRIEVE_READ_ONLY: the commands in several accounts, with roles that can change nothing."""

import pytest

from reprieve.errors import ExitCode
from tests.support.accounts import ACCOUNTS, create_accounts, create_reader, read_role_of

SWEEP = ("sweep", "--region", "eu-west-1")


@pytest.fixture
def accounts(sandbox, tmp_path):
    """Create three accounts, without a guard."""
    sandbox.reset()
    return create_accounts(sandbox, tmp_path / "accounts")


@pytest.fixture
def reader(accounts):
    """Return the credentials of a user who may sweep, and see the status, with such roles."""
    return create_reader(accounts, "sweep", "status")


def test_the_commands_assume_the_roles_that_can_change_nothing(accounts, reader):
    """Their policies are those that `reprieve policy` prints."""
    operator = accounts.operator(reader, REPRIEVE_READ_ONLY="1")
    printed = operator.run(*SWEEP, "--json")
    assert printed.exit_code == ExitCode.OK, printed.complaints
    printed = operator.run("status", *SWEEP[1:], "--json")
    callers = {each["name"]: each["caller"] for each in printed.json["accounts"]}
    assert callers.pop("security").endswith(":user/reader")
    for name, caller in callers.items():
        role = read_role_of(name).rpartition("/")[2]
        assert caller.startswith(f"arn:aws:sts::{ACCOUNTS[name]}:assumed-role/{role}/reprieve-")


def test_without_the_variable_nothing_is_gained(accounts, reader):
    """The policy that `reprieve policy assume` printed allows no deployer's role."""
    printed = accounts.operator(reader).run(*SWEEP, "--json")
    assert printed.exit_code == ExitCode.FAILED
    assert [each["name"] for each in printed.json["accounts"]] == ["security"]
    assert list(printed.json["failed_profiles"]) == ["production", "test"]


def test_a_deletion_is_not_cancelled(accounts, reader):
    """Even with credentials that may: the command is refused before it finds a key."""
    kms = accounts.kms("test", "eu-west-1")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    for credentials in (reader, accounts.credentials):
        operator = accounts.operator(credentials, REPRIEVE_READ_ONLY="1")
        printed = operator.run(*SWEEP, "--cancel", "--yes")
        assert (printed.exit_code, printed.text) == (ExitCode.USAGE, "")
        assert "REPRIEVE_READ_ONLY is 1: `reprieve sweep --cancel`" in printed.complaints
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
