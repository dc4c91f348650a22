"""A stand-in for HCP Terraform on loopback, over TLS: as much of it as the cloud block asks for.

Workspaces are in local execution mode: HCP Terraform keeps the state and its lock, and terraform
runs here. What is not documented, or is no part of that, is refused with 501 and kept in `unknown`.
"""

import json
import re
import ssl
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.sandbox.hcp.workspaces import (
    Json,
    Organization,
    Refused,
    StateVersion,
    User,
    Workspace,
    upload,
)

JSON_API = "application/vnd.api+json"
Answer = tuple[int, Any]


class HcpTerraform:
    """The service; a context manager. `users` are those who may come in, by their tokens."""

    def __init__(
        self, certificate: Path, key: Path, organization: Organization, users: dict[str, User]
    ) -> None:
        self.organization = organization
        self.users = users
        self.unknown: list[str] = []
        """What was asked for and is not there to be had: `METHOD path`."""
        self._one_at_a_time = RLock()
        stand_in = self

        class Handler(_Handler):
            service = stand_in

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.hostname = f"localhost:{self._server.server_port}"
        """What a cloud block names as its hostname."""
        self._thread = Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> "HcpTerraform":
        """Start listening."""
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def answer(self, method: str, target: str, token: str, body: bytes) -> Answer:
        """Return the status and the content for a request."""
        url = urlsplit(target)
        path = unquote(url.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        with self._one_at_a_time:
            if (method, path) == ("GET", "/.well-known/terraform.json"):
                return 200, {"tfe.v2": "/api/v2/"}
            if (method, path) == ("GET", "/api/v2/ping"):
                return 204, None
            for wanted, pattern, handler in _ROUTES:
                found = re.fullmatch(pattern, path)
                if wanted != method or not found:
                    continue
                content = json.loads(body)["data"] if body[:1] == b"{" and "/api/" in path else body
                return handler(
                    _Request(self, self._user(path, token), query, content), *found.groups()
                )
        self.unknown.append(f"{method} {path}")
        raise Refused(501, f"the stand-in does not know {method} {path}")

    def _user(self, path: str, token: str) -> User:
        if path.startswith("/archive/"):
            return User("whoever has the URL")  # it is signed: the id in it cannot be guessed
        if token not in self.users:
            raise Refused(401, "unauthorized")
        return self.users[token]


class _Handler(BaseHTTPRequestHandler):
    """HTTP around the service."""

    service: HcpTerraform
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer any request."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        try:
            status, content = self.service.answer(self.command, self.path, token, body)
        except Refused as refusal:
            status = refusal.status
            content = {"errors": [{"status": str(status), "title": refusal.detail}]}
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        if content is None:
            raw = b""
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/json" if "well-known" in self.path else JSON_API
        )
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("TFP-API-Version", "2.6")
        self.send_header("TFP-AppName", "HCP Terraform")
        self.end_headers()
        self.wfile.write(raw)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


class _Request:
    """A request that was let in: by whom, and with what."""

    def __init__(self, service: HcpTerraform, user: User, query: dict[str, str], content: Any):
        self.service = service
        self.user = user
        self.query = query
        self.content = content

    def organization(self, name: str) -> Organization:
        """Return the organization of this name."""
        if name != self.service.organization.name:
            raise Refused(404, "not found")
        return self.service.organization

    def workspace(self, id: str) -> Workspace:
        """Return the workspace of this id."""
        return self.service.organization.workspace_by_id(id)


def _entitlements(request: _Request, organization: str) -> Answer:
    request.organization(organization)
    # With operations: that they run here is said by the workspace, not by what was paid for.
    attributes = {"operations": True, "state-storage": True}
    return 200, _data("entitlement-sets", organization, attributes)


def _projects(request: _Request, organization: str) -> Answer:
    known = request.organization(organization).projects
    wanted = request.query.get("filter[names]")
    found = {name: id for name, id in known.items() if wanted in (None, name)}
    return 200, _listed(_project(name, id) for name, id in found.items())


def _create_project(request: _Request, organization: str) -> Answer:
    name = request.content["attributes"]["name"]
    id = request.organization(organization).create_project(request.user, name)
    return 201, {"data": _project(name, id)}


def _show_workspace(request: _Request, organization: str, name: str) -> Answer:
    return 200, _workspace(request.organization(organization).workspace(name))


def _create_workspace(request: _Request, organization: str) -> Answer:
    relations = request.content.get("relationships", {})
    project = relations.get("project", {}).get("data", {}).get("id", "prj-default")
    name = request.content["attributes"]["name"]
    space = request.organization(organization).create_workspace(request.user, name, project)
    return 201, _workspace(space)


