"""A message about an event, before it has the form of a channel: see `forms`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from reprieve.events.severity import Severity


@dataclass(frozen=True)
class Message:
    """What a message says. Its texts hold variables of EventBridge's input transformers: `<name>`.

    `kind` is the name of the rule without its prefix, or what a runbook calls its result.
    `paths` are JSON paths of the event by variable; a form uses those that it needs.
    `lines` are the text for people; the first says everything in short. `steps` are those of its
    lines that say what to do; `facts` those that say what happened, without the ARN of the caller,
    whose path may hold quotation marks.
    `data` are fields of the machine form by name (`schema.AlertMessage`): each a text.
    `console` is a path of AWS's console that shows more.
    `data["thread"]`, if there is one, is what messages in chat have in common that belong together.
    """

    type: Literal["alert", "result", "alarm"]
    kind: str
    severity: Severity
    title: str
    paths: Mapping[str, str]
    lines: tuple[str, ...]
    facts: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    console: str = ""
