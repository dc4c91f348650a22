"""With the policy of `reprieve policy protect` only the deployers can change the guard."""

import json

import pytest
from botocore.exceptions import ClientError

from reprieve.guard.protection import protection_of
from reprieve.settings.loader import load
from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL, REGIONS
from tests.support.attacks import ATTACKS
from tests.support.operator import Operator

REGION = "eu-west-1"
DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:role/ci/deployer"
DEPLOYED = {
    "REPRIEVE_REGIONS__WATCH": ",".join(REGIONS),
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
}
SETTINGS = DEPLOYED | {"REPRIEVE_SETTINGS": "/dev/null"}
DENIED = "with an explicit deny in a service control policy"
ADMINISTRATOR = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to two Regions; create the deployers' role and an administrator's, and a user."""
    account = deployments.account(sandbox, tmp_path_factory.mktemp("account"), **DEPLOYED)
    iam = sandbox.client("iam", "us-east-1")
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    for path, name in (("/ci/", "deployer"), ("/", "admin")):
        iam.create_role(
            Path=path,
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}),
        )
        iam.put_role_policy(
            RoleName=name, PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR)
        )
    iam.create_user(UserName="admin")
    iam.put_user_policy(
        UserName="admin", PolicyName="all", PolicyDocument=json.dumps(ADMINISTRATOR)
    )
    return account


def credentials(account, who):
    """Return the access key of the administrator's user, or of a session of a role."""
    if who == "user":
        key = account.sandbox.client("iam", REGION).create_access_key(UserName="admin")
        return key["AccessKey"]["AccessKeyId"], key["AccessKey"]["SecretAccessKey"]
    sts = account.sandbox.client("sts", REGION)
    arn = DEPLOYER if who == "deployer" else f"arn:aws:iam::{ACCOUNT_ID}:role/admin"
    found = sts.assume_role(RoleArn=arn, RoleSessionName="alice")["Credentials"]
    return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]


def clients_of(account, who):
    """Return a function that returns clients of a principal; `root` is the account's root."""
    if who == "root":
        return account.sandbox.client
    key = credentials(account, who)
    return lambda service, region: account.sandbox._clients.make(service, region, *key)


@pytest.fixture(scope="module")
def policy():
    """The policy that `reprieve policy protect` prints."""
    return json.loads(protection_of(load(SETTINGS)).text)


@pytest.fixture(scope="module")
def whole(account):
    """The account as it was deployed, to start each test from."""
    return account.sandbox.snapshot()


@pytest.fixture(autouse=True)
def fresh(account, whole):
    """Start from the deployed account, without a service control policy."""
    account.sandbox.restore(whole)


def outcome(act, client):
    """Make a call; return what came of it."""
    try:
        act(client)
    except ClientError as error:
        if DENIED in str(error):
            return "denied"
        if "SandboxCannot" in str(error):
            return "allowed, but the sandbox cannot do it"
        raise
    return "done"


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_only_a_deployer_can_make_a_call_against_the_guard(account, policy, attack):
    """An administrator, as a role, as a user and as the root, is denied it."""
    act = attack.prepare(account, REGION)
    clients = {who: clients_of(account, who) for who in ("role", "user", "root", "deployer")}
    account.sandbox.set_service_control_policy(policy)
    found = {who: outcome(act, client) for who, client in clients.items()}
    # moto does not know PutDataProtectionPolicy.
    allowed = found.pop("deployer")
    assert allowed == "done" or (attack.id == 9 and allowed != "denied")
    assert found == dict.fromkeys(("role", "user", "root"), "denied")


@pytest.mark.parametrize("attack", ATTACKS, ids=str)
def test_without_the_policy_an_administrator_can_make_the_call(account, attack):
    """The near miss: it is this policy that denies it."""
    found = outcome(attack.prepare(account, REGION), clients_of(account, "role"))
    assert found == "done" or (attack.id == 9 and found != "denied")


def queue_call(operation, **parameters):
    """Return a call on the dead-letter queue."""

    def act(client):
        url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/reprieve-dead-letters"
        getattr(client("sqs", REGION), operation)(QueueUrl=url, **parameters)

    return act


def call(service, operation, **parameters):
    """Return a call in the Region."""
    return lambda client: getattr(client(service, REGION), operation)(**parameters)


TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:reprieve-alerts"
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
    policies = kms.list_key_policies(KeyId=key)["PolicyNames"]
    assert policies == ["default"]


@pytest.mark.parametrize(("days", "expected"), [(7, "denied"), (29, "denied"), (30, "done")])
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
    assert outcome(call("kms", "put_key_policy", **put), deployer) == "done"
    assert outcome(call("kms", "create_key", Policy=own), deployer) == "done"


def test_a_rescue_works_under_the_policy(account, policy):
    """The alert is sent, the deletion is cancelled, and the result is sent."""
    key = account.create_key(REGION)["KeyId"]
    administrator = clients_of(account, "role")
    account.sandbox.set_service_control_policy(policy)
    administrator("kms", REGION).schedule_key_deletion(KeyId=key)
    account.sandbox.settle()
    found = administrator("kms", REGION).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    assert found == "Disabled"
    assert [(alert.error, alert.recipients) for alert in account.alerts(key)] == [(None, (EMAIL,))]
    assert len(account.outcomes(key)) == 1


def operator(account, who):
    """Return somebody who runs `reprieve` with these credentials."""
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    key = credentials(account, who)
    return Operator(account.sandbox, SETTINGS, dict(zip(names, key, strict=False)))


def test_a_deployer_can_drill_under_the_policy(account, policy):
    """A second drill uses the key of the first."""
    deployer = operator(account, "deployer")
    account.sandbox.set_service_control_policy(policy)
    for _ in range(2):
        printed = deployer.run("drill", "--yes", "--json", "--region", REGION)
        assert (printed.exit_code, printed.json["passed"]) == (0, True)


def test_an_administrator_cannot_drill_under_the_policy(account, policy):
    """A drill does what an attack does: it marks a key as the drill's."""
    administrator = operator(account, "role")
    account.sandbox.set_service_control_policy(policy)
    printed = administrator.run("drill", "--yes", "--json", "--region", REGION)
    assert printed.exit_code == 1
    assert DENIED in printed.text


def test_status_and_sweep_work_for_everybody_under_the_policy(account, policy):
    """They only read the guard, and a sweep rescues keys."""
    key = account.create_key(REGION)["KeyId"]
    administrator = operator(account, "role")
    for region in REGIONS:
        for rule in ("reprieve-key-deletion-scheduled",):
            account.sandbox.client("events", region).disable_rule(Name=rule)
    account.kms(REGION).schedule_key_deletion(KeyId=key)
    for region in REGIONS:
        account.sandbox.client("events", region).enable_rule(Name=rule)
    account.sandbox.set_service_control_policy(policy)
    assert DENIED not in administrator.run("status").text
    regions = [part for region in REGIONS for part in ("--region", region)]
    status = administrator.run("status", *regions, "--json")
    assert (status.exit_code, status.json["healthy"]) == (0, True)
    sweep = administrator.run("sweep", *regions, "--cancel", "--yes", "--json")
    assert sweep.exit_code == 0
    account.sandbox.set_service_control_policy(None)
    assert account.state(REGION, key) == "Disabled"
