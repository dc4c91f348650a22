"""Which AWS account the settings are for: the table `[account]`, its types, and its rules."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr
from pydantic_core import InitErrorDetails

from reprieve.names import STACK
from reprieve.settings.arns import RoleArn, principal_account, principal_partition
from reprieve.settings.invalid import invalid, invalid_at, other_partition_at, plain

EXAMPLE_ID: Final = "111122223333"
MEMBER_ID: Final = "000000000000"
"""The id with which the settings of the accounts of a stack set are validated: no account has it.

They are the common settings: `Settings.members`.
"""

ACCOUNT_ID: Final = re.compile(r"[0-9]{12}")
# STS API reference, AssumeRole: ExternalId.
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}")


def _account_id(text: str) -> str:
    """Refuse anything but the 12 digits of an account."""
    digits = re.sub(r"[\s-]", "", text)
    if not ACCOUNT_ID.fullmatch(text):
        raise invalid(
            "is not the id of an account, which has 12 digits",
            f'write "{digits}"'
            if ACCOUNT_ID.fullmatch(digits)
            else f'write it like "{EXAMPLE_ID}"',
        )
    return text


def _external_id(text: str) -> str:
    """Refuse what STS refuses."""
    if not _EXTERNAL_ID.fullmatch(text):
        raise invalid(
            "is not 2 to 1,224 letters (A-Z, a-z), digits and characters of _+=,.@:/-",
            "copy it from the trust policy of the role",
        )
    return text


AccountId = Annotated[str, AfterValidator(plain), AfterValidator(_account_id)]
_ExternalId = Annotated[str, AfterValidator(plain), AfterValidator(_external_id)]


def stack_of(name: str | None) -> str:
    """Return the name of an account's stack: `reprieve-NAME` of `[accounts.NAME]`."""
    return f"{STACK}-{name}" if name else STACK


class AccountSettings(BaseModel, frozen=True, extra="forbid"):
    """The account that the settings are for: of `[account]`, or of `[accounts.NAME]`."""

    id: AccountId | None = Field(
        default=None,
        description="The id of the account, 12 digits: with the credentials of another account, "
        "nothing is changed. Required in `[accounts.NAME]`, and with `role_arn`.",
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="The IAM role of the account that Terraform and the commands assume. Default: "
        "the credentials are used as they are.",
    )
    read_role_arn: RoleArn | None = Field(
        default=None,
        description="The IAM role that is assumed instead of `role_arn` if the environment "
        "variable REPRIEVE_READ_ONLY is 1: a role that can change nothing, for plans of pull "
        "requests and for checks.",
    )
    external_id: _ExternalId | None = Field(
        default=None,
        description="The external id that the trust policies of `role_arn` and `read_role_arn` "
        "demand.",
    )
    _name: str | None = PrivateAttr(default=None)

    @property
    def name(self) -> str | None:
        """The NAME of `[accounts.NAME]`; None if the settings are for one account."""
        return self._name

    def read_only(self) -> "AccountSettings":
        """Return the same account, which is opened by the role that can change nothing."""
        return self.model_copy(update={"role_arn": self.read_role_arn})

    def named(self, name: str) -> "AccountSettings":
        """Return the same account with a name."""
        copy = self.model_copy()
        copy._name = name
        return copy


def account_errors(
    values: Mapping[str, object], partition: str | None
) -> Iterator[InitErrorDetails]:
    """Yield what does not go together in `[account]`.

    Args:
        values: The table with its defaults, before validation: each value may be anything.
        partition: The partition of the Regions to watch, if it is known.
    """
    id, role, read_role = (values.get(key) for key in ("id", "role_arn", "read_role_arn"))
    for key in ("read_role_arn", "external_id"):
        if values.get(key) is not None and role is None:
            rule, hint = "has no effect without role_arn", "add role_arn, or remove it"
            yield invalid_at(("account", key), values[key], rule, hint)
    if id is None and (owner := _owner(role)):
        yield invalid_at(
            ("account", "id"), None, "is required with role_arn", f'write id = "{owner}"'
        )
    yield from _role_errors("role_arn", role, id, partition)
    yield from _role_errors("read_role_arn", read_role, id, partition)
    if read_role is not None and read_role == role:
        yield invalid_at(
            ("account", "read_role_arn"),
            read_role,
            "is the same as role_arn",
            "name a role that can change nothing",
        )


def _role_errors(
    key: str, role: object, id: object, partition: str | None
) -> Iterator[InitErrorDetails]:
    """Yield the errors of a role that belongs to another account, or to another partition."""
    owner = _owner(role)
    if not isinstance(role, str) or not owner:
        return  # its own error
    if isinstance(id, str) and ACCOUNT_ID.fullmatch(id) and owner != id:
        yield invalid_at(
            ("account", key),
            role,
            f"is a role of the account {owner}; the id is {id}",
            "name a role of the account, or correct the id",
        )
    if partition:
        hint = "name a role of the account to watch"
        found = principal_partition(role)
        yield from other_partition_at(("account", key), role, found, partition, hint)


def _owner(role: object) -> str | None:
    """Return the account of a role; None if the value is not the ARN of a role."""
    if not isinstance(role, str) or not principal_partition(role, ["role"]):
        return None
    return principal_account(role)
