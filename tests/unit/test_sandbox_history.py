"""CloudTrail's event history, and the scripts of runbooks that ask it."""

import json
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox import ACCOUNT_ID, script
from sandbox.actions import StepFailed
from tests.unit.sandbox_account import REGION, allow, policy, role_arn, trust

SCRIPT = """\
import boto3


def handler(events, context):
    if events["key"] == "fail":
        raise ValueError("no such key")
    return {"who": boto3.client("sts").get_caller_identity()["Arn"], "key": events["key"]}
"""


def lookup(sandbox, key="EventName", value="DisableKey", **more):
    """Events of the Region by one attribute."""
    attributes = [{"AttributeKey": key, "AttributeValue": value}]
    trail = sandbox.client("cloudtrail", REGION)
    return trail.lookup_events(LookupAttributes=attributes, **more)


def disabled_key(sandbox):
    """A key that was disabled; its metadata."""
    kms = sandbox.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    return key


def test_a_call_is_found_by_its_name_and_by_its_key(sandbox):
    """Newest first; the key by id and by ARN; the record as text."""
    first, second = disabled_key(sandbox), disabled_key(sandbox)
    found = lookup(sandbox)["Events"]
    assert [second["Arn"], first["Arn"]] == [e["Resources"][0]["ResourceName"] for e in found]
    for name in (first["Arn"], first["KeyId"]):
        named = lookup(sandbox, "ResourceName", name)["Events"]
        assert ["DisableKey", "CreateKey"] == [event["EventName"] for event in named]
    record = json.loads(found[0]["CloudTrailEvent"])
    assert (second["Arn"], "DisableKey") == (
        record["responseElements"]["keyId"],
        record["eventName"],
    )


def test_calls_elsewhere_of_another_name_and_too_old_are_not_found(sandbox):
    """Each Region has its own; 90 days are known; no trail is needed."""
    sandbox.client("cloudtrail", "us-east-1").stop_logging(Name="sandbox")
    disabled_key(sandbox)
    assert 1 == len(lookup(sandbox)["Events"])
    assert [] == lookup(sandbox, value="EnableKey")["Events"]
    assert [] == sandbox.client("cloudtrail", "eu-west-2").lookup_events()["Events"]
    assert [] == lookup(sandbox, StartTime=time.time() + 60)["Events"]
    sandbox.history.age(89)
    assert 1 == len(lookup(sandbox)["Events"])
    sandbox.history.age(2)
    assert [] == lookup(sandbox)["Events"]


def test_pages_follow_each_other(sandbox):
    """As many as asked for, and the token for the rest."""
    keys = [disabled_key(sandbox)["Arn"] for _ in range(3)]
    first = lookup(sandbox, MaxResults=2)
    rest = lookup(sandbox, MaxResults=2, NextToken=first["NextToken"])
    found = [*first["Events"], *rest["Events"]]
    assert keys == [event["Resources"][0]["ResourceName"] for event in reversed(found)]
    assert "NextToken" not in rest


def test_only_one_attribute_at_a_time(sandbox):
    """As CloudTrail has it, and only attributes that it knows."""
    two = [{"AttributeKey": "EventName", "AttributeValue": name} for name in ("A", "B")]
    with pytest.raises(ClientError, match="InvalidLookupAttributesException"):
        sandbox.client("cloudtrail", REGION).lookup_events(LookupAttributes=two)
    with pytest.raises(ClientError, match="InvalidLookupAttributesException"):
        lookup(sandbox, "KeyId", "x")


@pytest.mark.parametrize("allowed", [True, False])
def test_a_role_needs_the_right_to_look(sandbox, allowed):
    """cloudtrail:LookupEvents, on everything."""
    iam = sandbox.client("iam", REGION)
    iam.create_role(RoleName="looker", AssumeRolePolicyDocument=trust("ssm.amazonaws.com"))
    action = "cloudtrail:LookupEvents" if allowed else "cloudtrail:DescribeTrails"
    iam.put_role_policy(RoleName="looker", PolicyName="p", PolicyDocument=policy(allow(action)))
    session = sandbox.client("sts", REGION).assume_role(
        RoleArn=role_arn("looker"), RoleSessionName="session"
    )["Credentials"]
    trail = boto3.client(
        "cloudtrail",
        region_name=REGION,
        endpoint_url=sandbox.endpoint,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )
    if allowed:
        assert [] == trail.lookup_events()["Events"]
        return
    with pytest.raises(ClientError, match="not authorized to perform: cloudtrail:LookupEvents"):
        trail.lookup_events()


def test_a_script_runs_with_the_environment_it_is_given(sandbox):
    """It talks to the sandbox; what it raises, and a runtime that there is not, fail the step."""
    inputs = {"Runtime": "python3.11", "Handler": "handler", "Script": SCRIPT}
    payload = {"InputPayload": {"key": "1234"}}
    output = script.run(inputs | payload, sandbox.environment())["Payload"]
    assert "1234" == output["key"]
    assert ACCOUNT_ID in output["who"]
    with pytest.raises(StepFailed, match="ValueError: no such key"):
        script.run(inputs | {"InputPayload": {"key": "fail"}}, sandbox.environment())
    with pytest.raises(StepFailed, match="no runtime python2"):
        script.run(inputs | {"Runtime": "python2"}, sandbox.environment())
