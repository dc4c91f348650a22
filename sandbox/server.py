"""The sandbox as a process: start, stop, reset, and what to give programs that talk to it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
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

from sandbox.cloudtrail.event_history import History
from sandbox.cloudtrail.records import envelope
from sandbox.cloudwatch.alarms import AlarmChange, Alarms
from sandbox.core import clock
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.events.bus import Bus
from sandbox.events.delivery import Delivery
from sandbox.gateway import s3_lock
from sandbox.gateway.authorizer import Gate
from sandbox.gateway.regions import Switches
from sandbox.gateway.router import Front
from sandbox.kms import custom_key_stores, expiry
from sandbox.sns import subscriptions
from sandbox.sns.emails import Mail, mails
from sandbox.ssm.automations import Automations
from sandbox.ssm.execution import Execution

HOST = "127.0.0.1"
HOME_REGION = "us-east-1"
# What the trail and its bucket are called; the trail covers the Regions of the aws partition.
TRAIL = "sandbox"
_CREDENTIAL = "sandbox"


class Sandbox:
    """AWS on loopback. Use it as a context manager, or with `start` and `stop`.

    `port=0` takes a free port. The account starts empty but for a multi-Region CloudTrail trail
    that is logging, so that EventBridge sees KMS calls. Every access key that IAM does not know is
    the account's root.
    """

    _running = Lock()

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Sandbox:
        """Start, and give the sandbox itself."""
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
        """Listen on 127.0.0.1; raises RuntimeError if this process has a sandbox already."""
        if not self._running.acquire(blocking=False):
            raise RuntimeError("this process has a sandbox already; moto's state is one a process")
        try:
            self._listen()
        except BaseException:
            self._running.release()
            raise

    def _listen(self) -> None:
        moto = _Dispatcher(create_backend_app)
        # The front takes moto's place below: it needs clients, which need the port.
        self._server = make_server(
            HOST, self._port, moto, threaded=True, request_handler=_QuietHandler
        )
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        """The URL of every service, in every Region."""
        self._clients = Clients(self.endpoint)
        self._work = Work()
        self._automations = Automations(self._work, self._clients, self._emit_late)
        self._alarms = Alarms(self._work)
        self.history = History()
        """CloudTrail's event history."""
        self._bus = Bus(self._work, self._automations.start_for_rule, self._alarms)
        self.switches = Switches()
        """Which Regions are switched on, and how quick they are."""
        front = Front(moto, self._bus, self._automations, self._alarms, self.history, self.reset)
        self._server.app = Gate(front, self.switches)
        self._undo = [subscriptions.hook(), s3_lock.serialise()]
        self._furnish()
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and forget everything. Stopping twice does nothing."""
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
        """Environment variables that make terraform, cdktf, aws and boto3 talk to the sandbox only.

        Lay them over a process's environment.
        """
        return self._clients.environment(HOME_REGION) | {
            "AWS_ACCESS_KEY_ID": _CREDENTIAL,
            "AWS_SECRET_ACCESS_KEY": _CREDENTIAL,
        }

    def client(self, service: str, region: str) -> Any:
        """A boto3 client of the account's root, whatever the environment says."""
        return self._clients.make(service, region, _CREDENTIAL, _CREDENTIAL)

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until every delivery was made, every automation ended, every alarm evaluated.

        Raises TimeoutError after `timeout` seconds.
        """
        self._work.settle(timeout)

    @property
    def deliveries(self) -> list[Delivery]:
        """What the event buses did, oldest first."""
        return self._bus.deliveries

    @property
    def executions(self) -> list[Execution]:
        """What Systems Manager ran, oldest first."""
        return self._automations.executions

    @property
    def alarms(self) -> list[AlarmChange]:
        """How CloudWatch's alarms changed their states, oldest first."""
        return self._alarms.changes

    @property
    def mails(self) -> list[Mail]:
        """What was published to topics, by EventBridge, by alarms or by anyone."""
        return mails()

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """Put an EventBridge envelope on a Region's default bus, as AWS itself would.

        Needs `source`, `detail-type` and `detail`; what else of the envelope is missing is made.
        """
        blank = envelope(event["source"], event["detail-type"], region, event["detail"])
        self._bus.emit({**blank, "id": str(uuid.uuid4()), **event}, region)

    def advance(self, days: float) -> None:
        """Let time pass for KMS: deletions that are due are carried out, old material expires."""
        clock.advance(days)
        self.history.age(days)
        for event, region in expiry.events_due():
            self._bus.emit(event, region)

    def set_pending(self, region: str, endpoint: str, pending: bool = True) -> None:
        """Let an endpoint's subscriptions wait for their confirmation, or be confirmed."""
        subscriptions.set_pending(region, endpoint, pending)

    def _emit_late(self, event: dict[str, Any], region: str) -> None:
        self._bus.emit(event, region)

    def reset(self) -> None:
        """Finish what is under way and begin again with an empty account."""
        self.settle()
        moto_api_backend.reset()
        self._bus.clear()
        self._automations.clear()
        self._alarms.clear()
        self.history.clear()
        self.switches.reset()
        _forget()
        self._furnish()

    def _furnish(self) -> None:
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
    """Forget what is kept beside moto."""
    custom_key_stores.clear()
    clock.reset()


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc, unused-ignore]
    """Remembers which of moto's backends a host means.

    moto looks through its source folders on each request, one request at a time: a quarter of the
    time that a call takes.
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
    """Writes no line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""
