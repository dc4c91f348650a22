"""The messages that a script sends: where it ran, and how to find its execution."""

from typing import Any

from reprieve.runbooks.scripts.calls import Calls

# Amazon SNS API reference, Publish: a subject has fewer than 100 characters.
_LONGEST_SUBJECT = 99


def printable(text: object) -> str:
    """Return text without the control characters that it may hold."""
    return "".join(each if each.isprintable() else "?" for each in str(text))


def without_quotes(text: str) -> str:
    """Return text that can stand in the JSON of another step: AWS's errors may hold anything."""
    return printable(text).replace("\\", "/").replace('"', "'")


def publish(
    calls: Calls, topics: list[str], events: dict[str, Any], subject: str, *lines: str
) -> None:
    """Send a message to every topic. Raise the last error if no topic accepts it."""
    sns, error, sent = calls.client("sns"), None, False
    subject = f"Reprieve: {subject} ({events['Region']})"
    for topic in topics:
        try:
            calls.make(
                sns.publish,
                TopicArn=topic,
                Subject=subject[:_LONGEST_SUBJECT],
                Message="\n".join([*lines, "", *_origin(events)]),
            )
            sent = True
        except Exception as refused:
            error = refused
    if error and not sent:
        raise error


def _origin(events: dict[str, Any]) -> list[str]:
    region, execution = events["Region"], events["Execution"]
    lines = [f"Region {region}, account {events['Account']}", f"Automation execution {execution}"]
    if events["Console"]:
        path = f"systems-manager/automation/execution/{execution}?region={region}"
        lines.append(f"https://{events['Console']}/{path}")
    return lines
