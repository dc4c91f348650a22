"""What all resources have in common: the table `[resources]`, its types, and its rules."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import InitErrorDetails

from reprieve.names import TAG_NAMESPACES
from reprieve.settings.account import MEMBER_ID
from reprieve.settings.invalid import invalid, invalid_at, other_partition_at, plain
from reprieve.settings.unvalidated import Values, table

# "Tag naming limits and requirements", Tagging AWS resources user guide. These are the rules that
# hold in every service: some allow more.
_MAX_KEY: Final = 128
_MAX_VALUE: Final = 256
_SIGNS: Final = "_.:/=+-@"
MAX_TAGS: Final = 50 - 2
"""Tags of the settings: a resource has 50 at most, and Reprieve gives the key of the alerts two."""

_BOUNDARY = re.compile(
    r"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{12}|aws):policy/"
    r"(?:[!-~]+/)?[\w+=,.@-]{1,128}",
    re.ASCII,
)

Errors = Iterator[InitErrorDetails]


def _tag_key(text: str) -> str:
    """Refuse what AWS refuses as the key of a tag, and the keys of Reprieve's own tags."""
    if text.lower().startswith(TAG_NAMESPACES):
        begins = " or ".join(TAG_NAMESPACES)
        raise invalid(f"begins with {begins}, as Reprieve's own tags do", "use another key")
    return tag_text(text)


def _tag_value(text: str) -> str:
    """Refuse what AWS refuses as the value of a tag."""
    if len(text) > _MAX_VALUE:
        raise invalid(f"has {len(text)} characters, more than {_MAX_VALUE}", "use a shorter value")
    return _without_other_signs(text)


def tag_text(text: str) -> str:
    """Refuse what AWS refuses as the key of a tag."""
    if not 1 <= len(text) <= _MAX_KEY:
        raise invalid(f"has {len(text)} characters, not 1 to {_MAX_KEY}", "use a shorter key")
    if text.lower().startswith("aws:"):
        raise invalid('begins with "aws:", which AWS reserves', "use another key")
    return _without_other_signs(text)


def _without_other_signs(text: str) -> str:
    wrong = [each for each in text if each not in _SIGNS and unicodedata.category(each)[0] not in
             "LNZ"]  # fmt: skip
    if wrong:
        raise invalid(
            f'contains "{wrong[0]}"; AWS accepts letters, digits, spaces and {_SIGNS} in tags',
            "remove it",
        )
    return text


def _boundary_arn(text: str) -> str:
    """Refuse anything but the ARN of a managed policy."""
    if not _BOUNDARY.fullmatch(text):
        raise invalid(
            "is not the ARN of a managed policy",
            'write it like "arn:aws:iam::111122223333:policy/NAME"',
        )
    return text


TagKey = Annotated[str, AfterValidator(plain), AfterValidator(_tag_key)]
TagValue = Annotated[str, AfterValidator(plain), AfterValidator(_tag_value)]
BoundaryArn = Annotated[str, AfterValidator(plain), AfterValidator(_boundary_arn)]


class ResourcesSettings(BaseModel, frozen=True, extra="forbid"):
    """What all resources that Reprieve creates have in common."""

    tags: dict[TagKey, TagValue] = Field(
        default={},
        description='Tags of every resource that takes tags, like { Team = "security" }, besides '
        "`reprieve:version`.",
    )
    permissions_boundary_arn: BoundaryArn | None = Field(
        default=None,
        description="The managed policy that bounds the permissions of every IAM role that "
        "Reprieve creates.",
    )

    def in_every_account(self, account: str) -> "ResourcesSettings":
        """Return the same settings with `account` in place of that of the permissions boundary."""
        found = _BOUNDARY.fullmatch(self.permissions_boundary_arn or "")
        if not found or found["account"] == "aws":
            return self
        begin, end = found.span("account")
        arn = f"{found[0][:begin]}{account}{found[0][end:]}"
        return self.model_copy(update={"permissions_boundary_arn": arn})


def resources_errors(values: Values) -> Errors:
    """Yield tags that are too many, or that differ in upper and lower case only."""
    tags = table(values, "resources").get("tags")
    if not isinstance(tags, dict):
        return
    if len(tags) > MAX_TAGS:
        yield invalid_at(
            ("resources", "tags"),
            f"{len(tags)} tags",
            f"are more than {MAX_TAGS}; a resource has 50 at most, with Reprieve's own",
            "remove some",
        )
    first: dict[str, str] = {}
    for key in tags:
        earlier = first.setdefault(str(key).lower(), str(key))
        if earlier != key:
            # IAM user guide, "Tags for IAM resources": for IAM they are the same key.
            yield invalid_at(
                ("resources", "tags"),
                str(key),
                f'differs from "{earlier}" in upper and lower case only; for IAM both are the same',
                "remove one of the two",
            )


def boundary_errors(values: Values, partition: str, reference: str) -> Errors:
    """Yield a permissions boundary of another partition or account."""
    arn = table(values, "resources").get("permissions_boundary_arn")
    found = _BOUNDARY.fullmatch(arn) if isinstance(arn, str) else None
    if not found:
        return
    place = ("resources", "permissions_boundary_arn")
    hint = "use a policy of the account to watch"
    yield from other_partition_at(place, found[0], found["partition"], partition, hint, reference)
    id = table(values, "account").get("id")
    if isinstance(id, str) and id != MEMBER_ID and found["account"] not in ("aws", id):
        yield invalid_at(
            place,
            found[0],
            f"is a policy of the account {found['account']}, and account.id is {id}",
            "name a policy of the account, or one of AWS",
        )
