"""Every channel receives every kind of message that it wants, in its own form."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL, Account, Policy, deploy
from tests.support.forms import checked_json, checked_sms
from tests.support.listener import Listener
from tests.support.operator import Operator
from tests.support.synth import CHANNELS as EVERY_CHANNEL
from tests.support.synth import toml_of

pytestmark = pytest.mark.long

REGION = "eu-west-1"
OF: dict[str, dict[str, Any]] = {each["name"]: each for each in EVERY_CHANNEL}
CHANNELS: list[dict[str, Any]] = [
    OF["oncall"] | {"severities": ["warning"]},
    {"name": "pager", "type": "sms", "number": "+15555550100"},
    OF["hook"],
    OF["tickets"] | {"arn": f"arn:aws:sqs:REGION:{ACCOUNT_ID}:tickets", "severities": ["critical"]},
    OF["bot"],
    OF["slack"],
    OF["teams"],
]
HOOK = OF["hook"]["url"]
WATCH = {
    "name": "rotation",
    "summary": "the rotation of a KMS key was disabled",
    "pattern": '{"source": ["aws.kms"], "detail": {"eventName": ["DisableKeyRotation"]}}',
}
CRITICAL = {"key-deletion-scheduled", "rescue-failed", "rescue", "reprieve-storm"}
KINDS = {
    "critical": CRITICAL,
    "warning": {"key-disabled", "watch-rotation", "reprieve-waiting-rescues"},
    "info": {"key-deletion-approved", "key-policy-changed", "rescue"},
}


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    """Run the web endpoint."""
    found = Listener()
    yield found
    found.close()


@pytest.fixture(scope="module")
def exempt(sandbox) -> str:
    """Create a key that anyone may delete."""
    return str(sandbox.client("kms", REGION).create_key()["KeyMetadata"]["KeyId"])


@pytest.fixture(scope="module")
def account(sandbox, listener, exempt, tmp_path_factory) -> Account:
    """Deploy to one Region with channels, and let every kind of message be sent."""
    sandbox.map_endpoint("https://hooks.example.com", listener.url)
    make_queue(sandbox)
    make_function(sandbox)
    directory = tmp_path_factory.mktemp("account")
    settings = directory / "settings.toml"
    settings.write_text(toml_of("channel", CHANNELS) + toml_of("watch", [WATCH]))
    deployment = deploy(
        sandbox,
        directory,
        settings,
        REPRIEVE_NOTIFY__EMAILS=EMAIL,
        REPRIEVE_NOTIFY__THREATS="key-deletion-scheduled,key-disabled,key-policy-changed",
        REPRIEVE_EXEMPT__KEYS=exempt,
        REPRIEVE_REGIONS__WATCH=REGION,
    )
    sandbox.settle()
    assert listener.confirm() == 1
    found = Account(sandbox, deployment)
    happen(found, exempt)
    return found


def happen(account: Account, exempt: str) -> None:
    """Let every kind of message be sent once at least."""
    kms = account.kms(REGION)
    for each in (account.create_key(REGION)["KeyId"], exempt):
        kms.schedule_key_deletion(KeyId=each, PendingWindowInDays=7)
    account.sandbox.settle(300)
    key = account.create_key(REGION)["KeyId"]
    kms.disable_key(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.disable_key_rotation(KeyId=key)
    with Policy.of_key(account, REGION, key).changed(deny_rescue):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        account.sandbox.settle(300)
    cloudwatch = account.sandbox.client("cloudwatch", REGION)
    for alarm in ("reprieve-storm", "reprieve-waiting-rescues"):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="a test")
    account.sandbox.settle(300)


def deny_rescue(policy: dict[str, Any]) -> None:
    """Let a key's policy deny the rescue."""
    policy["Statement"].append(
        {
            "Sid": "NoRescue",
            "Effect": "Deny",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/reprieve-automation"},
            "Action": "kms:CancelKeyDeletion",
            "Resource": "*",
        }
    )


def make_queue(sandbox) -> None:
    """Create the queue, with the policy that docs/channels.md shows."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:tickets",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{ACCOUNT_ID}:reprieve-*"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sandbox.client("sqs", REGION).create_queue(QueueName="tickets", Attributes={"Policy": policy})


def make_function(sandbox) -> None:
    """Create the function, with the permission that docs/channels.md shows."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
    trust_policy = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
    role = sandbox.client("iam", REGION).create_role(
        RoleName="bot", AssumeRolePolicyDocument=json.dumps(trust_policy)
    )["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bot.py", "def handler(event, context):\n    return None\n")
    client = sandbox.client("lambda", REGION)
    client.create_function(
        FunctionName="bot",
        Runtime="python3.13",
        Role=role,
        Handler="bot.handler",
        Code={"ZipFile": code.getvalue()},
    )
    client.add_permission(
        FunctionName="bot",
        StatementId="reprieve",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:reprieve-json",
    )


