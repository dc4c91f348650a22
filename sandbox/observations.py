"""What tests and the demo see of a running sandbox."""

from __future__ import annotations

from sandbox.chatbot.posts import ChatPost
from sandbox.cloudtrail.event_history import History
from sandbox.cloudwatch.alarms import AlarmChange
from sandbox.events.delivery import Delivery
from sandbox.gateway.regions import Switches
from sandbox.notifications.sending import UserNotification
from sandbox.services import Services
from sandbox.sns import emails
from sandbox.sns.emails import Mail
from sandbox.sns.notifications import Notification
from sandbox.ssm.execution import Execution


class Observations:
    """What happened in the accounts. Every list has all of them."""

    _services: Services

    @property
    def history(self) -> History:
        """CloudTrail's event history."""
        return self._services.history

    @property
    def switches(self) -> Switches:
        """The Regions that are disabled or slow."""
        return self._services.switches

    @property
    def deliveries(self) -> list[Delivery]:
        """The deliveries of the event buses of all accounts, oldest first."""
        return self._services.bus.deliveries

    @property
    def executions(self) -> list[Execution]:
        """The executions of Systems Manager Automation in all accounts, oldest first."""
        return self._services.automations.executions

    @property
    def alarms(self) -> list[AlarmChange]:
        """The state changes of CloudWatch's alarms in all accounts, oldest first."""
        return self._services.alarms.changes

    @property
    def mails(self) -> list[Mail]:
        """The messages that EventBridge, alarms and other callers published, by account."""
        return emails.mails()

    @property
    def chat_posts(self) -> list[ChatPost]:
        """The messages that Slack and Microsoft Teams channels have shown."""
        return self._services.posts.posts

    @property
    def user_notifications(self) -> list[UserNotification]:
        """The events of which AWS User Notifications notifies people."""
        return self._services.user_notifications.sent

    @property
    def notifications(self) -> list[Notification]:
        """What topics sent, or could not send, to other subscribers than e-mail addresses."""
        return self._services.subscribers.notifications
