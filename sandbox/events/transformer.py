"""The text that a target gets for an event: Input, InputPath or InputTransformer.

Source: EventBridge User Guide, "Input transformation", and API reference, `InputTransformer`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.jsonpath import MISSING, has_wildcard, is_path, value_at

MAX_PATHS = 100
MAX_TEMPLATE_LENGTH = 8192

_PREDEFINED = (
    "aws.events.rule-arn",
    "aws.events.rule-name",
    "aws.events.event.ingestion-time",
    "aws.events.event",
    "aws.events.event.json",
)
_VARIABLE = re.compile(r"<([A-Za-z0-9_.\-]+)>")
_VARIABLE_NAME = re.compile(r"[A-Za-z0-9_\-]+")


class TransformFailed(Exception):
    """An event could not be transformed for its target. The text says why."""


def check_target(target: Mapping[str, Any]) -> None:
    """Raise ValidationException for an input that PutTargets would refuse."""
    kinds = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    where = f"target {target.get('Id')}"
    if len(kinds) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer is allowed for {where}.")
    if "Input" in kinds:
        _check_json(target["Input"], f"Input of {where}")
    if "InputPath" in kinds:
        _check_path(target["InputPath"], where)
    if "InputTransformer" in kinds:
        _check_transformer(target["InputTransformer"], where)


def _check_transformer(transformer: Mapping[str, Any], where: str) -> None:
    paths = transformer.get("InputPathsMap") or {}
    template = transformer.get("InputTemplate") or ""
    if not template:
        raise _invalid(f"InputTemplate of {where} is empty.")
    if len(paths) > MAX_PATHS:
        raise _invalid(f"InputPathsMap of {where} has {len(paths)} entries, at most {MAX_PATHS}.")
    if len(template) > MAX_TEMPLATE_LENGTH:
        raise _invalid(
            f"InputTemplate of {where} has {len(template)} characters, "
            f"at most {MAX_TEMPLATE_LENGTH}."
        )
    for name, path in paths.items():
        if not _VARIABLE_NAME.fullmatch(name) or name.upper().startswith("AWS"):
            raise _invalid(f"InputPathsMap of {where}: {name!r} cannot name a variable.")
        _check_path(path, where)
    for name in _VARIABLE.findall(template):
        if name not in paths and name not in _PREDEFINED:
            raise _invalid(f"InputTemplate of {where} uses <{name}>, which no path defines.")
    sample = _filled(template, dict.fromkeys([*paths, *_PREDEFINED], "x"))
    if not _is_json_template(template):
        for line in _lines(sample):
            if not re.fullmatch(r'"([^"\\]|\\.)*"', line.strip()):
                raise _invalid(
                    f"Invalid InputTemplate for {where}: neither JSON nor lines of text that each "
                    f"stand in quotation marks: {line.strip()!r}"
                )
    else:
        _check_json(sample, f"InputTemplate of {where}")


def _check_path(path: str, where: str) -> None:
    if not is_path(path):
        raise _invalid(f"{path!r} of {where} is not a JSON path that EventBridge supports.")
    if has_wildcard(path):
        raise SandboxCannot(f"a wildcard in the JSON path {path!r} of {where}")


def _check_json(text: str, what: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise _invalid(f"{what} is not valid JSON: {error}.") from None


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def transform(target: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    """Return the text that a target gets for an event. Raise TransformFailed if there is none."""
    if constant := target.get("Input"):
        return str(constant)
    if path := target.get("InputPath"):
        value = value_at(path, event)
        if value is MISSING:
            raise TransformFailed(f"the event has nothing at InputPath {path}")
        return _dump(value)
    if transformer := target.get("InputTransformer"):
        return _transformed(transformer, event, rule_arn)
    return _dump(event)


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any], rule_arn: str) -> str:
    without_detail = {name: value for name, value in event.items() if name != "detail"}
    values: dict[str, Any] = {
        name: value_at(path, event)
        for name, path in (transformer.get("InputPathsMap") or {}).items()
    } | {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1],
        "aws.events.event.ingestion-time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "aws.events.event": without_detail,
        "aws.events.event.json": dict(event),
    }
    template = transformer["InputTemplate"]
    if _is_json_template(template):
        text = _filled(template, values)
        try:
            # EventBridge minifies the JSON (User Guide, "Common issues").
            return _dump(json.loads(text))
        except ValueError as error:
            raise TransformFailed(
                f"the filled JSON template is not valid JSON ({error}): {text}"
            ) from None
    return _filled("\n".join(_lines(template)), values)


def _is_json_template(template: str) -> bool:
    # Lines in quotation marks are text. Everything else has to be JSON after it is filled.
    return not template.lstrip().startswith('"')


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _filled(template: str, values: Mapping[str, Any]) -> str:
    """Replace <variables> by their values: as JSON, or bare inside quotation marks.

    Inside quotation marks a value is not escaped. A missing value is an empty string.
    """
    parts: list[str] = []
    end = 0
    for match in _VARIABLE.finditer(template):
        if match[1] not in values:
            continue
        parts.append(template[end : match.start()])
        value = values[match[1]]
        value = "" if value is MISSING else value
        if not _inside_quotes(template[: match.start()]):
            parts.append(_dump(value))
        elif isinstance(value, str):
            parts.append(value)
        elif isinstance(value, dict | list):
            # EventBridge removes the quotation marks from an object inside a string.
            parts.append(_dump(value).replace('"', ""))
        else:
            parts.append(_dump(value))
        end = match.end()
    return "".join([*parts, template[end:]])


def _inside_quotes(before: str) -> bool:
    return len(re.findall(r'(?<!\\)(?:\\\\)*"', before)) % 2 == 1


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