def bodies(account: Account, protocol: str) -> list[str]:
    """Return what the subscribers of a protocol got."""
    return [
        each.body
        for each in account.sandbox.notifications
        if each.protocol == protocol and each.error is None
    ]


def kinds(messages: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Return the kinds of messages by severity."""
    found: dict[str, set[str]] = {}
    for each in messages:
        found.setdefault(each["severity"], set()).add(each["kind"])
    return found


def test_an_endpoint_gets_every_kind_in_the_machine_form(account, listener):
    """In SNS's envelope; alerts, results and alarms."""
    assert kinds([checked_json(each) for each in listener.messages]) == KINDS


def test_a_function_gets_the_same(account, listener):
    """In SNS's event."""
    texts = [json.loads(each)["Records"][0]["Sns"]["Message"] for each in bodies(account, "lambda")]
    assert sorted(texts) == sorted(listener.messages)


def test_a_queue_gets_only_the_severities_that_it_wants(account):
    """The JSON alone, without SNS's envelope."""
    messages = [checked_json(each) for each in bodies(account, "sqs")]
    assert kinds(messages) == {"critical": CRITICAL}


def test_a_phone_gets_one_line_of_every_kind(account, listener):
    """As many as there are messages."""
    texts = [checked_sms(each) for each in bodies(account, "sms")]
    assert len(texts) == len(listener.messages)
    assert any("a KMS key was scheduled for deletion" in text for text in texts)
    assert any("KMS key saved" in text for text in texts)
    assert any("ACT NOW: KMS key NOT saved" in text for text in texts)
    assert any("reprieve-storm" in text for text in texts)


def test_chat_channels_show_every_message_of_their_severities(account, listener):
    """Amazon Q Developer drops what has another form. The title begins with the severity."""
    posts = account.sandbox.chat_posts
    teams = [post.title for post in posts if post.chat == "teams"]
    slack = [post.title for post in posts if post.chat == "slack"]
    assert len(teams) == len(listener.messages)
    assert sorted(slack) == sorted(title for title in teams if not title.startswith("INFO: "))
    assert "CRITICAL: a KMS key was scheduled for deletion in eu-west-1" in slack
    assert "CRITICAL: ACT NOW: KMS key NOT saved (eu-west-1)" in slack
    assert "INFO: KMS key saved (eu-west-1)" in teams
    failed = next(post for post in posts if post.title == "CRITICAL: a rescue in eu-west-1 failed")
    assert "`reprieve sweep`" in failed.next_steps


def test_an_address_gets_the_text_of_its_severity(account):
    """By the topic of that severity; no other."""
    mails = [m for m in account.sandbox.mails if "oncall@example.com" in m.recipients]
    assert {m.topic_arn.rpartition(":")[2] for m in mails} == {"reprieve-text-warning"}
    text = "\n".join(m.body for m in mails)
    for part in ("a KMS key was disabled", "rotation of a KMS key", "reprieve-waiting-rescues"):
        assert part in text


def test_the_topic_of_the_alerts_gets_what_it_gets_without_channels(account):
    """The results of the runbook too, with their subjects."""
    subjects = {mail.subject for mail in account.messages(REGION)}
    assert "Reprieve: KMS key saved (eu-west-1)" in subjects
    assert "Reprieve: ACT NOW: KMS key NOT saved (eu-west-1)" in subjects


def test_nothing_was_lost(account):
    """Neither by EventBridge nor by SNS."""
    assert [each.error for each in account.sandbox.notifications if each.error] == []
    assert [d for d in account.sandbox.deliveries if d.error] == []


def test_a_second_plan_is_empty_and_status_finds_the_filter_that_somebody_changed(account):
    """What the settings select is compared with what is deployed."""
    assert account.deployment.plan() == {}
    operator = Operator(account.sandbox, account.deployment.variables())
    sns = account.sandbox.client("sns", REGION)
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:reprieve-json"
    (arn,) = (
        each["SubscriptionArn"]
        for each in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
        if each["Protocol"] == "sqs"
    )
    assert subscription_findings(operator) == []
    sns.set_subscription_attributes(
        SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"severity": ["info"]}'
    )
    (found,) = subscription_findings(operator)
    assert "has another filter policy" in found


def subscription_findings(operator: Operator) -> list[str]:
    """Return what `reprieve status` finds about subscriptions."""
    (found,) = operator.run("status", "--region", REGION, "--json").json["accounts"]
    checks = {check["name"]: check for check in found["regions"][0]["checks"]}
    return [each["problem"] for each in checks["subscriptions"]["findings"]]
