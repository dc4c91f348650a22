"""Policies that demand tags and permissions boundaries are evaluated from the real requests."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION, allow, policy, trust

TAGS = [{"Key": "team", "Value": "security"}]
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
DOCUMENT = json.dumps({"schemaVersion": "0.3", "mainSteps": []})
ALARM = {
    "AlarmName": "a",
    "Namespace": "AWS/SQS",
    "MetricName": "ApproximateNumberOfMessagesVisible",
    "Dimensions": [{"Name": "QueueName", "Value": "q"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
# The service, the call, its parameters, those of the tags, and the second action.
CREATIONS = [
    ("sns", "create_topic", {"Name": "t"}, {"Tags": TAGS}, "sns:TagResource"),
    ("sqs", "create_queue", {"QueueName": "q"}, {"tags": {"team": "security"}}, "sqs:TagQueue"),
    (
        "events",
        "put_rule",
        {"Name": "r", "EventPattern": '{"source": ["a"]}'},
        {"Tags": TAGS},
        "events:TagResource",
    ),
    ("events", "create_event_bus", {"Name": "b"}, {"Tags": TAGS}, "events:TagResource"),
    ("cloudwatch", "put_metric_alarm", ALARM, {"Tags": TAGS}, "cloudwatch:TagResource"),
    (
        "ssm",
        "create_document",
        {"Name": "doc", "Content": DOCUMENT, "DocumentType": "Automation"},
        {"Tags": TAGS},
        "ssm:AddTagsToResource",
    ),
    (
        "iam",
        "create_role",
        {"RoleName": "r", "AssumeRolePolicyDocument": trust("ssm.amazonaws.com")},
        {"Tags": TAGS},
        "iam:TagRole",
    ),
    ("kms", "create_key", {}, {"Tags": [{"TagKey": "team", "TagValue": "security"}]}, None),
]
IDS = [f"{service}-{call}" for service, call, *_ in CREATIONS]


def deny(action, **condition):
    """Return a service control policy of one statement."""
    statement = {"Effect": "Deny", "Action": action, "Resource": "*", "Condition": condition}
    return json.loads(policy(statement))


def user(sandbox, *statements):
    """Return a function that makes clients of a user with these statements."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return lambda service: sandbox._clients.make(
        service, REGION, key["AccessKeyId"], key["SecretAccessKey"]
    )


DENIED = "with an explicit deny in a service control policy"


@pytest.mark.parametrize(("service", "call", "given", "tags", "_"), CREATIONS, ids=IDS)
@pytest.mark.parametrize(
    "condition",
    [
        {"Null": {"aws:RequestTag/team": "true"}},
        {"StringNotEquals": {"aws:RequestTag/team": "security"}},
        {"Null": {"aws:TagKeys": "true"}},
    ],
    ids=["no-tag", "another-value", "no-keys"],
)
def test_a_policy_can_demand_a_tag(sandbox, service, call, given, tags, _, condition):
    """It denies the creation without the tag, to the root too."""
    sandbox.set_service_control_policy(deny("*", **condition))
    create = getattr(sandbox.client(service, REGION), call)
    with pytest.raises(ClientError, match=DENIED):
        create(**given)
    create(**given, **tags)


@pytest.mark.parametrize(
    ("tags", "is_allowed"), [(TAGS, True), ([*TAGS, {"Key": "x", "Value": "y"}], False)]
)
def test_a_policy_can_forbid_other_tags(sandbox, tags, is_allowed):
    """With ForAllValues."""
    condition = {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["team"]}}
    sandbox.set_service_control_policy(deny("sns:CreateTopic", **condition))
    sns = sandbox.client("sns", REGION)
    if is_allowed:
        sns.create_topic(Name="t", Tags=tags)
        return
    with pytest.raises(ClientError, match=DENIED):
        sns.create_topic(Name="t", Tags=tags)


SECOND = [creation for creation in CREATIONS if creation[4]]


@pytest.mark.parametrize(
    ("service", "call", "given", "tags", "action"), SECOND, ids=[c[1] for c in SECOND]
)
def test_creating_something_with_tags_needs_a_second_permission(
    sandbox, service, call, given, tags, action
):
    """The message names it."""
    client = user(sandbox, allow(f"{service}:{call.title().replace('_', '')}"))(service)
    with pytest.raises(ClientError, match=f"not authorized to perform: {action} on resource"):
        getattr(client, call)(**given, **tags)
    getattr(client, call)(**given)


CREATE = {"RoleName": "r", "AssumeRolePolicyDocument": trust("ssm.amazonaws.com")}
WITHOUT_BOUNDARY = {"StringNotEquals": {"iam:PermissionsBoundary": BOUNDARY}}


@pytest.fixture
def boundary(sandbox):
    """Create the policy that bounds roles: it allows SNS only."""
    iam = sandbox.client("iam", REGION)
    iam.create_policy(PolicyName="boundary", PolicyDocument=policy(allow("sns:*")))
    return BOUNDARY


def test_a_policy_can_demand_a_permissions_boundary(sandbox, boundary):
    """Of new roles, and of the roles that get a policy."""
    iam = sandbox.client("iam", REGION)
    iam.create_role(**CREATE | {"RoleName": "old"})
    actions = ["iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"]
    sandbox.set_service_control_policy(deny(actions, **WITHOUT_BOUNDARY))
    given = {"PolicyName": "p", "PolicyDocument": policy(allow("*"))}
    with pytest.raises(ClientError, match=DENIED):
        iam.create_role(**CREATE)
    with pytest.raises(ClientError, match=DENIED):
        iam.put_role_policy(RoleName="old", **given)
    iam.create_role(**CREATE, PermissionsBoundary=boundary)
    iam.put_role_policy(RoleName="r", **given)
    iam.put_role_permissions_boundary(RoleName="old", PermissionsBoundary=boundary)
    iam.put_role_policy(RoleName="old", **given)


def test_a_role_does_only_what_its_boundary_allows_too(sandbox, boundary):
    """Whatever its own policies say."""
    iam = sandbox.client("iam", REGION)
    trusted = policy(
        {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    )
    role = iam.create_role(
        RoleName="r", AssumeRolePolicyDocument=trusted, PermissionsBoundary=boundary
    )["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=policy(allow("*")))
    keys = sandbox.client("sts", REGION).assume_role(RoleArn=role, RoleSessionName="alice")
    found = keys["Credentials"]
    secrets = found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
    sandbox._clients.make("sns", REGION, *secrets).create_topic(Name="t")
    with pytest.raises(ClientError, match="not authorized to perform: sqs:CreateQueue"):
        sandbox._clients.make("sqs", REGION, *secrets).create_queue(QueueName="q")


@pytest.mark.parametrize("service", ["events", "ssm"])
def test_a_role_is_passed_to_one_service(sandbox, service):
    """The permission to pass it can name the service."""
    events = sandbox.client("events", REGION)
    events.put_rule(Name="r", EventPattern='{"source": ["a"]}')
    condition = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
    client = user(sandbox, allow("events:*"), allow("iam:PassRole", Condition=condition))("events")
    target = {
        "Id": "bus",
        "Arn": f"arn:aws:events:us-east-1:{ACCOUNT_ID}:event-bus/default",
        "RoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/forward",
    }
    if service == "events":
        assert client.put_targets(Rule="r", Targets=[target])["FailedEntryCount"] == 0
        return
    with pytest.raises(ClientError, match="iam:PassRole"):
        client.put_targets(Rule="r", Targets=[target])
