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
    external_id: _ExternalId | None = Field(
        default=None, description="The external id that the trust policy of `role_arn` demands."
    )
    _name: str | None = PrivateAttr(default=None)

    @property
    def name(self) -> str | None:
        """The NAME of `[accounts.NAME]`; None if the settings are for one account."""
        return self._name

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
    id, role, external_id = (values.get(key) for key in ("id", "role_arn", "external_id"))
    if external_id is not None and role is None:
        yield invalid_at(
            ("account", "external_id"),
            external_id,
            "has no effect without role_arn",
            "add role_arn, or remove it",
        )
    if not isinstance(role, str) or not principal_partition(role, ["role"]):
        return  # its own error
    owner = principal_account(role)
    if id is None:
        yield invalid_at(
            ("account", "id"), None, "is required with role_arn", f'write id = "{owner}"'
        )
    elif isinstance(id, str) and ACCOUNT_ID.fullmatch(id) and owner != id:
        yield invalid_at(
            ("account", "role_arn"),
            role,
            f"is a role of the account {owner}; the id is {id}",
            "name a role of the account, or correct the id",
        )
    if partition:
        hint = "name a role of the account to watch"
        found = principal_partition(role)
        yield from other_partition_at(("account", "role_arn"), role, found, partition, hint)
