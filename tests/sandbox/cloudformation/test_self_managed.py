"""Self-managed stack sets: two roles, in the administrator's account and in each target."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import REGION
from tests.support.stacks import FIRST, policy, template, topic

ADMINISTRATION = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION = "AWSCloudFormationStackSetExecutionRole"


def create_role(sandbox, account, name, principal, *actions):
    """Create a role that a principal can assume, and that may do some actions."""
    iam = sandbox.client("iam", REGION, account)
    trust = json.dumps(policy(Action="sts:AssumeRole", Principal=principal))
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    document = json.dumps(policy(Action=list(actions), Resource="*"))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)


@pytest.fixture
def client(sandbox):
    """Return a CloudFormation client with the stack set `guard`, and one more account."""
    sandbox.add_account(FIRST)
    service = {"Service": "cloudformation.amazonaws.com"}
    create_role(sandbox, ACCOUNT_ID, ADMINISTRATION, service, "sts:AssumeRole")
    client = sandbox.client("cloudformation", REGION)
    body = template({"Topic": topic("alerts")})
    client.create_stack_set(StackSetName="guard", TemplateBody=body)
    return client


def create_instance(sandbox, client):
    """Create the instance of the account. Return the result of the operation."""
    identifier = client.create_stack_instances(
        StackSetName="guard", Accounts=[FIRST], Regions=[REGION]
    )["OperationId"]
    sandbox.settle()
    (result,) = client.list_stack_set_operation_results(
        StackSetName="guard", OperationId=identifier
    )["Summaries"]
    return result


def test_the_administration_role_assumes_the_execution_role(sandbox, client):
    """That role makes the resources."""
    trusted = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/{ADMINISTRATION}"}
    create_role(sandbox, FIRST, EXECUTION, trusted, "*")
    assert create_instance(sandbox, client)["Status"] == "SUCCEEDED"
    lookup = {"AttributeKey": "EventName", "AttributeValue": "CreateTopic"}
    history = sandbox.client("cloudtrail", REGION, FIRST)
    (event,) = history.lookup_events(LookupAttributes=[lookup])["Events"]
    identity = json.loads(event["CloudTrailEvent"])["userIdentity"]
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == EXECUTION


@pytest.mark.parametrize(
    ("principal", "actions", "words"),
    [
        (None, ("*",), f"Account {FIRST} should have '{EXECUTION}' role"),
        ({"AWS": FIRST}, ("*",), "should have"),
        ({"AWS": ACCOUNT_ID}, ("sns:GetTopicAttributes",), "not authorized to perform: sns:"),
    ],
)
def test_an_instance_fails_without_the_execution_role(sandbox, client, principal, actions, words):
    """If it is missing, trusts somebody else, or may not make the resources."""
    if principal:
        create_role(sandbox, FIRST, EXECUTION, principal, *actions)
    result = create_instance(sandbox, client)
    assert result["Status"] == "FAILED"
    assert words in result["StatusReason"]


@pytest.mark.parametrize(
    "targets",
    [
        {"DeploymentTargets": {"OrganizationalUnitIds": ["ou-abcd-12345678"]}},
        {"DeploymentTargets": {"Accounts": [FIRST], "AccountFilterType": "DIFFERENCE"}},
        {},
    ],
)
def test_it_has_accounts_and_no_units(client, targets):
    """Units belong to service-managed stack sets."""
    with pytest.raises(ClientError, match="ValidationError"):
        client.create_stack_instances(StackSetName="guard", Regions=[REGION], **targets)


def test_it_has_no_automatic_deployment(client):
    """Which follows an organization."""
    with pytest.raises(ClientError, match="AutoDeployment is for service-managed"):
        client.create_stack_set(
            StackSetName="other",
            TemplateBody=template(),
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": True},
        )
