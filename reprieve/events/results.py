"""The results of runbooks as events, and the text that a topic gets of them.

`reprieve.runbooks.scripts.event_messages` puts them on the event bus.
"""

from collections.abc import Mapping
from functools import cache
from typing import Final

from reprieve.events.severity import Severity
from reprieve.events.threat import EventPattern
from reprieve.events.transformer import Transformer, text_of

SOURCE: Final = "reprieve"
DETAIL_TYPE: Final = "Reprieve Result"
EXECUTION_LINE: Final = "Automation execution:"
"""How the line begins that only the text of a result has. The drill looks for it."""
RESULT_RULE: Final = "result"
"""The name of the rule for results."""
LINES_UP_TO: Final = (3, 8, 24, 80)
"""How many lines the texts of results have. The script, which knows this too, imports boto3."""


def results(
    lines_up_to: int | None = None, severity: Severity | None = None, kind: str | None = None
) -> EventPattern:
    """Return the pattern of all results, or of those of a length, a severity or a runbook.

    `lines_up_to` is how many lines their text has at most. `kind` is that of a runbook: "rescue",
    "enable" or "patrol".
    """
    pattern: EventPattern = {"source": [SOURCE], "detail-type": [DETAIL_TYPE]}
    detail = {"lines-up-to": lines_up_to, "severity": severity, "kind": kind}
    limited = {name: [value] for name, value in detail.items() if value}
    return pattern | ({"detail": limited} if limited else {})


@cache
def result_alerts() -> Mapping[int, Transformer]:
    """Return the texts of results by the most lines that they have.

    EventBridge writes a line that a result lacks as an empty one. So short results have a text of
    their own.
    """
    return {size: _alert(size) for size in LINES_UP_TO}


def _alert(size: int) -> Transformer:
    lines = {f"line-{index}": f"$.detail.lines[{index}]" for index in range(size)}
    paths = {
        "subject": "$.detail.subject",
        "region": "$.detail.region",
        "account": "$.account",
        "execution": "$.detail.execution",
        "severity": "$.detail.severity",
        **lines,
    }
    return text_of(
        paths,
        (
            "Reprieve: <subject> (<region>)",
            "Region: <region>, account: <account>",
            "Severity: <severity>",
            f"{EXECUTION_LINE} <execution>",
            *(f"<{name}>" for name in lines),
        ),
    )
