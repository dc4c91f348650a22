"""Several accounts: each one sees its own resources and events, and roles connect them."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID, in_account
from sandbox.core.quotas import Quotas
from sandbox.server import Sandbox
from tests.support.emulated_account import REGION

OTHER = "222233334444"


@pytest.fixture
def two(sandbox):
    """Return a sandbox with a second account."""
    sandbox.add_account(OTHER)
    return sandbox


def allow(action, resource="*", **rest):
    """Return a policy of one statement that allows something."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **rest}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trusting(principal, **rest):
    """Return a trust policy for a principal."""
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | rest]})


def create_role(sandbox, account, trust, name="reprieve"):
    """Create a role that may list topics; return its ARN."""
    iam = sandbox.client("iam", REGION, account)
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=allow("sns:*"))
    return arn


def create_user(sandbox, account, policy=None, name="alice"):
    """Create a user; return a function that makes its clients."""
    iam = sandbox.client("iam", REGION, account)
    iam.create_user(UserName=name)
    if policy:
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return lambda service: sandbox._clients.make(
        service, REGION, key["AccessKeyId"], key["SecretAccessKey"]
    )


def session(sandbox, sts, arn, **given):
    """Assume a role; return a function that makes clients of the session."""
    keys = sts.assume_role(RoleArn=arn, RoleSessionName="deploy", **given)["Credentials"]
    return lambda service: sandbox._clients.make(
        service, REGION, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"]
    )


def test_an_account_has_resources_of_its_own(two):
    """Every root sees its own account only, and knows which one that is."""
    two.client("sns", REGION, OTHER).create_topic(Name="alerts")
    two.client("kms", REGION, OTHER).create_key()
    assert two.client("sns", REGION).list_topics()["Topics"] == []
    assert two.client("kms", REGION).list_keys()["Keys"] == []
    (topic,) = two.client("sns", REGION, OTHER).list_topics()["Topics"]
    assert topic["TopicArn"] == f"arn:aws:sns:{REGION}:{OTHER}:alerts"
    for account in (ACCOUNT_ID, OTHER):
        identity = two.client("sts", REGION, account).get_caller_identity()
        del identity["ResponseMetadata"]
        assert identity == {
            "Account": account,
            "Arn": f"arn:aws:iam::{account}:root",
            "UserId": account,
        }


def test_an_account_has_a_trail_and_a_history_of_its_own(two):
    """A call is recorded where it was made."""
    two.client("kms", REGION, OTHER).create_key()
    trails = two.client("cloudtrail", REGION, OTHER)
    assert trails.get_trail_status(Name="sandbox")["IsLogging"]
    (event,) = trails.lookup_events()["Events"]
    record = json.loads(event["CloudTrailEvent"])
    assert record["recipientAccountId"] == record["userIdentity"]["accountId"] == OTHER
    assert two.client("cloudtrail", REGION).lookup_events()["Events"] == []
    assert two.history.records == {}
    with in_account(OTHER):
        assert [r["eventName"] for r in two.history.records[REGION]] == ["CreateKey"]


def catch_all(sandbox, account):
    """Let a rule send every event of KMS to a topic with one e-mail subscription."""
    sns, events = (sandbox.client(name, REGION, account) for name in ("sns", "events"))
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    policy = allow("sns:Publish", topic, Principal={"Service": "events.amazonaws.com"})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=f"{account}@example.com")
    events.put_rule(Name="all", EventPattern='{"source": ["aws.kms"]}')
    events.put_targets(Rule="all", Targets=[{"Id": "topic", "Arn": topic}])


def test_an_event_reaches_the_rules_of_its_account_only(two):
    """Both accounts have the same rule."""
    catch_all(two, ACCOUNT_ID)
    catch_all(two, OTHER)
    two.client("kms", REGION, OTHER).create_key()
    two.settle()
    (delivery,) = two.deliveries
    assert (delivery.account, delivery.recipients) == (OTHER, (f"{OTHER}@example.com",))
    event = json.loads(delivery.body)
    assert event["account"] == event["detail"]["recipientAccountId"] == OTHER
    (mail,) = two.mails
    assert mail.topic_arn.split(":")[4] == OTHER


def test_an_emitted_event_belongs_to_an_account(two):
    """As does a schedule, which fires in all accounts unless one is named."""
    catch_all(two, OTHER)
    event = {"source": "aws.kms", "detail-type": "x", "detail": {}}
    two.emit(event, REGION)
    two.settle()
    assert two.deliveries == []
    two.emit(event, REGION, account=OTHER)
    two.settle()
    assert [delivery.account for delivery in two.deliveries] == [OTHER]


RUNBOOK = {
    "schemaVersion": "0.3",
    "assumeRole": "{{ Role }}",
    "parameters": {"Role": {"type": "String", "description": "role"}},
    "mainSteps": [
        {
            "name": "who",
            "action": "aws:executeAwsApi",
            "inputs": {"Service": "sts", "Api": "GetCallerIdentity"},
            "outputs": [{"Name": "Account", "Selector": "$.Account", "Type": "String"}],
        }
    ],
    "outputs": ["who.Account"],
}


