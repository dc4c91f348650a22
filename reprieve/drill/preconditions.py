"""What has to be true before a drill begins: settings, options and caller."""

from collections.abc import Iterator
from datetime import UTC, datetime

from reprieve.aws.account import Account, explain
from reprieve.errors import ExitCode, ReprieveError
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.settings.schema import Settings


class DrillError(ReprieveError):
    """With these settings, options or credentials a drill would prove nothing."""

    exit_code = ExitCode.USAGE


def check_settings(settings: Settings, approved_role: str | None) -> None:
    """Check that a drill can succeed with these settings.

    Raises:
        DrillError: the drill's threat is not watched, or the approved role is not exempt.
    """
    threat = KEY_DELETION_SCHEDULED.name
    if threat not in settings.notify.threats:
        raise DrillError(
            f"notify.threats does not include {threat}: the drill would send no alert.",
            f"Add {threat} to notify.threats and deploy.",
        )
    if approved_role and approved_role not in settings.exempt.principals:
        raise DrillError(
            f"--approved-role {approved_role}: the role is not in exempt.principals, so the guard "
            "would cancel its deletions."
        )


def check_caller(account: Account, settings: Settings) -> None:
    """Check that the guard reacts to deletions by the caller.

    Raises:
        DrillError: the caller is exempt.
    """
    if principal := exempt_principal(account.arn, settings):
        raise DrillError(
            f"You are {account.arn}, whom the settings exempt ({principal}): the guard does not "
            "cancel your deletions, so the drill would fail.",
            "Run the drill as another principal.",
        )


def _exempt_now(settings: Settings) -> Iterator[str]:
    """Yield the principals that are exempt today."""
    yield from settings.exempt.principals
    today = datetime.now(UTC).date()
    for each in settings.exemption:
        if each.principal and each.until >= today:
            yield each.principal


def exempt_principal(arn: str, settings: Settings) -> str | None:
    """Return the exempt principal that a caller's ARN matches; None if none does.

    The ARN of a session does not have its role's path, so only the role's name is compared.
    """
    for principal in _exempt_now(settings):
        account, name = principal.split(":")[4], principal.rpartition("/")[2]
        session = f":{account}:assumed-role/{name}/"
        if arn == principal or (":role/" in principal and session in arn):
            return str(principal)
    return None


def approver(account: Account, role: str, settings: Settings) -> Account:
    """Return the account opened as the approved role.

    Raises:
        DrillError: the role cannot be assumed.
    """
    try:
        return account.assume(role, settings.regions.home)
    except Exception as error:
        raise DrillError(
            f"--approved-role {role}: the role cannot be assumed. {explain(error)}"
        ) from error
