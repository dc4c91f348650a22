"""Builds the ARN of the resource that a call is about, from the call's parameters and Region."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.utilities.utils import get_partition

from sandbox.core.account import current_account
from sandbox.core.errors import SandboxCannot
from sandbox.events.bus_policy import named_bus
from sandbox.iam.principals import role_arn
from sandbox.ssm import documents

Parameters = Mapping[str, Any]
Resource = Callable[[Parameters, str], str]


def any_resource(parameters: Parameters, region: str) -> str:
    """Name no resource: the call is about none, or about all."""
    return "*"


def arn_in(service: str, shape: str) -> Resource:
    """Build an ARN of this account and the call's Region. `{Name}` is a parameter of the call."""

    def build(parameters: Parameters, region: str) -> str:
        arn_region = "" if service == "iam" else region
        resource = shape.format_map(parameters)
        return f"arn:{get_partition(region)}:{service}:{arn_region}:{current_account()}:{resource}"

    return build


def given_arn(name: str) -> Resource:
    """Use the ARN in a parameter of the call."""
    return lambda parameters, region: str(parameters[name])


def bus_arn(name: str) -> Resource:
    """Build the ARN of an event bus, from a parameter with its name or its ARN."""

    def build(parameters: Parameters, region: str) -> str:
        return named_bus(str(parameters.get(name) or ""), region).arn

    return build


def rule_arn(name: str) -> Resource:
    """Build the ARN of a rule, which has the name of its bus if that is not the default one."""

    def build(parameters: Parameters, region: str) -> str:
        bus = named_bus(str(parameters.get("EventBusName") or ""), region).name
        prefix = "" if bus == "default" else f"{bus}/"
        return arn_in("events", f"rule/{prefix}{parameters[name]}")({}, region)

    return build


def topic_of_subscription(parameters: Parameters, region: str) -> str:
    """Use the topic of a subscription."""
    # The reference lists no resource type for these calls, but SNS checks them against the topic:
    # its refusals name the topic's ARN ("not authorized to perform: SNS:Unsubscribe on resource").
    return str(parameters["SubscriptionArn"]).rpartition(":")[0]


def queue_arn(parameters: Parameters, region: str) -> str:
    """Use the queue of a URL."""
    name = str(parameters["QueueUrl"]).rstrip("/").rpartition("/")[2]
    return arn_in("sqs", name)(parameters, region)


def dashboard_arn(parameters: Parameters, region: str) -> str:
    """Build the ARN of a dashboard, which is of the account and not of a Region."""
    name = parameters.get("DashboardName") or parameters.get("DashboardNames.member.1")
    if name is None:
        (name,) = parameters["DashboardNames"]
    return f"arn:{get_partition(region)}:cloudwatch::{current_account()}:dashboard/{name}"


def alarm_arn(parameters: Parameters, region: str) -> str:
    """Use the one alarm of a call. Raise SandboxCannot for several."""
    # The query protocol numbers the names, the JSON protocol has a list.
    names = parameters.get("AlarmNames") or [parameters["AlarmNames.member.1"]]
    if "AlarmNames.member.2" in parameters or len(names) > 1:
        raise SandboxCannot("a call on several alarms, except by the root")
    return arn_in("cloudwatch", f"alarm:{names[0]}")({}, region)


def document_arn(parameters: Parameters, region: str) -> str:
    """Use the document of a name. Amazon's own belong to no account."""
    name = str(parameters["Name"])
    owner = "" if name in documents.amazon_documents() else current_account()
    return f"arn:{get_partition(region)}:ssm:{region}:{owner}:document/{name}"


def stack_arn(parameters: Parameters, region: str) -> str:
    """Use a stack, which has a name or an id. The form of the ARN is the one that policies have."""
    given = str(parameters.get("StackName") or "*")
    if given.startswith("arn:"):
        return given
    return arn_in("cloudformation", f"stack/{given}/*")({}, region)


def stack_set_arn(parameters: Parameters, region: str) -> str:
    """Use a stack set of a name or an id, which is the name with a colon and something unique."""
    name = str(parameters["StackSetName"]).partition(":")[0]
    return arn_in("cloudformation", f"stackset/{name}:*")({}, region)


def setting_arn(parameters: Parameters, region: str) -> str:
    """Use a service setting, which has an id or an ARN."""
    given = str(parameters["SettingId"])
    return (
        given if given.startswith("arn:") else arn_in("ssm", f"servicesetting{given}")({}, region)
    )


def trail_arn(name: str) -> Resource:
    """Use the trail of a parameter with its name or its ARN."""

    def build(parameters: Parameters, region: str) -> str:
        given = str(parameters[name])
        own = arn_in("cloudtrail", f"trail/{given}")
        return given if given.startswith("arn:") else own({}, region)

    return build


def role_of(parameters: Parameters, region: str) -> str:
    """Use the role of a name."""
    # A call names a role without its path, which is a part of its ARN.
    name = str(parameters["RoleName"])
    path = str(parameters.get("Path", "/")).lstrip("/")
    return role_arn(name, region) or arn_in("iam", f"role/{path}{name}")({}, region)
