"""Opening the accounts of the settings, each with the right credentials."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import boto3
from botocore.exceptions import ProfileNotFound

from reprieve.aws.account import Account, AccountError, denied_action, explain, reason_and_hint
from reprieve.aws.parallel import run_in_parallel
from reprieve.settings.account import AccountSettings
from reprieve.settings.arns import principal_account
from reprieve.settings.schema import NotifySettings, Settings

_TIMEOUT: Final = 60
"""After how many seconds STS is given up when it is asked for an account."""


class WrongAccountError(AccountError):
    """The credentials belong to another account than the settings are for."""


@dataclass(frozen=True)
class Access:
    """What the options say about how to open the accounts.

    Roles are assumed with the credentials of the one profile, or with the default credentials.
    """

    profiles: Sequence[str] = ()
    roles: Sequence[str] = ()
    external_id: str | None = None


@dataclass(frozen=True)
class Opened:
    """An account that is open, and the settings for it."""

    account: Account
    settings: Settings


@dataclass(frozen=True)
class Closed:
    """An account that could not be opened. `name` is that of `[accounts.NAME]`, if it has one.

    Otherwise `name` is the profile or the role; it is empty for the default credentials. `label`
    says what it is, where the error does not.
    """

    name: str
    error: AccountError
    label: str = ""

    @property
    def text(self) -> str:
        """Why, and what to do, in a line."""
        return explain(self.error)


class NoAccountError(AccountError):
    """No account could be opened; `closed` says why each could not."""

    def __init__(self, closed: Sequence[Closed]) -> None:
        self.closed = closed
        if len({each.text for each in closed}) == 1:
            super().__init__(str(closed[0].error), closed[0].error.hint)
            return
        hints = {each.error.hint for each in closed}
        common = hints.pop() if len(hints) == 1 else ""
        lines = []
        for each in closed:
            lines.append(f"{each.label}{each.error}")
            lines += [f"→ {each.error.hint}"] if each.error.hint and not common else []
        super().__init__("\n".join(lines), common)


@dataclass(frozen=True, eq=False)
class _Request:
    """An account to open: by the credentials of a session, or by a role that these assume."""

    name: str
    settings: Settings
    session: Account
    role: str | None = None
    external_id: str | None = None

    @property
    def label(self) -> str:
        """What an error of it begins with. That of a role names the role."""
        if name := self.settings.account.name:
            return f"[accounts.{name}]: "
        return f"profile {self.name}: " if self.name and not self.role else ""

    def open(self) -> Account:
        home = self.settings.regions.home
        account = (
            _assumed(self.session, self.role, home, self.external_id)
            if self.role
            else _identified(self.session, home)
        )
        account.name = self.settings.account.name
        _check_id(account, self.settings, self.role)
        return account


def any_account(settings: Settings | None = None) -> Settings:
    """Return settings for whatever account the credentials open, in the partition of `settings`."""
    if settings:
        return settings.model_copy(update={"account": AccountSettings()})
    return Settings(notify=NotifySettings(emails=("nobody@example.com",)))


def open_accounts(
    access: Access, accounts: Sequence[Settings]
) -> tuple[list[Opened], list[Closed]]:
    """Open the accounts of the settings, in their order.

    Settings without `[accounts.NAME]` are for every account that the options open. With such
    tables, each account is opened by its `role_arn`, or as the credentials are. A `--role-arn`
    replaces the role of its account.

    Raises:
        WrongAccountError: credentials belong to another account than the settings are for.
        NoAccountError: none could be opened.
        AccountError: a profile is not configured, the options do not fit the settings, or two open
            the same account.
    """
    sessions = _sessions(access.profiles)
    if accounts[0].account.name:
        requests = _requests_by_settings(access, accounts, sessions)
    else:
        requests = _requests_by_options(access, accounts[0], sessions)
    answers = dict(run_in_parallel(_Request.open, requests, _TIMEOUT))
    for answer in answers.values():
        if isinstance(answer, WrongAccountError):
            raise answer
    opened, closed = [], []
    names: dict[str, str] = {}
    for request in requests:
        answer = answers[request]
        if isinstance(answer, Exception):
            closed.append(Closed(request.name, _as_account_error(answer), request.label))
            continue
        if answer.id in names:
            kind = "roles" if access.roles else "profiles"
            both = " and ".join(sorted((names[answer.id], request.name)))
            raise AccountError(
                f"The {kind} {both} both open the account {answer.id}.", "Name only one of them."
            )
        names[answer.id] = request.name
        opened.append(Opened(answer, request.settings))
    if not opened:
        raise NoAccountError(closed)
    return opened, closed


def _requests_by_options(
    access: Access, settings: Settings, sessions: dict[str, Account]
) -> list[_Request]:
    roles = dict.fromkeys(access.roles, access.external_id)
    if not roles and (role := settings.account.role_arn):
        roles = {role: settings.account.external_id}
    if not roles:
        return [_Request(name, settings, each) for name, each in sessions.items()]
    caller = _only(sessions, "account.role_arn is set")
    return [
        _Request(role, settings, caller, role, external_id) for role, external_id in roles.items()
    ]


def _requests_by_settings(
    access: Access, accounts: Sequence[Settings], sessions: dict[str, Account]
) -> list[_Request]:
    caller = _only(sessions, "the settings have [accounts.NAME]")
    given = {principal_account(role): role for role in access.roles}
    ids = [each.account.id for each in accounts]
    for id, arn in given.items():
        if id not in ids:
            raise AccountError(
                f"--role-arn {arn}: The account {id} is not one of the selected accounts of the "
                "settings.",
                "Name a role of one of them, or none.",
            )
    requests = []
    for each in accounts:
        own = each.account
        role, external_id = own.role_arn, own.external_id
        if own.id in given:
            role, external_id = given[own.id], access.external_id
        # Without a role the session itself becomes the account, so each gets one of its own.
        session = Account(caller.profile, caller.session)
        requests.append(_Request(own.name or "", each, session, role, external_id))
    return requests


def _only(sessions: dict[str, Account], why: str) -> Account:
    """Return the one session whose credentials assume the roles."""
    if len(sessions) > 1:
        raise AccountError(
            f"--profile is named {len(sessions)} times, and {why}.",
            "Name the one profile whose credentials open the accounts and assume their roles.",
        )
    (session,) = sessions.values()
    return session


def _sessions(profiles: Sequence[str]) -> dict[str, Account]:
    """Return an account by each profile, not yet identified; by "" for the default credentials."""
    names: Sequence[str | None] = profiles or [None]
    try:
        return {name or "": Account(name, boto3.Session(profile_name=name)) for name in names}
    except ProfileNotFound as error:
        raise AccountError(
            f"{error}.", "List your profiles with `aws configure list-profiles`."
        ) from error


def _identified(account: Account, home: str) -> Account:
    identity = account.client("sts", home).get_caller_identity()
    account.id, account.arn = identity["Account"], identity["Arn"]
    return account


def _assumed(caller: Account, role: str, home: str, external_id: str | None) -> Account:
    try:
        return caller.assume(role, home, external_id)
    except Exception as error:
        # IAM user guide, "Troubleshoot IAM roles": AWS does not say which of these it is.
        reason, hint = (
            (
                "You need the permission sts:AssumeRole, and the role's trust policy must allow "
                "you.",
                "If it demands an external id, name it with --external-id or in the settings.",
            )
            if denied_action(error) == "sts:AssumeRole"
            else reason_and_hint(error)
        )
        raise AccountError(f"The role {role} cannot be assumed. {reason}", hint) from error


def _check_id(account: Account, settings: Settings, role: str | None) -> None:
    """Refuse an account that the settings are not for.

    Raises:
        WrongAccountError: the settings have the id of another one.
    """
    wanted = settings.account
    if wanted.id in (None, account.id):
        return
    table = f"[accounts.{wanted.name}] is" if wanted.name else "the settings are"
    hint = "Use credentials of that account"
    if wanted.name:
        hint += f", set accounts.{wanted.name}.role_arn, or select other accounts with --account"
    raise WrongAccountError(
        f"{_whose(account, role)} to the account {account.id}, and {table} for the account "
        f"{wanted.id}: nothing was done.",
        f"{hint}.",
    )


def _whose(account: Account, role: str | None) -> str:
    if role:
        return f"The role {role} belongs"
    # boto3 names the profile of AWS_PROFILE too; without any it says "default".
    profile = account.profile or account.session.profile_name
    if profile == "default" and not account.profile:
        return "The default credentials belong"
    return f"The credentials of the profile {profile} belong"


def _as_account_error(error: Exception) -> AccountError:
    if isinstance(error, AccountError):
        return error
    return AccountError(*reason_and_hint(error))
