"""Reads the requests and responses of AWS's protocols by botocore's descriptions of services."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, OperationNotFoundError
from botocore.parsers import create_parser
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict

# The names of botocore's descriptions, where they differ from the signing name.
_MODELS = {"monitoring": "cloudwatch", "notifications-contacts": "notificationscontacts"}
# The signing names of the sandbox's services with the REST protocol.
REST_SERVICES = frozenset({"chatbot", "notifications", "notifications-contacts"})


@dataclass(frozen=True)
class RestCall:
    """A call in the REST protocol: the parameters are in its path, its query and its body."""

    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP response. `status` is the code."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body of a request, and leave it there for the next reader."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def operation_of(environ: Mapping[str, Any], body: bytes) -> str:
    """Return the name of the operation that a request calls, in the JSON or query protocol."""
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2]
    return dict(parse_qsl(body.decode(errors="replace"))).get("Action", "")


def model_of(service: str, operation: str) -> OperationModel | None:
    """Return the description of an operation, or None if the service has no such operation."""
    try:
        return get_service_model(_MODELS.get(service, service)).operation_model(operation)
    except OperationNotFoundError:
        return None


def read_rest_call(environ: Mapping[str, Any], service: str, body: bytes) -> RestCall:
    """Return a call in the REST protocol. Its operation is an empty text if there is none."""
    method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
    for wanted, pattern, operation in _paths(service):
        if wanted == method and (match := pattern.fullmatch(path)):
            query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
            content = json.loads(body or b"{}")
            return RestCall(operation, {**match.groupdict(), **query, **content})
    return RestCall("", {})


@cache
def _paths(service: str) -> list[tuple[str, re.Pattern[str], str]]:
    model = get_service_model(_MODELS.get(service, service))
    operations = (model.operation_model(name) for name in model.operation_names)
    found = [
        (each.http["method"], re.sub(r"{(\w+)}", r"(?P<\1>.+)", each.http["requestUri"]), each.name)
        for each in operations
    ]
    # The longest paths first: the others may match them too.
    found.sort(key=lambda entry: -len(entry[1]))
    return [(method, re.compile(path), name) for method, path, name in found]


def read_parameters(model: Any, environ: Mapping[str, Any], body: bytes) -> dict[str, Any]:
    """Return the parameters of a request, with values of the types that the service describes.

    Raise ValueError for a body that the protocol does not allow.
    """
    protocol = _protocol(environ)
    fields = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    try:
        parsed: dict[str, Any] = PROTOCOL_PARSERS[protocol](model).parse(
            {
                "method": "POST",
                "headers": Headers(),
                "body": body,
                "values": MultiDict(fields if protocol == "query" else ()),
                "url_path": "/",
                "url_params": {},
            }
        )
    except Exception as error:
        raise ValueError(f"{model.name}: {error}") from error
    return parsed


def read_answer(model: Any, environ: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
    """Return a response as boto3 does, with `Error` and `ResponseMetadata`."""
    parser = create_parser(_protocol(environ))
    content = {
        "status_code": answer.status,
        "headers": HeadersDict(answer.headers),
        "body": answer.body,
    }
    parsed: dict[str, Any] = parser.parse(content, model.output_shape)
    return parsed


def _protocol(environ: Mapping[str, Any]) -> str:
    return "json" if "HTTP_X_AMZ_TARGET" in environ else "query"
