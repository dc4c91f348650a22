"""Two deployments share an account: different prefixes, and neither touches the other.

The second one has everything that a company may demand: tags, a boundary, a path for the roles. Its
deployer has the documented permissions and no more.
"""

import json
from typing import Any

import pytest

from reprieve import __version__
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import DEPLOYER, EXAMPLE
from tests.support.account import EMAIL, Account, deploy
from tests.support.operator import Operator, user_allowed

pytestmark = pytest.mark.long

REGION = "eu-west-1"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/Boundary"
TAGS = {"Team": "security", "Cost Center": "4711", "reprieve:version": __version__}
ONE_REGION = {
    "REPRIEVE_REGIONS__WATCH": REGION,
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
}
BLUE = ONE_REGION | {
    "REPRIEVE_NAMES__PREFIX": "blue",
    "REPRIEVE_NAMES__ROLE_PATH": "/security/",
    "REPRIEVE_RELIABILITY__DASHBOARD": "true",
    "REPRIEVE_RESOURCES__TAGS": "Team=security,Cost Center=4711",
    "REPRIEVE_RESOURCES__PERMISSIONS_BOUNDARY_ARN": BOUNDARY,
}


@pytest.fixture(scope="module")
def first(sandbox, deployments, tmp_path_factory) -> Account:
    """The deployment with the default prefix; its settings are those of the deployer."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("first"), **ONE_REGION)


@pytest.fixture(scope="module")
def second(sandbox, first, tmp_path_factory) -> Account:
    """The second deployment, made with the policy of `reprieve policy deploy` alone."""
    iam = sandbox.client("iam", REGION)
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.create_policy(
        PolicyName="Boundary",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [everything]}),
    )
    deployer = user_allowed(sandbox, BLUE, "deploy")
    directory = tmp_path_factory.mktemp("second")
    settings: dict[str, str] = {**BLUE, **deployer.credentials}
    return Account(sandbox, deploy(sandbox, directory, EXAMPLE, **settings))


def guard_of(sandbox, prefix: str) -> dict[str, Any]:
    """Return the names of a deployment's resources in the Region, and its roles."""
    rules = sandbox.client("events", REGION).list_rules(NamePrefix=f"{prefix}-")["Rules"]
    topics = sandbox.client("sns", REGION).list_topics()["Topics"]
    roles = sandbox.client("iam", REGION).list_roles()["Roles"]
    return {
        "rules": sorted(rule["Name"] for rule in rules),
        "topics": [each for topic in topics if f":{prefix}-" in (each := topic["TopicArn"])],
        "roles": sorted(each["Arn"] for each in roles if each["RoleName"].startswith(prefix)),
    }


def test_both_plans_are_empty_and_both_guards_are_as_defined(sandbox, first, second):
    """Each sees its own resources only; `reprieve status` finds nothing unexpected."""
    assert first.deployment.plan() == {}
    assert second.deployment.plan() == {}
    for settings in (ONE_REGION, BLUE):
        status = Operator(sandbox, settings).run("status", "--region", REGION, "--json").json
        (region,) = status["accounts"][0]["regions"]
        findings = [each for check in region["checks"] for each in check["findings"]]
        findings += status["accounts"][0]["roles"]["findings"]
        assert [each["problem"] for each in findings] == []


def test_the_resources_have_names_tags_path_and_boundary(sandbox, second):
    """Every one that takes tags."""
    found = guard_of(sandbox, "blue")
    assert f"arn:aws:iam::{ACCOUNT_ID}:role/security/blue-patrol" in found["roles"]
    iam = sandbox.client("iam", REGION)
    for name in ("blue-automation", "blue-eventbridge", "blue-patrol"):
        role = iam.get_role(RoleName=name)["Role"]
        assert {tag["Key"]: tag["Value"] for tag in role["Tags"]} == TAGS
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    (topic,) = found["topics"]
    tags = sandbox.client("sns", REGION).list_tags_for_resource(ResourceArn=topic)["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS
    sqs = sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName="blue-dead-letters")["QueueUrl"]
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == TAGS


def test_a_changed_tag_a_lost_boundary_an_emptied_dashboard_and_a_foreign_tag(sandbox, second):
    """`reprieve status` reports the first three; other tools may add tags."""
    iam, sqs = sandbox.client("iam", REGION), sandbox.client("sqs", REGION)
    url = sqs.get_queue_url(QueueName="blue-dead-letters")["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"Team": "sales", "Autotag": "1"})
    iam.delete_role_permissions_boundary(RoleName="blue-patrol")
    cloudwatch = sandbox.client("cloudwatch", "us-east-1")
    body = cloudwatch.get_dashboard(DashboardName="blue-dashboard")["DashboardBody"]
    cloudwatch.put_dashboard(DashboardName="blue-dashboard", DashboardBody='{"widgets": []}')
    try:
        status = Operator(sandbox, BLUE).run("status", "--region", REGION).text
    finally:
        cloudwatch.put_dashboard(DashboardName="blue-dashboard", DashboardBody=body)
        sqs.tag_queue(QueueUrl=url, Tags={"Team": "security"})
        sqs.untag_queue(QueueUrl=url, TagKeys=["Autotag"])
        iam.put_role_permissions_boundary(RoleName="blue-patrol", PermissionsBoundary=BOUNDARY)
    text = " ".join(status.split())
    assert "The queue blue-dead-letters has the tag Team sales, not security." in text
    assert "The role blue-patrol has no permissions boundary" in text
    assert "The dashboard blue-dashboard has another content" in text
    assert "Autotag" not in text


def test_both_rescue_and_the_second_result_says_that_there_is_nothing_to_do(first, second):
    """Both guards see the deletion of any key; the key is rescued once."""
    key = first.create_key(REGION)["KeyId"]
    first.schedule(REGION, key)
    assert first.state(REGION, key) == "Disabled"
    topics = {mail.topic_arn.rpartition(":")[2] for mail in first.outcomes(key)}
    assert topics == {"reprieve-alerts", "blue-alerts"}


def test_one_is_destroyed_and_the_other_is_untouched(sandbox, first, second):
    """The last test of the module: the second deployment is gone after it."""
    before = guard_of(sandbox, "reprieve")
    second.deployment.terraform("destroy", "-auto-approve", "-parallelism=40")
    assert guard_of(sandbox, "blue") == {"rules": [], "topics": [], "roles": []}
    assert guard_of(sandbox, "reprieve") == before
    assert first.deployment.plan() == {}
