"""The running AWS that the operator's commands talk to: its accounts, and why a call failed."""

import re
from collections.abc import Sequence
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
    ProfileNotFound,
)

from reprieve.aws.parallel import AT_ONCE, NoAnswer, everywhere
from reprieve.aws.permissions import action_of

_CONFIG: Final = Config(
    connect_timeout=5,
    read_timeout=20,
    max_pool_connections=AT_ONCE,
    retries={"mode": "standard", "total_max_attempts": 4},
    user_agent_extra="reprieve",
)
_DENIALS: Final = frozenset(
    {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
)
_SWITCHED_OFF: Final = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
_EXPIRED: Final = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
# «User: ARN is not authorized to perform: sns:Publish on resource: …»
_ACTION: Final = re.compile(r"not authorized to perform:? ([A-Za-z0-9-]+):([A-Za-z]+)")


class CannotBegin(Exception):
    """Nothing can be asked of AWS at all; the text says why, and what to do."""


@dataclass
class Account:
    """One AWS account, as the credentials of a profile (None: the default ones) open it.

    `id` is its number, `arn` whom the credentials belong to.
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
        """Return the boto3 client of a service in a Region, always the same one."""
        with self._lock:  # making a client is not thread-safe, using one is
            if (service, region) not in self._clients:
                self._clients[service, region] = self.session.client(
                    service, region_name=region, config=_CONFIG
                )
            return self._clients[service, region]

    def assume(self, role_arn: str, region: str) -> "Account":
        """Return the same account as a role opens it; raises what boto3 does."""
        session_name = "reprieve"
        given = self.client("sts", region).assume_role(
            RoleArn=role_arn, RoleSessionName=session_name
        )
        credentials = given["Credentials"]
        session = boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        return Account(self.profile, session, self.id, given["AssumedRoleUser"]["Arn"])


def accounts_of(profiles: Sequence[str], home: str) -> tuple[list[Account], dict[str, str]]:
    """Return the accounts that the profiles lead to, and by profile why one leads nowhere.

    No profile means the default credentials. `home` is the Region that is asked.

    Raises:
        CannotBegin: a profile is not configured, two lead to one account, or none leads anywhere.
    """
    try:
        names: Sequence[str | None] = profiles or [None]
        asked = [Account(name, boto3.Session(profile_name=name)) for name in names]
    except ProfileNotFound as error:
        raise CannotBegin(f"{error}. See `aws configure list-profiles`.") from None

    failed: dict[str, str] = {}
    found: dict[str, Account] = {}
    for account, answer in everywhere(
        lambda account: account.client("sts", home).get_caller_identity(), asked, timeout=60
    ):
        if isinstance(answer, Exception):
            failed[account.profile or ""] = explain(answer)
            continue
        account.id, account.arn = answer["Account"], answer["Arn"]
        if other := found.get(account.id):
            raise CannotBegin(
                f"The profiles {other.profile} and {account.profile} both lead to the account "
                f"{account.id}: name one of them."
            )
        found[account.id] = account
    if not found:
        raise CannotBegin("\n".join(failed.values()))
    return [account for account in asked if account.id], failed


def regions_on(account: Account, home: str) -> dict[str, bool]:
    """Return the Regions of the account's partition, and whether it has each switched on.

    EC2 API reference, DescribeRegions: with AllRegions it lists those that are switched off too.
    """
    answer = account.client("ec2", home).describe_regions(AllRegions=True)
    return {
        region["RegionName"]: region["OptInStatus"] != "not-opted-in"
        for region in answer["Regions"]
    }


def lacking(error: BaseException) -> str | None:
    """Return the IAM action, `sns:Publish`, whose lack is the error; None if it is another one."""
    if not isinstance(error, ClientError) or error.response["Error"]["Code"] not in _DENIALS:
        return None
    named = _ACTION.search(error.response["Error"].get("Message", ""))
    return f"{named[1].lower()}:{named[2]}" if named else action_of(error.operation_name)


def is_code(error: BaseException, *codes: str) -> bool:
    """Say whether AWS answered with one of these error codes, or with one that begins with it."""
    # SQS's codes come with and without what the query protocol put before them.
    return isinstance(error, ClientError) and any(
        error.response["Error"]["Code"].rpartition(".")[2] == code for code in codes
    )


def explain(error: BaseException) -> str:
    """Return what went wrong with a call to AWS, and what to do, in a sentence or two."""
    if action := lacking(error):
        return f"You lack {action}. `reprieve policy` has what each command needs."
    if isinstance(error, ClientError):
        code = error.response["Error"]["Code"]
        if code in _SWITCHED_OFF:
            return (
                "AWS does not know the credentials here: the Region is switched off, or they "
                "are wrong."
            )
        if code in _EXPIRED:
            return "The credentials have expired: renew them."
        return f"{error.operation_name}: {code}: {error.response['Error'].get('Message', '')}"
    if isinstance(error, NoCredentialsError | PartialCredentialsError):
        return "There are no AWS credentials: set AWS_PROFILE, or see `aws configure`."
    if isinstance(error, NoAnswer):
        return f"There was {error}."
    if isinstance(error, ConnectionError | HTTPClientError):
        return f"AWS cannot be reached: {error}"
    if isinstance(error, BotoCoreError):
        return str(error)
    return f"{type(error).__name__}: {error}"
