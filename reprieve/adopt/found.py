"""What of AWS's pattern is deployed: rules with targets, topics, stacks and stack sets, as data.

The pattern is that of AWS Prescriptive Guidance, "Monitor and remediate scheduled deletion of AWS
KMS keys". Deployments that people made by hand in the same form count too.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from reprieve.guard.resources import DEFAULT_BUS
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION

# "StackSet-NAME-UUID" is the name of each stack that a stack set creates, in its account.
_OF_STACK_SET: Final = re.compile(r"StackSet-(.+)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

PARTS: Final = frozenset(
    {
        "AWS::Events::Rule",
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::Queue",
        "AWS::SQS::QueuePolicy",
    }
)
"""The types of resources that a stack of the pattern may have, with what people add to it."""


class Leads(StrEnum):
    """What a target of a rule is."""

    TOPIC = "topic"
    RUNBOOK = "runbook"
    """Systems Manager: a runbook, or a document in a form that starts none."""
    OTHER = "other"


@dataclass(frozen=True, eq=False)
class Target:
    """A target of a rule; `raw` is EventBridge's answer."""

    raw: Mapping[str, Any] = field(repr=False)

    @property
    def id(self) -> str:
        """Its id in the rule."""
        return str(self.raw["Id"])

    @property
    def arn(self) -> str:
        """Where it leads."""
        return str(self.raw["Arn"])

    @property
    def role_arn(self) -> str | None:
        """The role that EventBridge assumes for it."""
        return self.raw.get("RoleArn")

    @property
    def leads_to(self) -> Leads:
        """What it is, by its ARN."""
        _, _, service, *_, resource = self.arn.split(":", 5)
        if service == "sns":
            return Leads.TOPIC
        if service == "ssm" and resource.startswith(("automation-definition/", "document/")):
            return Leads.RUNBOOK
        return Leads.OTHER

    @property
    def runbook(self) -> str:
        """The name of its runbook."""
        return self.arn.split(":", 5)[5].partition("/")[2].partition(":")[0]

    @property
    def cancels(self) -> bool:
        """Whether it is for Amazon's runbook that cancels deletions."""
        return self.leads_to is Leads.RUNBOOK and self.runbook == CANCEL_KEY_DELETION.id


@dataclass(frozen=True, eq=False)
class OldRule:
    """A rule that reacts to scheduled deletions. `pattern` is its event pattern."""

    name: str
    arn: str
    bus: str
    is_enabled: bool
    pattern: Mapping[str, Any]
    targets: tuple[Target, ...]

    @property
    def topic_arns(self) -> tuple[str, ...]:
        """The topics that it publishes to."""
        return tuple(each.arn for each in self.targets if each.leads_to is Leads.TOPIC)

    @property
    def runbooks(self) -> tuple[Target, ...]:
        """Its targets in Systems Manager."""
        return tuple(each for each in self.targets if each.leads_to is Leads.RUNBOOK)

    @property
    def cancels(self) -> bool:
        """Whether it starts a runbook, if it is enabled."""
        return self.is_enabled and bool(self.runbooks)

    @property
    def on_bus(self) -> tuple[str, ...]:
        """The option of the AWS CLI that names its bus; none for the default one."""
        return () if self.bus == DEFAULT_BUS else ("--event-bus-name", self.bus)

    def as_json(self) -> dict[str, Any]:
        """Return the rule as `--format json` prints it."""
        return {
            "name": self.name,
            "bus": self.bus,
            "enabled": self.is_enabled,
            "topics": list(self.topic_arns),
            "runbooks": [each.runbook for each in self.runbooks],
        }


@dataclass(frozen=True)
class Subscriber:
    """A subscription to a topic, confirmed or not."""

    protocol: str
    endpoint: str
    is_confirmed: bool


