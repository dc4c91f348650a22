"""The event buses: they match events to rules and send them to the rules' targets."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from moto.events.models import events_backends

from sandbox.core.account import current_account, in_account
from sandbox.core.background import Work
from sandbox.core.errors import AwsError
from sandbox.events import validation
from sandbox.events.bus_policy import BusName, find_bus, named_bus
from sandbox.events.delivery import Delivery, Hops, Task
from sandbox.events.dispatcher import Dispatcher, OtherServices
from sandbox.events.matching import matches
from sandbox.events.outages import Outages
from sandbox.events.schedules import scheduled_event

__all__ = ["Bus", "OtherServices"]

Event = Mapping[str, Any]
_NO_HOPS = Hops()


class Bus:
    """The event buses of all accounts and Regions. A call is about those of the present account.

    `see` shows each event of a default bus to another service: (event, region).
    """

    def __init__(
        self,
        work: Work,
        others: OtherServices,
        see: Callable[[Event, str], None] = lambda event, region: None,
    ) -> None:
        self._see = see
        self._dispatcher = Dispatcher(work, others, self._forward)
        self.outages = Outages()
        """The buses that no event reaches."""
        self._loss_lock = Lock()
        self._is_lost: Callable[[Event], bool] | None = None

    @property
    def deliveries(self) -> list[Delivery]:
        """Every delivery attempt so far, oldest first."""
        return self._dispatcher.deliveries

    def give_up(self) -> None:
        """Retry no delivery that failed so far."""
        self._dispatcher.give_up()

    def age(self, hours: float) -> None:
        """Make the events that wait for a retry older."""
        self._dispatcher.age(hours)

    def clear(self) -> None:
        """Forget the delivery attempts so far, end all outages, and lose no more events."""
        self._dispatcher.clear()
        self.outages.end()
        self.lose_events(None)

    def lose_events(self, test: Callable[[Event], bool] | None) -> None:
        """Lose each event for which the test holds, before it reaches a bus. None loses none.

        EventBridge User Guide, "Events from AWS services": some services send events on a best
        effort basis. The test is called by one thread at a time.
        """
        with self._loss_lock:
            self._is_lost = test

    def emit(self, event: Event, region: str, bus: str = "default", hops: Hops = _NO_HOPS) -> None:
        """Deliver an envelope to the targets of all enabled rules that match, in the background."""
        if self._loses(event):
            return
        if bus == "default":
            self._see(event, region)
        for rule in list(validation.bus_of(bus, region).rules.values()):
            pattern = rule.event_pattern.dump()
            if rule.state != "ENABLED" or not pattern or not matches(pattern, event):
                continue
            self._dispatcher.count("MatchedEvents", region, rule.arn)
            self._submit(event, region, rule, hops)

    def run_schedules(self, region: str | None = None, name: str | None = None) -> None:
        """Fire every enabled rule that has a schedule once, in one Region or in all.

        With `name` only the rule of that name.
        """
        backends = events_backends[current_account()]
        for each in list(backends) if region is None else [region]:
            for rule in list(validation.bus_of("default", each).rules.values()):
                if rule.state != "ENABLED" or not rule.scheduled_expression:
                    continue
                event = scheduled_event(rule.arn, each)
                if name in (None, rule.name) and not self._loses(event):
                    self._submit(event, each, rule, _NO_HOPS)

    def put_events(self, parameters: Mapping[str, Any], region: str) -> dict[str, Any]:
        """Answer PutEvents. An entry that is refused has an ErrorCode of its own."""
        entries = parameters.get("Entries") or []
        if not 1 <= len(entries) <= validation.MAX_ENTRIES:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value at 'entries' failed to satisfy constraint: "
                f"Member must have length between 1 and {validation.MAX_ENTRIES}",
            )
        buses = [named_bus(entry.get("EventBusName"), region) for entry in entries]
        for bus in buses:
            self.outages.check_call(bus)
        answers: list[dict[str, str]] = []
        for entry, bus in zip(entries, buses, strict=True):
            if rejection := validation.check_entry(entry):
                answers.append(dict(zip(("ErrorCode", "ErrorMessage"), rejection, strict=True)))
                continue
            event = _event_of(entry, region)
            with in_account(bus.account):
                self.emit(event, region, bus.name)
            answers.append({"EventId": event["id"]})
        failed = sum("ErrorCode" in answer for answer in answers)
        return {"FailedEntryCount": failed, "Entries": answers}

    def _submit(self, event: Event, region: str, rule: Any, hops: Hops) -> None:
        began = self._dispatcher.now
        for target in list(rule.targets):
            self._dispatcher.submit(Task(event, region, rule.arn, dict(target), hops, began))

    def _forward(self, event: Event, region: str, name: str, hops: Hops) -> None:
        """Put an event on a bus of the present account that is the target of a rule.

        If there is no such bus, EventBridge drops the event, and the delivery counts as successful
        (a published observation; AWS documents nothing). Raise DeliveryDelayed if it is
        unreachable.
        """
        bus = BusName(current_account(), region, name)
        self.outages.check_delivery(bus)
        if find_bus(bus):
            self.emit(event, region, name, hops)

    def _loses(self, event: Event) -> bool:
        with self._loss_lock:
            return self._is_lost is not None and bool(self._is_lost(event))


def _event_of(entry: Mapping[str, Any], region: str) -> dict[str, Any]:
    moment = datetime.fromtimestamp(entry.get("Time", time.time()), UTC)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": current_account(),
        "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "region": region,
        "resources": entry.get("Resources", []),
        "detail": json.loads(entry["Detail"]),
    }
