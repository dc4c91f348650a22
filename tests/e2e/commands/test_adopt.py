"""`reprieve adopt`: what it finds of AWS's pattern, and what its policy allows."""

import csv
import io

import boto3
import pytest

from reprieve.adopt.adopt import adoption_of
from reprieve.adopt.plan import plan_of
from reprieve.aws.account import Account
from reprieve.settings.schema import Settings
from sandbox.core.account import ACCOUNT_ID
from tests.support.aws_commands import run_aws
from tests.support.aws_pattern import (
    EMAIL,
    PATTERN,
    TEMPLATE,
    deploy_stack,
    deploy_stack_set,
    make_by_hand,
    make_rescuer,
    make_stack_set_roles,
    parameters,
    runbook_target,
    starting_role,
)
from tests.support.emulated_account import RUNBOOK, role_arn
from tests.support.operator import Operator, actions_of, user_allowed
from tests.support.stacks import FIRST, HUB, SECOND, organize, template

pytestmark = pytest.mark.long

REGIONS = ("eu-west-1", "us-east-1")
ASKED = [part for region in (*REGIONS, "eu-west-2") for part in ("--region", region)]
SETTINGS = {
    "REPRIEVE_NOTIFY__EMAILS": EMAIL,
    "REPRIEVE_REGIONS__WATCH": ",".join((*REGIONS, "eu-west-2")),
    "REPRIEVE_SETTINGS": "/dev/null",
}


@pytest.fixture(scope="module")
def pattern(sandbox):
    """Make the pattern by hand in one Region, and by a stack in another; no test changes it."""
    sandbox.reset()
    make_rescuer(sandbox)
    make_by_hand(sandbox, "eu-west-1")
    deploy_stack(sandbox, "us-east-1")
    return sandbox


@pytest.fixture
def empty(sandbox):
    """An empty account, after the tests of `pattern`."""
    sandbox.reset()
    return sandbox


@pytest.fixture
def operator(sandbox):
    """The account's root."""
    return Operator(sandbox, SETTINGS)


def regions_of(printed):
    """Return what `--json` printed of each Region."""
    (account,) = printed.json["accounts"]
    return {each["region"]: each for each in account["regions"]}


def problems_of(printed, region="eu-west-1"):
    """Return the problems of the one deployment in a Region, but for its threats."""
    (found,) = regions_of(printed)[region]["deployments"]
    problems = [each["problem"] for each in found["findings"]]
    return [each for each in problems if "threats of the settings" not in each]


def sandbox_rules(sandbox, region):
    """Return the names of the rules of a Region: CloudFormation chose that of its rule."""
    rules = sandbox.client("events", region).list_rules()["Rules"]
    return [each["Name"] for each in rules]


def test_it_finds_the_rules_topics_and_runbooks(pattern, operator):
    """In both Regions, and in no other."""
    printed = operator.run("adopt", "--json", *ASKED)
    assert printed.exit_code == 1
    assert printed.json["replaced"] is False
    found = regions_of(printed)
    assert {*found} == {*REGIONS}
    for region, each in found.items():
        assert (each["watched"], each["guarded"]) == (True, False)
        (deployment,) = each["deployments"]
        name, made = {
            "eu-west-1": ("kms-deletion", "by hand"),
            "us-east-1": ("kms-alerts", "stack"),
        }[region]
        assert (deployment["name"], deployment["made"]) == (name, made)
        (rule,) = sandbox_rules(pattern, region)
        assert deployment["rules"] == [
            {
                "name": rule,
                "bus": "default",
                "enabled": True,
                "topics": [f"arn:aws:sns:{region}:{ACCOUNT_ID}:kms-deletions"],
                "runbooks": ["AWSConfigRemediation-CancelKeyDeletion"],
            }
        ]
    assert problems_of(printed) == [
        "It gives Amazon's runbook the key as the caller named it. The runbook expects the id: "
        "where the caller used the ARN, it fails.",
        "No dead-letter queue: an event that cannot be delivered is lost without notice.",
    ]
    (bare,) = printed.json["accounts"][0]["findings"]
    assert bare["problem"] == "1 watched Region has no deployment of it: eu-west-2."


