"""What `reprieve status` looks at of how alerts reach people."""

from collections.abc import Iterator
from typing import Any

from reprieve.aws.account import is_code
from reprieve.guard import policies
from reprieve.guard.rules import alarm_names, rules_of
from reprieve.names import DEAD_LETTERS, PREFIX
from reprieve.status.expected import Look
from reprieve.status.findings import DEPLOY, Check, Finding, judged
from reprieve.status.json_compare import parsed, policy_differences


def topic(look: Look) -> Check:
    """Look whether the topics are there and let EventBridge in, and the key works."""
    findings = []
    for what, arn in look.topics.items():
        try:
            there = look.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        except Exception as error:
            if not is_code(error, "NotFound", "NotFoundException"):
                raise
            findings.append(_missing(what, arn))
            continue
        strict = look.settings.notify.strict_topic_policy
        wanted = policies.topic_policy(arn, look.region, look.account.id, strict=strict)
        findings += [
            Finding(f"The policy of the {what} differs: {difference}.", DEPLOY)
            for difference in policy_differences(wanted, parsed(there.get("Policy")))
        ]
        if what == "topic":
            findings += _key_of_the_alerts(look, there.get("KmsMasterKeyId"))
    return judged("topic", "wrong" if findings else "there", findings)


def _key_of_the_alerts(look: Look, key: str | None) -> Iterator[Finding]:
    encryption = look.settings.notify.encryption
    if encryption == "none":
        if key:
            yield Finding(f"The topic is encrypted with {key}, which no setting says.", DEPLOY)
        return
    if not key or key != look.place.key_arn:
        yield Finding(f"The topic is encrypted with {key or 'nothing'}.", DEPLOY)
        return
    kms = look.client("kms")
    state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    if state != "Enabled":
        yield Finding(
            f"The key that encrypts the alerts is {state}: no alert gets out.",
            f"`aws kms cancel-key-deletion` if it is pending deletion, then `aws kms enable-key "
            f"--region {look.region} --key-id {key}`.",
        )
    if encryption == "own":
        wanted = policies.alert_key_policy(
            look.region, look.account.id, look.place.automation_role_arn
        )
        there = kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]
        for difference in policy_differences(wanted, parsed(there)):
            yield Finding(f"The policy of the alerts' key differs: {difference}.", DEPLOY)


def _missing(what: str, arn: str) -> Finding:
    return Finding(f"The {what} {arn.split(':')[5]} is missing.", DEPLOY)


def subscriptions(look: Look) -> Check:
    """Look whether every address has confirmed."""
    findings = []
    confirmed = total = 0
    for what, arn in look.topics.items():
        total += len(look.settings.notify.emails)
        try:
            there = _e_mails_of(look, arn)
        except Exception as error:
            if not is_code(error, "NotFound", "NotFoundException"):
                raise
            findings.append(_missing(what, arn))
            continue
        for address in look.settings.notify.emails:
            found = there.get(address.lower())
            if found is None:
                findings.append(Finding(f"{address} does not subscribe to the {what}.", DEPLOY))
            elif found == "PendingConfirmation":
                findings.append(
                    Finding(f"{address} has not confirmed, and is told nothing.", _CONFIRM)
                )
            elif found == "Deleted":
                findings.append(Finding(f"{address} has unsubscribed from the {what}.", DEPLOY))
            else:
                confirmed += 1
    return judged("subscriptions", f"{confirmed}/{total}", list(dict.fromkeys(findings)))


def _e_mails_of(look: Look, topic_arn: str) -> dict[str, str]:
    """Return the subscriptions' ARNs by e-mail address; addresses are the same in any case."""
    pages = look.client("sns").get_paginator("list_subscriptions_by_topic")
    return {
        each["Endpoint"].lower(): each["SubscriptionArn"]
        for page in pages.paginate(TopicArn=topic_arn)
        for each in page["Subscriptions"]
        if each["Protocol"] == "email"
    }


_CONFIRM = (
    "Open the e-mail from «Reprieve REGION» and confirm. It is older than three days? Then `npx "
    "cdktf deploy reprieve` sends another, once SNS has forgotten the first."
)


def dead_letters(look: Look) -> Check:
    """Look whether anything could not be delivered."""
    sqs = look.client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
        there = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    except Exception as error:
        if not is_code(error, "QueueDoesNotExist", "NonExistentQueue"):
            raise
        missing = Finding(f"The queue {DEAD_LETTERS} is missing.", DEPLOY)
        return judged("dead letters", "no queue", [missing])
    wanted = policies.dead_letter_policy(look.region, look.account.id)
    findings = [
        Finding(f"The policy of the dead-letter queue differs: {difference}.", DEPLOY)
        for difference in policy_differences(wanted, parsed(there.get("Policy")))
    ]
    waiting = sum(
        int(there.get(f"ApproximateNumberOfMessages{kind}", 0))
        for kind in ("", "NotVisible", "Delayed")
    )
    if waiting:
        findings.append(
            Finding(
                f"{waiting} {'event' if waiting == 1 else 'events'} could not be delivered.",
                "Read them, see to the keys that they name, then delete them: `aws sqs "
                f"receive-message --region {look.region} --queue-url {url} "
                "--message-attribute-names All`.",
            )
        )
    return judged("dead letters", str(waiting) if waiting else "none", findings)


def alarms(look: Look) -> Check:
    """Look whether the alarms are there, quiet, and tell somebody."""
    if not look.settings.reliability.alarms:
        return Check("alarms", "off")
    names = alarm_names(rules_of(look.settings, look.place))
    pages = look.client("cloudwatch").get_paginator("describe_alarms")
    there = {
        alarm["AlarmName"]: alarm
        for page in pages.paginate(AlarmNamePrefix=f"{PREFIX}-")
        for alarm in page["MetricAlarms"]
    }
    findings = [
        finding for name in names for finding in _alarm_findings(name, there.get(name), look)
    ]
    quiet = len(names) - len({finding.problem.split()[2] for finding in findings})
    return judged("alarms", f"{quiet}/{len(names)}", findings)


def _alarm_findings(name: str, there: dict[str, Any] | None, look: Look) -> Iterator[Finding]:
    if there is None:
        yield Finding(f"The alarm {name} is missing.", DEPLOY)
        return
    if not there.get("ActionsEnabled", True):
        yield Finding(f"The alarm {name} has its actions switched off.", DEPLOY)
    elif not set(look.topics.values()) <= set(there.get("AlarmActions", [])):
        yield Finding(f"The alarm {name} does not tell every topic.", DEPLOY)
    if there["StateValue"] == "ALARM":
        reason = there.get("StateReason", "")
        yield Finding(
            f"The alarm {name} is on. {there.get('AlarmDescription', '')}".strip(),
            f"CloudWatch says: {reason}" if reason else "See to what it tells of.",
        )
