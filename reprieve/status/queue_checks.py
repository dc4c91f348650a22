"""What `reprieve status` checks of the dead-letter queue."""

from collections.abc import Mapping
from typing import Any

from reprieve.aws.account import NO_QUEUE, is_code
from reprieve.names import Names
from reprieve.status.commands import aws_command
from reprieve.status.compare import missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Count, Finding, Kind, check_of
from reprieve.status.kinds import queue as kind
from reprieve.status.tags import compare_tagged


def dead_letters(expected: ExpectedRegion) -> Check:
    """Check the queue, that every event was delivered, and that there is no other queue."""
    wanted = expected.guard.queue
    sqs = expected.client("sqs")
    urls = _urls(sqs, expected.names)

    def delete(name: str) -> str:
        command = aws_command(expected.region, "sqs", "delete-queue", "--queue-url", urls[name])
        return unexpected_hint("queue", command)

    others = list(unexpected("queue", [wanted.name], urls, delete))
    try:
        url = sqs.get_queue_url(QueueName=wanted.name)["QueueUrl"]
        deployed = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
    except Exception as error:
        if not is_code(error, *NO_QUEUE):
            raise
        gone = missing(title_of("queue", wanted.name), wanted.name)
        return check_of("dead letters", "no queue", [gone, *others])
    findings = list(
        compare_tagged(
            title_of("queue", wanted.name),
            wanted.name,
            kind.expected(wanted),
            kind.deployed(deployed),
            expected.tags,
            tags,
        )
    )
    waiting = _waiting(deployed)
    if waiting:
        findings.append(_undelivered(waiting, wanted.name, expected.region, url))
    text = str(waiting) if waiting else "wrong" if findings else "none"
    return check_of("dead letters", text, [*findings, *others])


def _urls(sqs: Any, names: Names) -> dict[str, str]:
    """Return the queues with Reprieve's prefix by their names, but for those of a drill."""
    # Without a page size SQS returns no token, and no more than 1,000 queues.
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=names.beginning, PaginationConfig={"PageSize": 1000}
    )
    named = ((url.rpartition("/")[2], url) for page in pages for url in page.get("QueueUrls", ()))
    return {name: url for name, url in named if not name.startswith(names.drill)}


def _waiting(deployed: Mapping[str, Any]) -> int:
    """Return how many messages the queue has, whatever their state."""
    return sum(
        int(deployed.get(f"ApproximateNumberOfMessages{state}", 0))
        for state in ("", "NotVisible", "Delayed")
    )


def _undelivered(waiting: int, name: str, region: str, url: str) -> Finding:
    options = "--queue-url", url, "--message-attribute-names", "All"
    receive = aws_command(region, "sqs", "receive-message", *options)
    return Finding.counted(
        name,
        Kind.FAILING,
        Count(waiting, "event could not be delivered.", "events could not be delivered."),
        f"Read them, check the keys that they name, then delete them: {receive}.",
    )
