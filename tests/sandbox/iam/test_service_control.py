"""A service control policy binds every principal of the account but service-linked roles."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.errors import SandboxCannot
from sandbox.iam import service_control
from sandbox.iam.authorization import role_denial_reason
from sandbox.iam.policy_evaluator import Request
from tests.support.emulated_account import REGION

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:alerts"
WORDS = "with an explicit deny in a service control policy"
ADMIN = f"arn:aws:iam::{ACCOUNT_ID}:role/admin"


def policy(**statement):
    """Return a policy of one statement that denies."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", **statement}]}


@pytest.fixture(autouse=True)
def detached():
    """Leave no policy attached."""
    yield
    service_control.attach(None)


NO_DELETION = policy(Action="sns:DeleteTopic", Resource="*")


def create_role(sandbox, name="admin", path="/"):
    """Create a role that may do everything, and that the account may assume."""
    iam = sandbox.client("iam", REGION)
    trust = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT_ID}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
    )
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )


def assumed(sandbox, service, arn=ADMIN):
    """Return a client of a session of a role."""
    found = sandbox.client("sts", REGION).assume_role(RoleArn=arn, RoleSessionName="alice")
    keys = found["Credentials"]
    return sandbox._clients.make(
        service, REGION, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
    )


def test_it_denies_a_role_and_the_root(sandbox):
    """Whatever their own policies allow; other calls it leaves alone."""
    create_role(sandbox)
    clients = assumed(sandbox, "sns"), sandbox.client("sns", REGION)
    sandbox.set_service_control_policy(NO_DELETION)
    for sns in clients:
        sns.create_topic(Name="alerts")
        with pytest.raises(ClientError, match=WORDS) as caught:
            sns.delete_topic(TopicArn=TOPIC)
        assert caught.value.response["Error"]["Code"] == "AuthorizationError"


def test_it_ends_when_it_is_detached_or_the_sandbox_is_reset(sandbox):
    """The account is then as it was."""
    sns = sandbox.client("sns", REGION)
    for end in (lambda: sandbox.set_service_control_policy(None), sandbox.reset):
        sandbox.set_service_control_policy(NO_DELETION)
        end()
        sns.create_topic(Name="alerts")
        sns.delete_topic(TopicArn=TOPIC)
        assert sns.list_topics()["Topics"] == []


def test_it_denies_a_call_on_a_key_whose_policy_names_the_caller(sandbox, kms):
    """And the root, and a caller who has a grant."""
    create_role(sandbox)
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": each}, "Action": "kms:*", "Resource": "*"}
            for each in (ADMIN, f"arn:aws:iam::{ACCOUNT_ID}:root")
        ],
    }
    key = kms.create_key(Policy=json.dumps(document))["KeyMetadata"]["KeyId"]
    kms.create_grant(KeyId=key, GranteePrincipal=ADMIN, Operations=["DescribeKey"])
    session = assumed(sandbox, "kms")
    sandbox.set_service_control_policy(policy(Action="kms:De*", Resource="*"))
    for client in (session, kms):
        with pytest.raises(ClientError, match=WORDS):
            client.describe_key(KeyId=key)


def test_it_denies_the_role_of_an_automation(sandbox):
    """The reason names the policy."""
    create_role(sandbox)
    assert role_denial_reason(ADMIN, "sns:DeleteTopic", TOPIC, REGION) is None
    sandbox.set_service_control_policy(NO_DELETION)
    reason = role_denial_reason(ADMIN, "sns:DeleteTopic", TOPIC, REGION)
    assert reason == f"role admin may not sns:DeleteTopic on {TOPIC} {WORDS}"


def test_it_denies_assuming_a_role_that_trusts_the_caller(sandbox):
    """The trust policy of the role does not help."""
    create_role(sandbox)
    sts = assumed(sandbox, "sts")
    sandbox.set_service_control_policy(policy(Action="sts:AssumeRole", Resource="*"))
    with pytest.raises(ClientError, match=WORDS):
        sts.assume_role(RoleArn=ADMIN, RoleSessionName="again")


def test_it_does_not_bind_service_linked_roles():
    """Organizations user guide, "SCPs": they are not affected."""
    linked = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/sso.amazonaws.com/AWSServiceRole"
    service_control.attach(policy(Action="*", Resource="*"))
    request = Request("sns:DeleteTopic", TOPIC)
    found = [service_control.control_denial_reason(arn, request) for arn in (linked, ADMIN)]
    assert found == [None, WORDS]


@pytest.mark.parametrize(
    ("given", "denied"),
    [(f"arn:aws:iam::{ACCOUNT_ID}:role/*/admin", False), (f"{ADMIN}x", True), (ADMIN, True)],
)
def test_the_principal_of_a_session_is_its_role_with_its_path(sandbox, given, denied):
    """IAM user guide, aws:PrincipalArn: the role's ARN, not the session's."""
    create_role(sandbox, path="/team/")
    arn = f"arn:aws:iam::{ACCOUNT_ID}:role/team/admin"
    sns = assumed(sandbox, "sns", arn)
    condition = {"ArnNotLike": {"aws:PrincipalArn": given}}
    sandbox.set_service_control_policy(
        policy(Action="sns:CreateTopic", Resource="*", Condition=condition)
    )
    try:
        sns.create_topic(Name="alerts")
        found = False
    except ClientError as error:
        found = WORDS in str(error)
    assert found == denied


def test_a_condition_that_the_sandbox_cannot_evaluate_is_refused():
    """It is neither a match nor a miss."""
    condition = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}
    service_control.attach(policy(Action="*", Resource="*", Condition=condition))
    with pytest.raises(SandboxCannot, match="aws:SourceVpc"):
        service_control.control_denial_reason(ADMIN, Request("sns:DeleteTopic", TOPIC))


def test_the_root_is_refused_calls_whose_permissions_are_not_known(sandbox):
    """While a policy is attached; the sandbox cannot know whether it denies them."""
    sns = sandbox.client("sns", REGION)
    sns.list_platform_applications()
    sandbox.set_service_control_policy(NO_DELETION)
    with pytest.raises(ClientError, match="the sandbox cannot do this"):
        sns.list_platform_applications()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (policy(Action="*", Resource="*", Principal="*"), r"no element \['Principal'\]"),
        (policy(Action="*", Resource="*", Sid="x" * 5_120), "characters; 5120 are allowed"),
    ],
)
def test_what_organizations_does_not_accept_is_refused(given, message):
    """And the former policy stays attached."""
    service_control.attach(NO_DELETION)
    with pytest.raises(ValueError, match=message):
        service_control.attach(given)
    found = service_control.control_denial_reason(ADMIN, Request("sns:DeleteTopic", TOPIC))
    assert found == WORDS
