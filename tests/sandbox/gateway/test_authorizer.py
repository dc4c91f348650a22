"""The authorizer: disabled Regions, and callers without permission."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID

REGION = "eu-west-1"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alerts"


def refusal(call, **parameters):
    """Return the error code and the message of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def client_of_user(sandbox, service, *statements, region=REGION):
    """Return a client of a user with these policy statements."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    if statements:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy)
    return sandbox._clients.make(service, region, key["AccessKeyId"], key["SecretAccessKey"])


def allow(action, resource="*"):
    """Return a statement that allows an action."""
    return {"Effect": "Allow", "Action": action, "Resource": resource}


CALLS = [
    ("sns", "list_subscriptions_by_topic", {"TopicArn": TOPIC}, "AuthorizationError"),
    ("sqs", "get_queue_url", {"QueueName": "dead"}, "AccessDeniedException"),
    ("events", "list_rules", {}, "AccessDeniedException"),
    ("ssm", "get_document", {"Name": "mine"}, "AccessDeniedException"),
    ("cloudtrail", "describe_trails", {}, "AccessDeniedException"),
    ("cloudwatch", "describe_alarms", {}, "AccessDeniedException"),
    ("iam", "get_role", {"RoleName": "mine"}, "AccessDenied"),
    ("ec2", "describe_regions", {}, "UnauthorizedOperation"),
]


@pytest.mark.parametrize(("service", "call", "parameters", "code"), CALLS)
def test_a_user_without_permission_gets_the_error_code_of_the_service(
    sandbox, service, call, parameters, code
):
    """The message names the denied action."""
    client = client_of_user(sandbox, service)
    found, message = refusal(getattr(client, call), **parameters)
    assert found == code
    action = client.meta.method_to_api_mapping[call]
    assert f"is not authorized to perform: {service}:{action} on resource: " in message


def test_a_permission_covers_its_resource_only(sandbox):
    """The user may read one topic, but not another one."""
    sandbox.client("sns", REGION).create_topic(Name="alerts")
    sns = client_of_user(sandbox, "sns", allow("sns:GetTopicAttributes", TOPIC))
    assert sns.get_topic_attributes(TopicArn=TOPIC)["Attributes"]["TopicArn"] == TOPIC
    code, _ = refusal(sns.get_topic_attributes, TopicArn=f"{TOPIC}-too")
    assert code == "AuthorizationError"


def test_a_call_on_a_subscription_is_checked_against_its_topic(sandbox):
    """SNS's own refusals name the topic."""
    root = sandbox.client("sns", REGION)
    root.create_topic(Name="alerts")
    given = {"TopicArn": TOPIC, "Protocol": "email", "Endpoint": "a@example.com"}
    arn = root.subscribe(**given, ReturnSubscriptionArn=True)["SubscriptionArn"]
    sns = client_of_user(sandbox, "sns", allow("sns:*", f"{TOPIC}-too"))
    code, message = refusal(sns.unsubscribe, SubscriptionArn=arn)
    assert code == "AuthorizationError"
    assert message.endswith(f"sns:Unsubscribe on resource: {TOPIC}")


def test_a_call_on_a_role_is_checked_against_its_arn_with_its_path(sandbox):
    """The call names the role without its path."""
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    create = {"RoleName": "helper", "Path": "/team/", "AssumeRolePolicyDocument": trust}
    iam = client_of_user(
        sandbox, "iam", allow("iam:*", f"arn:aws:iam::{ACCOUNT_ID}:role/team/helper")
    )
    _, message = refusal(iam.create_role, **create | {"Path": "/"})
    assert message.endswith(f"iam:CreateRole on resource: arn:aws:iam::{ACCOUNT_ID}:role/helper")
    iam.create_role(**create)
    assert iam.get_role(RoleName="helper")["Role"]["Path"] == "/team/"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a"], f"on resource: arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:a"),
        (["a", "b"], "the sandbox cannot do this: a call on several alarms"),
    ],
)
def test_a_call_on_one_alarm_is_checked_and_on_several_is_refused(sandbox, names, expected):
    """Each alarm would have to be checked."""
    cloudwatch = client_of_user(sandbox, "cloudwatch")
    _, message = refusal(cloudwatch.disable_alarm_actions, AlarmNames=names)
    assert expected in message


def test_a_call_without_known_permissions_is_refused(sandbox):
    """To allow it unchecked would prove nothing."""
    sns = client_of_user(sandbox, "sns", allow("*"))
    code, message = refusal(sns.list_platform_applications)
    assert "SandboxCannot" in code + message


def test_creating_a_queue_with_tags_needs_a_second_permission(sandbox):
    """CreateQueue with tags needs TagQueue too. Without tags it does not."""
    sqs = client_of_user(sandbox, "sqs", allow("sqs:CreateQueue"))
    sqs.create_queue(QueueName="plain")
    code, message = refusal(sqs.create_queue, QueueName="tagged", tags={"a": "b"})
    assert code == "AccessDeniedException"
    assert "sqs:TagQueue" in message


def test_get_caller_identity_needs_no_permission(sandbox):
    """It names the user, and for other access keys the root."""
    alice = client_of_user(sandbox, "sts").get_caller_identity()
    assert alice["Arn"] == f"arn:aws:iam::{ACCOUNT_ID}:user/alice"
    root = sandbox.client("sts", REGION).get_caller_identity()
    assert (root["Arn"], root["Account"]) == (f"arn:aws:iam::{ACCOUNT_ID}:root", ACCOUNT_ID)


@pytest.mark.parametrize(
    ("trusted", "may", "expected"),
    [
        (ACCOUNT_ID, True, True),
        (ACCOUNT_ID, False, False),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/alice", False, True),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/bob", True, False),
    ],
)
def test_only_trusted_principals_can_assume_a_role(sandbox, trusted, may, expected):
    """Trust in the account needs the user's own permission too. Trust in the user does not."""
    role = f"arn:aws:iam::{ACCOUNT_ID}:role/helper"
    sts = client_of_user(sandbox, "sts", *([allow("sts:AssumeRole", role)] if may else []))
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="bob")
    trust = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="helper", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    if expected:
        arn = sts.assume_role(RoleArn=role, RoleSessionName="trial")["AssumedRoleUser"]["Arn"]
        assert arn == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/helper/trial"
    else:
        code, message = refusal(sts.assume_role, RoleArn=role, RoleSessionName="trial")
        assert code == "AccessDenied"
        assert "sts:AssumeRole" in message


def test_a_disabled_region_refuses_every_call(sandbox):
    """It does so in both protocols. EC2 lists the Region with AllRegions only."""
    sandbox.switches.switch_off("af-south-1")
    assert (
        refusal(sandbox.client("kms", "af-south-1").list_keys)[0] == "UnrecognizedClientException"
    )
    assert refusal(sandbox.client("sns", "af-south-1").list_topics)[0] == "InvalidClientTokenId"
    ec2 = sandbox.client("ec2", REGION)
    every = {
        r["RegionName"]: r["OptInStatus"] for r in ec2.describe_regions(AllRegions=True)["Regions"]
    }
    assert (
        every["af-south-1"],
        every[REGION],
        every["me-south-1"],
    ) == ("not-opted-in", "opt-in-not-required", "opted-in")
    assert every.keys() - {r["RegionName"] for r in ec2.describe_regions()["Regions"]} == {
        "af-south-1"
    }


def test_a_default_region_cannot_be_disabled(sandbox):
    """AWS does not allow it either."""
    with pytest.raises(ValueError, match="eu-west-1 is no opt-in Region"):
        sandbox.switches.switch_off("eu-west-1")