@dataclass(frozen=True, eq=False)
class OldTopic:
    """A topic that a rule publishes to; `attributes` is None if there is no such topic.

    `publishers` are the names of the rules that have it as a target.
    """

    arn: str
    attributes: Mapping[str, str] | None
    subscribers: tuple[Subscriber, ...] = ()
    publishers: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name."""
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True)
class StackPart:
    """A resource of a stack."""

    logical_id: str
    type: str
    physical_id: str


@dataclass(frozen=True, eq=False)
class Stack:
    """A CloudFormation stack with the pattern in it.

    `root` is the id of the stack that it is nested in, `retained` the logical ids of the resources
    that stay when it is deleted.
    """

    name: str
    id: str
    status: str
    is_protected: bool
    parameters: Mapping[str, str]
    parts: tuple[StackPart, ...]
    retained: tuple[str, ...] = ()
    root: str | None = None

    @property
    def set_name(self) -> str | None:
        """The name of the stack set that made it; None if none did."""
        found = _OF_STACK_SET.fullmatch(self.name)
        return found[1] if found else None

    @property
    def others(self) -> tuple[StackPart, ...]:
        """Its resources that do not belong to the pattern."""
        return tuple(each for each in self.parts if each.type not in PARTS)

    def ids_of(self, type: str) -> tuple[str, ...]:
        """Return the physical ids of its resources of a type."""
        return tuple(each.physical_id for each in self.parts if each.type == type)


@dataclass(frozen=True)
class Instance:
    """A stack instance: `stack_id` is None if its stack was never created."""

    account: str
    region: str
    status: str
    stack_id: str | None
    unit: str | None = None


@dataclass(frozen=True, eq=False)
class StackSet:
    """A stack set with the pattern in it, in the account and Region that administer it.

    `call_as` is SELF or DELEGATED_ADMIN. `units` are the OUs that it is deployed to. `is_automatic`
    says whether an account that joins one of them gets a stack. `parameters` are their names, and
    `capabilities` those that an update has to name.
    """

    name: str
    account: str
    region: str
    is_service_managed: bool
    call_as: str
    units: tuple[str, ...]
    instances: tuple[Instance, ...]
    is_automatic: bool = False
    parameters: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the stack set as `--format json` prints it."""
        return {
            "name": self.name,
            "region": self.region,
            "permission_model": "SERVICE_MANAGED" if self.is_service_managed else "SELF_MANAGED",
            "call_as": self.call_as,
            "organizational_units": list(self.units),
            "instances": [
                {"account": each.account, "region": each.region, "status": each.status}
                for each in self.instances
            ],
        }


class Made(StrEnum):
    """How a deployment was made."""

    STACK = "stack"
    STACK_SET = "stack set"
    BY_HAND = "by hand"
    """By anything but CloudFormation."""


@dataclass(frozen=True, eq=False)
class Deployment:
    """One deployment of the pattern in a Region: a stack with its rules, or a rule without one."""

    region: str
    stack: Stack | None
    rules: tuple[OldRule, ...]
    topics: tuple[OldTopic, ...]

    @property
    def made(self) -> Made:
        """How it was made."""
        if self.stack is None:
            return Made.BY_HAND
        return Made.STACK_SET if self.stack.set_name else Made.STACK

    @property
    def name(self) -> str:
        """The name of its stack, or of its rule."""
        return self.stack.name if self.stack else self.rules[0].name

    @property
    def role_arns(self) -> tuple[str, ...]:
        """The roles that its targets name, each once: those that EventBridge assumes first."""
        targets = [each for rule in self.rules for each in rule.runbooks]
        found = [each.role_arn for each in targets]
        found += [automation_role(each) for each in targets]
        return tuple(dict.fromkeys(each for each in found if each))


def automation_role(target: Target) -> str | None:
    """Return the role that a target gives to its runbook; None if it cannot be read or is none."""
    given = parameter(target, "AutomationAssumeRole")
    return given if given and given.startswith("arn:") else None


def parameter(target: Target, name: str) -> str | None:
    """Return the value that a target gives to a parameter of its runbook, with variables in it.

    Every value of the input is a list (Systems Manager user guide, "Running automations triggered
    by EventBridge").
    """
    text = target.raw.get("Input") or target.raw.get("InputTransformer", {}).get("InputTemplate")
    # A template need not be JSON before its variables are replaced: ["<key>"], and [<key>] too.
    found = re.search(rf'"{name}"\s*:\s*\[?\s*"?([^"\]]*)', text or "")
    return found[1].strip() if found else None
