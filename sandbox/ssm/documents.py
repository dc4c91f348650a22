"""Automation documents: Amazon's own (in `runbooks/`) and those created in the account."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from moto.ssm.models import ssm_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot

_RUNBOOKS = Path(__file__).with_name("runbooks")
_LIST_TYPES = ("StringList",)
_TEXT_TYPES = ("String", "Boolean", "Integer")


@dataclass(frozen=True)
class Document:
    """One version of an Automation document. `account` is empty for Amazon's own."""

    name: str
    version: str
    account: str
    content: Mapping[str, Any]

    def arns(self, region: str, execution_id: str, version: str | None) -> list[str]:
        """Return the three ARNs for which ssm:StartAutomationExecution is checked.

        `version` is the requested version, for example `$DEFAULT`. AWS's own policies name all
        three ARNs. For Amazon's documents the account part is empty.
        """
        start = f"arn:{get_partition(region)}:ssm:{region}"
        return [
            f"{start}:{self.account}:document/{self.name}",
            f"{start}:{self.account}:automation-definition/{self.name}:{version or '$DEFAULT'}",
            execution_arn(region, execution_id),
        ]


def execution_arn(region: str, execution_id: str) -> str:
    """Return the ARN of an automation execution, which a role sees as aws:SourceArn."""
    start = f"arn:{get_partition(region)}:ssm:{region}:{current_account()}"
    return f"{start}:automation-execution/{execution_id}"


@cache
def amazon_documents() -> dict[str, Document]:
    """Return Amazon's documents that the sandbox has, by name."""
    return {
        path.stem: Document(path.stem, "1", "", json.loads(path.read_text(encoding="utf-8")))
        for path in _RUNBOOKS.glob("*.json")
    }


def find_document(name: str, version: str | None, region: str) -> Document:
    """Return the document of a name and a version: `$DEFAULT` (or None), `$LATEST` or a number.

    Raise AutomationDefinitionNotFoundException or AutomationDefinitionVersionNotFoundException.
    Raise SandboxCannot for a document of Amazon's that the sandbox does not have.
    """
    version = version or "$DEFAULT"
    if document := amazon_documents().get(name):
        if version not in ("$DEFAULT", "$LATEST", "1"):
            raise _no_version(name, version)
        return document
    if re.match(r"(AWS|Amazon|AmazonCloudWatch)[A-Za-z]*-", name):
        raise SandboxCannot(f"Amazon's document {name}; it has {', '.join(amazon_documents())}")
    versions = ssm_backends[current_account()][region]._documents.get(name)
    if versions is None:
        raise AwsError(
            "AutomationDefinitionNotFoundException",
            f"Automation definition {name} does not exist in {region}.",
        )
    kept = versions.find(None if version == "$DEFAULT" else version, strict=False)
    if kept is None:
        raise _no_version(name, version)
    if kept.document_type != "Automation":
        raise AwsError(
            "AutomationDefinitionNotFoundException", f"{name} is no Automation document."
        )
    return Document(name, kept.document_version, current_account(), kept.content_json)


def _no_version(name: str, version: str) -> AwsError:
    return AwsError(
        "AutomationDefinitionVersionNotFoundException", f"{name} has no version {version}."
    )


def checked_parameters(document: Document, given: Any) -> dict[str, list[str]]:
    """Return the parameters of a run with defaults: every value is a list of strings.

    Raise InvalidAutomationExecutionParametersException, which names the parameter and the rule.
    """
    specs = document.content.get("parameters") or {}
    if not isinstance(given, Mapping):
        raise _invalid(document, "the parameters are not an object")
    for name, values in given.items():
        if name not in specs:
            raise _invalid(document, f"it has no parameter {name}")
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise _invalid(document, f"the value of {name} is not a list of strings: {values!r}")
    result: dict[str, list[str]] = {}
    for name, spec in specs.items():
        if name in given:
            result[name] = list(given[name])
        elif "default" in spec:
            default = spec["default"]
            result[name] = [_text(v) for v in (default if isinstance(default, list) else [default])]
        else:
            raise _invalid(document, f"the required parameter {name} is missing")
        _check_value(document, name, spec, result[name])
    return result


def _check_value(document: Document, name: str, spec: Mapping[str, Any], values: list[str]) -> None:
    kind = spec.get("type", "String")
    if kind not in _LIST_TYPES and kind not in _TEXT_TYPES and not kind.startswith("AWS::"):
        raise SandboxCannot(f"a parameter of type {kind} ({document.name}, {name})")
    if kind not in _LIST_TYPES and len(values) != 1:
        raise _invalid(document, f"{name} takes one value, not {len(values)}")
    if kind == "Integer" and not re.fullmatch(r"-?\d+", values[0]):
        raise _invalid(document, f"{name} is not a whole number: {values[0]!r}")
    if kind == "Boolean" and values[0] not in ("true", "false"):
        raise _invalid(document, f"{name} is neither true nor false: {values[0]!r}")
    pattern = spec.get("allowedPattern")
    for value in values:
        # A default may differ from the pattern: an empty default means that no value was given.
        if pattern and value != spec.get("default") and not re.fullmatch(pattern, value):
            raise _invalid(document, f"{name} does not match {pattern}: {value!r}")
        if "allowedValues" in spec and value not in map(_text, spec["allowedValues"]):
            raise _invalid(document, f"{name} is none of {spec['allowedValues']}: {value!r}")


def _invalid(document: Document, message: str) -> AwsError:
    return AwsError("InvalidAutomationExecutionParametersException", f"{document.name}: {message}.")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def describe_amazon_document(name: str) -> dict[str, Any]:
    """Answer DescribeDocument for one of Amazon's documents."""
    document = amazon_documents()[name]
    return {
        "Document": {
            "Name": name,
            "Owner": "Amazon",
            "CreatedDate": datetime(2020, 1, 1, tzinfo=UTC).timestamp(),
            "Status": "Active",
            "DocumentVersion": document.version,
            "Description": document.content["description"],
            "Parameters": [
                {
                    "Name": parameter,
                    "Type": "StringList" if spec["type"] == "StringList" else "String",
                    "Description": spec["description"],
                }
                for parameter, spec in document.content["parameters"].items()
            ],
            "PlatformTypes": ["Windows", "Linux", "MacOS"],
            "DocumentType": "Automation",
            "SchemaVersion": document.content["schemaVersion"],
            "LatestVersion": document.version,
            "DefaultVersion": document.version,
            "DocumentFormat": "JSON",
            "Tags": [],
        }
    }


def amazon_document_content(name: str, form: str) -> dict[str, Any]:
    """Answer GetDocument for one of Amazon's documents. Raise SandboxCannot for YAML."""
    if form != "JSON":
        raise SandboxCannot(f"GetDocument of {name} as {form}; ask for JSON")
    document = amazon_documents()[name]
    return {
        "Name": name,
        "DocumentVersion": document.version,
        "Status": "Active",
        "Content": json.dumps(document.content, indent=2),
        "DocumentType": "Automation",
        "DocumentFormat": "JSON",
    }
