"""`reprieve doctor`: the checks, in the order in which they depend on each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reprieve.aws.account import Account, AccountError
from reprieve.aws.opening import Access, Closed, NoAccountError, Opened, any_account, open_accounts
from reprieve.doctor.account_checks import ACCOUNT_CHECKS, account_checks
from reprieve.doctor.machine_checks import machine_checks
from reprieve.doctor.state_check import state_check
from reprieve.environment.check import Check
from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.text import counted

NOT_CHECKED: Final = "Not checked."
"""What was found where another check failed that this one depends on."""

_SETTINGS_FIRST: Final = "Correct the settings first."
_CREDENTIALS_FIRST: Final = "Provide credentials first."


@dataclass(frozen=True)
class AccountDiagnosis:
    """The checks of an account.

    `name` is that of `[accounts.NAME]`, its profile or its role; empty for the default.
    """

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
    settings: Sequence[Settings] = ()
    try:
        settings = load().accounts
    except ReprieveError as error:
        checks.append(_invalid(error))
    else:
        checks.append(Check("Settings", f"valid, {_summary(settings)}"))
    done("checking the credentials")
    opened, closed = _open(access, settings or [any_account()])
    accounts = [AccountDiagnosis(each.name, _closed(each.error)) for each in closed]
    for each in opened:
        done(f"checking the account {each.account.id}")
        name = each.account.name or each.account.profile
        name = name or (each.account.arn if access.roles else "")
        found = _account(each, timeout) if settings else _without_settings(each.account)
        accounts.append(AccountDiagnosis(name, tuple(found)))
    done("checking the state")
    checks += _states(settings, opened, timeout)
    return Diagnosis(tuple(checks), tuple(accounts), bool(settings))


def _summary(accounts: Sequence[Settings]) -> str:
    if len(accounts) > 1:
        return counted(len(accounts), "account")
    return f"{counted(len(accounts[0].regions.watched), 'Region')} watched"


def _invalid(error: ReprieveError) -> Check:
    """Return the failed check of the settings; `reprieve validate` has the details."""
    if error.hint or not isinstance(error, SettingsError):
        return Check("Settings", str(error), error.hint)
    count = len(error.errors)
    found = "The settings have an error." if count == 1 else f"The settings have {count} errors."
    return Check("Settings", found, "`reprieve validate` lists them.")


def _open(
    access: Access, settings: Sequence[Settings]
) -> tuple[Sequence[Opened], Sequence[Closed]]:
    try:
        return open_accounts(access, settings)
    except NoAccountError as error:
        return [], error.closed
    except AccountError as error:
        return [], [Closed("", error)]


def _closed(error: AccountError) -> tuple[Check, ...]:
    """Return the checks of an account that could not be opened."""
    hint = error.hint or "Check the profile, or run `aws sts get-caller-identity`."
    credentials = Check("Credentials", str(error), hint)
    return (credentials, *(_unchecked(name, _CREDENTIALS_FIRST) for name in ACCOUNT_CHECKS))


def _account(opened: Opened, timeout: float) -> Sequence[Check]:
    credentials = Check("Credentials", opened.account.arn)
    return [credentials, *account_checks(opened.account, opened.settings, timeout)]


def _without_settings(account: Account) -> Sequence[Check]:
    others = [_unchecked(name, _SETTINGS_FIRST) for name in ACCOUNT_CHECKS[1:]]
    return [Check("Credentials", account.arn), Check("Account", account.id), *others]


def _states(
    settings: Sequence[Settings], opened: Sequence[Opened], timeout: float
) -> Sequence[Check]:
    """Return the checks of the states: one for each bucket or host, however many accounts."""
    if not settings:
        return [_unchecked("State", _SETTINGS_FIRST)]
    # Terraform reads the state with the credentials that assume the account's role.
    readers = {
        each.settings.stack: each.account.caller or each.account
        if each.settings.account.role_arn
        else each.account
        for each in opened
    }
    found: dict[object, Check] = {}
    for each in settings:
        state, reader = each.state, readers.get(each.stack)
        place = state.model_copy(update={"key": None, "workspace": None})
        if state.backend == "s3" and reader is None:
            found.setdefault(None, _unchecked("State", _CREDENTIALS_FIRST))
        elif place not in found:
            found[place] = state_check(state, reader, Path.cwd(), timeout)
    return list(found.values())


def _unchecked(name: str, hint: str) -> Check:
    return Check(name, NOT_CHECKED, hint)
