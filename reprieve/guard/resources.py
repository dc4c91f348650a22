"""What a guard consists of, as plain data: one class for each kind of AWS resource.

`id` is the short name that Terraform's address is made of; `name` is the name in AWS. Policies and
documents are the objects that their JSON stands for. ARNs are those that the resources have once
they are deployed, with `location.ACCOUNT_REFERENCE` where the account is not known yet.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from reprieve.events.alerts import Transformer
from reprieve.runbooks.runbook import Runbook

Policy = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """The KMS key that encrypts the alerts of a Region, if the settings let Reprieve make one."""

    arn: str
    description: str
    policy: Policy
    rotated: bool
    deletion_window_days: int


@dataclass(frozen=True)
class Topic:
    """An SNS topic with its policy and the e-mail addresses that subscribe to it.

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


@dataclass(frozen=True)
class Queue:
    """The SQS queue of events that could not be delivered."""

    name: str
    arn: str
    policy: Policy
    retention_seconds: int


@dataclass(frozen=True)
class Document:
    """One of Reprieve's own runbooks: an SSM document of type Automation."""

    id: str
    runbook: Runbook
    content: dict[str, Any]

    @property
    def name(self) -> str:
        """The document's name in AWS."""
        return self.runbook.name


@dataclass(frozen=True)
class Target:
    """What a rule sends an event to.

    `runbook` is the automation that it starts, which has to exist first; None for a topic. An event
    that cannot be delivered within `maximum_event_age` seconds goes to the queue `dead_letter_arn`.
    """

    id: str
    arn: str
    transformer: Transformer
    dead_letter_arn: str
    role_arn: str | None
    runbook: Runbook | None
    maximum_event_age: int
    maximum_retries: int


@dataclass(frozen=True)
class Rule:
    """A rule on the default event bus. `id` is its name without the prefix.

    `pattern` is JSON; `group` says with which other rules its failures share an alarm.
    """

    id: str
    name: str
    arn: str
    description: str
    pattern: str
    group: str
    targets: tuple[Target, ...]


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

    `actions` are the ARNs of the topics that it notifies.
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


SUM_OF_METRICS: Final = "SUM(FILL(METRICS(), 0))"
"""The metric math of an alarm on several metrics; a metric without data counts as 0."""


@dataclass(frozen=True)
class Role:
    """An IAM role with one inline policy, which has the role's name."""

    id: str
    name: str
    arn: str
    description: str
    trust: Policy = field(repr=False)
    permissions: Policy = field(repr=False)
