"""The sandbox's server: starts, stops and resets it, and connects its services to each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox import snapshot
from sandbox.cloudtrail.event_history import History
from sandbox.cloudtrail.log import Log
from sandbox.cloudtrail.trails import create_trail
from sandbox.cloudwatch.alarms import AlarmChange, Alarms
from sandbox.core import clock
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.envelope import envelope
from sandbox.core.quotas import Limits, Quotas
from sandbox.events.bus import Bus, OtherServices
from sandbox.events.delivery import Delivery
from sandbox.gateway import s3_lock
from sandbox.gateway.authorizer import Authorizer
from sandbox.gateway.moto_app import Dispatcher, QuietHandler
from sandbox.gateway.recorder import Recorder
from sandbox.gateway.regions import Switches
from sandbox.gateway.router import Router
from sandbox.iam import service_control
from sandbox.iam.authorization import CLOUDWATCH, EVENTS
from sandbox.kms import custom_key_stores, expiry
from sandbox.sns import data_protection, emails, publish, subscriptions
from sandbox.sns.emails import Mail
from sandbox.sqs import queues
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
    belongs to the account's root. `quotas` are AWS's defaults, if none are given.
    """

    _running = Lock()

    def __init__(self, port: int = 0, quotas: Quotas | None = None) -> None:
        self._port = port
        self._limits = Limits(quotas)
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
        moto = Dispatcher(create_backend_app)
        # The services need clients, and clients need the port. So moto's application comes first,
        # and `_connect_services` replaces it.
        self._server = make_server(
            HOST, self._port, moto, threaded=True, request_handler=QuietHandler
        )
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        """The URL of every service, in every Region."""
        self._server.app = self._connect_services(moto)
        create_trail(TRAIL, HOME_REGION)
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def _connect_services(self, moto: Any) -> Recorder:
        """Create the services. Give each one the functions by which it reaches the others."""
        self._clients = Clients(self.endpoint)
        self._work = Work()
        self.history = History(self._limits)
        """CloudTrail's event history."""
        self.switches = Switches()
        """The Regions that are disabled or slow."""
        self._alarms = Alarms(
            self._work, self._limits, partial(publish.publish_as_service, CLOUDWATCH)
        )
        self._automations = Automations(
            self._work,
            self._clients,
            self._limits,
            # The bus needs the automations too, so the bus is looked up when an event comes.
            emit=lambda event, region: self._bus.emit(event, region),
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
            publish.hook(self._alarms.notification_failed),
            emails.hook(self._limits),
            data_protection.hook(),
            queues.hook(),
            s3_lock.serialize(),
        ]
        log = Log(self.history, self._bus.emit)
        router = Router(
            moto,
            self._bus,
            self._automations,
            self._alarms,
            self.history,
            self._limits,
            log,
            self.reset,
        )
        return Recorder(Authorizer(router, self.switches), log, self._automations.service_of)

    def stop(self) -> None:
        """Stop listening, and forget everything. A second call does nothing."""
        if self._server is None or self._thread is None:
            return
        self.switches.reset()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._automations.close()
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
    def quotas(self) -> Quotas:
        """The quotas of the account. Others apply as soon as they are set."""
        return self._limits.quotas

    @quotas.setter
    def quotas(self, quotas: Quotas) -> None:
        self._limits.quotas = quotas
        if self._server is not None:
            self._automations.slots.fill_all()

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
        return emails.mails()

    def emit(self, event: Mapping[str, Any], region: str) -> None:
        """Put an EventBridge envelope on a Region's default bus, as AWS itself would.

        The event needs `source`, `detail-type` and `detail`. Other missing fields get defaults.
        """
        blank = envelope(event["source"], event["detail-type"], region, event["detail"])
        self._bus.emit({**blank, "id": str(uuid.uuid4()), **event}, region)

    def run_schedules(self, region: str | None = None, rule: str | None = None) -> None:
        """Fire every enabled rule that has a schedule once, in one Region or in all.

        With `rule` only the rule of that name.
        """
        self._bus.run_schedules(region, rule)

    def lose_events(self, test: Callable[[Mapping[str, Any]], bool] | None) -> None:
        """Lose each event (a whole envelope) for which the test holds. None loses no more."""
        self._bus.lose_events(test)

    def advance(self, days: float) -> None:
        """Let time pass for KMS: scheduled deletions happen, and imported material expires."""
        clock.advance(days)
        self.history.age(days)
        for event, region in expiry.events_due():
            self._bus.emit(event, region)

    def set_pending(self, region: str, endpoint: str, pending: bool = True) -> None:
        """Make an endpoint's subscriptions pending, or confirm them."""
        subscriptions.set_pending(region, endpoint, pending)

    def set_service_control_policy(self, policy: Mapping[str, Any] | None) -> None:
        """Attach a service control policy to the account: `sandbox.iam.service_control`.

        None detaches it. It is the organization's, so a snapshot does not have it.
        """
        service_control.attach(policy)

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
        """Stop all automations and retries, then start again with an empty account."""
        self._bus.give_up()
        self._automations.cancel_all()
        self.settle()
        moto_api_backend.reset()
        self._bus.clear()
        self._automations.clear()
        self._alarms.clear()
        self.history.clear()
        self.switches.reset()
        self._limits.rates.clear()
        _forget()
        create_trail(TRAIL, HOME_REGION)


def _forget() -> None:
    """Reset the state that moto's own reset does not cover."""
    custom_key_stores.clear()
    service_control.attach(None)
    clock.reset()
