"""Compares two versions of a runbook.

A document's name ends with a hash of its content, so other content is another document: Terraform
replaces it, and the targets that start it move to the new one. All of that is one change.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from reprieve.diff.differences import ABSENT, Difference, between, differences, parsed
from reprieve.diff.plan import Change
from reprieve.runbooks.runbook import ENABLE_KEY, PATROL, RESCUE_KEY

_IDS = "|".join(each.id for each in (RESCUE_KEY, ENABLE_KEY, PATROL))
# After the prefix of the settings.
_HASHED = re.compile(rf"(?<![\w-])([a-z][a-z0-9-]*-(?:{_IDS}))-[0-9a-f]{{8}}(?![\w-])")
_SCRIPT: Final = "aws:executeScript"
# What a rescue depends on: KMS's and SNS's calls, as a step names them and as a script does.
_VITAL: Final = {
    "CancelKeyDeletion": "cancel_key_deletion",
    "EnableKey": "enable_key",
    "Publish": "publish",
}
# The inputs of a patrol, and what it means if one of them is missing.
_DUTIES: Final = {
    "Rescues": "no longer cancels deletions",
    "RescuesEarlier": "no longer cancels deletions that were scheduled before the guard was there",
}


def without_hash(text: str) -> str:
    """Return a text in which the names of Reprieve's documents have no hash."""
    return _HASHED.sub(r"\1", text)


def follows_document(change: Change, siblings: Sequence[Change]) -> bool:
    """Whether a target moves to the document that replaces its own, and to nothing else.

    It has to start the first version: others are not what the plan creates.
    """
    if change.type != "aws_cloudwatch_event_target":
        return False
    before, after = (values.get("arn") for values in (change.before or {}, change.after or {}))
    if not isinstance(before, str) or not isinstance(after, str):
        return False
    was, now = (arn.rpartition(":")[0] for arn in (before, after))
    name = now.rpartition("/")[2]
    return (
        before != after
        and without_hash(was) == without_hash(now)
        and after == f"{now}:1"
        and any(
            each.type == "aws_ssm_document" and (each.after or {}).get("name") == name
            for each in siblings
        )
    )


def differences_of(change: Change) -> tuple[Difference, ...]:
    """Return what an update or a replacement changes; of a runbook's script in few words."""
    found = differences(change)
    if change.type != "aws_ssm_document" or not found:
        return found
    before, after = change.before or {}, change.after or {}
    names = [str(values.get("name")) for values in (before, after)]
    # Two hashes of the same runbook: its content says why.
    hashes_differ = all(map(_HASHED.search, names)) and len({*map(without_hash, names)}) == 1
    kept = [
        each
        for each in found
        if not each.path.startswith("content") and not (hashes_differ and each.path == "name")
    ]
    if any(each.path.startswith("content") for each in found):
        kept += content_differences(before.get("content"), after.get("content"))
    return tuple(kept)


def losses(before: Any, after: Any) -> Iterator[str]:
    """Yield what a runbook no longer does, given its content before and after.

    A script is not judged line by line: only by the calls that a rescue depends on.
    """
    old, new = _steps(before), _steps(after)
    for api in _VITAL:
        if _calls(old, api) and not _calls(new, api):
            yield f"no longer calls {api}"
    # Steps that a script has replaced are not lost: their calls were compared.
    rewritten = any(_is_script(new[name]) and name not in old for name in new)
    yield from (f"loses the step {name}" for name in old if name not in new and not rewritten)
    for name in new:
        was, now = _payload(old.get(name)), _payload(new[name])
        for duty, text in _DUTIES.items():
            if was.get(duty) is True and now.get(duty) is False:
                yield text
        known = _exempted(was)
        yield from (f"leaves alone {text}" for text in _exempted(now) if text not in known)


def _exempted(payload: dict[str, Any]) -> list[str]:
    """Return what the exemptions of a script's input are for."""
    found = payload.get("Exemptions")
    return [str(each.get("Text")) for each in found if isinstance(each, dict)] if isinstance(
        found, list) else []  # fmt: skip


