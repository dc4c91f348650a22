"""Where Terraform's state is stored: the table `[state]`, its types, and the rules between them."""

import re
from collections.abc import Hashable, Iterator, Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, Field, PrivateAttr
from pydantic_core import InitErrorDetails

from reprieve import regions
from reprieve.settings.arns import Key, RoleArn, key_home, principal_partition
from reprieve.settings.invalid import invalid, invalid_at, other_partition_at, plain
from reprieve.settings.sources import variable_of
from reprieve.settings.split import ACCOUNT, STACK_WORD, Split, split_errors
from reprieve.settings.types import HOST_LABEL, MAX_HOST, Region

DEFAULT_HOSTNAME: Final = "app.terraform.io"
"""The host of HCP Terraform. Terraform Enterprise has a host of its own."""

BACKENDS: Final[Mapping[str, tuple[str, ...]]] = {
    "local": (),
    "s3": ("bucket", "key", "region", "kms_key_id", "role_arn"),
    "hcp": ("organization", "workspace", "project", "hostname"),
}
"""The backends, each with the keys that only it has."""

_REQUIRED: Final = {
    "bucket": "reprieve-state-111122223333",
    "region": "eu-west-1",
    "organization": "example",
}
"""The keys that their backend requires, each with an example."""

# "General purpose bucket naming rules", Amazon S3 User Guide. S3 reserves the beginnings and ends,
# mostly for resources that are not general purpose buckets.
_BUCKET = re.compile(r"[a-z0-9](?:\.?[a-z0-9-])*(?<=[a-z0-9])")
_IP_ADDRESS = re.compile(r"\d+(?:\.\d+){3}")
_RESERVED_STARTS = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_ENDS = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
# The "safe characters" of S3's object keys, without those that must be quoted in a shell or a URL.
_OBJECT_KEY = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
# "Organizations", "Workspaces", "Projects", HCP Terraform's API documentation.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,90}")
_PROJECT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9 _-]{1,38}[A-Za-z0-9_-]")
_HOSTNAME = re.compile(rf"{HOST_LABEL}(?:\.{HOST_LABEL})*(?::[1-9]\d{{0,4}})?")


def _backend(text: str) -> str:
    """Refuse an unknown backend."""
    if text not in BACKENDS:
        raise invalid(
            "is not a backend that Reprieve supports",
            'write "local", "s3" or "hcp", which is HCP Terraform or Terraform Enterprise',
        )
    return text


def _bucket(text: str) -> str:
    """Refuse anything but the name of a general purpose bucket."""
    named = re.fullmatch(r"(?:arn:[a-z-]+:s3:::|s3://)([^/]+)/?", text)
    if named:
        raise invalid("is not only the name of a bucket", f'write only "{named[1]}"')
    if not 3 <= len(text) <= 63:
        raise invalid(f"has {len(text)} characters, not 3 to 63", "write the name of a bucket")
    if not _BUCKET.fullmatch(text) or _IP_ADDRESS.fullmatch(text):
        raise invalid(
            "is not the name of a bucket: lowercase letters, digits, hyphens, single dots inside",
            f'write it like "{_REQUIRED["bucket"]}"',
        )
    reserved = [start for start in _RESERVED_STARTS if text.startswith(start)]
    reserved += [end for end in _RESERVED_ENDS if text.endswith(end)]
    if reserved:
        raise invalid(
            f'has "{reserved[0]}", which S3 does not allow for general purpose buckets',
            "name a general purpose bucket",
        )
    return text


def _object_key(text: str) -> str:
    """Refuse what Terraform refuses as a path, and what must be quoted in a shell."""
    if len(text) > 1000 or not _OBJECT_KEY.fullmatch(text):
        raise invalid(
            "is not a path of up to 1,000 letters, digits, hyphens, underscores and dots, with a "
            "single / between its parts",
            'write it like "reprieve/production.tfstate"',
        )
    return text


def _name(text: str) -> str:
    """Refuse what HCP Terraform refuses as the name of an organization or a workspace."""
    if not _NAME.fullmatch(text):
        raise invalid(
            "is not 1 to 90 letters, digits, hyphens and underscores",
            "copy it from its address in HCP Terraform",
        )
    return text


def _project(text: str) -> str:
    """Refuse what HCP Terraform refuses as the name of a project."""
    if not _PROJECT.fullmatch(text):
        raise invalid(
            "is not 3 to 40 letters, digits, hyphens and underscores, with spaces only inside",
            "write the name of the project, not its id",
        )
    return text


