"""With the policy of `reprieve policy protect` only the deployers can change the guard."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL
from tests.support.attacks import ATTACKS
from tests.support.protection import (
    REGION,
    TOPIC,
    call,
    clients_of,
    deploy_with_administrators,
    outcome,
    printed_policy,
    queue_call,
)


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to two Regions; create deployers and administrators."""
    return deploy_with_administrators(sandbox, deployments, tmp_path_factory.mktemp("account"))


@pytest.fixture(scope="module")
def policy():
    """The policy that `reprieve policy protect` prints."""
    return printed_policy()


@pytest.fixture(scope="module")
def whole(account):
    """The account as it was deployed, to start each test from."""
    return account.sandbox.snapshot()


@pytest.fixture(autouse=True)
def fresh(account, whole):
    """Start from the deployed account, without a service control policy."""
    account.sandbox.restore(whole)


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_only_a_deployer_can_make_a_call_against_the_guard(account, policy, attack):
    """An administrator, as a role, as a user and as the root, is denied it."""
    act = attack.prepare(account, REGION)
    clients = {who: clients_of(account, who) for who in ("role", "user", "root", "deployer")}
    account.sandbox.set_service_control_policy(policy)
    found = {who: outcome(act, client) for who, client in clients.items()}
    expected = dict.fromkeys(("role", "user", "root"), "denied") | {"deployer": "allowed"}
    assert found == expected


@pytest.mark.parametrize(
    "attack", {each.service: each for each in ATTACKS}.values(), ids=lambda each: each.service
)
def test_without_the_policy_an_administrator_can_make_the_call(account, attack):
    """The near miss: it is this policy that denies it. A call of each service."""
    found = outcome(attack.prepare(account, REGION), clients_of(account, "role"))
    assert found == "allowed"


EXECUTION = "00000000-0000-4000-8000-000000000000"
NOBODY = json.dumps({"Version": "2012-10-17", "Statement": []})
FURTHER_CALLS = {
    "trust of the automation role": call(
        "iam",
        "update_assume_role_policy",
        RoleName="reprieve-automation",
        PolicyDocument=NOBODY,
    ),
    "trust of the deployers": call(
        "iam", "update_assume_role_policy", RoleName="deployer", PolicyDocument=NOBODY
    ),
    "a role of Reprieve's name": call(
        "iam", "create_role", RoleName="reprieve-x", AssumeRolePolicyDocument=NOBODY
    ),
    "purging the queue": queue_call("purge_queue"),
    "hiding what is in the queue": queue_call("receive_message", VisibilityTimeout=43_200),
    "forging a dead letter": queue_call("send_message", MessageBody="{}"),
    "forging or flooding alerts": call("sns", "publish", TopicArn=TOPIC, Message="all is well"),
    "another recipient": call(
        "sns", "subscribe", TopicArn=TOPIC, Protocol="email", Endpoint="a@example.com"
    ),
    "stopping a rescue": call("ssm", "stop_automation_execution", AutomationExecutionId=EXECUTION),
    "Automation's settings": call(
        "ssm",
        "update_service_setting",
        SettingId="/ssm/automation/enable-adaptive-concurrency",
        SettingValue="False",
    ),
    "another key of the event bus": call(
        "events", "update_event_bus", Name="default", KmsKeyIdentifier="alias/foreign"
    ),
    "deleting the trail": lambda client: client("cloudtrail", "us-east-1").delete_trail(
        Name="sandbox"
    ),
    "narrowing the trail": lambda client: client("cloudtrail", "us-east-1").update_trail(
        Name="sandbox", IsMultiRegionTrail=False
    ),
    "a rule's tags": call(
        "events",
        "tag_resource",
        ResourceARN=f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/reprieve-key-disabled",
        Tags=[{"Key": "a", "Value": "b"}],
    ),
    "an alarm's state": call(
        "cloudwatch",
        "set_alarm_state",
        AlarmName="reprieve-dead-letters",
        StateValue="OK",
        StateReason="no",
    ),
    "running a runbook as Reprieve": call(
        "ssm",
        "start_automation_execution",
        DocumentName="AWSConfigRemediation-CancelKeyDeletion",
        Parameters={
            "KeyId": [EXECUTION],
            "AutomationAssumeRole": [f"arn:aws:iam::{ACCOUNT_ID}:role/reprieve-automation"],
        },
    ),
}


@pytest.mark.parametrize("what", FURTHER_CALLS)
def test_further_calls_of_these_kinds_are_denied_too(account, policy, what):
    """The policy covers kinds of calls, not a list."""
    administrator = clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    assert outcome(FURTHER_CALLS[what], administrator) == "denied"


