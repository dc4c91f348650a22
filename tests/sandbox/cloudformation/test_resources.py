"""The types of resources: a change of each one, and the way back."""

import copy
import json
from typing import Any

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION
from tests.support.stacks import EVERYTHING, RUNBOOK, policy, template, topic

BROKEN = {
    "Type": "AWS::SNS::Subscription",
    "DependsOn": sorted(EVERYTHING),
    "Properties": {
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:missing",
        "Protocol": "email",
        "Endpoint": "nobody@example.com",
    },
}
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"


def changed():
    """Return the resources of every type, each with other properties."""
    resources = copy.deepcopy(EVERYTHING)
    given = {name: resource["Properties"] for name, resource in resources.items()}
    tags = [{"Key": "team", "Value": "security"}]
    given["Rule"] |= {"State": "DISABLED", "Description": "changed", "Tags": tags}
    given["Rule"]["Targets"] = [{"Id": "other", "Arn": {"Ref": "Topic"}}]
    given["Topic"] |= {"DisplayName": "changed", "Tags": tags}
    publish = {"Service": "cloudwatch.amazonaws.com"}
    given["Access"]["PolicyDocument"] = policy(
        Action="sns:Publish", Principal=publish, Resource={"Ref": "Topic"}
    )
    given["Mail"]["FilterPolicy"] = {"kind": ["alert"]}
    given["Queue"] |= {"MessageRetentionPeriod": 3600, "Tags": tags}
    given["QueueAccess"]["PolicyDocument"]["Statement"][0]["Sid"] = "Changed"
    given["Role"] |= {
        "Description": "changed",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": BOUNDARY,
        "ManagedPolicyArns": [BOUNDARY],
        "Policies": [
            {"PolicyName": "other", "PolicyDocument": policy(Action="kms:EnableKey", Resource="*")}
        ],
        "Tags": tags,
    }
    given["Runbook"]["Tags"] = tags  # Its content cannot be restored: see the last test.
    given["Alarm"] |= {"Threshold": 5, "TreatMissingData": "notBreaching", "Tags": tags}
    given["Dashboard"]["DashboardBody"] = '{"widgets": [], "start": "-PT1H"}'
    given["Key"] |= {"Description": "changed", "EnableKeyRotation": False, "Tags": tags}
    given["BusAccess"]["Statement"]["Principal"]["AWS"] = "333344445555"
    given["Bus"]["Tags"] = tags
    return resources


@pytest.fixture
def stacks(sandbox):
    """Return the CloudFormation client, with the stack `guard` of every type of resources."""
    boundary = json.dumps(policy(Action="*", Resource="*"))
    sandbox.client("iam", REGION).create_policy(PolicyName="boundary", PolicyDocument=boundary)
    client = sandbox.client("cloudformation", REGION)
    change(sandbox, client.create_stack, EVERYTHING)
    return client


def change(sandbox, call, resources):
    """Create or update the stack. Return it."""
    given = {"TemplateBody": template(resources), "Capabilities": ["CAPABILITY_NAMED_IAM"]}
    call(StackName="guard", **given)
    sandbox.settle()
    client = sandbox.client("cloudformation", REGION)
    return client.describe_stacks(StackName="guard")["Stacks"][0]


def seen(sandbox):
    """Return what the services say about every resource."""

    def client(service):
        return sandbox.client(service, REGION)

    stack = client("cloudformation").list_stack_resources(StackName="guard")
    physical = {
        each["LogicalResourceId"]: each["PhysicalResourceId"]
        for each in stack["StackResourceSummaries"]
    }
    topic_arn, queue, key = (physical[name] for name in ("Topic", "Queue", "Key"))
    rule_arn = client("events").describe_rule(Name="deletions")["Arn"]
    alarm = client("cloudwatch").describe_alarms()["MetricAlarms"][0]
    answers = {
        "rule": client("events").describe_rule(Name="deletions"),
        "rule tags": client("events").list_tags_for_resource(ResourceARN=rule_arn),
        "targets": client("events").list_targets_by_rule(Rule="deletions"),
        "bus": client("events").describe_event_bus(Name="relay"),
        "topic": client("sns").get_topic_attributes(TopicArn=topic_arn),
        "topic tags": client("sns").list_tags_for_resource(ResourceArn=topic_arn),
        "mail": client("sns").get_subscription_attributes(SubscriptionArn=physical["Mail"]),
        "queue": client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["All"]),
        "queue tags": client("sqs").list_queue_tags(QueueUrl=queue),
        "role": client("iam").get_role(RoleName="guard"),
        "inline": client("iam").list_role_policies(RoleName="guard"),
        "managed": client("iam").list_attached_role_policies(RoleName="guard"),
        "runbook tags": client("ssm").list_tags_for_resource(
            ResourceType="Document", ResourceId="runbook"
        ),
        "alarm": {name: alarm.get(name) for name in ("Threshold", "TreatMissingData", "Metrics")},
        "alarm tags": client("cloudwatch").list_tags_for_resource(ResourceARN=alarm["AlarmArn"]),
        "dashboard": client("cloudwatch").get_dashboard(DashboardName="guard"),
        "key": client("kms").describe_key(KeyId=key),
        "rotation": client("kms").get_key_rotation_status(KeyId=key),
        "key tags": client("kms").list_resource_tags(KeyId=key),
    }
    # SNS keeps the scope of a filter that is gone.
    answers["mail"]["Attributes"].pop("FilterPolicyScope", None)
    return {
        name: {each: value for each, value in answer.items() if each != "ResponseMetadata"}
        for name, answer in answers.items()
    }


