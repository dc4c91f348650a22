"""Reads a template, and refuses what CloudFormation or the sandbox would not accept.

Sources: CloudFormation User Guide, "Understand CloudFormation quotas", "Template anatomy" and
"CloudFormation template syntax". Errors that AWS finds before it creates anything are found here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import yaml

from sandbox.cloudformation import functions
from sandbox.cloudformation.order import depends_on
from sandbox.cloudformation.resources.table import TYPES
from sandbox.cloudformation.schema import check
from sandbox.core.errors import AwsError, SandboxCannot

Json = dict[str, Any]

MAX_BODY: Final = 51_200
"""Bytes of a template that is in the request itself."""
MAX_OBJECT: Final = 1_000_000
"""Bytes of a template in an S3 object."""
MAX_ATTRIBUTES: Final = 200
_MOST: Final = {"Resources": 500, "Parameters": 200, "Mappings": 200, "Outputs": 200}
_SECTIONS: Final = {
    "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions",
    "Resources", "Outputs",
}  # fmt: skip
_NOT_HERE: Final = {"Transform", "Rules", "Hooks"}
_NAME: Final = re.compile(r"[A-Za-z0-9]{1,255}")
_SECOND_LEVEL_KEY: Final = re.compile(r"[A-Za-z0-9.-]{1,255}")
_ATTRIBUTES: Final = {
    "Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy",
    "Metadata",
}  # fmt: skip
_ATTRIBUTES_NOT_HERE: Final = {"CreationPolicy", "UpdatePolicy"}
_POLICIES: Final = {"Delete", "Retain"}
_PARAMETER: Final = {
    "Type", "Default", "AllowedPattern", "AllowedValues", "ConstraintDescription", "Description",
    "MaxLength", "MinLength", "MaxValue", "MinValue", "NoEcho",
}  # fmt: skip
# User Guide, "Dynamic references": CloudFormation replaces these wherever they are.
_DYNAMIC_REFERENCE: Final = "{{resolve:"
_OUTPUT: Final = {"Value", "Description", "Condition"}


def invalid(message: str) -> AwsError:
    """Return CloudFormation's ValidationError."""
    return AwsError("ValidationError", message)


def format_error(message: str) -> AwsError:
    """Return CloudFormation's error about the form of a template."""
    return invalid(f"Template format error: {message}")


@dataclass(frozen=True)
class Template:
    """A template that has been checked. `text` is what the caller sent."""

    text: str
    content: Json

    def section(self, name: str) -> dict[str, Any]:
        """Return a section; an empty dictionary if the template has none of this name."""
        return self.content.get(name) or {}

    @property
    def resources(self) -> dict[str, Any]:
        """The resources by their logical id."""
        return self.section("Resources")

    @property
    def description(self) -> str | None:
        """The text of the template's own description."""
        return self.content.get("Description")

    def required_capability(self) -> str | None:
        """Return the capability that a caller has to give because of the template's IAM roles."""
        roles = [each for each in self.resources.values() if each["Type"] == "AWS::IAM::Role"]
        if any("RoleName" in (role.get("Properties") or {}) for role in roles):
            return "CAPABILITY_NAMED_IAM"
        return "CAPABILITY_IAM" if roles else None


def read(text: str, is_object: bool = False) -> Template:
    """Return the template of a JSON or YAML text. `is_object` tells that it comes from S3.

    Raises:
        AwsError: CloudFormation would refuse it.
        SandboxCannot: CloudFormation might take it. The message names what the sandbox lacks.
    """
    size, most = len(text.encode()), MAX_OBJECT if is_object else MAX_BODY
    if size > most:
        raise invalid(
            f"1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
            f"Member must have length less than or equal to {most}; it has {size} bytes"
        )
    content = _parse(text)
    if _DYNAMIC_REFERENCE in text:
        raise SandboxCannot(f"dynamic references ({_DYNAMIC_REFERENCE}...)")
    if not isinstance(content, dict):
        raise format_error("unsupported structure.")
    if unknown := [name for name in content if name in _NOT_HERE]:
        raise SandboxCannot(f"templates with the section {', '.join(sorted(unknown))}")
    if unknown := [name for name in content if name not in _SECTIONS]:
        raise invalid(f"Invalid template property or properties {sorted(unknown)}")
    template = Template(text, content)
    for section, number in _MOST.items():
        if len(template.section(section)) > number:
            raise format_error(f"Number of {section.lower()} is greater than maximum {number}")
        _check_names(section, template.section(section))
    if not template.resources:
        raise format_error("At least one Resources member must be defined.")
    _check_parameters(template.section("Parameters"))
    _check_mappings(template.section("Mappings"))
    for name, resource in template.resources.items():
        _check_resource(name, resource)
    for name, output in template.section("Outputs").items():
        _check_output(name, output)
    _check_references(template)
    return template


@lru_cache(maxsize=16)
def accepted(text: str) -> Template:
    """Return the template of a text that was accepted before. Do not change its content."""
    return read(text, is_object=True)


