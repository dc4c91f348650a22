"""A result in the forms that JSON needs: for programs and for chat.

EventBridge does not escape the values that it inserts into a text, and the errors of AWS may hold
quotation marks. So a result is an event that already has these forms, and EventBridge passes them
on as they are. `reprieve.messages` has the same forms of alerts.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

# Characters (Amazon Q Developer in chat applications, "Custom notifications").
_LONGEST_TITLE = 250
_LONGEST_DESCRIPTION = 8000


def forms_of(events: dict[str, Any], detail: dict[str, Any]) -> dict[str, Any]:
    """Return the forms `json` and `chat` of a result, whose event has this detail."""
    summary = f"Reprieve: {detail['subject']} ({detail['region']})"
    number, url = str(uuid.uuid4()), _link(events)
    key = detail["key"] if detail["key"].startswith("arn:") else ""
    return {
        "json": {
            "schema_version": "1.0",
            "id": number,
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "type": "result",
            "kind": detail["kind"],
            "severity": detail["severity"],
            "account": detail["account"],
            "region": detail["region"],
            "partition": events["Partition"],
            "summary": summary,
            "key": key,
            "resource": detail["execution"],
            "call": "",
            "caller": {"type": "", "name": "", "account": ""},
            "source_ip": "",
            "deletion_date": "",
            "action": "none",
            "next_steps": [],
            "console_url": url,
            "event": dict(detail),
        },
        "chat": {
            "version": "1.0",
            "source": "custom",
            "id": number,
            "content": {
                "textType": "client-markdown",
                "title": f"{detail['severity'].upper()}: {summary}"[:_LONGEST_TITLE],
                "description": _description([*detail["lines"], url]),
                "keywords": [
                    "reprieve",
                    detail["severity"],
                    detail["region"],
                    detail["account"],
                ],
            },
            "metadata": {"summary": summary, "eventType": detail["kind"]}
            | ({"threadId": key} if key else {}),
        },
    }


def _description(lines: list[str]) -> str:
    return "\n".join(filter(None, lines))[:_LONGEST_DESCRIPTION] or "See the console."


def _link(events: dict[str, Any]) -> str:
    if not events["Console"]:
        return ""
    path = f"systems-manager/automation/execution/{events['Execution']}?region={events['Region']}"
    return f"https://{events['Console']}/{path}"