def content_differences(before: Any, after: Any) -> Iterator[Difference]:
    """Yield what differs between two contents, in few words where it is a script."""
    old, new = parsed(before), parsed(after)
    if not isinstance(old, dict) or not isinstance(new, dict):
        yield from between({"content": before}, {"content": after})
        return
    rest = ({k: v for k, v in each.items() if k != "mainSteps"} for each in (old, new))
    for each in between(*rest):
        yield Difference(f"content.{each.path}", each.before, each.after)
    steps = _steps(old), _steps(new)
    for name in dict.fromkeys([*steps[0], *steps[1]]):
        path = f"content.mainSteps[{name}]"
        was, now = (each.get(name) for each in steps)
        if was is None or now is None:
            yield Difference(path, _brief(was), _brief(now))
            continue
        yield from _script_difference(f"{path}.inputs.Script", was, now)
        yield from _expectations(f"{path}.inputs.InputPayload.Expected", was, now)
        for each in between(_without_long(was), _without_long(now)):
            yield Difference(f"{path}.{each.path}", each.before, each.after)


def comparable(content: Any) -> str:
    """Return a content without what differs from Region to Region: the next Region's guard."""
    steps = {name: _without_long(step) for name, step in _steps(parsed(content)).items()}
    return json.dumps(steps, sort_keys=True, default=str)


def _script_difference(path: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    old, new = (_script(each).splitlines() for each in (was, now))
    if old != new:
        added = len([line for line in new if line not in set(old)])
        yield Difference(path, f"{len(old)} lines", f"{len(new)} lines, {added} of them new")


def _expectations(path: str, was: dict[str, Any], now: dict[str, Any]) -> Iterator[Difference]:
    """Yield in a sentence that a patrol expects another guard: fingerprints tell nobody anything.

    The plan shows the changes of that guard themselves.
    """
    old, new = (_payload(each).get("Expected") or {} for each in (was, now))
    if old.get("Region") != new.get("Region"):
        yield Difference(f"{path}.Region", old.get("Region"), new.get("Region"))
    elif old != new:
        yield Difference(path, "the guard as it was", "the guard as this plan makes it")


def _brief(step: dict[str, Any] | None) -> Any:
    """Return a step that comes or goes without its script."""
    return ABSENT if step is None else _without_long(step)


def _without_long(step: dict[str, Any]) -> dict[str, Any]:
    """Return a step without its script and without what it expects of a guard."""
    inputs = step.get("inputs")
    if not isinstance(inputs, dict):
        return step
    kept = {name: value for name, value in inputs.items() if name != "Script"}
    if payload := _payload(step):
        kept["InputPayload"] = {name: v for name, v in payload.items() if name != "Expected"}
    return {**step, "inputs": kept}


def _steps(content: Any) -> dict[str, dict[str, Any]]:
    found = parsed(content)
    steps = (found.get("mainSteps") or []) if isinstance(found, dict) else []
    return {str(each.get("name")): each for each in steps}


def _is_script(step: dict[str, Any]) -> bool:
    return step.get("action") == _SCRIPT


def _script(step: dict[str, Any]) -> str:
    return str((step.get("inputs") or {}).get("Script", ""))


def _payload(step: dict[str, Any] | None) -> dict[str, Any]:
    found = ((step or {}).get("inputs") or {}).get("InputPayload")
    return found if isinstance(found, dict) else {}


def _calls(steps: dict[str, dict[str, Any]], api: str) -> bool:
    """Whether one of the steps, or one of their scripts, makes a call."""
    return any(
        re.search(rf"\b{_VITAL[api]}\b", _script(step)) is not None
        if _is_script(step)
        # Amazon's runbooks are named after the call.
        else api in json.dumps(step.get("inputs"), default=str)
        for step in steps.values()
    )
