"""The sandbox's server: starts, stops and resets it, and connects its services to each other."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from threading import Lock, Thread
from typing import Any

from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from sandbox import snapshot
from sandbox.cloudtrail.trails import create_trail
from sandbox.core import clock
from sandbox.core.account import ACCOUNT_ID, in_account
from sandbox.core.clients import Clients
from sandbox.core.envelope import envelope
from sandbox.core.quotas import Limits, Quotas
from sandbox.gateway.accounts import Accounts
from sandbox.gateway.moto_app import Dispatcher, QuietHandler
from sandbox.iam import service_control
from sandbox.kms import expiry
from sandbox.organizing import Organizing
from sandbox.services import Services
from sandbox.sns import subscriptions

HOST = "127.0.0.1"
HOME_REGION = "us-east-1"
# The name of the trail, which covers the Regions of the partition aws.
TRAIL = "sandbox"


class Sandbox(Organizing):
    """AWS on loopback. Use it as a context manager, or with `start` and `stop`.

    `port=0` takes a free port. `accounts` are the ids of accounts beside the default one,
    111122223333. At the start an account has one thing: a multi-Region CloudTrail trail that logs,
    so that EventBridge gets KMS calls. Every access key that IAM does not know belongs to the root
    of the default account. `quotas` are AWS's defaults, if none are given; each account and Region
    has its own.
    """

    _running = Lock()

    def __init__(
        self, port: int = 0, quotas: Quotas | None = None, accounts: Iterable[str] = ()
    ) -> None:
        self._port = port
        self._first_accounts = Accounts(accounts)
        self._accounts = Accounts(accounts)
        self._limits = Limits(quotas)
        self._server: BaseWSGIServer | None = None
        self._thread: Thread | None = None

    def __enter__(self) -> Sandbox:
        """Start. Return the sandbox itself."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
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
        # and the services replace it.
        self._server = make_server(
            HOST, self._port, moto, threaded=True, request_handler=QuietHandler
        )
        self.endpoint = f"http://{HOST}:{self._server.server_port}"
        """The URL of every service, in every Region."""
        self._clients = Clients(self.endpoint)
        self._services = Services(moto, self._clients, self._limits, self._accounts, self.reset)
        self._server.app = self._services.app
        self._create_trails()
        self._thread = Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and forget everything. A second call does nothing."""
        if self._server is None or self._thread is None:
            return
        self.switches.reset()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._services.close()
        self._server = self._thread = None
        self._running.release()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ids of the accounts, the default account first."""
        return self._accounts.ids

    def add_account(self, account: str, unit: str | None = None, name: str | None = None) -> None:
        """Add an account of this id, with its trail. One that is there already stays as it is.

        With `unit`, the id of an organizational unit or of a root, the account joins that
        organization, as if it had been created in it: automatic deployments of stack sets begin.
        A reset removes the accounts that the sandbox did not have at the start.

        Raises:
            ValueError: The id has not 12 digits, there is no such unit, or the account is in an
                organization already.
            RuntimeError: The sandbox is not running.
        """
        if self._server is None:
            raise RuntimeError("the sandbox is not running: give it its accounts at the start")
        if self._accounts.add(account):
            with in_account(account):
                create_trail(TRAIL, HOME_REGION)
        if unit is not None:
            self._join(account, unit, name)

    def environment(self, account: str = ACCOUNT_ID) -> dict[str, str]:
        """Return variables that make terraform, cdktf, aws and boto3 talk to the sandbox only.

        Add them to the environment of a process. The credentials are those of an account's root.
        """
        key = self._accounts.root_key(account)
        credentials = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": key}
        return self._clients.environment(HOME_REGION) | credentials

    def client(self, service: str, region: str, account: str = ACCOUNT_ID) -> Any:
        """Return a boto3 client of an account's root, whatever the environment says."""
        key = self._accounts.root_key(account)
        return self._clients.make(service, region, key, key)

    def settle(self, timeout: float = 30.0, retries: bool = True) -> None:
        """Wait until all deliveries and automations have ended and all alarms are evaluated.

        Without `retries` do not wait for the deliveries that EventBridge tries again later, for
        example during an outage. Raise TimeoutError after `timeout` seconds.
        """
        work = self._services.work
        work.settle(timeout) if retries else work.settle_until_waiting(timeout)

    @property
    def quotas(self) -> Quotas:
        """The quotas of the account. Others apply as soon as they are set."""
        return self._limits.quotas

    @quotas.setter
    def quotas(self, quotas: Quotas) -> None:
        self._limits.quotas = quotas
        if self._server is not None:
            self._services.automations.slots.fill_all()

    def map_endpoint(self, url: str, listener: str) -> None:
        """Let a listener on 127.0.0.1 get what topics send to URLs that begin with `url`.

        Other web endpoints than such, and than those on 127.0.0.1, cannot be reached.
        """
        self._services.subscribers.web.map(url, listener)

    def emit(self, event: Mapping[str, Any], region: str, account: str = ACCOUNT_ID) -> None:
        """Put an EventBridge envelope on the default bus of a Region, as AWS itself would.

        The event needs `source`, `detail-type` and `detail`. Other missing fields get defaults.
        """
        with in_account(account):
            blank = envelope(event["source"], event["detail-type"], region, event["detail"])
            self._services.bus.emit({**blank, "id": str(uuid.uuid4()), **event}, region)

    def run_schedules(
        self, region: str | None = None, rule: str | None = None, account: str | None = None
    ) -> None:
        """Fire every enabled rule that has a schedule once, in one Region and account or in all.

        With `rule` only the rule of that name.
        """
        for each in self.accounts if account is None else [account]:
            with in_account(each):
                self._services.bus.run_schedules(region, rule)

    def lose_events(self, test: Callable[[Mapping[str, Any]], bool] | None) -> None:
        """Lose each event (a whole envelope) for which the test holds. None loses no more."""
        self._services.bus.lose_events(test)

    def cut_off(self, region: str, account: str = ACCOUNT_ID, bus: str | None = None) -> None:
        """Make an event bus unreachable for other buses and for PutEvents, by default all of them.

        Deliveries to it wait, as the retry policies of their targets say: `settle(retries=False)`.
        """
        self._services.bus.outages.begin(account, region, bus)

    def reconnect(self) -> None:
        """Make all event buses reachable, and retry at once what waits."""
        self._services.bus.outages.end()
        self._services.work.hurry()

    def age_events(self, hours: float) -> None:
        """Make the events that wait for a retry older by some hours, and retry them at once."""
        self._services.bus.age(hours)

    def end_long_period(self, region: str, account: str = ACCOUNT_ID) -> None:
        """Evaluate the alarms on what is missing, over the time since the last call."""
        with in_account(account):
            self._services.alarms.end_long_period(region)
        self.settle()

    def advance(self, days: float) -> None:
        """Let time pass for KMS: scheduled deletions happen, and imported material expires."""
        clock.advance(days)
        self.history.age(days)
        for account in self.accounts:
            with in_account(account):
                for event, region in expiry.events_due():
                    self._services.bus.emit(event, region)

    def set_pending(
        self, region: str, endpoint: str, pending: bool = True, account: str = ACCOUNT_ID
    ) -> None:
        """Make an endpoint's subscriptions pending, or confirm them."""
        with in_account(account):
            subscriptions.set_pending(region, endpoint, pending)

    def set_service_control_policy(
        self, policy: Mapping[str, Any] | None, account: str = ACCOUNT_ID
    ) -> None:
        """Attach a service control policy to an account: `sandbox.iam.service_control`.

        None detaches it. It is the organization's, so a snapshot does not have it.
        """
        service_control.attach(policy, account)

    def snapshot(self) -> bytes:
        """Wait until all jobs have ended, then return a copy of all accounts.

        It has every resource and CloudTrail's history, but not what the sandbox observed: no
        deliveries, executions or state changes of alarms. Raise RuntimeError before the start.
        """
        if self._server is None:
            raise RuntimeError("the sandbox is not running: it has no account")
        self.settle()
        return snapshot.take(snapshot.Kept(self.accounts, self.history.accounts))

    def restore(self, copy: bytes) -> None:
        """Replace the accounts with a copy that `snapshot` returned, of this or another sandbox."""
        self.reset()
        kept = snapshot.restore(copy)
        self._accounts.replace(kept.accounts)
        self.history.replace_accounts(kept.history)

    def reset(self) -> None:
        """Stop all automations and retries, then start again with the first accounts, empty."""
        self._services.cancel_all()
        self.settle()
        self._services.clear()
        self._limits.rates.clear()
        self._accounts.replace(self._first_accounts.ids)
        self._create_trails()

    def _create_trails(self) -> None:
        for account in self.accounts:
            with in_account(account):
                create_trail(TRAIL, HOME_REGION)
