"""Reads the plans that `terraform show -json PLANFILE` prints.

The format is Terraform's own ("JSON Output Format", Terraform internals). Versions 1.x only add
fields.
"""

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from reprieve.diff.plan import (
    ACCOUNT,
    MALFORMED,
    MAX_NESTING,
    UNKNOWN,
    UNKNOWN_PLACE,
    Change,
    Plan,
    PlanError,
    Sensitive,
    is_too_deep,
)
from reprieve.diff.references import References
from reprieve.settings.split import MARKER_TYPE
from reprieve.text import without_secrets

_HINT: Final = "Create the JSON with: terraform show -json PLANFILE > plan.json"
_INDEX = re.compile(r"\[[^\]]*\]")
# Everything that Terraform does to a resource ("Change Representation", JSON Output Format).
_ACTIONS: Final = (
    ("no-op",),
    ("create",),
    ("read",),
    ("update",),
    ("delete",),
    ("forget",),
    ("delete", "create"),
    ("create", "delete"),
    ("create", "forget"),
)


def read(path: Path) -> Plan:
    """Read a file; its name becomes the plan's label.

    Raises:
        PlanError: the file cannot be read, or is not a plan.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlanError(
            f"{path} cannot be read: {error.strerror or error}.",
            "Name a file that `terraform show -json PLAN` wrote.",
        ) from None
    return parse(content, str(path))


def parse(content: bytes, label: str) -> Plan:
    """Return the plan in what `terraform show -json` printed.

    Raises:
        PlanError: the content is not a plan, or is malformed.
    """
    if content.startswith(b"PK\x03\x04"):
        raise PlanError(
            f"{label} is a plan file, which only terraform can read.",
            f"Create its JSON with: terraform show -json {Path(label).name} > plan.json",
        )
    if not content.strip():
        raise PlanError(f"{label} is empty.", _HINT)
    try:
        # PowerShell writes UTF-16 with a byte order mark, which json detects only in bytes.
        found = json.loads(content, object_pairs_hook=_once, parse_constant=_refuse)
    except RecursionError:
        raise _too_deep(label) from None
    except _NotTerraforms as error:
        raise PlanError(f"{label} is not as Terraform writes a plan: {error}.", _HINT) from None
    except ValueError:
        raise PlanError(f"{label} is not JSON.", _HINT) from None
    if not isinstance(found, dict) or "format_version" not in found:
        raise PlanError(f"{label} is JSON, but not a plan.", _HINT)
    version = found["format_version"]
    if not isinstance(version, str) or not re.fullmatch(r"1\.\d+", version):
        raise PlanError(
            f"{label} has the format version {version!r}; only 1.x can be read.",
            "Create the plan with Terraform 1.1 or later.",
        )
    if "resource_changes" not in found and "planned_values" not in found:
        raise PlanError(f"{label} is the JSON of a state, or of something else.", _HINT)
    if is_too_deep(found):
        raise _too_deep(label)
    try:
        return _plan(found, label)
    except MALFORMED as error:
        raise PlanError(
            f"{label} is not as Terraform writes a plan ({type(error).__name__}: {error}).", _HINT
        ) from error


class _NotTerraforms(ValueError):
    """Python reads it as JSON, but it is ambiguous, or no JSON by the standard."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _NotTerraforms(f"it has the key {twice} twice in one object")
    return found


def _refuse(constant: str) -> Any:
    raise _NotTerraforms(f"{constant} is not a number in JSON")


def _too_deep(label: str) -> PlanError:
    return PlanError(f"{label} is nested more than {MAX_NESTING} levels deep.", _HINT)


def _plan(found: Mapping[str, Any], label: str) -> Plan:
    changes = found.get("resource_changes") or []
    configuration = _Configuration(found.get("configuration") or {}, References(changes))
    resources = tuple(configuration.change(each) for each in changes if each.get("mode") != "data")
    return Plan(
        label=label,
        resources=resources,
        drift=tuple(
            configuration.change(each)
            for each in found.get("resource_drift") or []
            if each.get("mode") != "data"
        ),
        outputs=tuple(
            sorted(
                name
                for name, change in (found.get("output_changes") or {}).items()
                if _actions(change) != ("no-op",)
            )
        ),
        deferred=tuple(
            (each["resource_change"]["address"], str(each.get("reason") or "unknown"))
            for each in found.get("deferred_changes") or []
        ),
        errored=bool(found.get("errored")),
        complete=bool(found.get("complete", True)),
    )