def test_csv_has_a_row_for_each_finding(pattern, operator):
    """With the deployment that it is about."""
    rows = list(csv.DictReader(io.StringIO(operator.run("adopt", "--format", "csv", *ASKED).text)))
    assert [row["region"] for row in rows] == ["", *3 * ["eu-west-1"], *3 * ["us-east-1"]]
    assert {row["name"] for row in rows[1:]} == {"kms-deletion", "kms-alerts"}


def test_the_documented_policy_is_enough(pattern):
    """Somebody who may do that and no more finds the same."""
    someone = user_allowed(pattern, SETTINGS, "adopt")
    printed = someone.run("adopt", "--json", *ASKED)
    assert printed.json["accounts"][0]["problems"] == []
    assert {*regions_of(printed)} == {*REGIONS}


# Without this nobody knows which Regions are enabled; here the Regions are named. The last is asked
# only about stacks of stack sets, and what it would say is then left open.
ASIDE = {"ec2:DescribeRegions", "organizations:DescribeOrganization"}
# These are about a stack set or a rule of AWS Config, and here is none.
OF_CONFIG = "config:DescribeRemediationConfigurations"
OF_SETS = {"cloudformation:DescribeStackSet", "cloudformation:ListStackInstances"}


@pytest.mark.parametrize(
    "action",
    [each for each in actions_of("adopt", SETTINGS) if each not in ASIDE | OF_SETS | {OF_CONFIG}],
)
def test_a_missing_permission_is_named_and_hides_nothing_else(pattern, action):
    """The exit code says that something is not known."""
    someone = user_allowed(pattern, SETTINGS, "adopt", without=action)
    printed = someone.run("adopt", *ASKED)
    assert f"The permission {action} is missing." in printed.text
    assert printed.exit_code == 1


def test_a_missing_permission_to_list_the_regions_is_named(pattern):
    """It then looks in every known Region."""
    someone = user_allowed(pattern, SETTINGS, "adopt", without="ec2:DescribeRegions")
    printed = someone.run("adopt", "--json")
    (account,) = printed.json["accounts"]
    assert "The permission ec2:DescribeRegions is missing." in account["problems"][0]["problem"]
    assert {*regions_of(printed)} == {*REGIONS}


def test_a_region_that_is_off_does_not_hide_the_others(pattern, operator):
    """Its row is a problem, and the exit code is 1."""
    pattern.switches.switch_off("af-south-1")
    try:
        printed = operator.run("adopt", "--json", *ASKED, "--region", "af-south-1")
    finally:
        pattern.switches.reset()
    (account,) = printed.json["accounts"]
    assert {each["region"] for each in account["problems"]} == {"af-south-1"}
    assert {*regions_of(printed)} == {*REGIONS}


def test_an_empty_account_has_nothing_to_replace(empty, operator):
    """Exit code 0, and no plan."""
    printed = operator.run("adopt", "--json", *ASKED)
    assert (printed.exit_code, printed.json["replaced"]) == (0, True)
    assert printed.json["plan"] == []
    assert "✔ Nothing of AWS's pattern is deployed." in operator.run("adopt", *ASKED).text


def test_rules_for_other_things_are_left_alone(empty, operator):
    """Another call, another target, a schedule."""
    make_by_hand(
        empty,
        "eu-west-1",
        pattern={"source": ["aws.kms"], "detail": {"eventName": ["DisableKey"]}},
        remediates=False,
    )
    events = empty.client("events", "eu-west-1")
    events.put_rule(Name="daily", ScheduleExpression="rate(1 day)")
    assert operator.run("adopt", *ASKED).exit_code == 0