def test_an_automation_runs_in_its_account(two):
    """Its role's session belongs to the account, and no other account sees the execution."""
    iam, ssm = (two.client(name, REGION, OTHER) for name in ("iam", "ssm"))
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "ssm.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": OTHER}},
                }
            ],
        }
    )
    role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    ssm.create_document(Name="who", Content=json.dumps(RUNBOOK), DocumentType="Automation")
    started = ssm.start_automation_execution(DocumentName="who", Parameters={"Role": [role]})
    two.settle()
    identifier = started["AutomationExecutionId"]
    found = ssm.get_automation_execution(AutomationExecutionId=identifier)["AutomationExecution"]
    assert found["AutomationExecutionStatus"] == "Success"
    assert found["Outputs"]["who.Account"] == [OTHER]
    with pytest.raises(ClientError, match="AutomationExecutionNotFoundException"):
        two.client("ssm", REGION).get_automation_execution(AutomationExecutionId=identifier)


def test_quotas_and_disabled_regions_are_those_of_one_account(two):
    """What one account uses up, the others still have."""
    two.quotas = Quotas(lookup_events_per_second=1)
    two.client("cloudtrail", REGION).lookup_events()
    with pytest.raises(ClientError, match="ThrottlingException"):
        two.client("cloudtrail", REGION).lookup_events()
    two.client("cloudtrail", REGION, OTHER).lookup_events()
    two.switches.switch_off("af-south-1", OTHER)
    two.client("sns", "af-south-1").list_topics()
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        two.client("sns", "af-south-1", OTHER).list_topics()


def test_a_user_of_one_account_assumes_a_role_of_another(two):
    """Both sides must allow it, and the session acts in the role's account."""
    role = create_role(two, OTHER, trusting(f"arn:aws:iam::{ACCOUNT_ID}:root"))
    client = create_user(two, ACCOUNT_ID, allow("sts:AssumeRole", role))
    assumed = session(two, client("sts"), role)
    identity = assumed("sts").get_caller_identity()
    assert identity["Account"] == OTHER
    assert identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/reprieve/deploy"
    assumed("sns").create_topic(Name="alerts")
    assert two.client("sns", REGION).list_topics()["Topics"] == []
    assert len(two.client("sns", REGION, OTHER).list_topics()["Topics"]) == 1


EXTERNAL_ID = {"Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}


@pytest.mark.parametrize(
    ("principal", "rest", "policy", "given", "is_allowed"),
    [
        (ACCOUNT_ID, {}, allow("sts:AssumeRole"), {}, True),
        (ACCOUNT_ID, EXTERNAL_ID, allow("sts:AssumeRole"), {"ExternalId": "secret"}, True),
        (ACCOUNT_ID, EXTERNAL_ID, allow("sts:AssumeRole"), {"ExternalId": "guessed"}, False),
        (ACCOUNT_ID, EXTERNAL_ID, allow("sts:AssumeRole"), {}, False),
        # The trust policy alone is not enough across accounts, even if it names the user.
        (f"arn:aws:iam::{ACCOUNT_ID}:user/alice", {}, None, {}, False),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/alice", {}, allow("sts:AssumeRole"), {}, True),
        # Nor are the user's own policies.
        (OTHER, {}, allow("sts:AssumeRole"), {}, False),
        (f"arn:aws:iam::{ACCOUNT_ID}:user/bob", {}, allow("sts:AssumeRole"), {}, False),
    ],
)
def test_a_foreign_role_needs_the_consent_of_both_accounts(
    two, principal, rest, policy, given, is_allowed
):
    """IAM User Guide, "Cross-account policy evaluation logic"."""
    role = create_role(two, OTHER, trusting(principal, **rest))
    sts = create_user(two, ACCOUNT_ID, policy)("sts")
    if is_allowed:
        session(two, sts, role, **given)
        return
    with pytest.raises(ClientError, match=rf"AccessDenied.*sts:AssumeRole on resource: {role}"):
        session(two, sts, role, **given)


def test_the_root_needs_the_consent_of_the_other_account(two):
    """The root of one account has no rights in another one."""
    role = create_role(two, OTHER, trusting(OTHER))
    with pytest.raises(ClientError, match="AccessDenied"):
        session(two, two.client("sts", REGION), role)
    with pytest.raises(ClientError, match="AccessDenied"):
        session(two, two.client("sts", REGION), "arn:aws:iam::999999999999:role/none")


def test_a_snapshot_has_all_accounts(two):
    """A reset removes those that were not there at the start."""
    client = create_user(two, OTHER, allow("sns:*"))
    two.client("kms", REGION, OTHER).create_key()
    copy = two.snapshot()
    two.reset()
    assert two.accounts == (ACCOUNT_ID,)
    two.restore(copy)
    assert two.accounts == (ACCOUNT_ID, OTHER)
    assert client("sts").get_caller_identity()["Account"] == OTHER
    names = two.client("cloudtrail", REGION, OTHER).lookup_events()["Events"]
    assert "CreateKey" in {event["EventName"] for event in names}
    assert two.client("cloudtrail", REGION, OTHER).get_trail_status(Name="sandbox")["IsLogging"]


def test_the_id_of_an_account_has_12_digits(sandbox):
    """Everything else would be no ARN."""
    with pytest.raises(ValueError, match="12 digits"):
        sandbox.add_account("1234")
    with pytest.raises(ValueError, match="12 digits"):
        Sandbox(accounts=["x"])
    with pytest.raises(LookupError, match="no account 222233334444"):
        sandbox.environment(OTHER)
