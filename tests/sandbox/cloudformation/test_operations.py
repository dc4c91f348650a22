"""Operations of stack sets: one at a time, stopped, in suspended accounts, and within the rates."""

import json
from dataclasses import replace
from threading import Event

import pytest
from botocore.exceptions import ClientError

from sandbox.cloudformation import instances
from sandbox.core.errors import AwsError
from sandbox.core.quotas import Quotas
from tests.support.emulated_account import REGION
from tests.support.stacks import (
    AS_DELEGATE,
    FIRST,
    HUB,
    SECOND,
    organize,
    policy,
    template,
    topic,
)

SET = {"StackSetName": "guard"}


@pytest.fixture
def unit(sandbox):
    """Return the organizational unit of two accounts."""
    return organize(sandbox).work


@pytest.fixture
def client(sandbox, unit):
    """Return the CloudFormation client of the management account, with a stack set."""
    client = sandbox.client("cloudformation", REGION)
    body = template({"Topic": topic("alerts")})
    client.create_stack_set(**SET, TemplateBody=body, PermissionModel="SERVICE_MANAGED")
    return client


@pytest.fixture
def gate(monkeypatch):
    """Hold the first deployment of an instance, until the event is set."""
    begun, released, deploy = Event(), Event(), instances._deploy

    def wait(*arguments):
        begun.set()
        released.wait(20)
        deploy(*arguments)

    monkeypatch.setattr(instances, "_deploy", wait)
    yield begun, released
    released.set()


def start(client, unit):
    """Start the creation of the instances. Return the id of the operation."""
    return client.create_stack_instances(
        **SET, DeploymentTargets={"OrganizationalUnitIds": [unit]}, Regions=[REGION]
    )["OperationId"]


def status(client, operation):
    """Return the status of an operation."""
    found = client.describe_stack_set_operation(**SET, OperationId=operation)
    return found["StackSetOperation"]["Status"]


def test_a_stack_set_has_one_operation_at_a_time(sandbox, client, unit, gate):
    """A second one is refused while the first one runs."""
    begun, released = gate
    first = start(client, unit)
    begun.wait(20)
    assert status(client, first) == "RUNNING"
    with pytest.raises(ClientError, match="OperationInProgressException"):
        start(client, unit)
    with pytest.raises(ClientError, match="OperationInProgressException"):
        client.delete_stack_set(**SET)
    released.set()
    sandbox.settle()
    assert status(client, first) == "SUCCEEDED"


def test_with_managed_execution_operations_wait(sandbox, client, unit, gate):
    """They run in the order in which they were started."""
    client.update_stack_set(**SET, UsePreviousTemplate=True, ManagedExecution={"Active": True})
    sandbox.settle()
    begun, released = gate
    operations = [start(client, unit) for _ in range(3)]
    begun.wait(20)
    assert [status(client, each) for each in operations] == ["RUNNING", "QUEUED", "QUEUED"]
    released.set()
    sandbox.settle()
    assert [status(client, each) for each in operations] == ["SUCCEEDED"] * 3


def test_an_operation_can_be_stopped(sandbox, client, unit, gate):
    """After the stack that it is working on."""
    begun, released = gate
    operation = start(client, unit)
    begun.wait(20)
    client.stop_stack_set_operation(**SET, OperationId=operation)
    assert status(client, operation) == "STOPPING"
    released.set()
    sandbox.settle()
    assert status(client, operation) == "STOPPED"
    found = client.list_stack_instances(**SET)["Summaries"]
    details = [each["StackInstanceStatus"]["DetailedStatus"] for each in found]
    assert details == ["SUCCEEDED", "CANCELLED"]


