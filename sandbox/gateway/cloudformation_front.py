"""Answers the calls to CloudFormation, in its XML protocol."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from xml.sax.saxutils import escape

from moto.core.serialize import QuerySerializer, SerializationContext

from sandbox.cloudformation.api import CloudFormation
from sandbox.cloudformation.service import Request
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.gateway import protocols
from sandbox.gateway.call import Environ, StartResponse, read_body

_SERVICE = "cloudformation"
_STATUS = {
    200: "200 OK",
    400: "400 Bad Request",
    403: "403 Forbidden",
    404: "404 Not Found",
    409: "409 Conflict",
    501: "501 Not Implemented",
}


class CloudFormationFront:
    """CloudFormation as its callers see it."""

    def __init__(self, cloudformation: CloudFormation) -> None:
        self._cloudformation = cloudformation

    def answer(
        self, environ: Environ, start_response: StartResponse, access_key: str, region: str
    ) -> Iterable[bytes]:
        """Answer one HTTP request."""
        request_id = str(uuid.uuid4())
        try:
            status, text = 200, self._answer(environ, access_key, region, request_id)
        except AwsError as error:
            status = error.status
            text = (
                '<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error>'
                f"<Type>Sender</Type><Code>{error.code}</Code><Message>{escape(error.message)}"
                f"</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
            )
        body = text.encode()
        headers = [
            ("Content-Type", "text/xml"),
            ("Content-Length", str(len(body))),
            ("x-amzn-RequestId", request_id),
        ]
        start_response(_STATUS.get(status, f"{status} Refused"), headers)
        return [body]

    def _answer(self, environ: Environ, access_key: str, region: str, request_id: str) -> str:
        body = read_body(environ)
        operation = protocols.operation_of(environ, body)
        model = protocols.model_of(_SERVICE, operation)
        if model is None:
            raise SandboxCannot(f"{_SERVICE} {operation}")
        try:
            parameters = protocols.read_parameters(model, environ, body)
        except ValueError as error:
            raise AwsError("ValidationError", str(error)) from None
        content = self._cloudformation.answer(Request(operation, parameters, region, access_key))
        serializer = QuerySerializer(model, SerializationContext(request_id))
        return str(serializer.serialize(content)["body"])
