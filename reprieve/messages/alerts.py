"""The alerts: what they say about an event, in the words for people and as data for programs.

A phone shows only the first line. It says what happened, where, and what to do or what Reprieve
does, in this order, and then to which key and by whom. The caller comes last, so that the line
reads well without a name: EventBridge leaves out a value that an event lacks, and the root user and
AWS's services have no name.

`variables` says which values an alert may contain.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from reprieve.events.severity import Severity
from reprieve.events.threat import Threat
from reprieve.events.threats import APPROVED, KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.messages.message import Message
from reprieve.messages.variables import (
    BY,
    CALL,
    CALL_CONSOLE,
    CALLER_DATA,
    CALLER_FACTS,
    CALLER_LINES,
    DESCRIBE,
    EVENT,
    EVENT_LINES,
    KEY_CONSOLE,
    NOW,
)
from reprieve.runbooks.runbook import Runbook

_NAMED_CONDITIONS: Final = 5
"""How many exemptions an alert names."""


@dataclass(frozen=True)
class _Remediation:
    """What an alert says about a threat that a runbook can remediate.

    `doing`, `perhaps` and `exempt` are sentences of the first line. `verb` follows "Reprieve does
    not", and `action` is what programs read. `failed` says how to see that the runbook failed; the
    commands of the threat follow.
    """

    doing: str
    perhaps: str
    exempt: str
    verb: str
    action: str
    failed: str


_REMEDIATIONS: Final = {
    KEY_DELETION_SCHEDULED.name: _Remediation(
        doing="Reprieve is cancelling it.",
        perhaps="Reprieve cancels it, unless exempt.",
        exempt="Exempt, so not cancelled.",
        verb="cancel the deletion",
        action="cancel-deletion",
        failed="If the state is PendingDeletion or PendingReplicaDeletion, cancel the deletion:",
    ),
    KEY_DISABLED.name: _Remediation(
        doing="Reprieve is enabling it.",
        perhaps="Reprieve enables it, unless exempt.",
        exempt="Exempt, so not enabled.",
        verb="enable the key",
        action="enable-key",
        failed="If the state is Disabled, enable the key:",
    ),
}


def alert(
    threat: Threat,
    runbook: Runbook | None = None,
    *,
    approved: bool = False,
    conditions: Sequence[str] = (),
) -> Message:
    """Return the alert of a threat. `runbook` remediates it, if any does.

    With `approved` the settings exempt the event, and no runbook starts. `conditions` are the
    exemptions that the runbook decides, each with its end date.
    """
    label, named_paths = threat.named
    named = {f"named-{index}": path for index, path in enumerate(named_paths)}
    resources = {f"resource-{index}": path for index, path in enumerate(threat.resource)}
    facts = {
        "key" if name == "Key" else f"fact-{index}": (name, path)
        for index, (name, path) in enumerate(threat.facts)
    }
    fact_lines = [f"{name}: <{variable}>" for variable, (name, _) in facts.items()]
    if label != "Key":
        fact_lines.insert(0, f"{label}: <named>")
    remediation = _REMEDIATIONS.get(threat.name)
    act = threat.act
    if remediation and (runbook or approved):
        act = remediation.exempt if approved else remediation.doing
        if conditions and not approved:
            act = remediation.perhaps
    by = f", {BY}" if threat.is_call else ""
    before = [fact_lines[0], *([f"Resource: {_joined(resources)}"] if resources else [])]
    steps = list(_what_to_do(threat, remediation, runbook, approved=approved))
    if conditions and runbook and not approved:
        steps.insert(0, _exempt_line(conditions))
    lines = [
        f"Reprieve: {threat.summary} in <region>. {act} {label} <named>{by}",
        *before,
        *(CALLER_LINES if threat.is_call else EVENT_LINES),
        *fact_lines[1:],
        f"Severity: {threat.impact}",
        threat.meaning,
        *steps,
        f"{'CloudTrail event' if threat.is_call else 'Event'}: <event>",
    ]
    data = {
        "key": "<key>" if "key" in facts else "",
        "resource": _joined(resources) if resources else "<named>",
        "deletion_date": next(
            (f"<{name}>" for name, (what, _) in facts.items() if what.startswith("Deletion date")),
            "",
        ),
        "action": remediation.action if remediation and runbook and not approved else "none",
        # No event of a deletion lacks the ARN. The result of the rescue has the same thread.
        **({"thread": "<key>"} if threat is KEY_DELETION_SCHEDULED else {}),
        **(CALLER_DATA if threat.is_call else {}),
    }

    def filled(texts: Iterable[str]) -> tuple[str, ...]:
        # EventBridge leaves the paths empty that an event does not have: one of them has a value.
        return tuple(text.replace("<named>", _joined(named)) for text in texts)

    return Message(
        type="alert",
        kind=APPROVED[threat.name] if approved else threat.name,
        severity=Severity.INFO if approved else threat.severity,
        title=f"{threat.summary} in <region>",
        paths=(CALL if threat.is_call else EVENT)
        | named
        | resources
        | {variable: path for variable, (_, path) in facts.items()},
        lines=filled(lines),
        facts=filled(
            (
                *before,
                *(CALLER_FACTS if threat.is_call else EVENT_LINES),
                *fact_lines[1:],
                threat.meaning,
            )
        ),
        steps=filled(steps),
        data=dict(zip(data, filled(data.values()), strict=True)),
        console=filled([CALL_CONSOLE if threat.is_call else KEY_CONSOLE])[0],
    )


def _exempt_line(conditions: Sequence[str]) -> str:
    """Return the line about the exemptions that the runbook decides; of many the first ones."""
    more = len(conditions) - _NAMED_CONDITIONS
    rest = f"; and {more} more" if more > 0 else ""
    text = f"Exempt are: {'; '.join(conditions[:_NAMED_CONDITIONS])}{rest}."
    # They mark variables in EventBridge, and the path of a role may have them.
    return text.replace("<", "?").replace(">", "?")


def _joined(variables: dict[str, str]) -> str:
    return "".join(f"<{name}>" for name in variables)


def _what_to_do(
    threat: Threat, remediation: _Remediation | None, runbook: Runbook | None, *, approved: bool
) -> Iterator[str]:
    """Yield the lines about what Reprieve does, and what the reader can do."""
    if remediation is None:
        yield NOW
    elif approved:
        yield (
            f"Reprieve does not {remediation.verb}, because the settings exempt the caller or the "
            "key. If that is wrong, do it yourself:"
        )
    elif runbook is None:
        yield (
            f"Reprieve does not {remediation.verb}, because the settings turn that off. Do it "
            "yourself, unless this was planned:"
        )
    else:
        yield NOW
        yield (
            f"Check the state of the key in 5 minutes. {runbook.id} sends no result, and it "
            "refuses a key that was named by its ARN:"
            if runbook.is_amazons
            else "Wait for the second message, which reports the result. If it does not arrive "
            "within 5 minutes, check the state of the key:"
        )
        yield DESCRIBE
        yield remediation.failed
    yield from threat.undo
