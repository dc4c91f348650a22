"""How resources are named: the table `[names]`, its types, and the rules between them."""

import re
from collections.abc import Callable, Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import InitErrorDetails, PydanticCustomError

from reprieve.names import DEFAULT_PREFIX, DEFAULT_ROLE_PATH, MAX_PREFIX, MAX_RULE, Names
from reprieve.settings.invalid import invalid, invalid_at, plain
from reprieve.settings.unvalidated import Values, table, watch_names

_PREFIX = re.compile(r"[a-z](?:-?[a-z0-9])*")
# SSM API reference, CreateDocument: Name must not begin with these. "aws" also covers AWSSupport
# and the like, and the aliases that KMS reserves.
_RESERVED: Final = ("aws", "amazon", "amzn")
# IAM API reference, CreateRole: Path. Every printable character is allowed there; these are those
# that need no escape in JSON, in a pattern or in a policy.
_ROLE_PATH = re.compile(r"/(?:[A-Za-z0-9+=,.@_-]+/)*")
_MAX_ROLE_PATH: Final = 512

Errors = Iterator[InitErrorDetails]


def _prefix(text: str) -> str:
    """Refuse a prefix with which a name would break a rule of AWS, or meet another deployment's."""
    if len(text) > MAX_PREFIX:
        raise invalid(
            f"has {len(text)} characters, more than {MAX_PREFIX}: the names of rules and roles, "
            "with what follows the prefix, would exceed the limits of AWS",
            "use a shorter prefix",
        )
    if not _PREFIX.fullmatch(text):
        raise invalid(
            "is not lowercase letters, digits and single hyphens between them, with a letter first",
            'write it like "reprieve" or "key-guard"',
        )
    if text.startswith(_RESERVED):
        raise invalid(
            f"begins with {' or '.join(_RESERVED)}, which AWS reserves for its own names",
            "use another prefix",
        )
    if text.startswith(f"{DEFAULT_PREFIX}-"):
        raise invalid(
            f"begins with {DEFAULT_PREFIX}-, as all names of a deployment with the default prefix "
            "do: it would take this one's resources for its own",
            f'write it like "{text.removeprefix(f"{DEFAULT_PREFIX}-")}-{DEFAULT_PREFIX}"',
        )
    return text


def _role_path(text: str) -> str:
    """Refuse what IAM refuses as the path of a role."""
    if len(text) > _MAX_ROLE_PATH:
        rule = f"has {len(text)} characters; IAM accepts {_MAX_ROLE_PATH}"
        raise invalid(rule, "use a shorter path")
    if not _ROLE_PATH.fullmatch(text):
        raise invalid(
            "is not a path of letters, digits and +=,.@_- that begins and ends with a slash",
            'write it like "/security/"',
        )
    return text


Prefix = Annotated[str, AfterValidator(plain), AfterValidator(_prefix)]
RolePath = Annotated[str, AfterValidator(plain), AfterValidator(_role_path)]


class NamesSettings(BaseModel, frozen=True, extra="forbid"):
    """What the names of all resources begin with, and where the roles are."""

    prefix: Prefix = Field(
        default=DEFAULT_PREFIX,
        description=f"What every name begins with: 1 to {MAX_PREFIX} lowercase letters, digits and "
        "hyphens. Two deployments can share an account if their prefixes differ. A new prefix "
        "replaces every resource, and every subscription must be confirmed again.",
    )
    role_path: RolePath = Field(
        default=DEFAULT_ROLE_PATH,
        description='The path of the IAM roles that Reprieve creates, such as "/security/".',
    )


def names_of(values: Values) -> Names:
    """Return the names that unvalidated settings give; the default where a setting is invalid."""
    given = table(values, "names")
    return Names(
        _valid(_prefix, given.get("prefix"), DEFAULT_PREFIX),
        _valid(_role_path, given.get("role_path"), DEFAULT_ROLE_PATH),
    )


def _valid(check: Callable[[str], str], value: object, default: str) -> str:
    if not isinstance(value, str):
        return default
    try:
        return check(plain(value))
    except PydanticCustomError:
        return default


def naming_errors(values: Values) -> Errors:
    """Yield a path that Amazon's runbook refuses, and names that become too long."""
    names = names_of(values)
    if names.role_path != DEFAULT_ROLE_PATH and (
        table(values, "remediation").get("runbook") == "aws"
    ):
        yield invalid_at(
            ("names", "role_path"),
            names.role_path,
            'needs the runbook "reprieve": Amazon\'s accepts a role at the path "/" only',
            'remove it, or set remediation.runbook = "reprieve"',
        )
    # With channels each has a second rule.
    suffix = "-channels" if values.get("channel") else ""
    for place, name in watch_names(values).items():
        if suffix and name.endswith(suffix):
            rule = f"ends with {suffix}, as the names of the rules that send to the channels do"
            yield invalid_at(place, name, rule, "use another name")
        rule = names.of(f"watch-{name}{suffix}")
        if names.prefix != DEFAULT_PREFIX and len(rule) > MAX_RULE:
            yield invalid_at(
                place,
                name,
                f"makes a rule with a name of {len(rule)} characters; EventBridge accepts "
                f"{MAX_RULE}",
                f"use a name of {MAX_RULE - len(names.of(f'watch-{suffix}'))} characters, or a "
                "shorter names.prefix",
            )
