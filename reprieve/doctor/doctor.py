"""`reprieve doctor`: the checks, in the order in which they depend on each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reprieve.aws.account import Access, Account, AccountError, open_accounts
from reprieve.doctor.account_checks import ACCOUNT_CHECKS, account_checks
from reprieve.doctor.machine_checks import machine_checks
from reprieve.doctor.state_check import state_check
from reprieve.environment.check import Check
from reprieve.errors import ExitCode
from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.text import counted

NOT_CHECKED: Final = "Not checked."
"""What was found where another check failed that this one depends on."""

_HOME: Final = "us-east-1"
"""The Region whose STS is asked where the settings do not say which."""
_SETTINGS_FIRST: Final = "Correct the settings first."
_CREDENTIALS_FIRST: Final = "Provide credentials first."


@dataclass(frozen=True)
class AccountDiagnosis:
    """The checks of an account. `name` is its profile or its role, empty for the default."""

    name: str
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What `reprieve doctor` found: of the machine and the settings, then of each account."""

    checks: tuple[Check, ...]
    accounts: tuple[AccountDiagnosis, ...]
    settings_valid: bool

    @property
    def exit_code(self) -> ExitCode:
        """OK if every check passed; USAGE if the settings have errors, else FAILED."""
        if not self.settings_valid:
            return ExitCode.USAGE
        passed = all(each.passed for _, each in self.rows())
        return ExitCode.OK if passed else ExitCode.FAILED

    def rows(self) -> list[tuple[str, Check]]:
        """Return every check with the name of its account; the name is empty for the machine."""
        own = [("", check) for check in self.checks]
        return own + [(each.name, check) for each in self.accounts for check in each.checks]

    def as_json(self) -> dict[str, Any]:
        """Return the diagnosis for programs: a check that passed has an empty hint."""
        return {
            "ready": self.exit_code is ExitCode.OK,
            "checks": [_as_json(each) for each in self.checks],
            "accounts": [
                {"name": each.name, "checks": [_as_json(check) for check in each.checks]}
                for each in self.accounts
            ],
        }


def _as_json(check: Check) -> dict[str, Any]:
    return {"passed": check.passed, **check._asdict()}


def diagnose(
    access: Access, *, timeout: float, done: Callable[[str], None] = lambda what: None
) -> Diagnosis:
    """Run every check. What depends on one that failed is reported as not checked.

    Args:
        access: The profiles or roles of the accounts.
        timeout: Seconds after which a Region or a host is given up.
        done: Called with the name of what is checked next.
    """
    done("checking the tools")
    checks = list(machine_checks(timeout))
    done("checking the settings")
    settings: Settings | None = None
    try:
        settings = load().only
    except SettingsError as error:
        checks.append(_invalid(error))
    else:
        regions = counted(len(settings.regions.watched), "Region")
        checks.append(Check("Settings", f"valid, {regions} watched"))
    done("checking the credentials")
    opened, failed = _open(access, settings.regions.home if settings else _HOME)
    accounts = [AccountDiagnosis(name, _closed(reason)) for name, reason in failed.items()]
    for account in opened:
        done(f"checking the account {account.id}")
        name = account.profile or (account.arn if access.roles else "")
        accounts.append(AccountDiagnosis(name, tuple(_account(account, settings, timeout))))
    done("checking the state")
    checks.append(_state(settings, opened, timeout))
    return Diagnosis(tuple(checks), tuple(accounts), settings is not None)


def _invalid(error: SettingsError) -> Check:
    """Return the failed check of the settings; `reprieve validate` has the details."""
    if error.hint:
        return Check("Settings", str(error), error.hint)
    count = len(error.errors)
    found = "The settings have an error." if count == 1 else f"The settings have {count} errors."
    return Check("Settings", found, "`reprieve validate` lists them.")


def _open(access: Access, home: str) -> tuple[list[Account], dict[str, str]]:
    try:
        return open_accounts(access, home)
    except AccountError as error:
        return [], {"": " ".join(filter(None, [str(error), error.hint]))}


def _closed(reason: str) -> tuple[Check, ...]:
    """Return the checks of an account that could not be opened."""
    first, _, rest = reason.partition(". ")
    hint = rest or "Check the profile, or run `aws sts get-caller-identity`."
    credentials = Check("Credentials", f"{first.removesuffix('.')}.", hint)
    return (credentials, *(_unchecked(name, _CREDENTIALS_FIRST) for name in ACCOUNT_CHECKS))


def _account(account: Account, settings: Settings | None, timeout: float) -> Sequence[Check]:
    credentials = Check("Credentials", account.arn)
    if settings is None:
        identified = Check("Account", account.id)
        others = [_unchecked(name, _SETTINGS_FIRST) for name in ACCOUNT_CHECKS[1:]]
        return [credentials, identified, *others]
    return [credentials, *account_checks(account, settings, timeout)]


def _state(settings: Settings | None, opened: Sequence[Account], timeout: float) -> Check:
    if settings is None:
        return _unchecked("State", _SETTINGS_FIRST)
    if settings.state.backend == "s3" and not opened:
        return _unchecked("State", _CREDENTIALS_FIRST)
    account = opened[0] if opened else None
    return state_check(settings.state, account, Path.cwd(), timeout)


def _unchecked(name: str, hint: str) -> Check:
    return Check(name, NOT_CHECKED, hint)
