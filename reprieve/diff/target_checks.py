"""Checks what a target passes on of an event.

A runbook rescues nothing without its parameters: the key, and the role as which it acts. An alert
without a text of its own is the event as it is.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

from reprieve.diff.check import AttributeCheck, CheckResult, first
from reprieve.diff.differences import is_empty, parsed
from reprieve.diff.labels import tail
from reprieve.diff.plan import Change
from reprieve.diff.runbooks import without_hash

_AUTOMATION: Final = ":automation-definition/"
_KIND: Final = "input-changed"


def transformer(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the parameters of a runbook; of an alert only whether it still has a text."""
    if is_empty(before):
        return
    if not starts_runbook(change):
        if is_empty(after):
            yield _KIND, "no longer has a text of its own: it sends the event as it is"
        return
    was, now = _parameters(before), _parameters(after)
    if is_empty(after):
        yield _KIND, "no longer passes any parameter to the runbook"
    elif _document(change.before) != _document(change.after):
        return  # another runbook takes other parameters: that the target moves is reported
    elif was is None or now is None:
        yield "not-known", "the parameters of the runbook cannot be compared"
    else:
        for name, value in was.items():
            if name not in now:
                yield _KIND, f"no longer passes {name} to the runbook"
            elif value != now[name]:
                yield _KIND, f"passes {_shown(now[name])} as {name} instead of {_shown(value)}"


def replaced_by(text: str) -> AttributeCheck:
    """Return the check of an attribute that replaces the parameters of a runbook."""

    def check(change: Change, before: Any, after: Any) -> CheckResult:
        if starts_runbook(change) and not is_empty(after):
            yield _KIND, text.format(after)

    return check


def starts_runbook(change: Change) -> bool:
    """Whether a target starts a runbook before the change."""
    return _AUTOMATION in str((change.before or {}).get("arn"))


def without_unused(change: Change, before: Any, everything: Sequence[Change]) -> Any:
    """Return a transformer without the parameters that the new version of the runbook lacks.

    `everything` are all resources of the plan.
    """
    found, taken = _template(before), _taken((change.after or {}).get("arn"), everything)
    if found is None or taken is None:
        return before
    kept = {name: value for name, value in found.items() if name in taken}
    return [{**first(before), "input_template": json.dumps(kept)}]


def _taken(arn: Any, everything: Sequence[Change]) -> list[str] | None:
    """Return the names of the parameters of a document; None if the plan does not have it."""
    for each in everything:
        values = each.after or {}
        if each.type == "aws_ssm_document" and f"/{values.get('name')}:" in str(arn):
            content = parsed(values.get("content"))
            found = content.get("parameters") if isinstance(content, dict) else None
            return list(found) if isinstance(found, dict) else None
    return None


def _template(blocks: Any) -> dict[str, Any] | None:
    """Return the parameters of a transformer, with its placeholders; None if it has none."""
    found = parsed(first(blocks).get("input_template"))
    return found if isinstance(found, dict) else None


def _parameters(blocks: Any) -> dict[str, Any] | None:
    """Return the parameters of a transformer, each with the paths of the event that it is from."""
    template, paths = _template(blocks), first(blocks).get("input_paths") or {}
    if template is None:
        return None
    return {name: _filled(value, paths) for name, value in template.items()}


def _filled(value: Any, paths: dict[str, Any]) -> Any:
    """Return the value of a parameter with paths in place of their placeholders."""
    if isinstance(value, list):
        return [_filled(each, paths) for each in value]
    if isinstance(value, str):
        return re.sub(r"<([\w.-]+)>", lambda found: str(paths.get(found[1], found[0])), value)
    return value


def _shown(value: Any) -> str:
    """Return a value in few words. Systems Manager requires each in a list."""
    only = value[0] if isinstance(value, list) and len(value) == 1 else value
    return only if isinstance(only, str) else json.dumps(only)


def _document(values: dict[str, Any] | None) -> str:
    """Return the document that a target starts, of any version and content."""
    return without_hash(tail(str((values or {}).get("arn"))).partition(":")[0])