def test_what_is_wrong_with_it(empty, operator):
    """A rule on another bus, disabled; a topic of nobody; roles that do not fit."""
    region = "eu-west-1"
    empty.client("events", region).create_event_bus(Name="audit")
    arn = make_by_hand(empty, region, bus="audit", state="DISABLED", emails=())
    empty.client("sns", region).set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue='{"Statement": []}'
    )
    make_rescuer(empty, service="ec2.amazonaws.com")
    found = problems_of(operator.run("adopt", "--json", *ASKED))
    assert found == [
        "Its rule is disabled: nobody is notified, and nothing is cancelled.",
        "The role of the runbook, KeyRescue, does not trust ssm.amazonaws.com.",
        "It gives Amazon's runbook the key as the caller named it. The runbook expects the id: "
        "where the caller used the ARN, it fails.",
        "No dead-letter queue: an event that cannot be delivered is lost without notice.",
        "The policy of the topic kms-deletions does not let EventBridge publish.",
        "Nobody subscribes to the topic kms-deletions.",
    ]


def test_a_trail_that_does_not_log_is_named(empty, operator):
    """The rule of the pattern waits for events that never come."""
    make_by_hand(empty, "eu-west-1")
    cloudtrail = empty.client("cloudtrail", "us-east-1")
    (trail,) = cloudtrail.describe_trails()["trailList"]
    home = empty.client("cloudtrail", trail["HomeRegion"])
    home.stop_logging(Name=trail["Name"])
    (finding,) = regions_of(operator.run("adopt", "--json", *ASKED))["eu-west-1"]["findings"]
    assert "its logging is stopped" in finding["problem"]


def test_a_rule_with_a_runbook_that_matches_all_of_kms_counts(empty, operator):
    """It cancels, so it is to be replaced; its topic alone would not tell."""
    wide = {"source": ["aws.kms"], "detail-type": PATTERN["detail-type"]}
    make_by_hand(empty, "eu-west-1", pattern=wide, remediates=False)
    assert operator.run("adopt", *ASKED).exit_code == 0
    events = empty.client("events", "eu-west-1")
    target = runbook_target("eu-west-1", starting_role(empty))
    events.put_targets(Rule="kms-deletion", Targets=[target])
    printed = operator.run("adopt", "--json", *ASKED)
    assert "eu-west-1" in regions_of(printed)
    assert f"The role {role_arn('KeyRescue')} stays." in operator.run("adopt", *ASKED).text


def titles_of(printed):
    """Return the titles of the steps of the plan."""
    return [step["title"] for step in printed.json["plan"]]


def test_a_stack_without_its_rule_is_found(empty, operator):
    """Somebody deleted the rule: the stack is still there, and guards nothing."""
    make_rescuer(empty)
    deploy_stack(empty, "eu-west-1")
    events = empty.client("events", "eu-west-1")
    (rule,) = sandbox_rules(empty, "eu-west-1")
    ids = [each["Id"] for each in events.list_targets_by_rule(Rule=rule)["Targets"]]
    events.remove_targets(Rule=rule, Ids=ids)
    events.delete_rule(Name=rule)
    printed = operator.run("adopt", "--json", *ASKED)
    assert problems_of(printed) == [
        "Its stack has no rule for scheduled deletions any more: it does nothing."
    ]
    assert "Disable the old rules" not in titles_of(printed)
    assert "Delete the stacks" in titles_of(printed)


def test_what_a_stack_keeps_is_found_after_its_deletion(empty, operator):
    """The plan names it; then it is a rule that no stack has."""
    kept = TEMPLATE.replace(
        "AWS::Events::Rule\n", "AWS::Events::Rule\n    DeletionPolicy: Retain\n"
    )
    assert kept != TEMPLATE
    make_rescuer(empty)
    deploy_stack(empty, "eu-west-1", template=kept)
    printed = operator.run("adopt", *ASKED)
    assert "DeletionPolicy keeps Rule of the stack kms-alerts." in printed.text
    run_aws(empty, "aws cloudformation delete-stack --stack-name kms-alerts --region eu-west-1")
    empty.settle()
    left = operator.run("adopt", "--json", *ASKED)
    (found,) = regions_of(left)["eu-west-1"]["deployments"]
    assert found["made"] == "by hand"
    assert "The topic kms-deletions does not exist: nobody is notified." in problems_of(left)
    assert "Remove the rules that no stack has" in titles_of(left)


