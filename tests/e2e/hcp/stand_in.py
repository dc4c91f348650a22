"""A stand-in for HCP Terraform on loopback, over TLS: as much of it as is asked for here.

That is what a cloud block asks for in local execution mode, where it keeps the state and its lock;
and runs of what was uploaded, which its worker does with the real terraform. What is not
documented, or is no part of that, is refused with 501 and kept in `unknown`.
"""

import json
import re
import ssl
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import RLock, Thread
from urllib.parse import parse_qs, unquote, urlsplit

from tests.e2e.hcp import run_api, state_api
from tests.e2e.hcp.api import Answer, Request
from tests.e2e.hcp.runs import Runs, Worker
from tests.e2e.hcp.workspaces import Organization, Refused, User

JSON_API = "application/vnd.api+json"
ROUTES = state_api.ROUTES + run_api.ROUTES


class HcpTerraform:
    """The service; a context manager. `users` are those who may come in, by their tokens."""

    def __init__(
        self, certificate: Path, key: Path, organization: Organization, users: dict[str, User]
    ) -> None:
        self.organization = organization
        self.users = users
        self.runs = Runs()
        self.worker: Worker | None = None
        """What runs terraform, for workspaces that are not in local execution mode."""
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
            for wanted, pattern, handler in ROUTES:
                found = re.fullmatch(pattern, path)
                if wanted != method or not found:
                    continue
                content = json.loads(body)["data"] if body[:1] == b"{" and "/api/" in path else body
                return handler(
                    Request(self, self._user(path, token), query, content), *found.groups()
                )
        self.unknown.append(f"{method} {path}")
        raise Refused(501, f"the stand-in does not know {method} {path}")

    def _user(self, path: str, token: str) -> User:
        if path.startswith("/archive/"):
            # It is signed: the id in it cannot be guessed. Such stores refuse a second permission.
            if path.startswith("/archive/run/") and token:
                raise Refused(400, "Only one auth mechanism allowed")
            return User("anyone with the URL")
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
        redirected = content["location"] if status == 307 else None
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        if content is None:
            raw = b""
        self.send_response(status)
        self.send_header(
            "Content-Type", "application/json" if "well-known" in self.path else JSON_API
        )
        self.send_header("Content-Length", str(len(raw)))
        if redirected:
            self.send_header("Location", redirected)
        self.send_header("TFP-API-Version", "2.6")
        self.send_header("TFP-AppName", "HCP Terraform")
        self.end_headers()
        self.wfile.write(raw)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""
