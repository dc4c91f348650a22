"""Stacks: what creating, updating and deleting one does to its resources."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION
from tests.support.stacks import EVERYTHING, ROLE, policy, template, topic

NAMED = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}


@pytest.fixture
def stacks(sandbox):
    """Return the CloudFormation client of the account's root."""
    return sandbox.client("cloudformation", REGION)


@pytest.fixture
def deploy(sandbox, stacks):
    """Return a function that creates or updates the stack `guard`, and returns it."""

    def change(call, text, **options):
        call(StackName="guard", TemplateBody=text, **options)
        sandbox.settle()
        return stacks.describe_stacks(StackName="guard")["Stacks"][0]

    return change


def topics(sandbox):
    """Return the names of the account's topics."""
    found = sandbox.client("sns", REGION).list_topics()["Topics"]
    return sorted(each["TopicArn"].rpartition(":")[2] for each in found)


def test_a_stack_has_resources_of_every_type_and_leaves_nothing_behind(sandbox, stacks, deploy):
    """Each one exists, with what Ref and GetAtt say about the others."""
    stack = deploy(stacks.create_stack, template(EVERYTHING), **NAMED)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    found = stacks.list_stack_resources(StackName="guard")["StackResourceSummaries"]
    states = {each["LogicalResourceId"]: each["ResourceStatus"] for each in found}
    assert states == dict.fromkeys(EVERYTHING, "CREATE_COMPLETE")
    queue = next(each for each in found if each["LogicalResourceId"] == "Queue")
    events = sandbox.client("events", REGION)
    name = queue["PhysicalResourceId"].rpartition("/")[2]
    assert events.list_targets_by_rule(Rule="deletions")["Targets"] == [
        {
            "Id": "topic",
            "Arn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alerts",
            "DeadLetterConfig": {"Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT_ID}:{name}"},
            "RetryPolicy": {"MaximumRetryAttempts": 10},
            "InputTransformer": EVERYTHING["Rule"]["Properties"]["Targets"][0]["InputTransformer"],
        }
    ]
    iam = sandbox.client("iam", REGION)
    assert iam.get_role(RoleName="guard")["Role"]["Path"] == "/reprieve/"
    assert iam.list_role_policies(RoleName="guard")["PolicyNames"] == ["cancel"]

    stacks.delete_stack(StackName="guard")
    sandbox.settle()
    gone = stacks.describe_stacks(StackName=stack["StackId"])["Stacks"][0]
    assert gone["StackStatus"] == "DELETE_COMPLETE", gone.get("StackStatusReason")
    assert topics(sandbox) == events.list_rules()["Rules"] == []
    assert sandbox.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"] == []
    with pytest.raises(ClientError, match="does not exist"):
        stacks.describe_stacks(StackName="guard")


def test_cloudtrail_shows_that_cloudformation_acts_for_the_caller(sandbox, stacks, deploy):
    """The record of each call has both: the caller, and the service."""
    deploy(stacks.create_stack, template())
    lookup = {"AttributeKey": "EventName", "AttributeValue": "CreateTopic"}
    history = sandbox.client("cloudtrail", REGION)
    (event,) = history.lookup_events(LookupAttributes=[lookup])["Events"]
    identity = json.loads(event["CloudTrailEvent"])["userIdentity"]
    assert (identity["type"], identity["invokedBy"]) == ("Root", "cloudformation.amazonaws.com")


def test_an_update_changes_replaces_creates_and_deletes(sandbox, stacks, deploy):
    """What differs decides. A replaced resource is deleted after the new one exists."""
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["aws.kms"]},
            "Targets": [{"Id": "topic", "Arn": {"Ref": "Topic"}}],
        },
    }
    deploy(stacks.create_stack, template({"Topic": topic("old"), "Gone": topic("gone"), "R": rule}))
    stack = deploy(
        stacks.update_stack, template({"Topic": topic("new"), "Extra": topic("extra"), "R": rule})
    )
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert topics(sandbox) == ["extra", "new"]
    events = sandbox.client("events", REGION)
    (name,) = [each["Name"] for each in events.list_rules()["Rules"]]
    (target,) = events.list_targets_by_rule(Rule=name)["Targets"]
    assert target["Arn"].endswith(":new")
    with pytest.raises(ClientError, match="No updates are to be performed"):
        deploy(
            stacks.update_stack,
            template({"Topic": topic("new"), "Extra": topic("extra"), "R": rule}),
        )


BROKEN = {
    "Type": "AWS::Events::Rule",
    "DependsOn": "Topic",
    "Properties": {
        "Name": "broken",
        "EventPattern": {"source": ["aws.kms"]},
        "Targets": [{"Id": "t", "Arn": "arn:aws:sns:us-west-2:111122223333:elsewhere"}],
    },
}


