"""Checks every request before its service gets it: the Region is enabled, the caller is allowed."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from sandbox.core.account import account_of
from sandbox.core.errors import AwsError
from sandbox.events.bus_policy import call_denial_reason
from sandbox.gateway import protocols
from sandbox.gateway.call import VIA
from sandbox.gateway.regions import Switches
from sandbox.gateway.request_conditions import condition_keys, tagging_action
from sandbox.gateway.required_actions import required_actions
from sandbox.iam import service_control
from sandbox.iam.authorization import assume_role_denial_reason, caller_denial_reason
from sandbox.iam.principals import Caller, caller_of

# Signature Version 4: Credential=KEY/DATE/REGION/SERVICE/aws4_request.
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
# The error codes of services that do not use AccessDenied.
_DENIED = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}


@dataclass(frozen=True)
class _Request:
    """One signed request. `is_json` tells whether it uses the JSON or the query protocol.

    `typed` returns the parameters with the types that the service describes.
    """

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    caller: Caller
    is_json: bool
    typed: Callable[[], Mapping[str, Any]]


class Authorizer:
    """A WSGI application in front of another one. It passes on the requests that AWS allows."""

    def __init__(self, app: Any, switches: Switches) -> None:
        self._app = app
        self._switches = switches

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one HTTP request, or pass it on."""
        scope = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        access_key, region, service = scope.groups()
        self._switches.wait(region)
        is_json = "HTTP_X_AMZ_TARGET" in environ or service in protocols.REST_SERVICES
        try:
            if self._switches.is_off(region):
                code = "UnrecognizedClientException" if is_json else "InvalidClientTokenId"
                raise AwsError(
                    code, "The security token included in the request is invalid.", status=403
                )
            if service not in _CHECKED_SERVICES:
                return self._app(environ, start_response)  # type: ignore[no-any-return]
            caller = caller_of(access_key, region, via=environ[VIA])
            request = _read(environ, service, region, caller, is_json)
            _authorize(request)
        except AwsError as error:
            return _refuse(start_response, error, service, is_json)
        if (service, request.operation) == ("sts", "GetCallerIdentity"):
            return _xml(start_response, "200 OK", _identity(request.caller))
        if (service, request.operation) == ("ec2", "DescribeRegions"):
            return _xml(start_response, "200 OK", self._regions(request))
        return self._app(environ, start_response)  # type: ignore[no-any-return]

    def _regions(self, request: _Request) -> str:
        # Without AllRegions EC2 lists enabled Regions only.
        wants_all = request.parameters.get("AllRegions") == "true"
        items = "".join(
            f"<item><regionName>{region}</regionName><optInStatus>{status}</optInStatus>"
            f"<regionEndpoint>ec2.{region}.amazonaws.com</regionEndpoint></item>"
            for region, status in self._switches.described(request.region).items()
            if wants_all or status != "not-opted-in"
        )
        return (
            '<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">'
            f"<regionInfo>{items}</regionInfo></DescribeRegionsResponse>"
        )


_CHECKED_SERVICES = frozenset(
    {
        "chatbot", "cloudformation", "cloudtrail", "config", "ec2", "events", "iam", "kms",
        "monitoring", "notifications", "notifications-contacts", "organizations", "sns", "sqs",
        "ssm", "sts",
    }
)  # fmt: skip


def _read(
    environ: dict[str, Any], service: str, region: str, caller: Caller, is_json: bool
) -> _Request:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    parameters: Mapping[str, Any]
    if is_json:
        operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        try:
            read = json.loads(body or b"{}")
        except ValueError:
            read = None
        # If the body is not an object, the service itself refuses it.
        parameters = read if isinstance(read, dict) else {}
        if service in protocols.REST_SERVICES:
            call = protocols.read_rest_call(environ, service, body)
            operation, parameters = call.operation, call.parameters
    else:
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
        parameters = {name: values[0] for name, values in fields.items()}
        operation = str(parameters.get("Action", ""))

    def typed() -> Mapping[str, Any]:
        if service in protocols.REST_SERVICES:
            return parameters  # They have their types already.
        model = protocols.model_of(service, operation)
        try:
            return protocols.read_parameters(model, environ, body) if model else {}
        except ValueError:
            return {}  # The service itself refuses such a request.

    return _Request(service, operation, parameters, region, caller, is_json, typed)


def _authorize(request: _Request) -> None:
    """Raise AwsError if the caller may not make this call."""
    caller, region = request.caller, request.region
    service, operation = request.service, request.operation
    is_free = caller.kind == "root" and not service_control.is_attached(caller.account)
    if (service, operation) == ("events", "PutEvents"):
        entries = request.parameters.get("Entries") or []
        reasons = [call_denial_reason(caller, entries, region)]
    elif (service, operation) == ("sts", "AssumeRole"):
        role_arn = str(request.parameters.get("RoleArn"))
        if is_free and account_of(role_arn) == caller.account:
            return
        external_id = request.parameters.get("ExternalId")
        reasons = [assume_role_denial_reason(caller, role_arn, region, external_id)]
    elif is_free:
        return
    else:
        reasons = list(_denial_reasons(request))
    if reason := next(filter(None, reasons), None):
        raise AwsError("AccessDeniedException", reason)


def _denial_reasons(request: _Request) -> Iterator[str | None]:
    """Yield for each action that a call needs why its caller may not do it, or None."""
    service, operation, region = request.service, request.operation, request.region
    actions = required_actions(service, operation, request.parameters, region)
    if not actions:
        return
    typed = request.typed()
    keys = condition_keys(service, operation, typed, actions[0][1])
    if tagging := tagging_action(service, operation, typed):
        actions.append((tagging, actions[0][1]))
    passed = {"iam:PassedToService": f"{service}.amazonaws.com"}
    for action, resource in actions:
        extra = passed if action == "iam:PassRole" else keys
        yield caller_denial_reason(request.caller, action, resource, region, extra)


def _refuse(start_response: Any, error: AwsError, service: str, is_json: bool) -> list[bytes]:
    if is_json:
        status = "501 Not Implemented" if error.status == 501 else "400 Bad Request"
        body = json.dumps({"__type": error.code, "message": error.message}).encode()
        return _send(start_response, status, "application/x-amz-json-1.1", body)
    code = error.code
    if code == "AccessDeniedException":
        code = _DENIED.get(service, "AccessDenied")
    element = f"<Code>{code}</Code><Message>{escape(error.message)}</Message>"
    status = "501 Not Implemented" if error.status == 501 else "403 Forbidden"
    if service == "ec2":
        text = f"<Response><Errors><Error>{element}</Error></Errors></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{element}</Error></ErrorResponse>"
    return _xml(start_response, status, text)


def _identity(caller: Caller) -> str:
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>{escape(caller.arn)}</Arn><UserId>{caller.unique_id}"
        f"</UserId><Account>{caller.account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )


def _xml(start_response: Any, status: str, text: str) -> list[bytes]:
    return _send(start_response, status, "text/xml", text.encode())


def _send(start_response: Any, status: str, kind: str, body: bytes) -> list[bytes]:
    headers = [
        ("Content-Type", kind),
        ("Content-Length", str(len(body))),
        ("x-amzn-RequestId", str(uuid.uuid4())),
    ]
    start_response(status, headers)
    return [body]
