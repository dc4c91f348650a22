"""What AWS looks at before a service does: the Region is on, and the caller may do that."""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import AwsError
from sandbox.gateway.regions import Switches
from sandbox.gateway.required_actions import needed
from sandbox.iam.authorization import why_caller_may_not, why_role_refuses_caller
from sandbox.iam.principals import Caller, caller_of

# Signature Version 4: Credential=KEY/DATE/REGION/SERVICE/aws4_request.
CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]+)/([^/]+)/aws4_request")
# How services word a refusal whose protocol has no code of its own for it.
_DENIED = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}


@dataclass(frozen=True)
class _Request:
    """One signed request. `is_json` says which protocol it speaks: JSON or the query protocol."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    region: str
    caller: Caller
    is_json: bool


class Gate:
    """A WSGI application before another one; it lets through what AWS would."""

    def __init__(self, app: Any, switches: Switches) -> None:
        self._app = app
        self._switches = switches

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one HTTP request, or hand it on."""
        scope = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if scope is None:
            return self._app(environ, start_response)  # type: ignore[no-any-return]
        access_key, region, service = scope.groups()
        self._switches.wait(region)
        is_json = "HTTP_X_AMZ_TARGET" in environ
        try:
            if self._switches.is_off(region):
                code = "UnrecognizedClientException" if is_json else "InvalidClientTokenId"
                raise AwsError(
                    code, "The security token included in the request is invalid.", status=403
                )
            if service not in _LOOKED_AT:
                return self._app(environ, start_response)  # type: ignore[no-any-return]
            request = _read(environ, service, region, caller_of(access_key, region), is_json)
            _authorize(request)
        except AwsError as fault:
            return _refuse(start_response, fault, service, is_json)
        if (service, request.operation) == ("sts", "GetCallerIdentity"):
            return _xml(start_response, "200 OK", _identity(request.caller))
        if (service, request.operation) == ("ec2", "DescribeRegions"):
            return _xml(start_response, "200 OK", self._regions(request))
        return self._app(environ, start_response)  # type: ignore[no-any-return]

    def _regions(self, request: _Request) -> str:
        # Without AllRegions EC2 tells of those only that are switched on.
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


_LOOKED_AT = frozenset(
    {
        "cloudtrail", "ec2", "events", "iam", "kms", "monitoring", "sns", "sqs", "ssm", "sts",
    }
)  # fmt: skip


def _read(
    environ: dict[str, Any], service: str, region: str, caller: Caller, is_json: bool
) -> _Request:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    parameters: Mapping[str, Any]
    if is_json:
        operation = environ["HTTP_X_AMZ_TARGET"].rpartition(".")[2]
        try:
            read = json.loads(body or b"{}")
        except ValueError:
            read = None
        # What is no object the service itself refuses.
        parameters = read if isinstance(read, dict) else {}
    else:
        fields = parse_qs(body.decode(errors="replace"), keep_blank_values=True)
        parameters = {name: values[0] for name, values in fields.items()}
        operation = str(parameters.get("Action", ""))
    return _Request(service, operation, parameters, region, caller, is_json)


def _authorize(request: _Request) -> None:
    """Raise AwsError if the caller may not do that."""
    caller = request.caller
    if caller.kind == "root":
        return
    service, operation = request.service, request.operation
    if (service, operation) == ("sts", "AssumeRole"):
        role_arn = str(request.parameters.get("RoleArn"))
        refusals = [why_role_refuses_caller(caller, role_arn, request.region)]
    else:
        refusals = [
            why_caller_may_not(caller, action, resource, request.region)
            for action, resource in needed(service, operation, request.parameters, request.region)
        ]
    if refusal := next(filter(None, refusals), None):
        raise AwsError("AccessDeniedException", refusal)


def _refuse(start_response: Any, fault: AwsError, service: str, is_json: bool) -> list[bytes]:
    if is_json:
        status = "501 Not Implemented" if fault.status == 501 else "400 Bad Request"
        body = json.dumps({"__type": fault.code, "message": fault.message}).encode()
        return _send(start_response, status, "application/x-amz-json-1.1", body)
    code = fault.code
    if code == "AccessDeniedException":
        code = _DENIED.get(service, "AccessDenied")
    error = f"<Code>{code}</Code><Message>{escape(fault.message)}</Message>"
    status = "501 Not Implemented" if fault.status == 501 else "403 Forbidden"
    if service == "ec2":
        text = f"<Response><Errors><Error>{error}</Error></Errors></Response>"
    else:
        text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>"
    return _xml(start_response, status, text)


def _identity(caller: Caller) -> str:
    # Of the account's root the id is the account's.
    user_id = caller.unique_id or ACCOUNT_ID
    return (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        f"<GetCallerIdentityResult><Arn>{escape(caller.arn)}</Arn><UserId>{user_id}</UserId>"
        f"<Account>{ACCOUNT_ID}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
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
