"""One request in AWS's JSON protocol, and how moto answers it."""

from __future__ import annotations

import dataclasses
import io
import json
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final

from sandbox.core.errors import AwsError, SandboxCannot

Json = dict[str, Any]
Environ = dict[str, Any]
StartResponse = Callable[..., Any]
App = Callable[[Environ, StartResponse], Iterable[bytes]]

MOTO_ACCOUNT: Final = "HTTP_X_MOTO_ACCOUNT_ID"
"""The header from which moto takes the account of every request."""

VIA: Final = "sandbox.via"
"""The WSGI variable with the service that makes a call in its caller's name, or an empty text."""


@dataclasses.dataclass
class Call:
    """One request to a service of the sandbox."""

    operation: str
    parameters: Json
    region: str
    access_key: str
    environ: Environ
    request_id: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))


def ask_moto(moto: App, call: Call, parameters: Json, account: str | None = None) -> Json:
    """Return moto's answer to a call with other parameters, and perhaps in another account.

    Raise AwsError with moto's code.
    """
    body = json.dumps(parameters).encode()
    environ = {
        **call.environ,
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
    }
    if account is not None:
        environ[MOTO_ACCOUNT] = account
    seen: list[str] = []
    try:
        answer = b"".join(moto(environ, lambda status, headers, *_: seen.append(status)))
    except NotImplementedError:
        raise SandboxCannot(f"moto has not implemented {call.operation}") from None
    status = int(seen[0].split()[0])
    try:
        content: Json = json.loads(answer or b"{}") or {}
    except ValueError:
        content = {}
    if status < 400:
        return content
    code = content.get("__type")
    if status >= 500 or not code:
        raise SandboxCannot(f"{call.operation}: moto failed with HTTP {status}")
    message = content.get("message") or content.get("Message") or ""
    raise AwsError(str(code).rpartition("#")[2], message, status)


def read_body(environ: Environ) -> bytes:
    """Return the body of a request, and leave it there for the next reader."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body: bytes = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def parse(body: bytes) -> Json:
    """Return the parameters of a call in the JSON protocol. Raise AwsError if there are none."""
    try:
        parameters = json.loads(body or b"{}")
    except ValueError:
        parameters = None
    if not isinstance(parameters, dict):
        raise AwsError("SerializationException", "The request body is not a JSON object.")
    return parameters
