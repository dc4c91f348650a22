"""What `reprieve status` checks of the subscriptions: whether each recipient gets its messages."""

from collections.abc import Iterator
from typing import Any, Final

from reprieve.aws.account import NO_TOPIC, is_code
from reprieve.environment.cdk import deploy_command
from reprieve.guard.resources import Topic
from reprieve.status.attributes import Attributes
from reprieve.status.chat_checks import chat_findings
from reprieve.status.commands import aws_command
from reprieve.status.compare import compare, missing, title_of
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import DEPLOY, Check, Finding, Kind, check_of
from reprieve.status.kinds import subscription as kind
from reprieve.status.suspension import may_be_suspended

_PENDING: Final = "PendingConfirmation"
_CONFIRM: Final = (
    'Open the e-mail from "Reprieve REGION" and confirm. If it is older than two days, '
    f"`{deploy_command()}` sends another one as soon as SNS has deleted the first subscription."
)
_CONFIRM_AGAIN: Final = (
    'Send the request again with {subscribe}, then open the e-mail from "Reprieve REGION" '
    "and confirm. SNS suspends a subscription over 10 e-mails a second, and deletes it after two "
    "days. Then run `reprieve sweep`: alerts of that time may be lost."
)


_CONFIRM_ENDPOINT: Final = (
    "The endpoint must confirm: it opens the SubscribeURL of the request that SNS sent to it. "
    f"`{deploy_command()}` sends another request as soon as SNS has deleted the first "
    "subscription, after two days. {subscribe} sends one at once."
)


def subscriptions(expected: ExpectedRegion) -> Check:
    """Check that every recipient has confirmed, and receives the messages that the settings say."""
    findings: list[Finding] = []
    correct = total = 0
    for topic in expected.guard.topics:
        total += len(topic.emails) + len(topic.subscriptions)
        try:
            deployed = _deployed(expected, topic)
        except Exception as error:
            if not is_code(error, *NO_TOPIC):
                raise
            findings.append(missing(title_of(topic.id, topic.name), topic.name))
            continue
        for address in topic.emails:
            arn = deployed.get(("email", address.lower()))
            of_address = list(_findings(expected, topic, address, arn, kind.expected()))
            correct += not of_address
            findings += of_address
        for each in topic.subscriptions:
            arn = deployed.get((each.protocol, each.endpoint))
            of_channel = list(_findings(expected, topic, each.shown, arn, kind.expected(each)))
            correct += not of_channel
            findings += of_channel
    for of_chat in chat_findings(expected):
        total += 1
        correct += not of_chat
        findings += of_chat
    return check_of("subscriptions", f"{correct}/{total}", list(dict.fromkeys(findings)))


def _findings(
    expected: ExpectedRegion, topic: Topic, address: str, arn: str | None, wanted: Attributes
) -> Iterator[Finding]:
    if arn is None:
        text = f"{address} does not subscribe to the {topic.id}."
        yield Finding(address, Kind.MISSING, text, DEPLOY)
    elif arn == "Deleted":
        text = f"{address} has unsubscribed from the {topic.id}."
        yield Finding(address, Kind.MISSING, text, DEPLOY)
    elif arn == _PENDING:
        yield _unconfirmed(expected, topic, address)
    else:
        answer = expected.client("sns").get_subscription_attributes(SubscriptionArn=arn)
        deployed = kind.deployed(answer["Attributes"])
        title = f"The subscription of {address} to the {topic.id} {topic.name}"
        yield from compare(title, address, wanted, deployed)


def _unconfirmed(expected: ExpectedRegion, topic: Topic, address: str) -> Finding:
    if address not in topic.emails:
        text = f"{address} has not confirmed, and receives nothing."
        protocol = next(each.protocol for each in topic.subscriptions if each.shown == address)
        # What is shown of a webhook is not all of it.
        hint = _CONFIRM_ENDPOINT.format(subscribe=_subscribe(expected, topic, protocol, "ENDPOINT"))
        return Finding(address, Kind.UNCONFIRMED, text, hint)
    if may_be_suspended(expected.client("cloudwatch"), topic.name):
        text = f"{address} is not notified: it has not confirmed, or SNS has suspended it."
        hint = _CONFIRM_AGAIN.format(subscribe=_subscribe(expected, topic, "email", address))
        return Finding(address, Kind.UNCONFIRMED, text, hint)
    text = f"{address} has not confirmed, and is not notified."
    return Finding(address, Kind.UNCONFIRMED, text, _CONFIRM)


def _subscribe(expected: ExpectedRegion, topic: Topic, protocol: str, endpoint: str) -> str:
    options = "--topic-arn", topic.arn, "--protocol", protocol, "--notification-endpoint", endpoint
    return aws_command(expected.region, "sns", "subscribe", *options)


def _deployed(expected: ExpectedRegion, topic: Topic) -> dict[tuple[str, str], str]:
    """Return the subscriptions' ARNs by protocol and endpoint.

    E-mail addresses are the same in any case.
    """
    pages: Any = expected.client("sns").get_paginator("list_subscriptions_by_topic")
    found = {}
    for page in pages.paginate(TopicArn=topic.arn):
        for each in page["Subscriptions"]:
            protocol, endpoint = each["Protocol"], each["Endpoint"]
            endpoint = endpoint.lower() if protocol == "email" else endpoint
            found[protocol, endpoint] = each["SubscriptionArn"]
    return found