def _update_workspace(request: _Request, id: str) -> Answer:
    if set(request.content["attributes"]) != {"terraform-version"}:
        raise Refused(501, "the stand-in updates the version of Terraform only")
    space = request.workspace(id)
    space.terraform_version = request.content["attributes"]["terraform-version"]
    return 200, _workspace(space)


def _act(request: _Request, id: str, action: str) -> Answer:
    space = request.workspace(id)
    if action == "lock":
        space.lock(request.user)
    else:
        space.unlock(request.user, force=action == "force-unlock")
    return 200, _workspace(space)


def _current_version(request: _Request, id: str) -> Answer:
    return 200, _version(request, request.workspace(id).current)


def _create_version(request: _Request, id: str) -> Answer:
    new = request.service.organization.new_id("sv")
    version = request.workspace(id).announce(new, request.user, request.content["attributes"])
    return 201, _version(request, version)


def _show_version(request: _Request, id: str) -> Answer:
    return 200, _version(request, request.service.organization.version(id))


def _outputs(request: _Request, id: str) -> Answer:
    outputs = request.workspace(id).current.outputs
    return 200, _listed(
        {
            "id": f"wsout-{name}",
            "type": "state-version-outputs",
            "attributes": {
                "name": name,
                "sensitive": said["sensitive"],
                "type": "string" if isinstance(said["value"], str) else "object",
                "value": said["value"],
                "detailed-type": said["type"],
            },
        }
        for name, said in outputs.items()
    )


def _put_archive(request: _Request, kind: str, id: str) -> Answer:
    version = request.service.organization.version(id)
    if kind == "state":
        upload(version, request.content)
    return 200, None


def _get_archive(request: _Request, id: str) -> Answer:
    content = request.service.organization.version(id).content
    if content is None:
        raise Refused(404, "not found")
    return 200, content


_API = "/api/v2"
_ROUTES: list[tuple[str, str, Callable[..., Answer]]] = [
    ("GET", rf"{_API}/organizations/([^/]+)/entitlement-set", _entitlements),
    ("GET", rf"{_API}/organizations/([^/]+)/projects", _projects),
    ("POST", rf"{_API}/organizations/([^/]+)/projects", _create_project),
    ("GET", rf"{_API}/organizations/([^/]+)/workspaces/([^/]+)", _show_workspace),
    ("POST", rf"{_API}/organizations/([^/]+)/workspaces", _create_workspace),
    ("PATCH", rf"{_API}/workspaces/([^/]+)", _update_workspace),
    ("POST", rf"{_API}/workspaces/([^/]+)/actions/(lock|unlock|force-unlock)", _act),
    ("GET", rf"{_API}/workspaces/([^/]+)/current-state-version", _current_version),
    ("GET", rf"{_API}/workspaces/([^/]+)/current-state-version-outputs", _outputs),
    ("POST", rf"{_API}/workspaces/([^/]+)/state-versions", _create_version),
    ("GET", rf"{_API}/state-versions/([^/]+)", _show_version),
    ("PUT", r"/archive/(state|json)/([^/]+)", _put_archive),
    ("GET", r"/archive/state/([^/]+)", _get_archive),
]


def _data(type: str, id: str, attributes: Json, **relations: Json) -> Json:
    return {"data": {"id": id, "type": type, "attributes": attributes, "relationships": relations}}


def _listed(items: Any) -> Json:
    page = {"current-page": 1, "total-pages": 1, "next-page": None, "prev-page": None}
    found = list(items)
    return {"data": found, "meta": {"pagination": page | {"total-count": len(found)}}}


def _project(name: str, id: str) -> Json:
    return {"id": id, "type": "projects", "attributes": {"name": name}}


def _workspace(space: Workspace) -> Json:
    attributes = {
        "name": space.name,
        "execution-mode": space.execution_mode,
        "operations": space.execution_mode != "local",
        "locked": space.locked_by is not None,
        "terraform-version": space.terraform_version,
        "permissions": {"can-lock": True, "can-unlock": True, "can-force-unlock": True},
    }
    return _data("workspaces", space.id, attributes)


def _version(request: _Request, version: StateVersion) -> Json:
    archive = f"https://{request.service.hostname}/archive"
    there = version.content is not None
    attributes = {
        "serial": version.serial,
        "status": "finalized" if there else "pending",
        "resources-processed": True,
        "hosted-state-download-url": f"{archive}/state/{version.id}" if there else None,
        "hosted-state-upload-url": None if there else f"{archive}/state/{version.id}",
        "hosted-json-state-upload-url": None if there else f"{archive}/json/{version.id}",
    }
    return _data("state-versions", version.id, attributes)
