"""The AWS accounts that the commands use, and explanations of failed calls."""

import getpass
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from reprieve.aws.parallel import MAX_WORKERS, NoAnswer, run_in_parallel
from reprieve.aws.permissions import action_of
from reprieve.errors import ExitCode, ReprieveError

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=20,
    max_pool_connections=MAX_WORKERS,
    retries={"mode": "standard", "total_max_attempts": 4},
    user_agent_extra="reprieve",
)
_IDENTITY_TIMEOUT: Final = 60
"""After how many seconds STS is given up when it is asked which account a profile opens."""
_DENIALS: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
_UNKNOWN_CREDENTIALS: Final = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# "User: ARN is not authorized to perform: sns:Publish on resource: ..."
_DENIED_ACTION: Final = re.compile(r"not authorized to perform:? ([A-Za-z0-9-]+):([A-Za-z]+)")


class AccountError(ReprieveError):
    """No account can be used: the profiles or the credentials have an error."""

    exit_code = ExitCode.USAGE


@dataclass
class Account:
    """One AWS account, opened with the credentials of a profile (None: the default credentials).

    `id` is the account number, `arn` the principal that the credentials belong to.
    """

    profile: str | None
    session: Any = field(repr=False)
    id: str = ""
    arn: str = ""
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __hash__(self) -> int:
        return id(self)

    def client(self, service: str, region: str) -> Any:
        """Return the boto3 client of a service in a Region; the same one for each call."""
        with self._lock:  # creating a client is not thread-safe, using one is
            if (service, region) not in self._clients:
                self._clients[service, region] = self.session.client(
                    service, region_name=region, config=_CONFIG
                )
            return self._clients[service, region]

    def assume(self, role_arn: str, region: str, external_id: str | None = None) -> "Account":
        """Return the account of a role, opened with its credentials; raises what boto3 does.

        The session has the user's name, so that CloudTrail shows who used the role.
        """
        options = {"ExternalId": external_id} if external_id else {}
        given = self.client("sts", region).assume_role(
            RoleArn=role_arn, RoleSessionName=_session_name(), **options
        )
        credentials = given["Credentials"]
        session = boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        arn = given["AssumedRoleUser"]["Arn"]
        return Account(self.profile, session, arn.split(":")[4], arn)


def _session_name() -> str:
    """Return `reprieve-USER`, without what STS refuses (API reference, AssumeRole)."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # the user of a container may have no name
        return "reprieve"
    return f"reprieve-{re.sub(r'[^A-Za-z0-9_=,.@-]', '-', user)}"[:64]


@dataclass(frozen=True)
class Access:
    """With what the accounts are opened: a profile for each, or a role for each.

    Roles are assumed with the credentials of the one profile, or with the default credentials.
    """

    profiles: Sequence[str] = ()
    roles: Sequence[str] = ()
    external_id: str | None = None


def open_accounts(access: Access, home: str) -> tuple[list[Account], dict[str, str]]:
    """Return the accounts, and by profile or role why one cannot be opened.

    Without profiles and roles the default credentials are used. `home` is the Region whose STS is
    asked.

    Raises:
        AccountError: a profile is not configured, two open the same account, or none opens any.
    """
    asked: dict[str, Callable[[], Account]] = {}
    opened = _sessions(access.profiles)
    if access.roles:
        (caller,) = opened.values()
        for role in access.roles:
            asked[role] = partial(_assumed, caller, role, home, access.external_id)
    else:
        asked = {name: partial(_identified, each, home) for name, each in opened.items()}

    failed: dict[str, str] = {}
    found: dict[str, Account] = {}
    names: dict[str, str] = {}
    for name, answer in run_in_parallel(lambda name: asked[name](), [*asked], _IDENTITY_TIMEOUT):
        if isinstance(answer, Exception):
            failed[name] = str(answer) if isinstance(answer, AccountError) else explain(answer)
            continue
        if other := names.get(answer.id):
            kind = "roles" if access.roles else "profiles"
            raise AccountError(
                f"The {kind} {' and '.join(sorted((other, name)))} both open the account "
                f"{answer.id}.",
                "Name only one of them.",
            )
        found[name], names[answer.id] = answer, name
    if not found:
        raise AccountError("\n".join(failed.values()))
    return [found[name] for name in asked if name in found], failed


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
        reason = (
            "You need the permission sts:AssumeRole, and the role's trust policy must allow you. "
            "If it demands an external id, name it with --external-id."
            if denied_action(error) == "sts:AssumeRole"
            else explain(error)
        )
        raise AccountError(f"The role {role} cannot be assumed. {reason}") from error


def enabled_regions(account: Account, home: str) -> dict[str, bool]:
    """Return the Regions of the account's partition, and whether each is enabled.

    EC2 API reference, DescribeRegions: with AllRegions it lists disabled Regions too.
    """
    answer = account.client("ec2", home).describe_regions(AllRegions=True)
    return {
        region["RegionName"]: region["OptInStatus"] != "not-opted-in"
        for region in answer["Regions"]
    }


def denied_action(error: BaseException) -> str | None:
    """Return the IAM action, `sns:Publish`, that AWS denied; None if the error is another one."""
    if not isinstance(error, ClientError) or error.response["Error"]["Code"] not in _DENIALS:
        return None
    named = _DENIED_ACTION.search(error.response["Error"].get("Message", ""))
    return f"{named[1].lower()}:{named[2]}" if named else action_of(error.operation_name)


NO_TOPIC: Final = ("NotFound", "NotFoundException")
"""SNS's error codes for a topic that does not exist."""

NO_QUEUE: Final = ("QueueDoesNotExist", "NonExistentQueue")
"""SQS's error codes for a queue that does not exist; each of its two protocols has its own."""


def is_code(error: BaseException, *codes: str) -> bool:
    """Return whether AWS answered with one of these error codes."""
    # The query protocol puts a prefix, "AWS.SimpleQueueService.", before some of SQS's codes.
    return isinstance(error, ClientError) and any(
        error.response["Error"]["Code"].rpartition(".")[2] == code for code in codes
    )


def explain(error: BaseException) -> str:
    """Return in a sentence or two why a call to AWS failed, and what to do."""
    return " ".join(filter(None, reason_and_hint(error)))


def reason_and_hint(error: BaseException) -> tuple[str, str]:
    """Return why a call to AWS failed, and what to do: sentences. The second is often empty."""
    if action := denied_action(error):
        # IAM user guide, "Troubleshoot access denied error messages": AWS names the kind of policy.
        if "service control policy" in str(error):
            return f"A service control policy of the organization denies {action}.", ""
        return (
            f"The permission {action} is missing.",
            "`reprieve policy` prints the permissions that each command needs.",
        )
    if is_code(error, *_EXPIRED):
        return "The credentials have expired.", "Renew them."
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "No AWS credentials were found.", "Set AWS_PROFILE, or run `aws configure`."
    return _reason(error), ""


def _reason(error: BaseException) -> str:
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        if code in _UNKNOWN_CREDENTIALS:
            return (
                "AWS rejects the credentials in this Region: the account has not enabled the "
                "Region, or the credentials are wrong."
            )
        return f"{error.operation_name}: {code}: {error.response['Error'].get('Message', '')}"
    if isinstance(error, NoAnswer):
        return f"There was {error}."
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"AWS cannot be reached: {error}"
    if isinstance(error, BotoCoreError):
        return str(error)
    return f"{type(error).__name__}: {error}"
