"""Where Terraform's state lives: the table `[state]`, its types and the rules among its keys."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.settings.types import (
    Key,
    Region,
    invalid,
    invalid_at,
    key_home,
    plain,
    principal_partition,
)

DEFAULT_HOSTNAME: Final = "app.terraform.io"
"""The host of HCP Terraform; a Terraform Enterprise has its own."""

BACKENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "local": (),
    "s3": ("bucket", "key", "region", "kms_key_id", "role_arn"),
    "hcp": ("organization", "workspace", "project", "hostname"),
}
"""The backends there are, each with the keys that only it has."""

_REQUIRED: Final = {
    "bucket": "reprieve-state-111122223333",
    "region": "eu-west-1",
    "organization": "example",
}
"""The keys that their backend cannot do without, each with an example."""

# «General purpose bucket naming rules», Amazon S3 User Guide. What begins or ends so is reserved,
# and mostly names something that is no general purpose bucket.
_BUCKET = re.compile(r"[a-z0-9](?:\.?[a-z0-9-])*(?<=[a-z0-9])")
_IP_ADDRESS = re.compile(r"\d+(?:\.\d+){3}")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# The «safe characters» of S3's object keys, without those that a shell or a URL would need quoted.
_OBJECT_KEY = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/(?:[!-~]+/)?[\w+=,.@-]{1,64}", re.ASCII)
# «Organizations», «Workspaces», «Projects», HCP Terraform's API documentation.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,90}")
_PROJECT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9 _-]{1,38}[A-Za-z0-9_-]")
_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_HOSTNAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*(?::[1-9]\d{{0,4}})?")


def _backend(text: str) -> str:
    """Refuse a backend that there is not."""
    if text not in BACKENDS:
        raise invalid(
            "is no backend of Reprieve's",
            'write "local", "s3" or "hcp", which is HCP Terraform or Terraform Enterprise',
        )
    return text


def _bucket(text: str) -> str:
    """Refuse what cannot be the name of a general purpose bucket."""
    named = re.fullmatch(r"(?:arn:[a-z-]+:s3:::|s3://)([^/]+)/?", text)
    if named:
        raise invalid("is not the bare name of a bucket", f'write "{named[1]}" alone')
    if not 3 <= len(text) <= 63:
        raise invalid(f"has {len(text)} characters; a bucket's name has 3 to 63", "name a bucket")
    if not _BUCKET.fullmatch(text) or _IP_ADDRESS.fullmatch(text):
        raise invalid(
            "is no name of a bucket: small letters, digits, hyphens, and single dots between them",
            f'write it like "{_REQUIRED["bucket"]}"',
        )
    reserved = [start for start in _RESERVED_STARTS if text.startswith(start)]
    reserved += [end for end in _RESERVED_ENDS if text.endswith(end)]
    if reserved:
        raise invalid(
            f'has "{reserved[0]}", which S3 reserves for what is no general purpose bucket',
            "name a general purpose bucket",
        )
    return text


def _object_key(text: str) -> str:
    """Refuse what Terraform refuses as a path, and what people would have to quote."""
    if len(text) > 1000 or not _OBJECT_KEY.fullmatch(text):
        raise invalid(
            "is not a path of letters, digits, hyphens, underscores and dots, with a / between "
            "its parts and 1,000 characters at most",
            'write it like "reprieve/production.tfstate"',
        )
    return text


def _state_role(text: str) -> str:
    """Refuse what is no IAM role."""
    if not _ROLE.fullmatch(text):
        raise invalid(
            "is not the ARN of an IAM role",
            'write it like "arn:PARTITION:iam::111122223333:role/NAME"',
        )
    return text


def _name(text: str) -> str:
    """Refuse what HCP Terraform refuses as the name of an organization or a workspace."""
    if not _NAME.fullmatch(text):
        raise invalid(
            "is not 1 to 90 letters, digits, hyphens and underscores",
            "write it as HCP Terraform shows it in its address",
        )
    return text


def _project(text: str) -> str:
    """Refuse what HCP Terraform refuses as the name of a project."""
    if not _PROJECT.fullmatch(text):
        raise invalid(
            "is not 3 to 40 letters, digits, hyphens, underscores and, inside, spaces",
            "write the project's name, not its id",
        )
    return text


def _hostname(text: str) -> str:
    """Refuse what is no host: Terraform adds https:// and the path itself."""
    if not _HOSTNAME.fullmatch(text):
        inner = re.fullmatch(rf"https?://({_HOSTNAME.pattern})(?:/.*)?", text)
        raise invalid(
            "is not the name of a host",
            f'write "{inner[1]}" alone' if inner else 'write it like "terraform.example.com"',
        )
    return text


