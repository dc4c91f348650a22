"""Compare Terraform's rendering of the guard with CloudFormation's, attribute by attribute.

Both become flat: the names of resources and attributes are CloudFormation's. `tools.renderings` has
the differences between the two languages; everything else has to be equal.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.cloudformation import KEY_ID, Deployment
from tests.support.synth import Stack
from tools.renderings import DIFFERENCES, IMPLIED, PARTS, TAGGED, TERRAFORM_ONLY, TYPES, Form

Flat = dict[str, Any]
"""The value of each attribute, by the resource and the path of the attribute."""

_NAMES = TYPES | PARTS | {each.terraform: each.cloudformation for each in DIFFERENCES}
_FORMS = {each.terraform: each.form for each in DIFFERENCES}
_FORMS_THERE = {each.cloudformation: each.form for each in DIFFERENCES}
_QUEUE_POLICY = "AWS::SQS::QueuePolicy"
# What tells resources of a type in a Region apart.
_NAMED_BY = {
    "AWS::SNS::Topic": ("TopicName",),
    "AWS::SNS::TopicPolicy": ("Topics",),
    "AWS::SNS::Subscription": ("TopicArn", "Protocol", "Endpoint"),
    "AWS::Events::Rule": ("EventBusName", "Name"),
    "AWS::SSM::Document": ("Name",),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::IAM::Role": ("RoleName",),
}
# The same of the elements of a list.
_ELEMENT_NAMES = ("Id", "PolicyName")


def differing(terraform: Flat, cloudformation: Flat) -> list[str]:
    """Return the paths of what only one side has, and of what has another value."""
    return [
        path
        for path in sorted({*terraform, *cloudformation})
        if path not in terraform
        or path not in cloudformation
        # As JSON: 1 is not True.
        or _text(terraform[path]) != _text(cloudformation[path])
    ]


def of_cloudformation(deployment: Deployment, only: str | None = None) -> Flat:
    """Return the resources of a deployed template, or one by its logical id."""
    flat: Flat = {}
    for each in deployment.resources(only).values():
        leaves = dict(_properties(each["Type"], each["Properties"]))
        flat |= _named(leaves)
    return flat


def of_terraform(stack: Stack, region: str, account: str, only: str | None = None) -> Flat:
    """Return the resources of a Region in a synthesised stack, or one by its address."""
    flat: Flat = {}
    terraform = _Terraform(stack, account)
    for type_, body in terraform.resources(region, only):
        leaves = dict(_arguments(type_, body))
        if type_ in TAGGED:
            leaves[f"{TYPES[type_]}.Tags"] = terraform.tags(region) | body.get("tags", {})
        if type_ == "aws_cloudwatch_event_target":
            rule = f"AWS::Events::Rule[{body.get('event_bus_name')}, {body.get('rule')}]"
            flat |= _inside(rule, body.get("target_id"), leaves)
        elif type_ == "aws_iam_role_policy":
            flat |= _inside(f"AWS::IAM::Role[{body.get('role')}]", body.get("name"), leaves)
        else:
            flat |= _named(leaves)
        if type_ == "aws_sqs_queue":
            url = f"https://sqs.{region}.amazonaws.com/{account}/{body.get('name')}"
            flat[f"{_QUEUE_POLICY}[] Queues"] = [url]
    return flat


class _Terraform:
    """A synthesised stack whose references have their values."""

    def __init__(self, stack: Stack, account: str) -> None:
        self._stack = stack
        self._account = account

    def tags(self, region: str) -> dict[str, str]:
        """Return the default tags of a Region's provider."""
        (provider,) = (
            each for each in self._stack["provider"]["aws"] if each["alias"] == _alias(region)
        )
        tags: dict[str, str] = provider["default_tags"][0]["tags"]
        return tags

    def resources(
        self, region: str, only: str | None = None
    ) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield type and arguments of each resource of a Region, or of one by its address."""
        for type_, named in self._stack["resource"].items():
            for name, body in named.items():
                if (
                    only in (None, f"{type_}.{name}")
                    and body["provider"] == f"aws.{_alias(region)}"
                ):
                    yield type_, self._value(body)

    def _value(self, given: Any) -> Any:
        if isinstance(given, dict):
            return {name: self._value(each) for name, each in given.items()}
        if isinstance(given, list):
            return [self._value(each) for each in given]
        if isinstance(given, str):
            text = re.sub(r"(?<!\$)\$\{([^}]*)\}", lambda found: self._reference(found[1]), given)
            return text.replace("$${", "${").replace("%%{", "%{")
        return given

    def _reference(self, name: str) -> str:
        if name == "data.aws_caller_identity.account.account_id":
            return self._account
        type_, id, attribute = name.split(".")
        body = self._stack["resource"][type_][id]
        if attribute != "arn":
            return str(body["name"]) if attribute == "name" else KEY_ID
        region = body["provider"].removeprefix("aws.").replace("_", "-")
        regional, of_account = f"{region}:{self._account}", f":{self._account}"
        return {
            "aws_sns_topic": f"arn:aws:sns:{regional}:{body.get('name')}",
            "aws_sqs_queue": f"arn:aws:sqs:{regional}:{body.get('name')}",
            "aws_kms_key": f"arn:aws:kms:{regional}:key/{KEY_ID}",
            "aws_iam_role": f"arn:aws:iam:{of_account}:role{body.get('path', '/')}"
            f"{body.get('name')}",
        }[type_]


def _arguments(path: str, body: Mapping[str, Any], element: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the arguments of a resource of Terraform, under CloudFormation's names."""
    for name, value in body.items():
        at = f"{path}.{name}"
        if name in ("//", "tags", *TERRAFORM_ONLY) or at in IMPLIED:
            continue
        form = _FORMS.get(at, Form.SAME)
        if form is Form.SAME and isinstance(value, dict):
            yield from _arguments(at, value, element)
        elif form is Form.SAME and isinstance(value, list) and value and type(value[0]) is dict:
            for each in value:
                yield from _arguments(at, each, f"[{each['id']}]")
        else:
            yield f"{_there(at)}{element}", _in_form(form, value)