@pytest.mark.parametrize(
    ("option", "status", "left"),
    [
        ("ROLLBACK", "ROLLBACK_COMPLETE", []),
        ("DO_NOTHING", "CREATE_FAILED", ["alerts"]),
    ],
)
def test_a_creation_that_fails_is_rolled_back(sandbox, stacks, deploy, option, status, left):
    """Unless the caller wants to look at what there is."""
    text = template({"Topic": topic("alerts"), "Rule": BROKEN})
    stack = deploy(stacks.create_stack, text, OnFailure=option)
    assert stack["StackStatus"] == status
    assert "[Rule]" in stack["StackStatusReason"]
    assert topics(sandbox) == left
    assert sandbox.client("events", REGION).list_rules()["Rules"] == []


def test_an_update_that_fails_leaves_the_stack_as_it_was(sandbox, stacks, deploy):
    """The resources that it created are deleted, and those that it changed are changed again."""
    before = template({"Topic": {**topic("alerts"), "Properties": {"DisplayName": "old"}}})
    deploy(stacks.create_stack, before)
    named = {"Topic": {**topic("alerts"), "Properties": {"DisplayName": "new"}}}
    after = template({**named, "Other": topic("other"), "Rule": {**BROKEN, "DependsOn": "Other"}})
    stack = deploy(stacks.update_stack, after)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    (arn,) = [each["TopicArn"] for each in sandbox.client("sns", REGION).list_topics()["Topics"]]
    attributes = sandbox.client("sns", REGION).get_topic_attributes(TopicArn=arn)["Attributes"]
    assert attributes["DisplayName"] == "old"
    assert json.loads(before) == stacks.get_template(StackName="guard")["TemplateBody"]


def test_policies_retain_what_the_template_says(sandbox, stacks, deploy):
    """DeletionPolicy counts when a resource goes, UpdateReplacePolicy when it is replaced."""
    retained = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    deploy(stacks.create_stack, template({"A": topic("a1", **retained), "B": topic("b1")}))
    deploy(stacks.update_stack, template({"A": topic("a2", **retained), "B": topic("b2")}))
    assert topics(sandbox) == ["a1", "a2", "b2"]
    stacks.delete_stack(StackName="guard")
    sandbox.settle()
    assert topics(sandbox) == ["a1", "a2"]


def test_a_stack_does_not_take_over_what_exists(sandbox, stacks, deploy):
    """A name that is in use is a failure, although CreateTopic itself would accept it."""
    sandbox.client("sns", REGION).create_topic(Name="alerts")
    stack = deploy(stacks.create_stack, template({"Topic": topic("alerts")}))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exists" in stack["StackStatusReason"]
    assert topics(sandbox) == ["alerts"]


def test_roles_need_the_callers_acknowledgement(stacks, deploy):
    """A role with a name of its own needs the stronger one."""
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_NAMED_IAM\]"):
        deploy(stacks.create_stack, template({"R": ROLE}), Capabilities=["CAPABILITY_IAM"])


def test_a_stack_acts_with_the_permissions_of_its_caller(sandbox, stacks, deploy):
    """A user who may create stacks and no topics gets none."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    document = json.dumps(policy(Action="cloudformation:*", Resource="*"))
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    alice = sandbox._clients.make(
        "cloudformation", REGION, key["AccessKeyId"], key["SecretAccessKey"]
    )
    stack = deploy(alice.create_stack, template())
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "user/alice is not authorized to perform: sns:" in stack["StackStatusReason"]


def test_a_service_role_has_the_permissions_instead(sandbox, stacks, deploy):
    """CloudFormation must be able to assume it."""
    iam = sandbox.client("iam", REGION)
    trust = policy(Action="sts:AssumeRole", Principal={"Service": "cloudformation.amazonaws.com"})
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=json.dumps(trust))
    arn = role["Role"]["Arn"]
    stack = deploy(stacks.create_stack, template(), RoleARN=arn)
    words = "assumed-role/deployer/AWSCloudFormation is not authorized to perform: sns:"
    assert words in stack["StackStatusReason"]
    iam.update_assume_role_policy(
        RoleName="deployer",
        PolicyDocument=json.dumps(policy(Action="sts:AssumeRole", Principal={"AWS": ACCOUNT_ID})),
    )
    with pytest.raises(ClientError, match="does not trust cloudformation"):
        stacks.create_stack(StackName="other", TemplateBody=template(), RoleARN=arn)


def test_a_snapshot_has_the_stacks(sandbox, stacks, deploy):
    """A restored stack can be updated and deleted."""
    deploy(stacks.create_stack, template({"Topic": topic("alerts")}))
    copy = sandbox.snapshot()
    sandbox.reset()
    assert stacks.describe_stacks()["Stacks"] == []
    sandbox.restore(copy)
    deploy(stacks.update_stack, template({"Topic": topic("other")}))
    assert topics(sandbox) == ["other"]
