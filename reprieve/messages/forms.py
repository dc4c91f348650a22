"""The forms of a message: EventBridge input transformers for each kind of channel.

EventBridge does not escape the values that it inserts, and leaves those empty that an event lacks
(EventBridge user guide, "Input transformation"). So the JSON forms insert values only inside
quotation marks, and only such values as AWS writes or validates, which hold neither quotation marks
nor backslashes. The whole event, which may hold anything, is inserted by the variable that
EventBridge has for it: the value of a JSON field, and nothing else.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from reprieve.events.transformer import Transformer, text_of, used_paths
from reprieve.messages.message import Message
from reprieve.messages.schema import VERSION
from reprieve.regions import CONSOLES

_EVENT: Final = "<aws.events.event.json>"

LONGEST_TITLE: Final = 250
LONGEST_DESCRIPTION: Final = 8_000
"""Characters (Amazon Q Developer in chat applications, "Custom notifications")."""

LONGEST_SMS: Final = 1_600
"""Bytes of one SMS publish action (SNS developer guide, "Publishing SMS messages to a topic")."""


def text(message: Message) -> Transformer:
    """Return the form for e-mail: every line, the first of which says everything in short."""
    return text_of(dict(message.paths), message.lines)


def short(message: Message) -> Transformer:
    """Return the form for SMS: the first line, and the account."""
    return text_of(dict(message.paths), [f"{message.lines[0]} (account <account>)"])


def machine(message: Message, partition: str) -> Transformer:
    """Return the form for programs: `schema.AlertMessage`."""
    data = message.data
    fields: dict[str, Any] = {
        "schema_version": VERSION,
        "id": "<id>",
        "time": "<time>",
        "type": message.type,
        "kind": message.kind,
        "severity": message.severity,
        "account": "<account>",
        "region": "<region>",
        "partition": partition,
        "summary": data.get("summary", f"Reprieve: {message.title}"),
        "key": data.get("key", ""),
        "resource": data.get("resource", ""),
        "call": data.get("call", ""),
        "caller": {part: data.get(f"caller_{part}", "") for part in ("type", "name", "account")},
        "source_ip": data.get("source_ip", ""),
        "deletion_date": data.get("deletion_date", ""),
        "action": data.get("action", "none"),
        "next_steps": list(message.steps),
        "console_url": _console_url(message, partition),
        "event": _EVENT,
    }
    return _json_form(message.paths, fields)


def chat(message: Message, partition: str) -> Transformer:
    """Return the form for Amazon Q Developer in chat applications.

    Amazon Q Developer in chat applications administrator guide, "Custom notifications": it sends
    nothing of a message in another form. Messages about the same key share a thread.
    """
    url = _console_url(message, partition)
    fields: dict[str, Any] = {
        "version": "1.0",
        "source": "custom",
        "id": "<id>",
        "content": {
            "textType": "client-markdown",
            "title": f"{message.severity.upper()}: {message.title}",
            "description": "\n".join([*message.facts, *([url] if url else [])]),
            "nextSteps": [_as_markdown(step) for step in message.steps],
            "keywords": ["reprieve", message.severity, "<region>", "<account>"],
        },
        "metadata": {"summary": message.title, "eventType": message.kind}
        | ({"threadId": message.data["thread"]} if "thread" in message.data else {}),
    }
    if not message.steps:
        del fields["content"]["nextSteps"]
    return _json_form(message.paths, fields)


def _json_form(paths: Mapping[str, str], fields: Mapping[str, Any]) -> Transformer:
    template = json.dumps(fields, ensure_ascii=False).replace(json.dumps(_EVENT), _EVENT)
    return Transformer(used_paths(paths, template), template)


def _console_url(message: Message, partition: str) -> str:
    console = CONSOLES.get(partition)
    return f"https://{console}/{message.console}" if console and message.console else ""


def _as_markdown(step: str) -> str:
    return f"`{step}`" if step.startswith(("aws ", "reprieve ")) else step
