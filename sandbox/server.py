"""The sandbox's server: starts, stops and resets it, and connects its services to each other."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from moto.cloudtrail.models import cloudtrail_backends
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)
from moto.s3.models import s3_backends
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox import snapshot
from sandbox.cloudtrail.event_history import History
from sandbox.cloudwatch.alarms import AlarmChange, Alarms
from sandbox.core import clock
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.envelope import envelope
from sandbox.events.bus import Bus, OtherServices
from sandbox.events.delivery import Delivery
from sandbox.gateway import s3_lock
from sandbox.gateway.authorizer import Authorizer
from sandbox.gateway.regions import Switches
from sandbox.gateway.router import Router
from sandbox.iam.authorization import CLOUDWATCH, EVENTS
from sandbox.kms import custom_key_stores, expiry
from sandbox.sns import data_protection, publish, subscriptions
from sandbox.sns.emails import Mail, mails
from sandbox.ssm.automations import Automations
from sandbox.ssm.execution import Execution

HOST = "127.0.0.1"
HOME_REGION = "us-east-1"
# The name of the trail, which covers the Regions of the partition aws.
TRAIL = "sandbox"
_CREDENTIAL = "sandbox"


class Sandbox:
    """AWS on loopback. Use it as a context manager, or with `start` and `stop`.

    `port=0` takes a free port. At the start the account has one thing: a multi-Region CloudTrail
    trail that logs, so that EventBridge gets KMS calls. Every access key that IAM does not know
    belongs to the account's root.
    """

    _running = Lock()

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Sandbox:
        """Start. Return the sandbox itself."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def start(self) -> None:
        """Listen on 127.0.0.1. Raise RuntimeError if this process has a sandbox already."""
        if not self._running.acquire(blocking=False):
            raise RuntimeError("this process has a sandbox already; moto has one state per process")
        try:
            self._listen()
        except BaseException:
            self._running.release()
            raise

    def _listen(self) -> None:
        moto = _Dispatcher(create_backend_app)
        # The services need clients, and clients need the port. So moto's application comes first,
        # and `_connect_services` replaces it.
        self._server = make_server(
            HOST, self._port, moto, threaded=True, request_handler=_QuietHandler
        )
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        """The URL of every service, in every Region."""
        self._server.app = self._connect_services(moto)
        self._create_trail()
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def _connect_services(self, moto: Any) -> Authorizer:
        """Create the services. Give each one the functions by which it reaches the others."""
        self._clients = Clients(self.endpoint)
        self._work = Work()
        self.history = History()
        """CloudTrail's event history."""
        self.switches = Switches()
        """The Regions that are disabled or slow."""
        self._alarms = Alarms(self._work, partial(publish.publish_as_service, CLOUDWATCH))
        self._automations = Automations(
            self._work,
            self._clients,
            # The bus needs the automations too, so the bus is looked up when an event comes.
            emit=lambda event, region: self._bus.emit(event, region),
            publish_denial_reason=publish.role_publish_denial_reason,
        )
        self._bus = Bus(
            self._work,
            OtherServices(
                publish=partial(publish.publish_as_service, EVENTS),
                start_automation=self._automations.start_for_rule,
                count=self._alarms.count_for_rule,
                evaluate_alarms=self._alarms.evaluate_later,
            ),
        )
        self._undo = [
            subscriptions.hook(),
            data_protection.hook(),
            publish.hook(self._alarms.notification_failed),
            s3_lock.serialize(),
        ]
        router = Router(moto, self._bus, self._automations, self._alarms, self.history, self.reset)
        return Authorizer(router, self.switches)

    def stop(self) -> None:
        """Stop listening, and forget everything. A second call does nothing."""
        if self._server is None or self._thread is None:
            return
        self.switches.reset()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._work.stop()
        self._alarms.close()
        for undo in self._undo:
            undo()
        self._server = self._thread = None
        moto_api_backend.reset()
        _forget()
        self._running.release()

    def environment(self) -> dict[str, str]:
        """Return variables that make terraform, cdktf, aws and boto3 talk to the sandbox only.

        Add them to the environment of a process.
        """
        return self._clients.environment(HOME_REGION) | {
            "AWS_ACCESS_KEY_ID": _CREDENTIAL,
            "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
        }

    def client(self, service: str, region: str) -> Any:
        """Return a boto3 client of the account's root, whatever the environment says."""
        return self._clients.make(service, region, _CREDENTIAL, _CREDENTIAL)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until all deliveries and automations have ended and all alarms are evaluated.

        Raise TimeoutError after `timeout` seconds.
        """
        self._work.settle(timeout)

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries of the event buses, oldest first."""
        return self._bus.deliveries

    @property
    def executions(self) -> list[Execution]:
        """The executions of Systems Manager Automation, oldest first."""
        return self._automations.executions

    @property
    def alarms(self) -> list[AlarmChange]:
        """The state changes of CloudWatch's alarms, oldest first."""
        return self._alarms.changes

    @property
    def mails(self) -> list[Mail]:
        """The messages that EventBridge, alarms and other callers published to topics."""
        return mails()

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """Put an EventBridge envelope on a Region's default bus, as AWS itself would.

        The event needs `source`, `detail-type` and `detail`. Other missing fields get defaults.
        """
        blank = envelope(event["source"], event["detail-type"], region, event["detail"])
        self._bus.emit({**blank, "id": str(uuid.uuid4()), **event}, region)

    def advance(self, days: float) -> None:
        """Let time pass for KMS: scheduled deletions happen, and imported material expires."""
        clock.advance(days)
        self.history.age(days)
        for event, region in expiry.events_due():
            self._bus.emit(event, region)

    def set_pending(self, region: str, endpoint: str, pending: bool = True) -> None:
        """Make an endpoint's subscriptions pending, or confirm them."""
        subscriptions.set_pending(region, endpoint, pending)

    def snapshot(self) -> bytes:
        """Wait until all jobs have ended, then return a copy of the account.

        It has every resource and CloudTrail's history, but not what the sandbox observed: no
        deliveries, executions or state changes of alarms. Raise RuntimeError before the start.
        """
        if self._server is None:
            raise RuntimeError("the sandbox is not running: it has no account")
        self.settle()
        return snapshot.take(self.history.records)

    def restore(self, copy: bytes) -> None:
        """Replace the account with a copy that `snapshot` returned, of this or another sandbox."""
        self.reset()
        self.history.replace(snapshot.restore(copy))

    def reset(self) -> None:
        """Wait until all jobs have ended, then start again with an empty account."""
        self.settle()
        moto_api_backend.reset()
        self._bus.clear()
        self._automations.clear()
        self._alarms.clear()
        self.history.clear()
        self.switches.reset()
        _forget()
        self._create_trail()

    def _create_trail(self) -> None:
        bucket = f"{TRAIL}-trail-{ACCOUNT_ID}"
        s3_backends[ACCOUNT_ID]["aws"].create_bucket(bucket, HOME_REGION)
        trail = cloudtrail_backends[ACCOUNT_ID][HOME_REGION].create_trail(
            name=TRAIL,
            bucket_name=bucket,
            s3_key_prefix="",
            sns_topic_name="",
            is_global=True,
            is_multi_region=True,
            log_validation=False,
            is_org_trail=False,
            cw_log_group_arn="",
            cw_role_arn="",
            kms_key_id="",
            tags_list=[],
        )
        trail.start_logging()


def _forget() -> None:
    """Reset the state that moto's own reset does not cover."""
    custom_key_stores.clear()
    clock.reset()


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc, unused-ignore]
    """Caches which of moto's backends belongs to a host.

    moto searches its source folders on each request, one request at a time. That takes a quarter
    of the time of a call.
    """

    def __init__(self, create_app: Any) -> None:
        super().__init__(create_app)
        self._known: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return moto's name of the backend that answers for a host."""
        if host not in self._known:
            self._known[host] = super().get_backend_for_host(host)
        return self._known[host]


class _QuietHandler(MotoRequestHandler):  # type: ignore[misc, unused-ignore]
    """A request handler that logs no requests."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing."""
