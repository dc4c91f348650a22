"""What a guard consists of, as plain data: one class for each kind of AWS resource.

`id` is the short name that Terraform's address is made of; `name` is the name in AWS. Policies and
documents are the objects that their JSON stands for. ARNs are those that the resources have once
they are deployed, with `location.ACCOUNT_REFERENCE` where the account is not known yet.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from reprieve.events.severity import Severity
from reprieve.events.transformer import Transformer
from reprieve.location import Location
from reprieve.messages.message import Message
from reprieve.names import Names
from reprieve.runbooks.runbook import Runbook
from reprieve.text import without_secrets

Policy = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """The KMS key that encrypts the alerts of a Region, if the settings let Reprieve make one."""

    arn: str
    alias: str
    tags: dict[str, str]
    description: str
    policy: Policy
    rotated: bool
    deletion_window_days: int


@dataclass(frozen=True)
class Subscription:
    """A subscription to a topic in another way than by e-mail.

    `id` is the name of its channel. It gets those messages whose JSON matches `filter_policy`, all
    if that is None. What SNS cannot deliver goes to the queue `dead_letter_arn`. With `raw` the
    endpoint gets the message alone, without SNS's envelope.
    """

    id: str
    protocol: str
    endpoint: str
    filter_policy: dict[str, Any] | None
    dead_letter_arn: str
    delivery_policy: Mapping[str, Any] | None
    raw: bool

    @property
    def shown(self) -> str:
        """The endpoint for people: the URL of one may hold a token."""
        return without_secrets(self.endpoint)


@dataclass(frozen=True)
class Topic:
    """An SNS topic with its policy and those who subscribe to it: `emails` by their addresses.

    `key_arn` is the key that encrypts it, None without encryption. SNS shows `display_name` as the
    sender of e-mails.
    """

    id: str
    name: str
    arn: str
    display_name: str
    key_arn: str | None
    policy: Policy
    emails: tuple[str, ...]
    subscriptions: tuple[Subscription, ...] = ()


@dataclass(frozen=True)
class Queue:
    """The SQS queue of events that could not be delivered."""

    name: str
    arn: str
    policy: Policy
    retention_seconds: int


DOCUMENT_VERSION: Final = "1"
"""The version of a document that targets start: the first, which has the content of its name."""


@dataclass(frozen=True)
class Document:
    """One of Reprieve's own runbooks: an SSM document of type Automation.

    `beginning` is what its name begins with.
    """

    id: str
    runbook: Runbook
    beginning: str
    content: dict[str, Any] = field(repr=False)

    @cached_property
    def name(self) -> str:
        """The document's name in AWS: it ends with a hash of its content.

        Other content is another document. So a target that names a document and its first version
        runs exactly this content: versions never change, whatever is added to the document.
        """
        return f"{self.beginning}-{content_hash(self.content)}"

    def target_arn(self, location: Location) -> str:
        """Return the ARN that an EventBridge target needs to start it."""
        return self.runbook.target_arn(location, self.name, DOCUMENT_VERSION)


@dataclass(frozen=True)
class Target:
    """What a rule sends an event to.

    `transformer` makes the text that the target gets; without one it gets the event. `message` is
    what the text says. `document` is the name of the runbook's document that it starts, which has
    to exist first; None for Amazon's and for other targets. An event that cannot be delivered
    within `maximum_event_age` seconds goes to the queue `dead_letter_arn`.
    """

    id: str
    arn: str
    transformer: Transformer | None
    dead_letter_arn: str | None
    role_arn: str | None
    document: str | None
    maximum_event_age: int
    maximum_retries: int
    message: Message | None = field(default=None, repr=False)


@dataclass(frozen=True)
class EventBus:
    """An event bus of the hub, with the policy that says who may put events on it."""

    id: str
    name: str
    arn: str
    policy: Policy


DEFAULT_BUS: Final = "default"
"""The event bus that AWS's services send their events to. Every Region has it."""


def rule_resource(bus: str, name: str) -> str:
    """Return the end of a rule's ARN (Service Authorization Reference, "Amazon EventBridge")."""
    return f"rule/{name}" if bus == DEFAULT_BUS else f"rule/{bus}/{name}"


def own_rules(names: Names, bus: str | None) -> tuple[str, ...]:
    """Return the ends of the ARNs of all of Reprieve's rules, as IAM compares them.

    They are on the default bus, and on a custom `bus` if there is one.
    """
    return tuple(rule_resource(each, f"{names.beginning}*") for each in (DEFAULT_BUS, bus) if each)


