"""Records the write calls of the services other than KMS, which records its calls itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import Any

from sandbox.cloudtrail.log import Log
from sandbox.cloudtrail.records import Origin
from sandbox.cloudtrail.service_records import (
    CallElement,
    is_recorded,
    region_of_record,
    service_record,
)
from sandbox.cloudtrail.trails import trails_now
from sandbox.gateway import protocols
from sandbox.gateway.authorizer import CREDENTIAL
from sandbox.gateway.call import VIA
from sandbox.iam.principals import Caller, caller_of

# AWS does not know whose calls these were.
_UNKNOWN_CALLER = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})


class Recorder:
    """A WSGI application in front of another one, which sees every request and its answer.

    `via_of` returns the AWS service that uses an access key, or an empty text.
    """

    def __init__(self, app: Any, log: Log, via_of: Callable[[str], str]) -> None:
        self._app = app
        self._log = log
        self._via_of = via_of

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one HTTP request. The record of a call is written after the call has ended."""
        scope = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        access_key, region, service = scope.groups()
        body = protocols.read_body(environ)
        operation = protocols.operation_of(environ, body)
        model = protocols.model_of(service, operation) if is_recorded(service, operation) else None
        if model is None:
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        origin = self._origin(environ, service, access_key, region)
        # A call that changes a trail is logged as the trail was before. AWS's own solution that
        # starts a stopped trail again relies on the event of StopLogging.
        trails = trails_now()
        answer = _answer_of(self._app, environ, start_response)
        # Status 501 means that the sandbox cannot do it. AWS might have done it.
        if answer.status != 501:
            record = _record(service, model, environ, body, origin, answer)
            if record is not None:
                self._log.write(record, trails)
        return [answer.body]

    def _origin(
        self, environ: dict[str, Any], service: str, access_key: str, region: str
    ) -> Origin:
        via = environ[VIA] or self._via_of(access_key)
        caller: Caller = caller_of(access_key, region, via=via)
        return Origin(
            caller=caller,
            region=region_of_record(service, region),
            user_agent=caller.via or environ.get("HTTP_USER_AGENT", ""),
            source=caller.via or environ.get("REMOTE_ADDR", ""),
            request_id=str(uuid.uuid4()),
        )


def _answer_of(app: Any, environ: dict[str, Any], start_response: Any) -> protocols.Answer:
    begun: list[Any] = []
    body = b"".join(app(environ, lambda *arguments: begun.append(arguments)))
    status, headers, *_ = begun[0]
    start_response(*begun[0])
    return protocols.Answer(int(status.split()[0]), dict(headers), body)


def _record(
    service: str,
    model: Any,
    environ: dict[str, Any],
    body: bytes,
    origin: Origin,
    answer: protocols.Answer,
) -> dict[str, Any] | None:
    try:
        request = CallElement(protocols.read_parameters(model, environ, body), model.input_shape)
    except ValueError:
        # Such a request was refused. CloudTrail has no parameters for it.
        request = CallElement({}, None)
    parsed = protocols.read_answer(model, environ, answer)
    if answer.status < 400:
        response = CallElement(parsed, model.output_shape)
        return service_record(service, model.name, origin, request, response)
    code, message = parsed["Error"]["Code"], parsed["Error"]["Message"]
    if code in _UNKNOWN_CALLER:
        return None
    return service_record(service, model.name, origin, request, None, (code, message))