class _Configuration:
    """The plan's configuration: the provider of each resource, and the attributes that it sets.

    `references` knows what its references stand for.
    """

    def __init__(self, configuration: Mapping[str, Any], references: References) -> None:
        self._references = references
        providers: Mapping[str, Any] = configuration.get("provider_config") or {}
        self._regions = {
            key: region
            for key, provider in providers.items()
            if isinstance(
                region := ((provider.get("expressions") or {}).get("region") or {}).get(
                    "constant_value"
                ),
                str,
            )
        }
        self._resources = dict(_resources(configuration.get("root_module") or {}, ""))

    def change(self, each: Mapping[str, Any]) -> Change:
        """Return the change in an entry of `resource_changes` or `resource_drift`."""
        change = each["change"]
        configured = self._resources.get(_INDEX.sub("", _text(each, "address")))
        type = _text(each, "type")
        before = _values(change.get("before"), False, change.get("before_sensitive"))
        after = _values(
            change.get("after"), change.get("after_unknown"), change.get("after_sensitive")
        )
        if configured and isinstance(after, dict):
            expressions = configured.get("expressions") or {}
            after = {
                name: self._references.resolved(value, expressions.get(name))
                for name, value in after.items()
            }
        before, after = _without_token(type, before), _without_token(type, after)
        values = [value for value in (after, before) if isinstance(value, dict)]
        return Change(
            address=_text(each, "address"),
            type=type,
            name=_text(each, "name"),
            place=self._place(type, configured, values),
            actions=_actions(change),
            before=before if isinstance(before, dict) else None,
            after=after if isinstance(after, dict) else None,
            configured=frozenset(configured.get("expressions") or {}) if configured else None,
            replace_because=tuple(
                ".".join(map(str, path)) for path in change.get("replace_paths") or []
            ),
        )

    def _place(
        self, type: str, configured: Mapping[str, Any] | None, values: list[dict[str, Any]]
    ) -> str:
        """Return where a resource is.

        The attribute `region` decides (version 6 of the AWS provider has it), then the provider.
        The configuration no longer contains a deleted resource: then the Region of its ARNs does.
        """
        if type.startswith("aws_iam_") or type == MARKER_TYPE:
            return ACCOUNT
        for value in values:
            if isinstance(region := value.get("region"), str) and region:
                return region
        if configured and (region := self._regions.get(configured.get("provider_config_key", ""))):
            return region
        for value in values:
            # An event bus is where events go, which may be another Region.
            arns = (
                v
                for v in _texts(value)
                if v.startswith("arn:") and v.count(":") >= 5 and ":event-bus/" not in v
            )
            regions = {region for arn in arns if (region := arn.split(":")[3])} - {"*"}
            if len(regions) == 1:
                return regions.pop()
        return UNKNOWN_PLACE


def _actions(change: Mapping[str, Any]) -> tuple[str, ...]:
    found = change["actions"]
    if not isinstance(found, list) or tuple(found) not in _ACTIONS:
        raise ValueError(f"unknown actions {json.dumps(found)}")
    return tuple(found)


def _text(found: Mapping[str, Any], field: str) -> str:
    if not isinstance(value := found[field], str):
        raise TypeError(f"{field} is not a string")
    return value


def _resources(module: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources") or []:
        yield prefix + resource["address"], resource
    for name, call in (module.get("module_calls") or {}).items():
        yield from _resources(call.get("module") or {}, f"{prefix}module.{name}.")


def _values(value: Any, unknown: Any, sensitive: Any) -> Any:
    """Return a value with UNKNOWN and Sensitive in the places that Terraform's two maps mark."""
    if unknown is True:
        return UNKNOWN
    if sensitive is True:
        return Sensitive(value)
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
        value = value or {}
        return {
            name: _values(value.get(name), _at(unknown, name), _at(sensitive, name))
            for name in {**value, **_true_of(unknown)}
        }
    if isinstance(value, list):
        return [
            _values(each, _at(unknown, index), _at(sensitive, index))
            for index, each in enumerate(value)
        ]
    return value


def _without_token(type: str, values: Any) -> Any:
    """Return attributes without what a subscription's URL hides: no report gets to know it."""
    if type != "aws_sns_topic_subscription" or not isinstance(values, dict):
        return values
    endpoint = values.get("endpoint")
    return (
        {**values, "endpoint": without_secrets(endpoint)} if isinstance(endpoint, str) else values
    )


def _true_of(unknown: Any) -> dict[str, Any]:
    return {n: u for n, u in unknown.items() if u is True} if isinstance(unknown, dict) else {}


def _at(marks: Any, place: str | int) -> Any:
    """Return the part of a map of marks that belongs to one field or item."""
    if isinstance(marks, dict) and isinstance(place, str):
        return marks.get(place)
    if isinstance(marks, list) and isinstance(place, int) and place < len(marks):
        return marks[place]
    return None


def _texts(value: Any) -> Iterable[str]:
    """Yield the texts of a resource and of its blocks, but not those inside JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