def test_every_resource_is_updated_in_place_and_restored(sandbox, stacks):
    """By an update that fails in the end; by one that succeeds, and one that undoes it."""
    before = seen(sandbox)
    failed = change(sandbox, stacks.update_stack, {**changed(), "Broken": BROKEN})
    assert failed["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE", failed["StackStatusReason"]
    assert "[Broken]" in failed["StackStatusReason"]
    assert _comparable(seen(sandbox)) == _comparable(before)
    updated = change(sandbox, stacks.update_stack, changed())
    assert updated["StackStatus"] == "UPDATE_COMPLETE", updated.get("StackStatusReason")
    after = seen(sandbox)
    same = [name for name in before if _comparable(after)[name] == _comparable(before)[name]]
    assert same == []
    undone = change(sandbox, stacks.update_stack, EVERYTHING)
    assert undone["StackStatus"] == "UPDATE_COMPLETE", undone.get("StackStatusReason")
    assert _comparable(seen(sandbox)) == _comparable(before)


def _comparable(answers):
    """Return answers without what counts changes, and with empty values left out."""
    text = json.dumps(answers, default=str, sort_keys=True)
    return {name: _clean(answer) for name, answer in json.loads(text).items()}


def _clean(value):
    if isinstance(value, dict):
        kept = {name: _clean(item) for name, item in value.items() if "Timestamp" not in name}
        return {name: item for name, item in kept.items() if item not in (None, "", [], {})}
    return [_clean(item) for item in value] if isinstance(value, list) else value


def test_a_resource_with_the_same_name_cannot_be_replaced(sandbox, stacks):
    """The new one could not be created beside it."""
    resources = copy.deepcopy(EVERYTHING)
    resources["Role"]["Properties"]["Path"] = "/other/"
    stack = change(sandbox, stacks.update_stack, resources)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "custom-named resource requires replacing. Rename guard" in stack["StackStatusReason"]


def test_a_document_is_replaced_unless_it_gets_a_new_version(sandbox):
    """UpdateMethod says which. Without a name, the replacement has another one."""
    client = sandbox.client("cloudformation", REGION)
    document: Any = {
        "Type": "AWS::SSM::Document",
        "Properties": {"DocumentType": "Automation", "Content": RUNBOOK},
    }
    change(sandbox, client.create_stack, {"Runbook": document, "Topic": topic("alerts")})
    described = client.describe_stack_resource(StackName="guard", LogicalResourceId="Runbook")
    first = described["StackResourceDetail"]["PhysicalResourceId"]
    document["Properties"]["Content"] = {**RUNBOOK, "description": "changed"}
    change(sandbox, client.update_stack, {"Runbook": document, "Topic": topic("alerts")})
    described = client.describe_stack_resource(StackName="guard", LogicalResourceId="Runbook")
    assert described["StackResourceDetail"]["PhysicalResourceId"] != first
    owned = [{"Key": "Owner", "Values": ["Self"]}]
    found = sandbox.client("ssm", REGION).list_documents(Filters=owned)["DocumentIdentifiers"]
    assert first not in [each["Name"] for each in found]


def test_a_document_does_not_get_a_content_again_that_it_had_before(sandbox, stacks):
    """Systems Manager refuses it. So a stack that fails after a new version stays as it is then."""
    resources = copy.deepcopy(EVERYTHING)
    resources["Runbook"]["Properties"]["Content"] = {**RUNBOOK, "description": "changed"}
    stack = change(sandbox, stacks.update_stack, {**resources, "Broken": BROKEN})
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    assert "DuplicateDocumentContent" in stack["StackStatusReason"]
