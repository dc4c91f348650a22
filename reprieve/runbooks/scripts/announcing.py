"""Results for the topics of the Region, and as events for its channels too.

`script_source` puts this module at the end of a script, where its last line applies to all of it.
"""

from collections.abc import Callable
from typing import Any

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.messages import printable, publish
from reprieve.runbooks.scripts.result_events import put_result


def announced(send: Callable[..., None]) -> Callable[..., None]:
    """Return a function that sends a result as `send` does, and puts it on the event bus before.

    The topics do not depend on the event bus: if EventBridge refuses the event, they say so.
    """

    def publish_everywhere(
        calls: Calls, events: dict[str, Any], subject: str, *lines: str, region: str = ""
    ) -> None:
        try:
            put_result(calls, events, subject, *lines, region=region)
        except Exception as refused:
            lines = (*lines, f"The channels did not get this message: {printable(refused)}")
        send(calls, events, subject, *lines, region=region)

    return publish_everywhere


publish = announced(publish)
