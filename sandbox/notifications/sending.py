"""Which events reach the contacts of an account.

AWS User Notifications user guide, "Event rules": the service makes a managed rule on the default
event bus of each Region of an event rule. Its text and its aggregation are AWS's own: the sandbox
records each event that it would notify about.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.core.account import current_account
from sandbox.core.observed import Observed
from sandbox.notifications.store import kept_by

Event = Mapping[str, Any]


@dataclass(frozen=True)
class UserNotification:
    """One event of which a configuration notifies its active contacts (their addresses)."""

    account: str
    configuration: str
    event_id: str
    region: str
    recipients: tuple[str, ...]


class UserNotifications:
    """The notifications of all accounts. `matches` tells whether a pattern matches an event."""

    def __init__(self, matches: Any) -> None:
        self._matches = matches
        self._sent = Observed[UserNotification]()

    @property
    def sent(self) -> list[UserNotification]:
        """Every notification so far, oldest first."""
        return self._sent.all

    def clear(self) -> None:
        """Forget all notifications."""
        self._sent.clear()

    def see(self, event: Event, region: str) -> None:
        """Notify about an event on the default bus of a Region of the present account."""
        kept = kept_by(current_account())
        for rule in [each for each in list(kept.values()) if "eventType" in each]:
            if region in rule["regions"] and self._is_wanted(rule, event):
                configuration = kept[rule["notificationConfigurationArn"]]
                contacts = [kept[arn] for arn in configuration["channels"] if arn in kept]
                sent = UserNotification(
                    account=current_account(),
                    configuration=configuration["name"],
                    event_id=str(event["id"]),
                    region=region,
                    recipients=tuple(c["address"] for c in contacts if c["status"] == "active"),
                )
                self._sent.add([sent])

    def _is_wanted(self, rule: Mapping[str, Any], event: Event) -> bool:
        own = json.loads(rule["eventPattern"] or "{}")
        pattern = {**own, "source": [rule["source"]], "detail-type": [rule["eventType"]]}
        return bool(self._matches(json.dumps(pattern), event))
