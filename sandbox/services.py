"""Connects the services of the sandbox to each other, and to moto."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from sandbox.chatbot.configurations import ENDPOINT
from sandbox.chatbot.posts import Posts
from sandbox.cloudformation.api import CloudFormation
from sandbox.cloudtrail.event_history import History
from sandbox.cloudtrail.log import Log
from sandbox.cloudwatch import mute_rules
from sandbox.cloudwatch.alarms import Alarms
from sandbox.config import remediations
from sandbox.core import clock
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.quotas import Limits
from sandbox.events import bus_policy
from sandbox.events.bus import Bus, OtherServices
from sandbox.events.matching import matches
from sandbox.gateway import bucket_policy, s3_lock
from sandbox.gateway.accounts import AccountGate, Accounts
from sandbox.gateway.authorizer import Authorizer
from sandbox.gateway.recorder import Recorder
from sandbox.gateway.regions import Switches
from sandbox.gateway.router import Router
from sandbox.iam import service_control
from sandbox.iam.authorization import CLOUDWATCH, EVENTS
from sandbox.kms import custom_key_stores
from sandbox.notifications.sending import UserNotifications
from sandbox.sns import data_protection, emails, publish, subscriptions
from sandbox.sns.subscribers import Subscribers
from sandbox.sqs import queues
from sandbox.ssm.automations import Automations


class Services:
    """The services of all accounts, each with the functions by which it reaches the others.

    `app` is the WSGI application that answers every request. `reset` is what a request for a reset
    calls.
    """

    def __init__(
        self,
        moto: Any,
        clients: Clients,
        limits: Limits,
        accounts: Accounts,
        reset: Callable[[], None],
    ) -> None:
        self.work = Work()
        self.history = History(limits)
        self.switches = Switches()
        self.alarms = Alarms(
            self.work,
            limits,
            partial(publish.publish_as_service, CLOUDWATCH),
            emit=lambda event, region: self.bus.emit(event, region),
        )
        self.automations = Automations(
            self.work,
            clients,
            limits,
            # The bus needs the automations too, so the bus is looked up when an event comes.
            emit=lambda event, region: self.bus.emit(event, region),
        )
        self.user_notifications = UserNotifications(matches)
        self.bus = Bus(
            self.work,
            OtherServices(
                publish=partial(publish.publish_as_service, EVENTS),
                start_automation=self.automations.start_for_rule,
                count=self.alarms.count_for_rule,
                evaluate_alarms=self.alarms.evaluate_later,
            ),
            self.user_notifications.see,
        )
        self.cloudformation = CloudFormation(self.work, clients, limits)
        self.posts = Posts()
        self.subscribers = Subscribers(
            self.work,
            clients.endpoint,
            self.alarms.count_for_topic,
            ENDPOINT,
            self.posts.receive,
        )
        self._undo = [
            subscriptions.hook(self.subscribers.ask_to_confirm),
            publish.hook(self.subscribers.deliver),
            emails.hook(limits),
            data_protection.hook(),
            mute_rules.hook(),
            queues.hook(),
            bus_policy.hook(),
            s3_lock.serialize(),
            bucket_policy.count_as_tls(),
            remediations.hook(),
        ]
        log = Log(self.history, self.bus.emit)
        router = Router(
            moto,
            self.bus,
            self.automations,
            self.alarms,
            self.history,
            limits,
            log,
            lambda: self.subscribers.notifications,
            lambda: self.posts.posts,
            self.cloudformation,
            reset,
        )
        recorder = Recorder(Authorizer(router, self.switches), log, self.automations.service_of)
        self.app = AccountGate(recorder, accounts)

    def cancel_all(self) -> None:
        """Cancel the automations, the retries and the operations of stack sets."""
        self.cloudformation.cancel_all()
        self.bus.give_up()
        self.automations.cancel_all()

    def clear(self) -> None:
        """Empty all accounts, in which no job runs."""
        _forget()
        self.bus.clear()
        self.automations.clear()
        self.alarms.clear()
        self.subscribers.clear()
        self.posts.clear()
        self.user_notifications.clear()
        self.history.clear()
        self.switches.reset()

    def close(self) -> None:
        """End all jobs, undo the changes to moto, and forget everything."""
        self.automations.close()
        self.work.stop()
        self.alarms.close()
        for undo in self._undo:
            undo()
        _forget()


def _forget() -> None:
    """Reset moto, and the state that moto's own reset does not cover."""
    moto_api_backend.reset()
    custom_key_stores.clear()
    service_control.clear()
    clock.reset()
