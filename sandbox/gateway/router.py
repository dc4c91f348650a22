"""Routes each request to the sandbox's service that answers it, or to moto."""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from moto.sns.exceptions import SNSException

from sandbox.chatbot.configurations import OPERATIONS as OPERATIONS_OF_CHATS
from sandbox.cloudformation.api import CloudFormation
from sandbox.cloudtrail import trails
from sandbox.cloudtrail.event_history import History
from sandbox.cloudtrail.log import Log
from sandbox.cloudwatch.alarms import Alarms
from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.quotas import Limits
from sandbox.events import validation
from sandbox.events.bus import Bus
from sandbox.gateway import protocols
from sandbox.gateway.authorizer import CREDENTIAL
from sandbox.gateway.call import App, Call, Environ, Json, StartResponse, ask_moto, parse, read_body
from sandbox.gateway.cloudformation_front import CloudFormationFront
from sandbox.gateway.kms_front import KmsFront
from sandbox.iam.principals import caller_of
from sandbox.notifications.store import OPERATIONS as OPERATIONS_OF_NOTIFICATIONS
from sandbox.organizations import membership
from sandbox.sns.emails import mails
from sandbox.sns.subscriptions import confirm
from sandbox.ssm import documents
from sandbox.ssm.api import OPERATIONS
from sandbox.ssm.automations import Automations

_REST_OPERATIONS = {"chatbot": OPERATIONS_OF_CHATS, **OPERATIONS_OF_NOTIFICATIONS}
_ROUTED_SERVICES = ("kms", "events", "ssm", "cloudtrail", "organizations")
_STATUS = {200: "200 OK", 400: "400 Bad Request", 404: "404 Not Found", 501: "501 Not Implemented"}


class Router:
    """A WSGI application in front of moto's. It passes unknown requests on to moto."""

    def __init__(
        self,
        moto: App,
        bus: Bus,
        automations: Automations,
        alarms: Alarms,
        history: History,
        limits: Limits,
        log: Log,
        notifications: Callable[[], list[Any]],
        posts: Callable[[], list[Any]],
        cloudformation: CloudFormation,
        reset: Callable[[], None],
    ) -> None:
        self._moto = moto
        self._notifications = notifications
        self._posts = posts
        self._bus = bus
        self._automations = automations
        self._alarms = alarms
        self._history = history
        self._limits = limits
        self._reset = reset
        self._cloudformation = CloudFormationFront(cloudformation)
        self._moved = cloudformation.account_moved
        kms = KmsFront(moto, limits, log, automations.service_of)
        self._services: dict[str, Callable[[Call], Json | None]] = {
            "TrentService": kms.answer,
            "AWSEvents": self._events,
            "AmazonSSM": self._ssm,
            "AWSOrganizationsV20161128": self._organizations,
            "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101": self._cloudtrail,
        }

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one HTTP request."""
        path = environ.get("PATH_INFO", "")
        if path.startswith("/_sandbox/"):
            return self._show(path, start_response)
        if path == "/moto-api/reset" and environ["REQUEST_METHOD"] == "POST":
            self._reset()
            return _answer(start_response, 200, {"status": "ok"})
        scope = CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        link = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        if scope is None and link.get("Action") == "ConfirmSubscription":
            return _confirm(link, start_response)
        if scope is not None and scope[3] in _REST_OPERATIONS:
            return _answer_rest(scope[3], environ, start_response)
        if scope is not None and scope[3] == "cloudformation":
            return self._cloudformation.answer(environ, start_response, scope[1], scope[2])
        if scope is not None and scope[3] == "monitoring":
            return self._cloudwatch(environ, start_response)
        if scope is None or scope[3] not in _ROUTED_SERVICES:
            return self._pass(environ, start_response)
        service, _, operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")
        request_id = str(uuid.uuid4())
        try:
            if service not in self._services:
                raise SandboxCannot(f"a request to {scope[3]} without an X-Amz-Target it knows")
            body = read_body(environ)
            call = Call(operation, parse(body), scope[2], scope[1], environ, request_id)
            response = self._services[service](call)
        except AwsError as error:
            content = {"__type": error.code, "message": error.message}
            return _answer(start_response, error.status, content, request_id)
        if response is None:
            return self._pass(environ, start_response)
        return _answer(start_response, 200, response, request_id)

    def _pass(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        begun: list[Any] = []
        try:
            body = b"".join(self._moto(environ, lambda *arguments: begun.append(arguments)))
            status, *rest = begun[0]
            if status.startswith("500"):
                raise SandboxCannot(f"moto failed: {body[-500:].decode(errors='replace')}")
            start_response(status, *rest)
            return [body]
        except (NotImplementedError, SandboxCannot) as error:
            # moto itself would answer HTTP 500. Every client retries that, so moto would repeat
            # what it did before the failure, and the reason would be lost.
            refusal = (
                error
                if isinstance(error, SandboxCannot)
                else SandboxCannot(f"moto has not implemented it: {error}")
            )
            content = {"__type": refusal.code, "message": refusal.message}
            return _answer(start_response, refusal.status, content, str(uuid.uuid4()))

    def _cloudwatch(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Pass a call on to moto. moto writes every error in the call's protocol, as HTTP 400."""
        begun: list[Any] = []
        body = b"".join(self._pass(environ, lambda *arguments: begun.append(arguments)))
        status, *rest = begun[0]
        if status.startswith("400") and b"SandboxCannot" in body:
            status = _STATUS[501]
        start_response(status, *rest)
        return [body]

    def _events(self, call: Call) -> Json | None:
        if call.operation == "PutEvents":
            return self._bus.put_events(call.parameters, call.region)
        if call.operation == "PutRule":
            quota = self._limits.quotas.rules_per_bus
            validation.check_put_rule(call.parameters, call.region, quota)
        elif call.operation == "PutTargets":
            validation.check_put_targets(call.parameters, call.region)
        elif call.operation == "TestEventPattern":
            return validation.test_event_pattern(call.parameters)
        return None

    def _organizations(self, call: Call) -> Json | None:
        kind = "organizations", call.operation, current_account()
        rate = self._limits.quotas.organizations_reads_per_second
        is_read = call.operation.startswith(("Describe", "List"))
        if is_read and not self._limits.rates.admits(kind, rate):
            raise AwsError(
                "TooManyRequestsException",
                "You have sent too many requests in too short a period of time. Try again later.",
            )
        return membership.answer(
            call.operation,
            call.parameters,
            current_account(),
            ask=lambda account, given: ask_moto(self._moto, call, given, account),
            moved=self._moved,
        )

    def _cloudtrail(self, call: Call) -> Json | None:
        if call.operation == "PutEventSelectors":
            trails.forget_selectors(str(call.parameters.get("TrailName")))
        if call.operation != "LookupEvents":
            return None
        return self._history.lookup(call.parameters, call.region)

    def _ssm(self, call: Call) -> Json | None:
        if operation := OPERATIONS.get(call.operation):
            caller = caller_of(call.access_key, call.region)
            return operation(self._automations, call.parameters, call.region, caller)
        name = call.parameters.get("Name")
        if name in documents.amazon_documents():
            if call.operation == "DescribeDocument":
                return documents.describe_amazon_document(name)
            if call.operation == "GetDocument":
                form = call.parameters.get("DocumentFormat", "JSON")
                return documents.amazon_document_content(name, form)
        return None

    def _show(self, path: str, start_response: StartResponse) -> Iterable[bytes]:
        lists: dict[str, Callable[[], list[Any]]] = {
            "/_sandbox/deliveries": lambda: self._bus.deliveries,
            "/_sandbox/executions": lambda: self._automations.executions,
            "/_sandbox/mails": mails,
            "/_sandbox/notifications": self._notifications,
            "/_sandbox/chats": self._posts,
            "/_sandbox/alarms": lambda: self._alarms.changes,
        }
        if path not in lists:
            return _answer(start_response, 404, {"known": sorted(lists)})
        return _answer(start_response, 200, [dataclasses.asdict(item) for item in lists[path]()])


