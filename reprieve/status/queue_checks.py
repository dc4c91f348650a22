"""What `reprieve status` checks of the dead-letter queue."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reprieve.aws.account import NO_QUEUE, is_code
from reprieve.names import Names
from reprieve.status.compare import missing, title_of, unexpected, unexpected_hint
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import Check, Count, Finding, Kind, check_of
from reprieve.status.kinds import queue as kind
from reprieve.status.tags import compare_tagged

_UNEXPECTED: Final = unexpected_hint("queue", "`aws sqs delete-queue`")


def dead_letters(expected: ExpectedRegion) -> Check:
    """Check the queue, that every event was delivered, and that there is no other queue."""
    wanted = expected.guard.queue
    sqs = expected.client("sqs")
    others = list(unexpected("queue", [wanted.name], _names(sqs, expected.names), _UNEXPECTED))
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


def _names(sqs: Any, names: Names) -> Iterator[str]:
    """Yield the names of the queues with Reprieve's prefix, but for those of a drill that runs."""
    # Without a page size SQS returns no token, and no more than 1,000 queues.
    pages = sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix=names.beginning, PaginationConfig={"PageSize": 1000}
    )
    for page in pages:
        for url in page.get("QueueUrls", ()):
            name = url.rpartition("/")[2]
            if not name.startswith(names.drill):
                yield name


def _waiting(deployed: Mapping[str, Any]) -> int:
    """Return how many messages the queue has, whatever their state."""
    return sum(
        int(deployed.get(f"ApproximateNumberOfMessages{state}", 0))
        for state in ("", "NotVisible", "Delayed")
    )


def _undelivered(waiting: int, name: str, region: str, url: str) -> Finding:
    return Finding.counted(
        name,
        Kind.FAILING,
        Count(waiting, "event could not be delivered.", "events could not be delivered."),
        "Read them, check the keys that they name, then delete them: `aws sqs "
        f"receive-message --region {region} --queue-url {url} --message-attribute-names All`.",
    )