def _parse(text: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except ValueError as error:
            raise format_error(f"JSON not well-formed. ({error})") from None
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise format_error(f"YAML not well-formed. ({error})") from None


class _Loader(yaml.SafeLoader):
    """Reads YAML with CloudFormation's short forms, such as `!Ref`. A date stays a text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:timestamp"]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _function(loader: _Loader, tag: str, node: yaml.Node) -> Json:
    """Return the long form of a function.

    moto has the same in moto.cloudformation, which imports every service that its stacks can use.
    """
    if isinstance(node, yaml.SequenceNode):
        return {f"Fn::{tag[1:]}": loader.construct_sequence(node)}
    if tag == "!GetAtt":
        return {"Fn::GetAtt": node.value.split(".")}
    return {"Ref" if tag == "!Ref" else f"Fn::{tag[1:]}": node.value}


_Loader.add_multi_constructor("", _function)


def _check_names(section: str, members: Any) -> None:
    if not isinstance(members, Mapping):
        raise format_error(f"{section} must be an object.")
    for name in members:
        if not _NAME.fullmatch(str(name)):
            raise format_error(f"{section} name {name!r} is non alphanumeric.")


def _check_parameters(parameters: Mapping[str, Any]) -> None:
    for name, parameter in parameters.items():
        if unknown := set(parameter) - _PARAMETER:
            raise format_error(f"Invalid property {sorted(unknown)} of parameter {name}")
        kind = parameter.get("Type")
        if kind not in ("String", "Number", "CommaDelimitedList", "List<Number>"):
            raise SandboxCannot(f"the parameter {name} of type {kind}")


def _check_mappings(mappings: Mapping[str, Any]) -> None:
    for name, mapping in mappings.items():
        if len(mapping) > MAX_ATTRIBUTES:
            raise format_error(f"Mapping {name} has more than {MAX_ATTRIBUTES} attributes.")
        for key, values in mapping.items():
            if not isinstance(values, Mapping) or not _SECOND_LEVEL_KEY.fullmatch(str(key)):
                raise format_error(f"Every Mappings member {name} must be a map: {key}")
            if len(values) > MAX_ATTRIBUTES:
                raise format_error(f"Mapping {name}.{key} has more than {MAX_ATTRIBUTES} entries.")
            for inner, value in values.items():
                if not _SECOND_LEVEL_KEY.fullmatch(str(inner)):
                    raise format_error(f"Mappings attribute name {inner!r} is not alphanumeric.")
                if not (_is_scalar(value) or isinstance(value, list)):
                    raise format_error(
                        f"Every Mappings attribute must be a String or a List: {name}.{key}.{inner}"
                    )


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def _check_resource(name: str, resource: Any) -> None:
    if not isinstance(resource, Mapping) or "Type" not in resource:
        raise format_error(f"[/Resources/{name}] Every Resources object must contain a Type member")
    if unknown := set(resource) & _ATTRIBUTES_NOT_HERE:
        raise SandboxCannot(f"{sorted(unknown)[0]} of the resource {name}")
    if unknown := set(resource) - _ATTRIBUTES:
        raise invalid(f"Invalid template resource property {sorted(unknown)[0]!r} of {name}")
    for attribute in ("DeletionPolicy", "UpdateReplacePolicy"):
        if resource.get(attribute, "Delete") not in _POLICIES:
            raise SandboxCannot(f"{attribute} {resource[attribute]!r} of the resource {name}")
    kind = TYPES.get(resource["Type"])
    if kind is None:
        raise SandboxCannot(f"the resource {name} of type {resource['Type']}")
    properties = resource.get("Properties") or {}
    check(kind.properties, properties, f"{name} ({kind.name})")
    if missing := [each for each in kind.required if each not in properties]:
        raise invalid(f"Properties validation failed for resource {name}: {missing} not found")


def _check_output(name: str, output: Any) -> None:
    if not isinstance(output, Mapping) or "Value" not in output:
        raise format_error(f"Output {name} must have a Value")
    if "Export" in output:
        raise SandboxCannot(f"the export of the output {name}")
    if unknown := set(output) - _OUTPUT:
        raise format_error(f"Invalid property {sorted(unknown)} of output {name}")


def _check_references(template: Template) -> None:
    """Refuse functions that the sandbox lacks, and references to what is not in the template."""
    known = {*template.resources, *template.section("Parameters"), *functions.PSEUDO_PARAMETERS}
    conditions = template.section("Conditions")
    for where, value in _functions_in(template):
        for reference in functions.references(value):
            if reference.kind == "condition" and reference.name not in conditions:
                raise format_error(f"Unresolved condition dependency {reference.name} in {where}")
            if reference.kind == "mapping" and reference.name not in template.section("Mappings"):
                raise format_error(f"Mapping {reference.name!r} is undefined in {where}")
            if reference.kind == "ref" and reference.name not in known:
                raise format_error(
                    f"Unresolved resource dependencies [{reference.name}] in {where}"
                )
            if reference.kind == "attribute":
                _check_attribute(template, reference.name, where)


def _functions_in(template: Template) -> Iterator[tuple[str, Any]]:
    yield "the Conditions block of the template", list(template.section("Conditions").values())
    for name, resource in template.resources.items():
        where = "the Resources block of the template"
        yield where, resource.get("Properties") or {}
        if "Condition" in resource:
            yield where, {"Condition": resource["Condition"]}
        for other in depends_on(resource):
            if other not in template.resources:
                raise format_error(
                    f"Unresolved resource dependencies [{other}] in the Resources block of the "
                    f"template: {name} depends on it"
                )
    for output in template.section("Outputs").values():
        yield "the Outputs block of the template", output


def _check_attribute(template: Template, name: str, where: str) -> None:
    resource, _, attribute = name.partition(".")
    if resource not in template.resources:
        raise format_error(
            f"instance of Fn::GetAtt references undefined resource {resource} in {where}"
        )
    kind = TYPES[template.resources[resource]["Type"]]
    if attribute not in kind.attributes:
        raise format_error(
            f"resource {resource} does not support attribute type {attribute} in Fn::GetAtt"
        )
