"""What `reprieve status` checks of how alerts reach people."""

from collections.abc import Iterator
from typing import Any, Final

from reprieve.aws.account import is_code
from reprieve.guard.resources import Alarm, Topic
from reprieve.names import PREFIX
from reprieve.status.expected import ExpectedRegion
from reprieve.status.findings import DEPLOY, Check, Finding, Kind, check_of
from reprieve.status.json_compare import parsed, policy_differences


def topic(expected: ExpectedRegion) -> Check:
    """Check that the topics exist, let EventBridge publish, and have a key that works."""
    findings = []
    for wanted in expected.guard.topics:
        try:
            answer = expected.client("sns").get_topic_attributes(TopicArn=wanted.arn)
        except Exception as error:
            if not is_code(error, "NotFound", "NotFoundException"):
                raise
            findings.append(_missing(wanted))
            continue
        deployed = answer["Attributes"]
        findings += [
            Finding(
                wanted.name,
                Kind.DIFFERENT,
                f"The policy of the {wanted.id} differs: {difference}.",
                DEPLOY,
            )
            for difference in policy_differences(wanted.policy, parsed(deployed.get("Policy")))
        ]
        if wanted.id == "topic":
            findings += _encryption(expected, wanted, deployed.get("KmsMasterKeyId"))
    return check_of("topic", "wrong" if findings else "there", findings)


def _encryption(
    expected: ExpectedRegion, topic: Topic, deployed_key: str | None
) -> Iterator[Finding]:
    if not topic.key_arn:
        if deployed_key:
            yield Finding(
                topic.name,
                Kind.DIFFERENT,
                f"The topic is encrypted with {deployed_key}, but the settings define no "
                "encryption.",
                DEPLOY,
            )
        return
    if deployed_key != topic.key_arn:
        text = f"The topic is encrypted with {deployed_key or 'nothing'}."
        yield Finding(topic.name, Kind.DIFFERENT, text, DEPLOY)
        return
    kms = expected.client("kms")
    state = kms.describe_key(KeyId=deployed_key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        yield Finding(
            deployed_key,
            Kind.FAILING,
            f"The key that encrypts the alerts is {state}: no alert can be sent.",
            f"`aws kms cancel-key-deletion` if it is pending deletion, then `aws kms enable-key "
            f"--region {expected.region} --key-id {deployed_key}`.",
        )
    if key := expected.guard.key:
        policy = parsed(kms.get_key_policy(KeyId=deployed_key, PolicyName="default")["Policy"])
        for difference in policy_differences(key.policy, policy):
            text = f"The policy of the key that encrypts the alerts differs: {difference}."
            yield Finding(deployed_key, Kind.DIFFERENT, text, DEPLOY)


def _missing(topic: Topic) -> Finding:
    return Finding(topic.name, Kind.MISSING, f"The {topic.id} {topic.name} is missing.", DEPLOY)


def subscriptions(expected: ExpectedRegion) -> Check:
    """Check that every address has confirmed its subscriptions."""
    findings = []
    total = 0
    for topic in expected.guard.topics:
        total += len(topic.emails)
        try:
            deployed = _deployed_emails(expected, topic)
        except Exception as error:
            if not is_code(error, "NotFound", "NotFoundException"):
                raise
            findings += [_missing(topic)] * len(topic.emails)
            continue
        for address in topic.emails:
            findings += _subscription_findings(topic, address, deployed.get(address.lower()))
    text = f"{total - len(findings)}/{total}"
    return check_of("subscriptions", text, list(dict.fromkeys(findings)))


def _subscription_findings(topic: Topic, address: str, arn: str | None) -> Iterator[Finding]:
    if arn is None:
        text = f"{address} does not subscribe to the {topic.id}."
        yield Finding(address, Kind.MISSING, text, DEPLOY)
    elif arn == "PendingConfirmation":
        text = f"{address} has not confirmed, and is not notified."
        yield Finding(address, Kind.UNCONFIRMED, text, _CONFIRM)
    elif arn == "Deleted":
        text = f"{address} has unsubscribed from the {topic.id}."
        yield Finding(address, Kind.MISSING, text, DEPLOY)


def _deployed_emails(expected: ExpectedRegion, topic: Topic) -> dict[str, str]:
    """Return the subscriptions' ARNs by e-mail address; addresses are the same in any case."""
    pages = expected.client("sns").get_paginator("list_subscriptions_by_topic")
    return {
        each["Endpoint"].lower(): each["SubscriptionArn"]
        for page in pages.paginate(TopicArn=topic.arn)
        for each in page["Subscriptions"]
        if each["Protocol"] == "email"
    }


_CONFIRM: Final = (
    'Open the e-mail from "Reprieve REGION" and confirm. If it is older than two days, `npx cdktf '
    "deploy reprieve` sends another one as soon as SNS has deleted the first subscription."
)


def dead_letters(expected: ExpectedRegion) -> Check:
    """Check that the queue exists and that every event was delivered."""
    wanted = expected.guard.queue
    sqs = expected.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=wanted.name)["QueueUrl"]
        deployed = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except Exception as error:
        if not is_code(error, "QueueDoesNotExist", "NonExistentQueue"):
            raise
        missing = f"The queue {wanted.name} is missing."
        finding = Finding(wanted.name, Kind.MISSING, missing, DEPLOY)
        return check_of("dead letters", "no queue", [finding])
    findings = [
        Finding(
            wanted.name,
            Kind.DIFFERENT,
            f"The policy of the dead-letter queue differs: {difference}.",
            DEPLOY,
        )
        for difference in policy_differences(wanted.policy, parsed(deployed.get("Policy")))
    ]
    waiting = sum(
        int(deployed.get(f"ApproximateNumberOfMessages{kind}", 0))
        for kind in ("", "NotVisible", "Delayed")
    )
    if waiting:
        findings.append(
            Finding(
                wanted.name,
                Kind.FAILING,
                f"{waiting} {'event' if waiting == 1 else 'events'} could not be delivered.",
                "Read them, check the keys that they name, then delete them: `aws sqs "
                f"receive-message --region {expected.region} --queue-url {url} "
                "--message-attribute-names All`.",
            )
        )
    return check_of("dead letters", str(waiting) if waiting else "none", findings)


