"""Stack sets of an organization: who may have one, where it deploys, and how operations end."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.cloudformation.stack_sets import Instance
from sandbox.cloudformation.stacks import kept_by
from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION
from tests.support.stacks import (
    AS_DELEGATE,
    FIRST,
    HUB,
    SECOND,
    organize,
    template,
    topic,
)

OTHER_REGION = "us-east-1"
LATER = "555566667777"
SERVICE_MANAGED = {"PermissionModel": "SERVICE_MANAGED"}
AUTOMATIC = {"AutoDeployment": {"Enabled": True, "RetainStacksOnAccountRemoval": False}}


@pytest.fixture
def organization(sandbox):
    """Return an organization of four accounts."""
    return organize(sandbox)


@pytest.fixture
def hub(sandbox, organization):
    """Return the CloudFormation client of the delegated administrator, with a stack set."""
    client = sandbox.client("cloudformation", REGION, HUB)
    body = template({"Topic": topic("alerts")})
    client.create_stack_set(**AS_DELEGATE, **SERVICE_MANAGED, **AUTOMATIC, TemplateBody=body)
    return client


def targets(*units, **more):
    """Return the deployment targets of units."""
    return {"DeploymentTargets": {"OrganizationalUnitIds": list(units), **more}}


def operate(sandbox, call, **options):
    """Run an operation on the instances of both Regions to its end. Return it."""
    given = {"Regions": [REGION, OTHER_REGION], **options}
    identifier = call(**AS_DELEGATE, **given)["OperationId"]
    sandbox.settle()
    client = sandbox.client("cloudformation", REGION, HUB)
    found = client.describe_stack_set_operation(**AS_DELEGATE, OperationId=identifier)
    return found["StackSetOperation"]


def instances(client):
    """Return the account, Region and states of every instance."""
    return [
        (
            each["Account"],
            each["Region"],
            each["Status"],
            each["StackInstanceStatus"]["DetailedStatus"],
        )
        for each in client.list_stack_instances(**AS_DELEGATE)["Summaries"]
    ]


def has_topic(sandbox, account, region):
    """Tell whether an account has the topic in a Region."""
    return bool(sandbox.client("sns", region, account).list_topics()["Topics"])


def test_a_stack_set_deploys_to_a_unit_and_everything_below_it(sandbox, organization, hub):
    """The hub is not in that unit. The stacks are in the accounts, each of a role of its own."""
    operation = operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    assert operation["Status"] == "SUCCEEDED"
    current = ("CURRENT", "SUCCEEDED")
    assert instances(hub) == [
        (FIRST, REGION, *current),
        (SECOND, REGION, *current),
        (FIRST, OTHER_REGION, *current),
        (SECOND, OTHER_REGION, *current),
    ]
    assert has_topic(sandbox, SECOND, OTHER_REGION)
    assert not has_topic(sandbox, HUB, REGION)
    lookup = {"AttributeKey": "EventName", "AttributeValue": "CreateTopic"}
    history = sandbox.client("cloudtrail", REGION, FIRST)
    (event,) = history.lookup_events(LookupAttributes=[lookup])["Events"]
    identity = json.loads(event["CloudTrailEvent"])["userIdentity"]
    name = identity["sessionContext"]["sessionIssuer"]["userName"]
    assert name.startswith("stacksets-exec-")
    assert len(name) == len("stacksets-exec-") + 32
    assert identity["invokedBy"] == "cloudformation.amazonaws.com"


def test_the_management_account_gets_no_instance(sandbox, organization, hub):
    """Although it is below the root."""
    operate(sandbox, hub.create_stack_instances, **targets(organization.root))
    assert {account for account, *_ in instances(hub)} == {HUB, FIRST, SECOND}


@pytest.mark.parametrize(
    ("kind", "expected"), [("INTERSECTION", {FIRST}), ("DIFFERENCE", {SECOND})]
)
def test_a_filter_chooses_accounts_of_the_units(sandbox, organization, hub, kind, expected):
    """One in both, or those of the units without some accounts."""
    chosen = targets(organization.work, Accounts=[FIRST], AccountFilterType=kind)
    operate(sandbox, hub.create_stack_instances, **chosen)
    assert {account for account, *_ in instances(hub)} == expected


def test_an_account_that_joins_later_gets_its_stacks(sandbox, organization, hub):
    """Also in a nested unit, and whatever the filter of the first deployment was."""
    chosen = targets(organization.work, Accounts=[FIRST], AccountFilterType="INTERSECTION")
    operate(sandbox, hub.create_stack_instances, **chosen)
    sandbox.add_account(LATER, unit=organization.nested)
    sandbox.settle()
    assert (LATER, OTHER_REGION, "CURRENT", "SUCCEEDED") in instances(hub)
    assert has_topic(sandbox, LATER, REGION)


@pytest.mark.parametrize("retains", [True, False])
def test_an_account_that_leaves_loses_its_stacks_unless_they_are_retained(
    sandbox, organization, hub, retains
):
    """The instance is gone in both cases."""
    automatic = {"Enabled": True, "RetainStacksOnAccountRemoval": retains}
    hub.update_stack_set(**AS_DELEGATE, UsePreviousTemplate=True, AutoDeployment=automatic)
    operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    sandbox.client("organizations", REGION).move_account(
        AccountId=SECOND,
        SourceParentId=organization.nested,
        DestinationParentId=organization.root,
    )
    sandbox.settle()
    assert {account for account, *_ in instances(hub)} == {FIRST}
    assert has_topic(sandbox, SECOND, REGION) is retains


def test_an_update_reaches_every_instance(sandbox, organization, hub):
    """One that it leaves out is outdated from then on."""
    operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    changed = template({"Topic": topic("renamed")})
    only = targets(organization.work, Accounts=[FIRST], AccountFilterType="INTERSECTION")
    operate(sandbox, hub.update_stack_set, TemplateBody=changed, **only)
    states = {(account, status) for account, _, status, _ in instances(hub)}
    assert states == {(FIRST, "CURRENT"), (SECOND, "OUTDATED")}
    operation = operate(sandbox, hub.update_stack_set, TemplateBody=changed)
    assert operation["Status"] == "SUCCEEDED"
    assert {status for _, _, status, _ in instances(hub)} == {"CURRENT"}


@pytest.mark.parametrize(
    ("tolerated", "status", "second", "elsewhere"),
    [(0, "FAILED", "CANCELLED", "CANCELLED"), (1, "SUCCEEDED", "SUCCEEDED", "SUCCEEDED")],
)
def test_an_operation_stops_after_more_failures_than_are_tolerated(
    sandbox, organization, hub, tolerated, status, second, elsewhere
):
    """In the Region and in those after it. What failed is outdated, and says why."""
    sandbox.client("sns", OTHER_REGION, FIRST).create_topic(Name="alerts")
    preferences = {
        "RegionOrder": [OTHER_REGION, REGION],
        "FailureToleranceCount": tolerated,
        "MaxConcurrentCount": 1,
    }
    operation = operate(
        sandbox,
        hub.create_stack_instances,
        **targets(organization.work),
        OperationPreferences=preferences,
    )
    assert operation["Status"] == status
    assert {(a, r): detail for a, r, _, detail in instances(hub)} == {
        (FIRST, OTHER_REGION): "FAILED",
        (SECOND, OTHER_REGION): second,
        (FIRST, REGION): elsewhere,
        (SECOND, REGION): elsewhere,
    }
    results = hub.list_stack_set_operation_results(
        **AS_DELEGATE, OperationId=operation["OperationId"]
    )["Summaries"]
    assert "already exists" in results[0]["StatusReason"]
    failed = hub.list_stack_instances(
        **AS_DELEGATE, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
    )["Summaries"]
    assert [each["Status"] for each in failed] == ["OUTDATED"]


def test_a_failed_instance_is_deployed_again(sandbox, organization, hub):
    """Its rolled back stack is replaced by a new one."""
    obstacle = sandbox.client("sns", REGION, FIRST).create_topic(Name="alerts")["TopicArn"]
    operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    sandbox.client("sns", REGION, FIRST).delete_topic(TopicArn=obstacle)
    operation = operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    assert operation["Status"] == "SUCCEEDED"
    assert {status for _, _, status, _ in instances(hub)} == {"CURRENT"}


@pytest.mark.parametrize("retains", [True, False])
def test_deleting_instances_deletes_their_stacks_unless_they_are_retained(
    sandbox, organization, hub, retains
):
    """A stack set without instances can be deleted."""
    operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    with pytest.raises(ClientError, match="StackSetNotEmptyException"):
        hub.delete_stack_set(**AS_DELEGATE)
    everything = targets(organization.work)
    operate(sandbox, hub.delete_stack_instances, RetainStacks=retains, **everything)
    assert instances(hub) == []
    assert has_topic(sandbox, FIRST, REGION) is retains
    hub.delete_stack_set(**AS_DELEGATE)
    assert hub.list_stack_sets(CallAs="DELEGATED_ADMIN", Status="ACTIVE")["Summaries"] == []


def test_only_the_management_account_and_a_delegate_have_service_managed_sets(
    sandbox, organization
):
    """A delegate has to say that it is one."""
    body = {"StackSetName": "guard", "TemplateBody": template(), **SERVICE_MANAGED}
    for account, call_as, words in (
        (FIRST, "DELEGATED_ADMIN", "not a delegated administrator"),
        (FIRST, "SELF", "management account or delegated admin"),
        (HUB, "SELF", "management account or delegated admin"),
    ):
        client = sandbox.client("cloudformation", REGION, account)
        with pytest.raises(ClientError, match=words):
            client.create_stack_set(**body, CallAs=call_as)
    management = sandbox.client("cloudformation", REGION)
    management.create_stack_set(**body)
    hub = sandbox.client("cloudformation", REGION, HUB)
    found = hub.describe_stack_set(**AS_DELEGATE)["StackSet"]
    assert found["StackSetARN"].split(":")[4] == ACCOUNT_ID


def test_the_organization_has_to_trust_stack_sets(sandbox):
    """A new organization does not."""
    sandbox.organize()
    client = sandbox.client("cloudformation", REGION)
    body = {"StackSetName": "guard", "TemplateBody": template(), **SERVICE_MANAGED}
    with pytest.raises(ClientError, match="must enable organizations access"):
        client.create_stack_set(**body)
    client.activate_organizations_access()
    client.create_stack_set(**body)


def test_a_template_may_come_from_a_bucket(sandbox, organization):
    """It then may have more than 51,200 bytes, which a request itself may not."""
    s3 = sandbox.client("s3", REGION, HUB)
    place = {"LocationConstraint": REGION}
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration=place)
    long = template({"Topic": topic("alerts")}, Metadata={"padding": "x" * 60_000})
    s3.put_object(Bucket="templates", Key="guard.json", Body=long.encode())
    client = sandbox.client("cloudformation", REGION, HUB)
    with pytest.raises(ClientError, match="51200"):
        client.create_stack_set(**AS_DELEGATE, **SERVICE_MANAGED, TemplateBody=long)
    url = f"https://templates.s3.{REGION}.amazonaws.com/guard.json"
    client.create_stack_set(**AS_DELEGATE, **SERVICE_MANAGED, TemplateURL=url)
    assert client.describe_stack_set(**AS_DELEGATE)["StackSet"]["TemplateBody"] == long


def test_a_snapshot_has_the_stack_sets(sandbox, organization, hub):
    """An account that joins after the restore gets its stacks."""
    operate(sandbox, hub.create_stack_instances, **targets(organization.work))
    sandbox.restore(sandbox.snapshot())
    sandbox.add_account(LATER, unit=organization.work)
    sandbox.settle()
    assert len(instances(hub)) == 6
    assert has_topic(sandbox, LATER, REGION)


def test_instances_are_listed_in_pages_of_a_hundred(sandbox, organization, hub):
    """Or only those in a state, a Region or an account."""
    (stack_set,) = kept_by(ACCOUNT_ID).stack_sets.values()
    for number in range(70):
        for region in (REGION, OTHER_REGION):
            instance = Instance(f"6000000000{number:02}", region, organization.work, "CURRENT")
            stack_set.instances[instance.account, region] = instance
    failed = stack_set.instances["600000000003", OTHER_REGION]
    failed.status, failed.detail, failed.reason = "OUTDATED", "FAILED", "why"
    pages = list(hub.get_paginator("list_stack_instances").paginate(**AS_DELEGATE))
    assert [len(page["Summaries"]) for page in pages] == [100, 40]
    (found,) = hub.list_stack_instances(
        **AS_DELEGATE, Filters=[{"Name": "DETAILED_STATUS", "Values": "FAILED"}]
    )["Summaries"]
    assert (found["Account"], found["StatusReason"]) == (failed.account, "why")
    of_account = hub.list_stack_instances(**AS_DELEGATE, StackInstanceAccount=failed.account)
    in_region = hub.list_stack_instances(**AS_DELEGATE, StackInstanceRegion=REGION)
    assert [len(each["Summaries"]) for each in (of_account, in_region)] == [2, 70]