def test_what_is_not_the_guard_is_not_protected(account, policy):
    """The near miss: an administrator's own rules, topics, queues, alarms, roles and keys."""
    administrator = clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    administrator("events", REGION).put_rule(Name="mine", EventPattern='{"source": ["aws.kms"]}')
    sns = administrator("sns", REGION)
    topic = sns.create_topic(Name="reprieve-alerts-of-mine")["TopicArn"]
    mine = sns.subscribe(
        TopicArn=topic, Protocol="email", Endpoint=EMAIL, ReturnSubscriptionArn=True
    )
    sns.unsubscribe(SubscriptionArn=mine["SubscriptionArn"])
    sqs = administrator("sqs", REGION)
    sqs.purge_queue(QueueUrl=sqs.create_queue(QueueName="mine")["QueueUrl"])
    iam = administrator("iam", REGION)
    iam.create_role(RoleName="mine", AssumeRolePolicyDocument=NOBODY)
    iam.delete_role(RoleName="mine")
    kms = administrator("kms", REGION)
    key = kms.create_key(Tags=[{"TagKey": "team", "TagValue": "a"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    aliases = kms.list_aliases(KeyId=key)["Aliases"]
    assert [alias["AliasName"] for alias in aliases] == ["alias/mine"]


@pytest.mark.parametrize(("days", "expected"), [(7, "denied"), (29, "denied"), (30, "allowed")])
def test_the_waiting_period_has_a_minimum(account, policy, days, expected):
    """A deletion that names no period waits KMS's 30 days anyway."""
    key = account.create_key(REGION)["KeyId"]
    administrator = clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    schedule = call("kms", "schedule_key_deletion", KeyId=key, PendingWindowInDays=days)
    assert outcome(schedule, administrator) == expected


def test_a_key_policy_cannot_lock_everybody_out(account, policy):
    """Neither a new key nor an existing one may skip the check; without skipping it they may."""
    key = account.create_key(REGION)["KeyId"]
    deployer = clients_of(account, "deployer")
    own = deployer("kms", REGION).get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    account.sandbox.set_service_control_policy(policy)
    put = {"KeyId": key, "PolicyName": "default", "Policy": own}
    skip = {"BypassPolicyLockoutSafetyCheck": True}
    assert outcome(call("kms", "put_key_policy", **put, **skip), deployer) == "denied"
    assert outcome(call("kms", "create_key", Policy=own, **skip), deployer) == "denied"
    assert outcome(call("kms", "put_key_policy", **put), deployer) == "allowed"
    assert outcome(call("kms", "create_key", Policy=own), deployer) == "allowed"


@pytest.mark.parametrize("who", ["role", "deployer"])
@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("disable_key", {}),
        ("schedule_key_deletion", {"PendingWindowInDays": 30}),
        ("put_key_policy", {"PolicyName": "default", "Policy": ""}),
        ("untag_resource", {"TagKeys": ["reprieve:alert-key"]}),
    ],
)
def test_only_a_deployer_can_silence_encrypted_alerts(account, operation, more, who):
    """The key that Reprieve makes for them has a tag, which only deployers can remove."""
    kms = account.kms(REGION)
    tags = [{"TagKey": "reprieve:alert-key", "TagValue": "true"}]
    keys = [kms.create_key(Tags=given)["KeyMetadata"]["KeyId"] for given in (tags, [])]
    policy = kms.get_key_policy(KeyId=keys[0], PolicyName="default")["Policy"]
    given = more | {"Policy": policy} if "Policy" in more else more
    client = clients_of(account, who)
    account.sandbox.set_service_control_policy(printed_policy(REPRIEVE_NOTIFY__ENCRYPTION="own"))
    found = outcome(call("kms", operation, KeyId=keys[0], **given), client)
    assert found == ("denied" if who == "role" else "allowed")
    if operation != "untag_resource":  # KMS refuses it for a key that has no such tag
        assert outcome(call("kms", operation, KeyId=keys[1], **given), client) == "allowed"


def test_an_administrator_cannot_make_a_key_look_like_reprieves(account, policy):
    """Neither an existing key nor a new one."""
    key = account.create_key(REGION)["KeyId"]
    administrator = clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    for name in ("reprieve:alert-key", "reprieve-drill-run"):
        tags = [{"TagKey": "a", "TagValue": "b"}, {"TagKey": name, "TagValue": "true"}]
        assert outcome(call("kms", "tag_resource", KeyId=key, Tags=tags), administrator) == "denied"
        assert outcome(call("kms", "create_key", Tags=tags), administrator) == "denied"
    assert outcome(call("kms", "create_key", Tags=tags[:1]), administrator) == "allowed"