_Backend = Annotated[str, AfterValidator(plain), AfterValidator(_backend)]
_Bucket = Annotated[str, AfterValidator(plain), AfterValidator(_bucket)]
_ObjectKey = Annotated[str, AfterValidator(plain), AfterValidator(_object_key)]
_StateRole = Annotated[str, AfterValidator(plain), AfterValidator(_state_role)]
_Name = Annotated[str, AfterValidator(plain), AfterValidator(_name)]
_Project = Annotated[str, AfterValidator(plain), AfterValidator(_project)]
_Hostname = Annotated[str, AfterValidator(plain), AfterValidator(_hostname)]


class StateSettings(BaseModel, frozen=True, extra="forbid"):
    """Where Terraform's state lives. What a backend requires is there; other backends' keys not."""

    backend: _Backend = Field(
        default="local",
        description='Where Terraform\'s state lives: "local" (a file beside main.py, for one '
        'person), "s3" or "hcp" (HCP Terraform or Terraform Enterprise). See docs/state.md.',
    )
    bucket: _Bucket | None = Field(
        default=None, description="s3, required: the bucket. It must exist."
    )
    key: _ObjectKey | None = Field(
        default=None,
        description="s3: the path of the state in the bucket. Unless given, "
        "reprieve/STACK.tfstate.",
    )
    region: Region | None = Field(
        default=None, description="s3, required: the Region that the bucket is in."
    )
    kms_key_id: Key | None = Field(
        default=None,
        description="s3: the KMS key that encrypts the state, by its id or ARN. Unless given, the "
        "bucket's default encryption does.",
    )
    role_arn: _StateRole | None = Field(
        default=None,
        description="s3: an IAM role to read and write the state as. It is not the role that "
        "resources are made as.",
    )
    organization: _Name | None = Field(
        default=None, description="hcp, required: the organization that the workspace is in."
    )
    workspace: _Name | None = Field(
        default=None,
        description="hcp: the workspace. Unless given, it has the stack's name.",
    )
    project: _Project | None = Field(
        default=None,
        description="hcp: the project in which the workspace is made if there is none. Unless "
        "given, the organization's default project.",
    )
    hostname: _Hostname | None = Field(
        default=None,
        description=f"hcp: the host of a Terraform Enterprise. Unless given, {DEFAULT_HOSTNAME}.",
    )


def without_other_backends(
    file: Mapping[str, object], environment: Mapping[str, object]
) -> dict[str, object]:
    """Return what a file says under `[state]`, as far as it goes with the environment's backend.

    Who overrides the backend cannot take the keys of the file's out, so they are no error then.
    """
    backend = environment.get("backend")
    if not isinstance(backend, str) or backend not in BACKENDS:
        return dict(file)
    others = {key for other, keys in BACKENDS.items() if other != backend for key in keys}
    return {key: value for key, value in file.items() if key not in others}


def state_errors(values: Mapping[str, object], partition: str | None) -> Iterator[InitErrorDetails]:
    """Yield the keys of `[state]` that their backend lacks, or does not have, or that disagree.

    Args:
        values: The table before validation, so each value may be anything.
        partition: The partition of the Regions to watch, if it is known.
    """
    backend = values.get("backend", "local")
    if not isinstance(backend, str) or backend not in BACKENDS:
        return  # an error of its own, and what it was meant for nobody knows
    for key in BACKENDS[backend]:
        if key in _REQUIRED and values.get(key) is None:
            yield invalid_at(
                ("state", key),
                None,
                f'is required with state.backend = "{backend}"',
                f'write {key} = "{_REQUIRED[key]}" under [state], or set '
                f"REPRIEVE_STATE__{key.upper()}",
            )
    for other, keys in BACKENDS.items():
        for key in keys:
            if other != backend and values.get(key) is not None:
                yield invalid_at(
                    ("state", key),
                    values[key],
                    f'is of the backend "{other}", and state.backend is "{backend}"',
                    f'take it out, or write backend = "{other}"',
                )
    if backend == "s3":
        yield from _place_errors(values, partition)


def _place_errors(
    values: Mapping[str, object], partition: str | None
) -> Iterator[InitErrorDetails]:
    """Yield what is in another partition, or Region, than the bucket has to be in."""
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    region, kms_key, role = (texts.get(key, "") for key in ("region", "kms_key_id", "role_arn"))
    key_partition, key_region = key_home(kms_key) or (None, None)
    found = {
        "region": regions.partition_of(region),
        "kms_key_id": key_partition,
        "role_arn": principal_partition(role),
    }
    for key, other in found.items():
        if partition and other not in (None, partition):
            yield invalid_at(
                ("state", key),
                texts[key],
                f"is in the partition {other}; the Regions to watch are in {partition}",
                "keep the state in the partition that it is about",
            )
    if key_partition == found["region"] and key_region not in (None, region):
        yield invalid_at(
            ("state", "kms_key_id"),
            kms_key,
            f"is in {key_region}; the bucket is in {region}, and S3 takes keys of its own "
            "Region only",
            f"name a key in {region}",
        )
