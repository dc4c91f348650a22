"""The messages that a script sends: where it ran, and how to find its execution."""

from typing import Any

from reprieve.runbooks.scripts.calls import REPORT_SECONDS, Calls

# Amazon SNS API reference, Publish: a subject has fewer than 100 characters.
_LONGEST_SUBJECT = 99


def printable(text: object) -> str:
    """Return text without the control characters that it may hold."""
    return "".join(each if each.isprintable() else "?" for each in str(text))


def without_quotes(text: str) -> str:
    """Return text that can stand in the JSON of another step: AWS's errors may hold anything."""
    return printable(text).replace("\\", "/").replace('"', "'")


def publish(
    calls: Calls, events: dict[str, Any], subject: str, *lines: str, region: str = ""
) -> None:
    """Send a message to every topic of the guard. Raise the last error if no topic accepts it.

    The subject names the Region that the message is about: this one, unless `region` is given.
    """
    sns, error, sent = calls.client("sns"), None, False
    subject = f"Reprieve: {subject} ({region or events['Region']})"
    for topic in events["Topics"]:
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


def send_result(
    events: dict[str, Any], outcome: str, subject: str, lines: list[str]
) -> dict[str, str]:
    """Send the result about one key, and return it as the script's own."""
    # Its own time: that of the script may be over.
    publish(Calls(events["Region"], REPORT_SECONDS), events, subject, *lines)
    return {"Outcome": outcome, "Reason": without_quotes(" ".join(lines))}


def _origin(events: dict[str, Any]) -> list[str]:
    region, execution = events["Region"], events["Execution"]
    lines = [f"Region {region}, account {events['Account']}", f"Automation execution {execution}"]
    if events["Console"]:
        path = f"systems-manager/automation/execution/{execution}?region={region}"
        lines.append(f"https://{events['Console']}/{path}")
    return lines
