"""What a type of resources consists of, and where its calls go."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from sandbox.cloudformation.schema import Form, document
from sandbox.cloudformation.tags import by_key, listed

Json = dict[str, Any]

_LETTERS: Final = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Context:
    """One resource of a stack, and how its calls are made.

    `client` returns a boto3 client of a service, in the stack's Region, of the principal in whose
    name the stack acts.
    """

    client: Callable[[str], Any]
    account: str
    region: str
    partition: str
    stack_name: str
    logical_id: str

    def unique_name(self, longest: int = 255) -> str:
        """Return a name for a resource to which the template gives none.

        CloudFormation User Guide, "AWS CloudFormation resource names": STACK-LOGICALID-RANDOM.
        """
        random = "".join(secrets.choice(_LETTERS) for _ in range(12))
        return f"{f'{self.stack_name}-{self.logical_id}'[: longest - 13]}-{random}"

    def arn(self, service: str, resource: str) -> str:
        """Return an ARN of the stack's account and Region. IAM's ARNs have no Region."""
        region = "" if service == "iam" else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"


Create = Callable[[Context, Json], str]
Update = Callable[[Context, str, Json, Json], None]
Delete = Callable[[Context, str, Json], None]
Attribute = Callable[[Context, str, Json], str]


@dataclass(frozen=True)
class Kind:
    """A type of resources.

    `create` returns the physical id, which is also the value of Ref. `update` gets the physical
    id, the old and the new properties. A change of a property in `replaced_by` replaces the
    resource instead, and so does a change for which `is_replaced` holds. `name_property` is the one
    with the name that a template may give: such a resource cannot be replaced as long as the name
    stays.
    """

    name: str
    properties: dict[str, Form]
    create: Create
    update: Update
    delete: Delete
    required: tuple[str, ...] = ()
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    replaced_by: frozenset[str] = frozenset()
    is_replaced: Callable[[Json, Json], bool] = lambda old, new: False
    name_property: str = ""


class AlreadyExists(Exception):
    """A resource of this name exists already. CloudFormation does not take it over."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            f"Resource of type '{kind}' with identifier '{name}' already exists "
            f"(HandlerErrorCode: AlreadyExists)"
        )


def require_absent(kind: str, name: str, find: Callable[[], Any], *codes: str) -> None:
    """Raise AlreadyExists if a call finds something; `codes` are its errors that mean absence."""
    try:
        found = find()
    except ClientError as error:
        if error.response["Error"]["Code"] in codes:
            return
        raise
    if found:
        raise AlreadyExists(kind, name)


def changed(old: Json, new: Json, name: str) -> bool:
    """Tell whether a property is different."""
    return bool(old.get(name) != new.get(name))


def given_of(properties: Json, names: Iterable[str]) -> Json:
    """Return those of some properties that the template gives."""
    return {name: properties[name] for name in names if name in properties}


def attribute_text(value: Any) -> str:
    """Return a property as SNS and SQS take their attributes: always a text."""
    return str(value).lower() if isinstance(value, bool) else document(value)


def update_tags(
    old: Json,
    new: Json,
    put: Callable[[list[Json]], object],
    remove: Callable[[list[str]], object],
) -> None:
    """Make the calls that change tags: `put` gets the new and changed ones, `remove` gets keys."""
    before, after = by_key(old.get("Tags")), by_key(new.get("Tags"))
    if wanted := {key: value for key, value in after.items() if before.get(key) != value}:
        put(listed(wanted))
    if removed := [key for key in before if key not in after]:
        remove(removed)