def alarms(expected: ExpectedRegion) -> Check:
    """Check that the alarms exist, are off, and notify every topic."""
    wanted = expected.guard.alarms
    if not wanted:
        return Check("alarms", "off")
    pages = expected.client("cloudwatch").get_paginator("describe_alarms")
    deployed = {
        alarm["AlarmName"]: alarm
        for page in pages.paginate(AlarmNamePrefix=f"{PREFIX}-")
        for alarm in page["MetricAlarms"]
    }
    findings = [
        finding for alarm in wanted for finding in _alarm_findings(alarm, deployed.get(alarm.name))
    ]
    quiet = len(wanted) - len({finding.resource for finding in findings})
    return check_of("alarms", f"{quiet}/{len(wanted)}", findings)


def _alarm_findings(alarm: Alarm, deployed: dict[str, Any] | None) -> Iterator[Finding]:
    name = alarm.name
    if deployed is None:
        yield Finding(name, Kind.MISSING, f"The alarm {name} is missing.", DEPLOY)
        return
    if not deployed.get("ActionsEnabled", True):
        text = f"The alarm {name} has its actions disabled."
        yield Finding(name, Kind.DIFFERENT, text, DEPLOY)
    elif not set(alarm.actions) <= set(deployed.get("AlarmActions", [])):
        text = f"The alarm {name} does not notify every topic."
        yield Finding(name, Kind.DIFFERENT, text, DEPLOY)
    if deployed["StateValue"] == "ALARM":
        reason = deployed.get("StateReason", "")
        yield Finding(
            name,
            Kind.FAILING,
            f"The alarm {name} is on. {deployed.get('AlarmDescription', '')}".strip(),
            f"CloudWatch says: {reason}" if reason else "Check what it reports.",
        )