def _in_form(form: Form, value: Any) -> Any:
    """Return a value of Terraform in the form that the flat attributes have."""
    match form:
        case Form.OBJECT:
            return json.loads(value)
        case Form.LIST:
            return [value]
        case _:
            return value


def _properties(path: str, value: Any, element: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the properties of a resource of CloudFormation."""
    if path.endswith(".Tags"):
        yield f"{path}{element}", {each["Key"]: each["Value"] for each in value}
    elif _FORMS_THERE.get(path) is Form.PAIRS:
        yield f"{path}{element}", {each["Name"]: each["Value"] for each in value}
    elif _FORMS_THERE.get(path, Form.SAME) is not Form.SAME:
        yield f"{path}{element}", value
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _properties(f"{path}.{name}", each, element)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for each in value:
            (key,) = (each[name] for name in _ELEMENT_NAMES if name in each)
            yield from _properties(path, each, f"[{key}]")
    else:
        yield f"{path}{element}", value


def _there(path: str) -> str:
    """Return CloudFormation's path of an attribute of Terraform."""
    if path in _NAMES:
        return _NAMES[path]
    parent, _, name = path.rpartition(".")
    return f"{_there(parent)}.{''.join(word.capitalize() for word in name.split('_'))}"


def _named(leaves: Mapping[str, Any]) -> Flat:
    """Return the attributes of a resource by its name and their paths."""
    return {f"{_resource_of(path, leaves)} {_within(path)}": leaves[path] for path in leaves}


def _resource_of(path: str, leaves: Mapping[str, Any]) -> str:
    """Return type and name of the resource of an attribute: a policy may be one of its own."""
    type_ = path.partition(".")[0]
    names = (str(leaves.get(f"{type_}.{each}")) for each in _NAMED_BY.get(type_, ()))
    return f"{type_}[{', '.join(names)}]"


def _within(path: str) -> str:
    return path.partition(".")[2]


def _inside(resource: str, element: str | None, leaves: Mapping[str, Any]) -> Flat:
    """Return the attributes of an element of a resource."""
    return {f"{resource} {_within(path)}[{element}]": leaves[path] for path in leaves}


def _alias(region: str) -> str:
    return region.replace("-", "_")


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
