"""The one comparison of `reprieve status`: expected and deployed attributes of a resource."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from reprieve.status.attributes import Attributes, Json, PolicyJson
from reprieve.status.findings import DEPLOY, Finding, Kind
from reprieve.status.json_compare import differing_paths, policy_differences
from reprieve.text import counted, printable

_LONGEST: Final = 120
"""The longest value that a sentence shows; of a longer one it says only that it differs."""


def compare(
    title: str, name: str, expected: Attributes, deployed: Attributes, hint: str = DEPLOY
) -> Iterator[Finding]:
    """Yield a finding for each attribute that differs, in the order of their names' appearance.

    `title` begins the sentence, `The alarm reprieve-dead-letters`; `name` is the name in AWS.
    """
    for attribute in dict.fromkeys((*expected, *deployed)):
        for phrase in _differences(attribute, expected.get(attribute), deployed.get(attribute)):
            text = f"{title} {phrase}."
            yield Finding(name, Kind.DIFFERENT, text, hint, attribute=attribute)


def missing(title: str, name: str) -> Finding:
    """Return the finding about a resource that does not exist."""
    return Finding(name, Kind.MISSING, f"{title} is missing.", DEPLOY)


def unexpected(
    kind: str, wanted: Iterable[str], found: Iterable[str], hint: Callable[[str], str]
) -> Iterator[Finding]:
    """Yield a finding for each resource of a kind, by its name, that the settings do not define.

    `hint` returns what to do about the resource of a name.
    """
    for name in sorted(set(found) - set(wanted)):
        text = f"{title_of(kind, name)} is not defined by the settings."
        yield Finding(name, Kind.UNEXPECTED, text, hint(name))


def unexpected_hint(kind: str, remedy: str, *, done: str = "created") -> str:
    """Return what to do about a resource that the settings do not define.

    Terraform does not know what it did not create, or no longer manages. `done` says what somebody
    else did to it, and `remedy` what to do then.
    """
    return (
        "If you changed the settings since the last deployment, deploy. If the "
        f"{kind} is still there afterwards, someone else {done} it: {remedy}."
    )


def _differences(attribute: str, expected: Any, deployed: Any) -> Iterator[str]:
    if _same(expected, deployed):
        return
    if isinstance(expected, tuple) or isinstance(deployed, tuple):
        yield from _list_differences(attribute, expected or (), deployed or ())
    elif deployed is None:
        yield f"has no {attribute}{_should_be(expected)}"
    elif expected is None:
        yield f"has the {attribute}{_shown_after_space(deployed)}, which the settings do not define"
    elif isinstance(expected, PolicyJson) and isinstance(deployed, PolicyJson):
        yield from _policy_differences(attribute, expected.value, deployed.value)
    elif isinstance(expected, Json) and isinstance(deployed, Json):
        yield _json_difference(attribute, expected, deployed)
    elif _is_short(expected) and _is_short(deployed):
        yield f"has the {attribute} {_shown(deployed)}, not {_shown(expected)}"
    else:
        yield f"has another {attribute} than the settings define"


def _list_differences(
    attribute: str, expected: Iterable[Any], deployed: Iterable[Any]
) -> Iterator[str]:
    for each in sorted(set(expected) - set(deployed), key=str):
        yield f"lacks {_shown(each)} in its {attribute}"
    for each in sorted(set(deployed) - set(expected), key=str):
        yield f"has {_shown(each)} in its {attribute}, which the settings do not define"


def _policy_differences(attribute: str, expected: Any, deployed: Any) -> Iterator[str]:
    phrases = list(policy_differences(expected, deployed))
    for phrase in phrases or ["it was changed outside its statements"]:
        yield f"has another {attribute}: {printable(phrase)}"


def _json_difference(attribute: str, expected: Json, deployed: Json) -> str:
    paths = list(differing_paths(expected.value, deployed.value, expected.form))
    more = len(paths) - 3
    rest = f" and at {counted(more, 'more place')}" if more > 0 else ""
    return f"has another {attribute}: it differs at {', '.join(map(printable, paths[:3]))}{rest}"


def _same(expected: Any, deployed: Any) -> bool:
    if isinstance(expected, Json) and isinstance(deployed, Json):
        return bool(expected.form(expected.value) == expected.form(deployed.value))
    if isinstance(expected, PolicyJson) and isinstance(deployed, PolicyJson):
        return bool(expected.form == deployed.form)
    if isinstance(expected, tuple) or isinstance(deployed, tuple):
        return set(expected or ()) == set(deployed or ())
    return bool(expected == deployed)


def _should_be(expected: Any) -> str:
    return f"; the settings define {_shown(expected)}" if _is_short(expected) else ""


def _shown_after_space(value: Any) -> str:
    return f" {_shown(value)}" if _is_short(value) else ""


def _is_short(value: Any) -> bool:
    return len(_text(value)) <= _LONGEST and "\n" not in _text(value)


def _shown(value: Any) -> str:
    text = printable(_text(value))
    # In a sentence, a value of several words needs marks. JSON has its brackets.
    has_words = isinstance(value, str) and len(text.split()) > 1
    return f'"{text}"' if has_words or not text.strip() else text


def _text(value: Any) -> str:
    if isinstance(value, Json | PolicyJson):
        return json.dumps(value.value, sort_keys=True)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def title_of(kind: str, name: str) -> str:
    """Return how a sentence about a resource begins."""
    return f"The {kind} {printable(name)}"
