"""The AWS accounts that the commands use, and explanations of failed calls."""

import getpass
import os
import re
from dataclasses import dataclass, field
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
)

from reprieve.aws.parallel import MAX_WORKERS, NoAnswer
from reprieve.aws.permissions import action_of
from reprieve.errors import ExitCode, ReprieveError
from reprieve.text import without_secrets

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=20,
    max_pool_connections=MAX_WORKERS,
    retries={"mode": "standard", "total_max_attempts": 4},
    user_agent_extra="reprieve",
)
_DENIALS: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
_ENDPOINT: Final = "AWS_ENDPOINT_URL"
_UNKNOWN_CREDENTIALS: Final = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# "User: ARN is not authorized to perform: sns:Publish on resource: ..."
_DENIED_ACTION: Final = re.compile(r"not authorized to perform:? ([A-Za-z0-9-]+):([A-Za-z]+)")


class AccountError(ReprieveError):
    """An account cannot be used: the profiles, the roles or the credentials have an error."""

    exit_code = ExitCode.USAGE


@dataclass
class Account:
    """One AWS account, opened with the credentials of a profile (None: the default credentials).

    `id` is the account number, `arn` the principal that the credentials belong to, and `name` the
    NAME of `[accounts.NAME]`. `caller` assumed the role whose credentials these are.
    """

    profile: str | None
    session: Any = field(repr=False)
    id: str = ""
    arn: str = ""
    name: str | None = None
    caller: "Account | None" = field(default=None, repr=False)
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
        return Account(self.profile, session, arn.split(":")[4], arn, caller=self)


def _session_name() -> str:
    """Return `reprieve-USER`, without what STS refuses (API reference, AssumeRole)."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError, ImportError):  # the user of a container may have no name
        return "reprieve"
    return f"reprieve-{re.sub(r'[^A-Za-z0-9_=,.@-]', '-', user)}"[:64]


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
    if isinstance(error, AccountError):
        return str(error), error.hint
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
    if isinstance(error, ConnectionError | HTTPClientError) and (url := _other_endpoint()):
        hint = f"{_ENDPOINT} sets the address: start what answers there, or unset the variable."
        return f"Nothing answers at {url}.", hint
    return _reason(error), ""


def _other_endpoint() -> str | None:
    """Return the address that the environment sets for AWS, without a password in it."""
    url = os.environ.get(_ENDPOINT)
    return without_secrets(url) if url else None


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
