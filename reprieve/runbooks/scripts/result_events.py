"""Results as events."""

import json
from typing import Any

from botocore.exceptions import ClientError

from reprieve.runbooks.scripts.calls import Calls

# How many lines the texts have that `reprieve.events.results` makes of a result: the next larger
# one is taken. A longer result becomes several events.
LINES_UP_TO = (3, 8, 24, 80)


def put_result(
    calls: Calls, events: dict[str, Any], subject: str, *lines: str, region: str = ""
) -> None:
    """Put a result on the default event bus. Raise the last error if EventBridge refuses it.

    The result is about this Region, unless `region` is given.
    """
    client, most = calls.client("events"), LINES_UP_TO[-1]
    for first in range(0, max(len(lines), 1), most):
        part = lines[first : first + most]
        detail = {
            "version": "1",
            "kind": events["Kind"],
            "severity": severity_of(events["Kind"], subject),
            "subject": subject + (" (continued)" if first else ""),
            "lines": part,
            "lines-up-to": next(size for size in LINES_UP_TO if len(part) <= size),
            "key": events.get("KeyId", ""),
            "region": region or events["Region"],
            "account": events["Account"],
            "execution": events["Execution"],
            "thread": events.get("KeyId") or events["Execution"],
            # As it stands between quotation marks: EventBridge does not escape what it inserts.
            "text": json.dumps("\n".join(part), ensure_ascii=False)[1:-1],
        }
        calls.make(put_event, client=client, detail=detail)


def put_event(client: Any, detail: dict[str, Any]) -> None:
    """Put one event on the default bus. Raise a ClientError if it is not accepted.

    PutEvents succeeds even if it refuses every entry (EventBridge API reference).
    """
    entry = {
        "Source": "reprieve",
        "DetailType": "Reprieve Result",
        "Detail": json.dumps(detail, ensure_ascii=False),
    }
    answer = client.put_events(Entries=[entry])
    if answer["FailedEntryCount"]:
        code = answer["Entries"][0].get("ErrorCode", "")
        error = {"Code": code, "Message": answer["Entries"][0].get("ErrorMessage", "")}
        status = {"HTTPStatusCode": 500 if "Internal" in code else 400}
        raise ClientError({"Error": error, "ResponseMetadata": status}, "PutEvents")


def severity_of(kind: str, subject: str) -> str:
    """Return how urgent a result is: critical, warning or info."""
    if any(words in subject for words in ("ACT NOW", "pending deletion", "will be deleted")):
        return "critical"
    return "info" if kind in ("rescue", "enable") and "NOT" not in subject else "warning"
