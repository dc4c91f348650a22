"""What the stand-in for HCP Terraform keeps, and the rules it keeps it by: no HTTP here.

Written from HCP Terraform's API documentation ("Workspaces", "State Versions", "State Version
Outputs", "Projects", "Organizations"). Each refusal has the status that is documented for it.
"""

import base64
import hashlib
import itertools
import json
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A request that is answered with an error object; `status` is the HTTP status."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@dataclass(frozen=True)
class User:
    """Somebody with a token; `may_create` says whether workspaces and projects too."""

    name: str
    may_create: bool = True


@dataclass
class StateVersion:
    """A state that was announced, and its content once it was uploaded."""

    id: str
    serial: int
    lineage: str
    md5: str
    outputs: dict[str, Json]
    content: bytes | None = None


@dataclass
class Workspace:
    """A workspace, its lock and its states, oldest first."""

    id: str
    name: str
    project: str
    execution_mode: str
    terraform_version: str = "1.0.0"
    working_directory: str = ""
    auto_apply: bool = False
    locked_by: User | None = None
    versions: list[StateVersion] = field(default_factory=list)

    @property
    def current(self) -> StateVersion:
        """The newest state whose content is there; refused as not found if there is none."""
        for version in reversed(self.versions):
            if version.content is not None:
                return version
        raise Refused(404, "not found")

    def lock(self, user: User) -> None:
        """Lock, unless anybody has."""
        if self.locked_by:
            raise Refused(409, "unable to lock workspace: it is already locked")
        self.locked_by = user

    def unlock(self, user: User, *, force: bool = False) -> None:
        """Unlock what the same user has locked; `force` takes the lock of anybody away."""
        if not self.locked_by:
            raise Refused(409, "unable to unlock workspace: it is not locked")
        if self.locked_by != user and not force:
            raise Refused(
                409, f"Unable to unlock workspace. It is locked by User {self.locked_by.name}"
            )
        if any(version.content is None for version in self.versions) and not force:
            raise Refused(409, "The workspace's latest state version is still pending.")
        self.locked_by = None

    def announce(self, id: str, user: User, attributes: Json) -> StateVersion:
        """Add a state whose content is to follow."""
        if self.locked_by != user:
            raise Refused(409, "The workspace has to be locked by who creates a state version.")
        missing = [key for key in ("serial", "md5") if key not in attributes]
        if missing:
            raise Refused(400, f"param is missing or the value is empty: {missing[0]}")
        last = next((each for each in reversed(self.versions) if each.content is not None), None)
        if last and not attributes.get("force"):
            if attributes["serial"] <= last.serial:
                raise Refused(412, "The serial provided is not greater than the one known.")
            if attributes.get("lineage") != last.lineage:
                raise Refused(409, "The lineage is not that of the state that is there.")
        outputs = attributes.get("json-state-outputs")
        version = StateVersion(
            id,
            attributes["serial"],
            attributes.get("lineage", ""),
            attributes["md5"],
            json.loads(base64.b64decode(outputs)) if outputs else {},
        )
        self.versions.append(version)
        return version


def upload(version: StateVersion, content: bytes) -> None:
    """Take the content of a state that was announced, once, and if it is what was announced."""
    if version.content is not None:
        raise Refused(400, "the state was uploaded already")
    if hashlib.md5(content, usedforsecurity=False).hexdigest() != version.md5:
        raise Refused(400, "the content does not have the MD5 that was announced")
    version.content = content


@dataclass
class Organization:
    """An organization: its workspaces and projects by name, and what new workspaces are like."""

    name: str
    default_execution_mode: str = "local"
    workspaces: dict[str, Workspace] = field(default_factory=dict)
    projects: dict[str, str] = field(default_factory=lambda: {"Default Project": "prj-default"})
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def new_id(self, kind: str) -> str:
        """Return an id that nothing has."""
        return f"{kind}-{next(self._numbers):016}"

    def create_project(self, user: User, name: str) -> str:
        """Create a project; return its id."""
        self._check_may_create(user)
        if name in self.projects:
            raise Refused(422, "Name has already been taken")
        return self.projects.setdefault(name, self.new_id("prj"))

    def create_workspace(self, user: User, name: str, project_id: str) -> Workspace:
        """Create a workspace in the organization's own execution mode."""
        self._check_may_create(user)
        if name in self.workspaces:
            raise Refused(422, "Name has already been taken")
        (project,) = (known for known, id in self.projects.items() if id == project_id)
        mode = self.default_execution_mode
        return self.workspaces.setdefault(name, Workspace(self.new_id("ws"), name, project, mode))

    def workspace(self, name: str) -> Workspace:
        """Return a workspace by its name."""
        if name not in self.workspaces:
            raise Refused(404, "not found")
        return self.workspaces[name]

    def workspace_by_id(self, id: str) -> Workspace:
        """Return a workspace by its id."""
        return next((each for each in self.workspaces.values() if each.id == id), None) or _none()

    def version(self, id: str) -> StateVersion:
        """Return a state version by its id, whichever workspace it is of."""
        versions = (each for space in self.workspaces.values() for each in space.versions)
        return next((each for each in versions if each.id == id), None) or _none()

    @staticmethod
    def _check_may_create(user: User) -> None:
        if not user.may_create:
            raise Refused(404, "not found, or not authorized to create it")


def _none() -> Any:
    raise Refused(404, "not found")