def test_a_template_of_another_name_is_found_by_its_rule(empty, operator):
    """Whatever its parameters are called. A stack with other resources is not to be deleted."""
    renamed = TEMPLATE.replace("DestinationEmailAddress", "Email").replace("SNSTopicName", "Topics")
    renamed = renamed.replace("Outputs:", "  Other:\n    Type: AWS::KMS::Key\nOutputs:")
    names = {"DestinationEmailAddress": "Email", "SNSTopicName": "Topics"}
    make_rescuer(empty)
    cloudformation = empty.client("cloudformation", "eu-west-1")
    cloudformation.create_stack(
        StackName="baseline",
        TemplateBody=renamed,
        Parameters=[
            each | {"ParameterKey": names.get(each["ParameterKey"], each["ParameterKey"])}
            for each in parameters()
        ],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    empty.settle()
    printed = operator.run("adopt", "--json", *ASKED)
    (found,) = regions_of(printed)["eu-west-1"]["deployments"]
    assert (found["name"], found["made"]) == ("baseline", "stack")
    text = operator.run("adopt", *ASKED).text
    assert "baseline in eu-west-1 also has 1 other resource (AWS::KMS::Key). Do not delete it" in (
        text
    )
    assert "delete-stack" not in text


def test_reprieves_own_stack_is_none_of_the_pattern(empty, operator):
    """It has the pattern's parameters, and rules for the same call."""
    own = TEMPLATE.replace("Description: Alerts on", "Description: 'Reprieve 2.0.0: alerts on", 1)
    own = own.replace("if wanted.\n", "if wanted.'\n", 1)
    own = own.replace("Description: A KMS", "Description: 'Reprieve: A KMS").replace(
        "scheduled for deletion.\n", "scheduled for deletion.'\n"
    )
    make_rescuer(empty)
    deploy_stack(empty, "eu-west-1", template=own)
    assert operator.run("adopt", *ASKED).exit_code == 0


def test_a_stack_set_is_found_where_it_is_administered(empty, operator):
    """With its instances; the permissions to read it are needed."""
    make_stack_set_roles(empty, ACCOUNT_ID, (ACCOUNT_ID,))
    make_rescuer(empty)
    deploy_stack_set(empty, "us-east-1", accounts=(ACCOUNT_ID,), regions=("eu-west-1",))
    printed = operator.run("adopt", "--json", *ASKED)
    (account,) = printed.json["accounts"]
    assert account["stack_sets"] == [
        {
            "name": "kms-alerts",
            "region": "us-east-1",
            "permission_model": "SELF_MANAGED",
            "call_as": "SELF",
            "organizational_units": [],
            "instances": [{"account": ACCOUNT_ID, "region": "eu-west-1", "status": "CURRENT"}],
        }
    ]
    (found,) = regions_of(printed)["eu-west-1"]["deployments"]
    assert found["made"] == "stack set"
    for action in sorted(OF_SETS):
        someone = user_allowed(empty, SETTINGS, "adopt", without=action)
        assert f"The permission {action} is missing." in someone.run("adopt", *ASKED).text


def test_a_rule_of_config_is_reported_and_may_stay(empty, operator):
    """If its remediation is Amazon's runbook; it is neither found nor replaced."""
    config = empty.client("config", "eu-west-1")
    for name, document in (("pending", RUNBOOK), ("rotated", "AWSConfigRemediation-EnableKey")):
        source = {"Owner": "AWS", "SourceIdentifier": "KMS_CMK_NOT_SCHEDULED_FOR_DELETION"}
        config.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source})
        remediation = {"ConfigRuleName": name, "TargetType": "SSM_DOCUMENT", "TargetId": document}
        config.put_remediation_configurations(RemediationConfigurations=[remediation])
    printed = operator.run("adopt", *ASKED)
    assert printed.exit_code == 0
    assert "- The rule pending of AWS Config cancels deletions with Amazon's runbook too" in (
        printed.text
    )
    assert "rotated" not in printed.text
    someone = user_allowed(empty, SETTINGS, "adopt", without=OF_CONFIG)
    assert f"The permission {OF_CONFIG} is missing." in someone.run("adopt", *ASKED).text