def _hostname(text: str) -> str:
    """Refuse anything but the name of a host: Terraform adds https:// and the path."""
    host, _, port = text.partition(":")
    if port.isdigit() and not 1 <= int(port[:6]) <= 65_535:
        raise invalid("has a port that is not 1 to 65,535", f'write "{host}", or another port')
    if len(host) > MAX_HOST:
        raise invalid(f"is longer than {MAX_HOST} characters", "use a shorter name")
    if not _HOSTNAME.fullmatch(text):
        inner = re.fullmatch(rf"https?://({_HOSTNAME.pattern})(?:/.*)?", text)
        raise invalid(
            "is not the name of a host",
            f'write only "{inner[1]}"' if inner else 'write it like "terraform.example.com"',
        )
    return text


_Backend = Annotated[str, AfterValidator(plain), AfterValidator(_backend)]
Bucket = Annotated[str, AfterValidator(plain), AfterValidator(_bucket)]
_ObjectKey = Annotated[str, AfterValidator(plain), AfterValidator(_object_key)]
_Name = Annotated[str, AfterValidator(plain), AfterValidator(_name)]
_Project = Annotated[str, AfterValidator(plain), AfterValidator(_project)]
_Hostname = Annotated[str, AfterValidator(plain), AfterValidator(_hostname)]


class StateSettings(BaseModel, frozen=True, extra="forbid"):
    """Where Terraform's state is stored: the keys of one backend, and none of the others."""

    backend: _Backend = Field(
        default="local",
        description='Where Terraform\'s state is stored: "local" (a file beside main.py, for one '
        'person), "s3" or "hcp" (HCP Terraform or Terraform Enterprise). See docs/state.md.',
    )
    split: Split = Field(
        default=ACCOUNT,
        description='How many stacks, each with its own state, an account has: "account", one for '
        'all Regions, "area", one for each area such as us or europe-west, or "region". It is the '
        "same for all accounts. Move the state when you change it: docs/state.md.",
    )
    bucket: Bucket | None = Field(
        default=None, description="s3, required: the bucket. It must exist."
    )
    key: _ObjectKey | None = Field(
        default=None,
        description="s3: the path of the state in the bucket. With `[accounts.NAME]` or a split, "
        "STACK in it stands for the name of the stack. Default: reprieve/STACK.tfstate.",
    )
    region: Region | None = Field(
        default=None, description="s3, required: the Region that the bucket is in."
    )
    kms_key_id: Key | None = Field(
        default=None,
        description="s3: the KMS key that encrypts the state, by its id or ARN. Default: "
        "the default encryption of the bucket.",
    )
    role_arn: RoleArn | None = Field(
        default=None,
        description="s3: the IAM role that reads and writes the state. It does not create the "
        "resources.",
    )
    organization: _Name | None = Field(
        default=None, description="hcp, required: the organization that the workspace is in."
    )
    workspace: _Name | None = Field(
        default=None,
        description="hcp: the workspace. With `[accounts.NAME]` or a split, STACK in it stands "
        "for the name of the stack. Default: the name of the stack.",
    )
    project: _Project | None = Field(
        default=None,
        description="hcp: the project in which the workspace is created if it does not exist. "
        "Default: the default project of the organization.",
    )
    hostname: _Hostname | None = Field(
        default=None,
        description=f"hcp: the host of Terraform Enterprise. Default: {DEFAULT_HOSTNAME}.",
    )

    _has_stack_set: bool = PrivateAttr(default=False)

    @property
    def _is_shared(self) -> bool:
        """Whether an account has several stacks."""
        return self.split != ACCOUNT or self._has_stack_set

    def with_stack_set(self) -> "StateSettings":
        """Return the same settings for an account that also has the stack of the stack sets."""
        copy = self.model_copy()
        copy._has_stack_set = True
        return copy

    def of_stack(self, stack: str) -> "StateSettings":
        """Return the same settings, with the name of a stack for each STACK.

        If the account has several stacks, STACK stays.
        """
        if self._is_shared:
            return self
        named = {
            key: value.replace(STACK_WORD, stack)
            for key in ("key", "workspace")
            if (value := getattr(self, key))
        }
        return self.model_copy(update=named)

    def key_of(self, stack: str) -> str:
        """Return the path of a stack's state in the bucket."""
        return self._name(self.key, stack) or _default_key(stack)

    def workspace_of(self, stack: str) -> str:
        """Return the workspace of a stack."""
        return self._name(self.workspace, stack) or stack

    def _name(self, text: str | None, stack: str) -> str | None:
        return text.replace(STACK_WORD, stack) if text and self._is_shared else text

    def describe(self, stack: str) -> str:
        """Return the place of a stack's state: a file, s3://BUCKET/KEY, HOST/ORGANIZATION/NAME."""
        if self.backend == "s3":
            return f"s3://{self.bucket}/{self.key_of(stack)}"
        if self.backend == "hcp":
            host = self.hostname or DEFAULT_HOSTNAME
            return f"{host}/{self.organization}/{self.workspace_of(stack)}"
        return local_file(stack)