@pytest.mark.parametrize(
    ("preferences", "expected"),
    [
        ({}, {"a1": "FAILED", "a2": "CANCELLED", "b1": "CANCELLED", "b2": "CANCELLED"}),
        (
            {"RegionConcurrencyType": "PARALLEL"},
            {"a1": "FAILED", "a2": "CANCELLED", "b1": "SUCCEEDED", "b2": "SUCCEEDED"},
        ),
        (
            {"RegionOrder": ["us-east-1", REGION]},
            {"b1": "SUCCEEDED", "b2": "SUCCEEDED", "a1": "FAILED", "a2": "CANCELLED"},
        ),
        (
            {"FailureTolerancePercentage": 50, "MaxConcurrentPercentage": 100},
            {"a1": "FAILED", "a2": "SUCCEEDED", "b1": "SUCCEEDED", "b2": "SUCCEEDED"},
        ),
        # At most one more than the tolerated failures at once, unless the caller says otherwise.
        (
            {"MaxConcurrentCount": 2},
            {"a1": "FAILED", "a2": "CANCELLED", "b1": "CANCELLED", "b2": "CANCELLED"},
        ),
        (
            {"MaxConcurrentCount": 2, "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE"},
            {"a1": "FAILED", "a2": "SUCCEEDED", "b1": "CANCELLED", "b2": "CANCELLED"},
        ),
    ],
)
def test_preferences_decide_the_order_and_the_end(
    sandbox, client, unit, monkeypatch, preferences, expected
):
    """Here the first account fails in one Region."""
    places = {
        "a1": (FIRST, REGION),
        "a2": (SECOND, REGION),
        "b1": (FIRST, "us-east-1"),
        "b2": (SECOND, "us-east-1"),
    }

    def deploy(machinery, stack_set, operation, instance):
        if (instance.account, instance.region) == places["a1"]:
            raise AwsError("ValidationError", "a failure")

    monkeypatch.setattr(instances, "_deploy", deploy)
    identifier = client.create_stack_instances(
        **SET,
        DeploymentTargets={"OrganizationalUnitIds": [unit]},
        Regions=[REGION, "us-east-1"],
        OperationPreferences=preferences,
    )["OperationId"]
    sandbox.settle()
    results = client.list_stack_set_operation_results(**SET, OperationId=identifier)["Summaries"]
    names = {place: name for name, place in places.items()}
    found = [(names[each["Account"], each["Region"]], each["Status"]) for each in results]
    assert found == list(expected.items())
    is_tolerated = "FailureTolerancePercentage" in preferences
    assert status(client, identifier) == ("SUCCEEDED" if is_tolerated else "FAILED")


def test_a_reset_does_not_wait_for_the_whole_operation(sandbox, client, unit, gate):
    """It ends like one that is stopped, and leaves nothing."""
    begun, released = gate
    start(client, unit)
    begun.wait(20)
    released.set()
    sandbox.reset()
    assert client.list_stack_sets()["Summaries"] == []


def test_a_suspended_account_is_skipped(sandbox, client, unit):
    """Without a failure."""
    sandbox.client("organizations", REGION).close_account(AccountId=SECOND)
    operation = start(client, unit)
    sandbox.settle()
    assert status(client, operation) == "SUCCEEDED"
    found = client.list_stack_instances(**SET, StackInstanceAccount=SECOND)["Summaries"]
    detail = "SKIPPED_SUSPENDED_ACCOUNT"
    assert [each["StackInstanceStatus"]["DetailedStatus"] for each in found] == [detail]


def test_a_deletion_that_fails_makes_an_instance_inoperable(sandbox, client, unit):
    """Here by a service control policy. No update reaches it; it can be given up."""
    start(client, unit)
    sandbox.settle()
    statement = {"Effect": "Deny", "Action": "sns:DeleteTopic", "Resource": "*"}
    sandbox.set_service_control_policy({"Version": "2012-10-17", "Statement": [statement]}, FIRST)
    given = {"DeploymentTargets": {"OrganizationalUnitIds": [unit]}, "Regions": [REGION]}
    preferences = {"FailureToleranceCount": 1}
    client.delete_stack_instances(
        **SET, **given, RetainStacks=False, OperationPreferences=preferences
    )
    sandbox.settle()
    client.update_stack_set(**SET, TemplateBody=template({"Topic": topic("other")}))
    sandbox.settle()
    (left,) = client.list_stack_instances(**SET)["Summaries"]
    assert (left["Account"], left["Status"]) == (FIRST, "INOPERABLE")
    assert "explicit deny in a service control policy" in left["StatusReason"]
    client.delete_stack_instances(**SET, **given, RetainStacks=True)
    sandbox.settle()
    assert client.list_stack_instances(**SET)["Summaries"] == []