def test_a_stack_set_of_the_organization(empty, monkeypatch):
    """Found by the delegated administrator alone; its plan removes the instances by OU."""
    for name, value in empty.environment().items():
        monkeypatch.setenv(name, value)
    organization = organize(empty)
    for account in (FIRST, SECOND):
        make_rescuer(empty, account=account)
    hub = empty.client("cloudformation", "eu-west-1", HUB)
    named = {"StackSetName": "kms-alerts", "CallAs": "DELEGATED_ADMIN"}
    hub.create_stack_set(
        **named,
        TemplateBody=TEMPLATE,
        Parameters=parameters(EnableRemediation="false"),
        Capabilities=["CAPABILITY_NAMED_IAM"],
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
    )
    units = {"OrganizationalUnitIds": [organization.work]}
    hub.create_stack_instances(**named, DeploymentTargets=units, Regions=["eu-west-1"])
    empty.settle(60)
    found = {account: found_in(empty, account) for account in (HUB, FIRST, SECOND)}
    (stack_set,) = found[HUB].stack_sets
    assert (stack_set.is_service_managed, stack_set.call_as) == (True, "DELEGATED_ADMIN")
    assert {each.account for each in stack_set.instances} == {FIRST, SECOND}
    for account in (FIRST, SECOND):
        (region,) = found[account].regions
        assert region.placed[0].deployment.made == "stack set"
        assert found[account].stack_sets == ()
        alone = " ".join(text for step in plan_of([found[account]]) for text in step.text)
        assert f"the management account {ACCOUNT_ID}, or in the delegated administrator" in alone
    assert_the_plan_waits_for_reprieves_own(empty, found[HUB])
    (step,) = (each for each in plan_of([found_in(empty, HUB)]) if "stack sets" in each.title)
    assert f"OrganizationalUnitIds={organization.work} " in step.commands[0].text
    for command in step.commands:
        run_aws(empty, command.text, command.account)
        empty.settle(60)
    assert all(found_in(empty, account).is_replaced for account in (HUB, FIRST, SECOND))


def assert_the_plan_waits_for_reprieves_own(sandbox, found):
    """Check that the members keep the old stacks, then deploy Reprieve's stack set to them."""
    (step,) = (each for each in plan_of([found]) if "stack sets" in each.title)
    assert step.commands == ()
    assert "2 stack instances in 2 accounts, and the stack set, must stay" in " ".join(step.text)
    hub = sandbox.client("cloudformation", "eu-west-1", HUB)
    own = {"StackSetName": "reprieve-guard", "CallAs": "DELEGATED_ADMIN"}
    hub.create_stack_set(
        **own,
        TemplateBody=template(Description="Reprieve: guards the KMS keys of an account."),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
    )
    (old,) = found.stack_sets
    units = {"OrganizationalUnitIds": list(old.units)}
    hub.create_stack_instances(**own, DeploymentTargets=units, Regions=["eu-west-1"])
    sandbox.settle(60)


def found_in(sandbox, account):
    """Return what is found in an account of the organization, with its root's credentials."""
    given = sandbox.environment(account)
    session = boto3.Session(given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"])
    opened = Account(None, session, account, f"arn:aws:iam::{account}:root")
    settings = Settings(notify={"emails": [EMAIL]}, regions={"watch": ["eu-west-1"]})
    return adoption_of(opened, settings, timeout=60, only=["eu-west-1"])
