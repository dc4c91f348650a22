"""Results as events: EventBridge sends them on, where no topic of the Region does.

`script_source` puts `publish` of this module in the place of that of `messages`.
"""

from typing import Any

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.result_events import put_result


def publish(
    calls: Calls, events: dict[str, Any], subject: str, *lines: str, region: str = ""
) -> None:
    """Put a result on the default event bus. Raise the last error if EventBridge refuses it."""
    put_result(calls, events, subject, *lines, region=region)