def test_parameters_can_differ_by_instance(sandbox, client, unit):
    """An account that the override does not name has the value of the stack set."""
    parameters = {"Name": {"Type": "String", "Default": "one"}}
    body = template({"Topic": topic({"Ref": "Name"})}, Parameters=parameters)
    client.update_stack_set(**SET, TemplateBody=body)
    start(client, unit)
    sandbox.settle()
    client.update_stack_instances(
        **SET,
        DeploymentTargets={"Accounts": [FIRST]},
        Regions=[REGION],
        ParameterOverrides=[{"ParameterKey": "Name", "ParameterValue": "two"}],
    )
    sandbox.settle()
    names = {
        account: sandbox.client("sns", REGION, account).list_topics()["Topics"][0]["TopicArn"]
        for account in (FIRST, SECOND)
    }
    assert [arn.rpartition(":")[2] for arn in names.values()] == ["two", "one"]


def test_reading_has_a_rate(sandbox, client):
    """Of each call. A test can change it."""
    seldom = 0.001  # One call, and the next one after a thousand seconds.
    sandbox.quotas = replace(Quotas(), stack_set_reads_per_second=seldom)
    client.list_stack_instances(**SET)
    with pytest.raises(ClientError, match=r"\(Throttling\).*Rate exceeded"):
        client.list_stack_instances(**SET)
    client.describe_stack_set(**SET)
    organizations = sandbox.client("organizations", REGION)
    sandbox.quotas = replace(Quotas(), organizations_reads_per_second=seldom)
    organizations.list_accounts()
    with pytest.raises(ClientError, match="TooManyRequestsException"):
        organizations.list_accounts()
    organizations.describe_organization()


def test_a_user_needs_the_permission_for_the_stack_set(sandbox, client):
    """By its name."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    arn = f"arn:aws:cloudformation:{REGION}:*:stackset/guard:*"
    document = json.dumps(policy(Action="cloudformation:DescribeStackSet", Resource=arn))
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=document)
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    credentials = key["AccessKeyId"], key["SecretAccessKey"]
    alice = sandbox._clients.make("cloudformation", REGION, *credentials)
    alice.describe_stack_set(**SET)
    for call in (alice.list_stack_instances, alice.delete_stack_set):
        with pytest.raises(ClientError, match=r"AccessDenied.*stackset/guard:\*"):
            call(**SET)
    with pytest.raises(ClientError, match="AccessDenied"):
        alice.describe_stack_set(StackSetName="other")


def test_a_change_of_a_stack_set_is_an_event_of_the_account_that_makes_it(sandbox, client):
    """Without the template. Here the caller is a delegated administrator."""
    hub = sandbox.client("cloudformation", REGION, HUB)
    hub.update_stack_set(**AS_DELEGATE, TemplateBody=template({"Topic": topic("other")}))
    sandbox.settle()
    for key, value in (
        ("EventName", "UpdateStackSet"),
        ("EventSource", "cloudformation.amazonaws.com"),
    ):
        lookup = {"AttributeKey": key, "AttributeValue": value}
        history = sandbox.client("cloudtrail", REGION, HUB)
        (event,) = history.lookup_events(LookupAttributes=[lookup])["Events"]
        found = json.loads(event["CloudTrailEvent"])
        assert found["eventSource"] == "cloudformation.amazonaws.com"
        given = found["requestParameters"]
        assert given.keys() == {"stackSetName", "callAs", "operationId"}
        assert (given["stackSetName"], given["callAs"]) == ("guard", "DELEGATED_ADMIN")
