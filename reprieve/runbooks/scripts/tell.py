"""Send a message that the document has, for a script that could not send its own."""

from typing import Any

from reprieve.runbooks.scripts.calls import REPORT_SECONDS, Calls
from reprieve.runbooks.scripts.messages import publish


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Send `Lines` under the subject `Subject`."""
    publish(Calls(events["Region"], REPORT_SECONDS), events, events["Subject"], *events["Lines"])
    return {}