def _answer_rest(service: str, environ: Environ, start_response: StartResponse) -> list[bytes]:
    """Answer a call to one of the sandbox's own services with the REST protocol."""
    request_id = str(uuid.uuid4())
    try:
        call = protocols.read_rest_call(environ, service, read_body(environ))
        if call.operation not in _REST_OPERATIONS[service]:
            raise SandboxCannot(f"{service} {call.operation or environ['PATH_INFO']}")
        answer = _REST_OPERATIONS[service][call.operation](call.parameters)
    except AwsError as error:
        content = {"__type": error.code, "message": error.message}
        return _answer(start_response, error.status, content, request_id)
    return _answer(start_response, 200, answer, request_id)


def _confirm(link: Mapping[str, str], start_response: StartResponse) -> list[bytes]:
    """Answer the link in SNS's request for a confirmation, which needs no signature."""
    try:
        arn = confirm(link.get("TopicArn", ""), link.get("Token", ""), authenticated=False)
    except (SNSException, IndexError) as error:
        return _answer(start_response, 400, {"error": str(error)})
    body = (
        '<ConfirmSubscriptionResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/">'
        f"<ConfirmSubscriptionResult><SubscriptionArn>{arn}</SubscriptionArn>"
        "</ConfirmSubscriptionResult></ConfirmSubscriptionResponse>"
    ).encode()
    start_response(_STATUS[200], [("Content-Type", "text/xml"), ("Content-Length", str(len(body)))])
    return [body]


def _answer(
    start_response: StartResponse, status: int, content: Any, request_id: str | None = None
) -> list[bytes]:
    body = json.dumps(content, indent=None if request_id else 2).encode()
    kind = "application/x-amz-json-1.1" if request_id else "application/json"
    headers = [("Content-Type", kind), ("Content-Length", str(len(body)))]
    if request_id:
        headers.append(("x-amzn-RequestId", request_id))
    start_response(_STATUS.get(status, f"{status} Refused"), headers)
    return [body]
