"""The CloudTrail records of the services other than KMS.

Known from AWS's documentation, from log entries there or published ones: PutRule, CreateTopic,
DeleteTopic, Unsubscribe, SetQueueAttributes, PutMetricAlarm, PutEventSelectors, StopLogging,
CreateStack and IAM's calls; that a denied call of SNS or Systems Manager has the code AccessDenied,
and of Systems Manager null parameters. All other records follow the general rule that these share:
the members of a request and of a response begin with a lowercase letter, and the keys of a map stay
as they are.
None of these records has `resources`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.utilities.utils import get_partition

from sandbox.cloudtrail.records import Origin, Record, is_write, lower_first, management_record
from sandbox.cloudtrail.trails import GLOBAL_SERVICES

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
# By signing name: calls that are data events. A trail logs management events only, by default.
_DATA_EVENTS: dict[str, frozenset[str]] = {
    "cloudformation": frozenset(),
    "cloudtrail": frozenset(),
    "events": frozenset({"PutEvents"}),
    "iam": frozenset(),
    "monitoring": frozenset({"PutMetricData"}),
    "sns": frozenset({"Publish", "PublishBatch"}),
    "sqs": frozenset(
        {
            "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "DeleteMessage",
            "DeleteMessageBatch", "ReceiveMessage", "SendMessage", "SendMessageBatch",
        }
    ),
    "ssm": frozenset(),
}  # fmt: skip
# SNS shows no addresses. Whether a record shows a document's content or a parameter's value is not
# documented, so it has none. The same is true of a template's body.
_HIDDEN = {("sns", "Endpoint")}
_LEFT_OUT = {("cloudformation", "TemplateBody"), ("ssm", "Content"), ("ssm", "Value")}
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "AuthorizationError"})
_HOME_REGIONS = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}


@dataclass(frozen=True)
class CallElement:
    """A request or a response, with the shape that botocore gives it."""

    content: Mapping[str, Any]
    shape: Any


def is_recorded(service: str, operation: str) -> bool:
    """Tell whether a call makes a management event here. `service` is the signing name."""
    return (
        service in _DATA_EVENTS and is_write(operation) and operation not in _DATA_EVENTS[service]
    )


def region_of_record(service: str, region: str) -> str:
    """Return the Region of the record of a call in a Region.

    CloudTrail User Guide, "Global service events": IAM's are in one Region of each partition.
    """
    if f"{service}.amazonaws.com" in GLOBAL_SERVICES:
        return _HOME_REGIONS.get(get_partition(region), region)
    return region


def service_record(
    service: str,
    operation: str,
    origin: Origin,
    request: CallElement,
    response: CallElement | None,
    error: tuple[str, str] | None = None,
) -> Record:
    """Return the record of a write call. `error` is the service's own (code, message)."""
    if error and error[0] in _DENIED:
        error = ("AccessDenied", error[1])
        request = CallElement({}, None)
    return management_record(
        f"{service}.amazonaws.com",
        operation,
        origin,
        parameters=_shown(service, request.content, request.shape),
        response=_shown(service, response.content, response.shape) if response else None,
        error=error,
    )


def _shown(service: str, value: Any, shape: Any) -> Any:
    if shape is None:
        return {}
    if shape.type_name == "structure":
        return {
            lower_first(name): _member(service, name, value[name], member)
            for name, member in shape.members.items()
            if value.get(name) is not None and (service, name) not in _LEFT_OUT
        }
    if shape.type_name == "list":
        return [_shown(service, item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: _shown(service, item, shape.value) for key, item in value.items()}
    if isinstance(value, datetime):
        return f"{value:%b} {value.day}, {value:%Y, %I:%M:%S %p}"
    return HIDDEN if isinstance(value, bytes) else value


def _member(service: str, name: str, value: Any, shape: Any) -> Any:
    return HIDDEN if (service, name) in _HIDDEN else _shown(service, value, shape)
