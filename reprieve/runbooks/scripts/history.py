"""CloudTrail's event history."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from reprieve.runbooks.scripts.calls import Calls


def successful_calls(
    calls: Calls, name: str, past: timedelta, **parameters: Any
) -> Iterator[dict[str, Any]]:
    """Yield the records of the calls of a name that succeeded, the newest first.

    `parameters` are more of those of LookupEvents. A page is read only when it is needed:
    CloudTrail answers two lookups a second, for the whole account.
    """
    pages = calls.pages(
        calls.client("cloudtrail").lookup_events,
        "NextToken",
        "NextToken",
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}],
        StartTime=datetime.now(UTC) - past,
        MaxResults=50,
        **parameters,
    )
    for page in pages:
        for event in page["Events"]:
            record = json.loads(event["CloudTrailEvent"])
            if not record.get("errorCode"):
                yield record