@dataclass(frozen=True)
class Rule:
    """A rule on an event bus. `id` is its name without the prefix.

    It matches the events of `pattern`, which is JSON, or it fires by the `schedule`. `group` says
    with which other rules its failures share an alarm; None if they only reach the dead-letter
    queue.
    """

    id: str
    name: str
    arn: str
    description: str
    pattern: str | None
    group: str | None
    targets: tuple[Target, ...]
    schedule: str | None = None
    bus: str = DEFAULT_BUS

    @property
    def path(self) -> str:
        """What tells it apart from all other rules of the Region: the end of its ARN."""
        return rule_resource(self.bus, self.name).removeprefix("rule/")

    @property
    def message(self) -> Message | None:
        """What its targets notify people of; None if they notify nobody."""
        return next((each.message for each in self.targets if each.message), None)

    @property
    def starts_runbook(self) -> bool:
        """Whether one of its targets is a runbook."""
        return any(":ssm:" in target.arn for target in self.targets)


@dataclass(frozen=True)
class Metric:
    """A CloudWatch metric: a sum or a maximum over `period_seconds`."""

    namespace: str
    name: str
    statistic: str
    dimensions: dict[str, str]
    period_seconds: int


@dataclass(frozen=True)
class Alarm:
    """A CloudWatch alarm on a metric, or on the sum of several: then `label` names the sum.

    `actions` are the ARNs of the topics that it notifies. `severity` selects the channels.
    """

    id: str
    name: str
    description: str
    metrics: tuple[Metric, ...]
    actions: tuple[str, ...]
    label: str | None
    threshold: int
    comparison: str
    evaluation_periods: int
    missing_data: str
    severity: Severity

    def metric_id(self, metric: Metric) -> str:
        """Return the id of one of its metrics in a sum: letters, digits and underscores.

        It contains the metric's name if the alarm has other metrics of the same resource too.
        """
        several = len({each.name for each in self.metrics}) > 1
        parts = [*metric.dimensions.values(), *([metric.name] if several else [])]
        return "_".join(parts).replace("-", "_").lower()


SUM_OF_METRICS: Final = "SUM(FILL(METRICS(), 0))"
"""The metric math of an alarm on several metrics; a metric without data counts as 0."""


@dataclass(frozen=True)
class Role:
    """An IAM role with one inline policy, which has the role's name.

    `permissions_boundary` is the ARN of the managed policy that bounds it; None without one.
    """

    id: str
    name: str
    arn: str
    path: str
    description: str
    permissions_boundary: str | None
    trust: Policy = field(repr=False)
    permissions: Policy = field(repr=False)


@dataclass(frozen=True)
class ChatConfiguration:
    """A channel in Slack or Teams that gets the messages of topics, once per account.

    `type` is `slack`, which has a `workspace_id`, or `teams`, which has the other two ids.
    """

    id: str
    name: str
    type: str
    channel_id: str
    workspace_id: str | None
    team_id: str | None
    tenant_id: str | None
    role_arn: str
    guardrail_arns: tuple[str, ...]
    topic_arns: tuple[str, ...]
    logging_level: str = "ERROR"
    user_roles_required: bool = False


@dataclass(frozen=True)
class NotificationRule:
    """Events of one source and type that AWS User Notifications sends; `pattern` is JSON."""

    id: str
    source: str
    event_type: str
    pattern: str | None


@dataclass(frozen=True)
class NotificationConfiguration:
    """What AWS User Notifications sends to an address about an account, once for all `regions`.

    `aggregation` is NONE, SHORT (5 minutes) or LONG (12 hours).
    """

    id: str
    name: str
    description: str
    aggregation: str
    address: str
    regions: tuple[str, ...]
    rules: tuple[NotificationRule, ...]


@dataclass(frozen=True)
class ServiceSetting:
    """A setting of Systems Manager in a Region. It applies to the whole account."""

    id: str
    value: str


@dataclass(frozen=True)
class Dashboard:
    """The CloudWatch dashboard of an account. `body` is the object that its JSON stands for."""

    name: str
    body: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class RegionalGuard:
    """The guard of one Region.

    `buses` are the hub's, in its Region. `topics` are the topic of the alerts, the lifeline where
    that is encrypted, and the topic of the alarms if they have recipients of their own; a Region
    whose alerts the hub sends has none. `key_arn` is the key that encrypts the first, and `key`
    that key if Reprieve makes it.
    """

    location: Location
    key_arn: str | None
    key: Key | None
    topics: tuple[Topic, ...]
    queue: Queue
    documents: tuple[Document, ...]
    rules: tuple[Rule, ...]
    alarms: tuple[Alarm, ...]
    service_setting: ServiceSetting | None
    buses: tuple[EventBus, ...] = ()


def content_hash(content: Any) -> str:
    """Return eight hexadecimal digits that depend on every part of a document's content."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:8]
