"""CloudTrail's event history: LookupEvents."""

import json
import math
import time

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.core.quotas import Quotas
from tests.support.emulated_account import REGION, allow, policy, role_arn, trust


@pytest.fixture(autouse=True)
def no_rate(sandbox):
    """Let the tests look up as often as they want."""
    sandbox.quotas = Quotas(lookup_events_per_second=math.inf)


def lookup(sandbox, key="EventName", value="DisableKey", **more):
    """Look up events of the Region by one attribute."""
    attributes = [{"AttributeKey": key, "AttributeValue": value}]
    trail = sandbox.client("cloudtrail", REGION)
    return trail.lookup_events(LookupAttributes=attributes, **more)


def disabled_key(sandbox):
    """Create and disable a key. Return its metadata."""
    kms = sandbox.client("kms", REGION)
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    return key


def test_a_call_is_found_by_its_name_and_by_its_key(sandbox):
    """The newest event is first. The key can be named by id and by ARN. The record is text."""
    first, second = disabled_key(sandbox), disabled_key(sandbox)
    found = lookup(sandbox)["Events"]
    assert [e["Resources"][0]["ResourceName"] for e in found] == [second["Arn"], first["Arn"]]
    for name in (first["Arn"], first["KeyId"]):
        named = lookup(sandbox, "ResourceName", name)["Events"]
        assert [event["EventName"] for event in named] == ["DisableKey", "CreateKey"]
    record = json.loads(found[0]["CloudTrailEvent"])
    assert (record["responseElements"]["keyId"], record["eventName"]) == (
        second["Arn"],
        "DisableKey",
    )


def test_other_regions_other_names_and_old_calls_are_not_found(sandbox):
    """The history covers 90 days and needs no trail."""
    sandbox.client("cloudtrail", "us-east-1").stop_logging(Name="sandbox")
    disabled_key(sandbox)
    assert len(lookup(sandbox)["Events"]) == 1
    assert lookup(sandbox, value="EnableKey")["Events"] == []
    assert sandbox.client("cloudtrail", "eu-west-2").lookup_events()["Events"] == []
    assert lookup(sandbox, StartTime=time.time() + 60)["Events"] == []
    sandbox.history.age(89)
    assert len(lookup(sandbox)["Events"]) == 1
    sandbox.history.age(2)
    assert lookup(sandbox)["Events"] == []


def test_pages_cover_all_events_without_overlap(sandbox):
    """The last page has no token."""
    keys = [disabled_key(sandbox)["Arn"] for _ in range(3)]
    first = lookup(sandbox, MaxResults=2)
    rest = lookup(sandbox, MaxResults=2, NextToken=first["NextToken"])
    found = [*first["Events"], *rest["Events"]]
    assert {event["Username"] for event in found} == {"root"}
    assert [event["Resources"][0]["ResourceName"] for event in reversed(found)] == keys
    assert "NextToken" not in rest


def test_a_lookup_takes_one_known_attribute_at_most(sandbox):
    """As in CloudTrail."""
    two = [{"AttributeKey": "EventName", "AttributeValue": name} for name in ("A", "B")]
    with pytest.raises(ClientError, match="InvalidLookupAttributesException"):
        sandbox.client("cloudtrail", REGION).lookup_events(LookupAttributes=two)
    with pytest.raises(ClientError, match="InvalidLookupAttributesException"):
        lookup(sandbox, "KeyId", "x")


def test_new_calls_between_two_pages_do_not_shift_the_second_page(sandbox):
    """It begins after the last event shown. A token is valid for the same parameters only."""
    for _ in range(3):
        disabled_key(sandbox)
    first = lookup(sandbox, MaxResults=2)
    disabled_key(sandbox)
    rest = lookup(sandbox, MaxResults=2, NextToken=first["NextToken"])
    ids = [event["EventId"] for event in (*first["Events"], *rest["Events"])]
    assert len(ids) == len(set(ids)) == 3
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        lookup(sandbox, value="CreateKey", MaxResults=2, NextToken=first["NextToken"])
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        lookup(sandbox, MaxResults=2, NextToken="2")


def test_a_denied_call_is_in_the_history(sandbox):
    """CloudTrail records refused calls too."""
    kms = sandbox.client("kms", REGION)
    with pytest.raises(ClientError, match="NotFoundException"):
        kms.disable_key(KeyId="12345678-1234-1234-1234-123456789012")
    (event,) = lookup(sandbox)["Events"]
    assert json.loads(event["CloudTrailEvent"])["errorCode"] == "NotFoundException"
    assert event["ReadOnly"] == "false"


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"StartTime": 1_700_000_001, "EndTime": 1_700_000_000}, "InvalidTimeRangeException"),
        ({"EventCategory": "insight"}, "SandboxCannot"),
        ({"key": "ReadOnly", "value": "true"}, "SandboxCannot"),
        ({"value": "DescribeKey"}, "SandboxCannot"),
        ({"key": "EventSource", "value": "lambda.amazonaws.com"}, "SandboxCannot"),
    ],
)
def test_a_lookup_that_aws_or_the_sandbox_does_not_support_is_refused(sandbox, asked, code):
    """An empty answer would be wrong where CloudTrail has events."""
    with pytest.raises(ClientError) as raised:
        lookup(sandbox, **asked)
    assert raised.value.response["Error"]["Code"] == code


def test_a_lookup_just_within_the_limits_is_answered(sandbox):
    """A range of no length, write calls only, and KMS as the source."""
    disabled_key(sandbox)
    moment = lookup(sandbox)["Events"][0]["EventTime"]
    assert len(lookup(sandbox, StartTime=moment, EndTime=moment)["Events"]) == 1
    for key, value in (("ReadOnly", "false"), ("EventSource", "kms.amazonaws.com")):
        assert len(lookup(sandbox, key, value)["Events"]) == 2
    assert [
        trail["Name"]
        for trail in sandbox.client("cloudtrail", REGION).describe_trails()["trailList"]
    ] == ["sandbox"]


@pytest.mark.parametrize("allowed", [True, False])
def test_a_role_needs_permission_to_look_up_events(sandbox, allowed):
    """The action is cloudtrail:LookupEvents, for all resources."""
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
        assert trail.lookup_events()["Events"] == []
        return
    with pytest.raises(ClientError, match="not authorized to perform: cloudtrail:LookupEvents"):
        trail.lookup_events()


def test_too_many_lookups_in_a_second_are_throttled(sandbox):
    """A rate of one in a hundred seconds: the second call is too early. Other Regions answer."""
    sandbox.quotas = Quotas(lookup_events_per_second=0.01)
    lookup(sandbox)
    with pytest.raises(ClientError) as raised:
        lookup(sandbox)
    assert raised.value.response["Error"] == {
        "Code": "ThrottlingException",
        "Message": "Rate exceeded",
    }
    assert sandbox.client("cloudtrail", "us-west-1").lookup_events()["Events"] == []