def local_file(stack: str) -> str:
    """Return the name of the file of a local state."""
    return f"terraform.{stack}.tfstate"


def _default_key(stack: str) -> str:
    return f"reprieve/{stack}.tfstate"


def shared_by(state: Mapping[str, object], stack: str) -> tuple[str, Hashable]:
    """Return the setting that says where a state is, and the place: two stacks must not share it.

    Args:
        state: The table `[state]` before validation: each value may be anything.
        stack: The name of the stack.
    """

    def named(key: str, default: str) -> str:
        text = state.get(key)
        return text.replace(STACK_WORD, stack) if isinstance(text, str) else default

    if state.get("backend") == "s3":
        return "key", (str(state.get("bucket")), named("key", _default_key(stack)))
    if state.get("backend") == "hcp":
        host = named("hostname", DEFAULT_HOSTNAME)
        return "workspace", (host, str(state.get("organization")), named("workspace", stack))
    return "backend", stack


def without_other_backends(
    file: Mapping[str, object], environment: Mapping[str, object]
) -> dict[str, object]:
    """Return `[state]` of a file without the keys of backends other than the environment's.

    Anyone who overrides the backend by a variable cannot remove keys from the file.
    """
    backend = environment.get("backend")
    if not isinstance(backend, str) or backend not in BACKENDS:
        return dict(file)
    others = {key for other, keys in BACKENDS.items() if other != backend for key in keys}
    return {key: value for key, value in file.items() if key not in others}


def state_errors(values: Mapping[str, object], partition: str | None) -> Iterator[InitErrorDetails]:
    """Yield the keys of `[state]` that are missing, of another backend, or contradictory.

    Args:
        values: The table with its defaults, before validation: each value may be anything.
        partition: The partition of the Regions to watch, if it is known.
    """
    backend = values.get("backend")
    if not isinstance(backend, str) or backend not in BACKENDS:
        return  # its own error hides which keys it needs
    for key in BACKENDS[backend]:
        if key in _REQUIRED and values.get(key) is None:
            yield invalid_at(
                ("state", key),
                None,
                f'is required with state.backend = "{backend}"',
                f'write {key} = "{_REQUIRED[key]}" under [state], or set '
                f"{variable_of('state', key)}",
            )
    for other, keys in BACKENDS.items():
        for key in keys:
            if other != backend and values.get(key) is not None:
                yield invalid_at(
                    ("state", key),
                    values[key],
                    f'belongs to the backend "{other}", but state.backend is "{backend}"',
                    f'remove it, or write backend = "{other}"',
                )
    yield from split_errors(values)
    if backend == "s3":
        yield from _place_errors(values, partition)


def _place_errors(
    values: Mapping[str, object], partition: str | None
) -> Iterator[InitErrorDetails]:
    """Yield what is in another partition or Region than the bucket must be."""
    texts = {key: value for key, value in values.items() if isinstance(value, str)}
    region, kms_key, role = (texts.get(key, "") for key in ("region", "kms_key_id", "role_arn"))
    key_partition, key_region = key_home(kms_key) or (None, None)
    found = {
        "region": regions.partition_of(region),
        "kms_key_id": key_partition,
        "role_arn": principal_partition(role),
    }
    for key, other in found.items():
        if partition and other:
            hint = "store the state in the partition that it describes"
            yield from other_partition_at(("state", key), texts[key], other, partition, hint)
    if key_partition == found["region"] and key_region not in (None, region):
        yield invalid_at(
            ("state", "kms_key_id"),
            kms_key,
            f"is in {key_region}; the bucket is in {region}, and S3 only accepts keys of the "
            "same Region",
            f"name a key in {region}",
        )
