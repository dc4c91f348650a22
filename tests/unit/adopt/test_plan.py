"""The plan: its order, its exact commands, and what it leaves alone."""

import shlex
from dataclasses import replace

import pytest

from reprieve.adopt.adopt import Administrator
from reprieve.adopt.found import StackPart
from reprieve.adopt.plan import plan_of
from reprieve.events.threats import DEFAULTS
from reprieve.settings.schema import NotifySettings, RemediationSettings
from tests.support.aws_pattern import EMAIL, TOPIC
from tests.support.emulated_account import role_arn
from tests.unit.adopt.making import (
    ID,
    UUID,
    account,
    adoption,
    deployment,
    instance,
    rule,
    settings,
    stack,
    stack_set,
    topic,
    topic_arn,
)

OTHER = "222233334444"
OF_SET = f"StackSet-kms-alerts-{UUID}"


def titles(*adoptions):
    """Return the titles of the steps."""
    return [each.title for each in plan_of(adoptions)]


def commands(*adoptions):
    """Return the commands of AWS, without the word aws."""
    found = [each.text for step in plan_of(adoptions) for each in step.commands]
    return [each.removeprefix("aws ") for each in found if each.startswith("aws ")]


def text(*adoptions, step=None):
    """Return the sentences of the plan, or of one step, with spaces between them."""
    steps = [each for each in plan_of(adoptions) if step in (None, each.title)]
    return " ".join(sentence for each in steps for sentence in each.text)


def of_stack(region="eu-west-1", **changes):
    """Return a deployment by a stack."""
    return deployment(region, stack=stack(region, **changes))


def test_nothing_found_needs_no_plan():
    """Whether or not everything could be read."""
    assert plan_of([adoption()]) == ()
    assert plan_of([adoption(problems=(("eu-west-1", "There was no answer."),))]) == ()


def test_reprieve_guards_before_anything_is_changed():
    """And the drill proves it twice: beside the old deployment, and alone."""
    assert titles(adoption(of_stack())) == [
        "Deploy Reprieve beside the old deployment",
        "Confirm the subscriptions",
        "Test that Reprieve notifies",
        "Disable the old rules",
        "Test that Reprieve rescues alone",
        "Delete the stacks",
        "Delete what is left",
        "Check the result",
    ]


def test_a_stack_is_deleted_after_its_rule_is_disabled():
    """And the command after it waits for the end."""
    assert commands(adoption(of_stack())) == [
        "events disable-rule --name kms-deletion --region eu-west-1",
        "cloudformation delete-stack --stack-name kms-alerts --region eu-west-1",
        "cloudformation wait stack-delete-complete --stack-name kms-alerts --region eu-west-1",
    ]


def test_a_rule_by_hand_is_removed_with_its_targets_and_its_topic():
    """EventBridge deletes no rule that has targets."""
    assert commands(adoption(deployment())) == [
        "events disable-rule --name kms-deletion --region eu-west-1",
        "events remove-targets --rule kms-deletion --ids notify cancel --region eu-west-1",
        "events delete-rule --name kms-deletion --region eu-west-1",
        f"sns delete-topic --topic-arn {topic_arn()} --region eu-west-1",
    ]


def test_a_rule_on_another_bus_is_named_with_it():
    """In each command."""
    found = adoption(deployment(rules=(rule(bus="audit"),)))
    assert sum("--event-bus-name audit" in each for each in commands(found)) == 3


def test_a_disabled_rule_is_not_disabled_again():
    """Nothing is left to prove by a second drill."""
    found = adoption(deployment(rules=(rule(is_enabled=False),)))
    assert "Disable the old rules" not in titles(found)
    assert "Test that Reprieve rescues alone" not in titles(found)
    assert any("delete-rule" in each for each in commands(found))


def test_a_topic_that_other_rules_use_stays():
    """The plan names them."""
    shared = topic(publishers=("billing", "kms-deletion"))
    found = adoption(deployment(topics=(shared,)))
    assert not any("delete-topic" in each for each in commands(found))
    assert (
        "The topic kms-deletions in eu-west-1 stays. These rules publish to it too: billing."
        in (text(found))
    )
    of_one = adoption(deployment(stack=stack(), topics=(shared,)))
    assert "in eu-west-1 is deleted with its stack. These rules publish to it too" in text(of_one)


def test_a_region_that_the_settings_do_not_watch_stays_as_it_is():
    """The settings have to be changed first."""
    found = adoption(deployment(), of_stack("us-east-1"))
    assert titles(found)[0] == "Change the settings"
    assert "regions.watch: add us-east-1, which the old deployment guards." in text(found)
    assert not any("us-east-1" in each for each in commands(found))


def test_names_are_quoted_for_the_shell():
    """A stack set may hold any name that its account chose."""
    found = adoption(deployment(rules=(rule(name="a b;c"),)))
    assert shlex.split(commands(found)[0])[3] == "a b;c"


def test_the_profile_is_part_of_the_command():
    """That which opened the account."""
    found = adoption(deployment(), where=account(profile="blue"))
    assert all(each.endswith("--region eu-west-1 --profile blue") for each in commands(found))
    (step,) = (each for each in plan_of([found]) if each.title == "Disable the old rules")
    assert step.commands[0].account == ID


def test_a_protected_stack_loses_its_protection_first():
    """CloudFormation refuses to delete it otherwise."""
    found = commands(adoption(of_stack(is_protected=True)))
    assert found[1] == (
        "cloudformation update-termination-protection --no-enable-termination-protection "
        "--stack-name kms-alerts --region eu-west-1"
    )


def test_a_stack_with_other_resources_is_not_deleted():
    """Only the pattern's are to go."""
    table = StackPart("Orders", "AWS::DynamoDB::Table", "orders")
    found = adoption(of_stack(parts=(*stack().parts, table)))
    assert not any("delete-stack" in each for each in commands(found))
    assert "1 other resource (AWS::DynamoDB::Table). Do not delete it" in text(found)


def test_a_nested_stack_is_removed_from_its_root():
    """CloudFormation would make it again."""
    root = f"arn:aws:cloudformation:eu-west-1:{ID}:stack/baseline/{UUID}"
    found = adoption(of_stack(root=root))
    assert not any("delete-stack" in each for each in commands(found))
    assert "is nested: remove it from the template of baseline." in text(found)


def test_what_a_deletion_policy_keeps_is_named():
    """It stays, and `adopt` finds a rule that stays."""
    assert "DeletionPolicy keeps Rule of the stack kms-alerts." in text(
        adoption(of_stack(retained=("Rule",)))
    )


def test_a_role_that_no_stack_deletes_stays():
    """That of the runbook is the user's own; that of the rule is in the stack."""
    found = text(adoption(of_stack()))
    assert f"The role {role_arn('KeyRescue')} stays." in found
    assert "kms-deletion-start" not in found


def test_a_stack_set_is_removed_where_it_is_administered():
    """Its instances first, then the set; not the stacks themselves."""
    members = [
        adoption(
            deployment(
                "eu-west-1", stack=stack(name=OF_SET, id=instance(id, "eu-west-1").stack_id)
            ),
            of=settings("eu-west-1", "us-east-1"),
            where=account(id),
            sets=(stack_set(),) if id == ID else (),
        )
        for id in (ID, OTHER)
    ]
    named = "--stack-set-name kms-alerts"
    assert [each for each in commands(*members) if "cloudformation" in each] == [
        f"cloudformation delete-stack-instances {named} --accounts {ID} {OTHER} "
        "--regions eu-west-1 us-east-1 --no-retain-stacks --region us-east-1",
        f"cloudformation list-stack-set-operations {named} "
        "--query 'Summaries[0].[Action,Status]' --output text --region us-east-1",
        f"cloudformation delete-stack-set {named} --region us-east-1",
    ]
    assert f"Remove kms-alerts in us-east-1 of {ID}" in text(*members)


def test_accounts_that_nobody_guards_keep_their_instances():
    """And so the set stays."""
    found = adoption(sets=(stack_set(),), of=settings("eu-west-1", "us-east-1"))
    assert f"The stack set kms-alerts also guards {OTHER}: add [accounts.NAME]" in text(found)
    assert not any("delete-stack-set " in each for each in commands(found))
    assert f"--accounts {ID} --regions eu-west-1 us-east-1 " in commands(found)[0]


def test_accounts_that_reprieves_own_stack_set_guards_are_replaced_too():
    """Their stacks are removed by the old stack set; nobody has to open these accounts."""
    both = settings("eu-west-1", "us-east-1")
    guarded = frozenset({(OTHER, "eu-west-1"), (OTHER, "us-east-1")})
    found = adoption(sets=(stack_set(),), of=both, members=guarded)
    assert "also guards" not in text(found)
    assert any("delete-stack-set " in each for each in commands(found))
    partly = adoption(sets=(stack_set(),), of=both, members=frozenset({(OTHER, "eu-west-1")}))
    assert "1 stack instance in 1 account, and the stack set, must stay" in text(partly)
    assert not any("delete-stack-set " in each for each in commands(partly))


def test_many_accounts_are_removed_several_at_once():
    """By default StackSets takes one after the other, and the first failure stops all."""
    ids = [f"{number:012}" for number in range(1, 31)]
    instances = tuple(instance(id, "eu-west-1") for id in ids)
    found = adoption(
        sets=(stack_set(instances=instances),),
        members=frozenset((id, "eu-west-1") for id in ids),
    )
    (first, *_) = commands(found)
    assert "MaxConcurrentPercentage=25" in first
    nobody = adoption(sets=(stack_set(instances=instances),))
    assert "000000000008 and 22 more" in text(nobody)
    assert commands(nobody) == []


@pytest.mark.parametrize("members", [(ID,), (ID, OTHER)])
def test_a_stack_set_of_the_organization_is_removed_by_ous(members):
    """With an account filter, if accounts keep theirs; as the administrator that it is."""
    instances = tuple(instance(id, "eu-west-1", "ou-abcd-11111111") for id in (ID, OTHER))
    organization = stack_set(
        is_service_managed=True,
        call_as="DELEGATED_ADMIN",
        units=("ou-abcd-11111111", "ou-abcd-22222222"),
        instances=instances,
    )
    found = [
        adoption(sets=(organization,) if id == ID else (), where=account(id)) for id in members
    ]
    first, _, *last = commands(*found)
    units = "OrganizationalUnitIds=ou-abcd-11111111,ou-abcd-22222222"
    some = f"{units},Accounts={ID},AccountFilterType=INTERSECTION"
    where = units if len(members) == 2 else some
    assert f"--deployment-targets {where} --regions eu-west-1 --no-retain-stacks" in first
    assert "--call-as DELEGATED_ADMIN" in first
    assert len(last) == len(members) - 1


def of_organization(**changes):
    """Return a stack set of the organization, with instances in both accounts."""
    given = {
        "is_service_managed": True,
        "call_as": "DELEGATED_ADMIN",
        "units": ("ou-abcd-11111111",),
        "instances": tuple(instance(id, "eu-west-1", "ou-abcd-11111111") for id in (ID, OTHER)),
        "is_automatic": True,
        "parameters": ("DestinationEmailAddress", "EnableRemediation"),
        "capabilities": ("CAPABILITY_NAMED_IAM",),
    }
    return stack_set(**(given | changes))


def test_members_are_tested_before_their_stacks_are_deleted():
    """No drill reaches them, and no disable-rule: so one account goes first."""
    found = adoption(sets=(of_organization(),), members=frozenset({(OTHER, "eu-west-1")}))
    step = "Test one of the accounts that have no drill"
    order = titles(found)
    assert order.index(step) == order.index("Delete the stack sets") - 1
    sentences = text(found, step=step)
    assert "1 account of the old stack sets, guarded by Reprieve's own, cannot be opened" in (
        sentences
    )
    assert (
        "`aws cloudformation delete-stack-instances --stack-set-name kms-alerts "
        "--deployment-targets OrganizationalUnitIds=ou-abcd-11111111,Accounts=ACCOUNT,"
        "AccountFilterType=INTERSECTION --regions eu-west-1 --no-retain-stacks "
        "--call-as DELEGATED_ADMIN --region us-east-1`"
    ) in sentences
    by_accounts = adoption(sets=(stack_set(),), members=frozenset({(OTHER, "eu-west-1")}))
    assert "--accounts ACCOUNT --regions eu-west-1 --no-retain-stacks" in text(
        by_accounts, step=step
    )


def test_accounts_of_the_settings_have_the_drill_instead():
    """Whether or not Reprieve's own stack set guards them too."""
    both = [
        adoption(
            sets=(of_organization(),) if id == ID else (),
            where=account(id),
            members=frozenset({(ID, "eu-west-1")}),
        )
        for id in (ID, OTHER)
    ]
    assert "Test one of the accounts that have no drill" not in titles(*both)


@pytest.mark.parametrize("members", [frozenset(), frozenset({(OTHER, "eu-west-1")})])
def test_what_automatic_deployment_does_until_the_set_is_deleted(members):
    """And the command that turns it off, which keeps the template and the parameters."""
    found = adoption(sets=(of_organization(),), members=members)
    sentences = text(found, step="Delete the stack sets")
    assert "an account that joins one of its OUs gets the old stack too" in sentences
    assert ("so they also remove the old stacks of accounts that joined" in sentences) == bool(
        members
    )
    assert (
        "`aws cloudformation update-stack-set --stack-set-name kms-alerts --use-previous-template "
        "--parameters ParameterKey=DestinationEmailAddress,UsePreviousValue=true "
        "ParameterKey=EnableRemediation,UsePreviousValue=true --capabilities CAPABILITY_NAMED_IAM "
        "--auto-deployment Enabled=false --call-as DELEGATED_ADMIN --region us-east-1`"
    ) in sentences
    off = adoption(sets=(of_organization(is_automatic=False),), members=members)
    assert "utomatic deployment" not in text(off)


@pytest.mark.parametrize(
    ("administrator", "where"),
    [
        (Administrator(OTHER, is_service_managed=False), f"the account {OTHER}, which its role"),
        (
            Administrator(OTHER, is_service_managed=True),
            f"the management account {OTHER}, or in the delegated administrator",
        ),
        (None, "which is not known"),
    ],
)
def test_a_stack_whose_set_is_elsewhere_names_the_account(administrator, where):
    """Where the set is to be removed; its stacks are left alone here."""
    found = adoption(of_stack(name=OF_SET), administrator=administrator)
    assert not any("delete-stack" in each for each in commands(found))
    sentences = text(found, step="Delete the stack sets")
    assert "The stacks of the stack set kms-alerts come from another account." in sentences
    assert where in sentences
    assert f"{ID}" in sentences.partition("delete-stack-instances")[2]


def test_one_topic_cannot_serve_both():
    """It is deleted together with the old deployment."""
    same = settings(notify=NotifySettings(emails=(EMAIL,), topic_name=TOPIC))
    assert f"notify.topic_name: choose another name than {TOPIC}" in text(
        adoption(of_stack(), of=same)
    )


def test_a_topic_that_reprieve_uses_already_is_forgotten_before_its_name_changes():
    """Otherwise Terraform deletes it, and the old rules notify nobody."""
    same = settings(notify=NotifySettings(emails=(EMAIL,), topic_name=TOPIC))
    shared = topic(publishers=("kms-deletion", "reprieve-key-deletion-scheduled"))
    found = adoption(deployment(stack=stack(), topics=(shared,)), of=same)
    sentences = text(found, step="Change the settings")
    assert f"Reprieve already uses the topic {TOPIC} in eu-west-1" in sentences
    assert "`terraform state rm`" in sentences
    assert "already uses the topic" not in text(adoption(of_stack(), of=same))


def test_a_role_that_the_old_stack_deletes():
    """Reprieve must not need it, and cannot create one of the same name."""
    used = settings(
        remediation=RemediationSettings(automation_role_arn=role_arn("kms-deletion-start"))
    )
    assert "remediation.automation_role_arn: remove it." in text(adoption(of_stack(), of=used))
    role = StackPart("Role", "AWS::IAM::Role", "reprieve-automation")
    assert "names.prefix: choose another one. An old stack has the role reprieve-automation." in (
        text(adoption(of_stack(parts=(role,))))
    )


def test_what_the_old_deployment_does_and_the_settings_do_not():
    """It cancels, and its alert is one that people rely on."""
    weak = settings(
        notify=NotifySettings(emails=("ops@example.com",), threats=("key-disabled",)),
        remediation=RemediationSettings(enabled=False),
    )
    found = text(adoption(of_stack(), of=weak), step="Change the settings")
    assert "remediation.enabled: set it to true." in found
    assert "notify.threats: add key-deletion-scheduled." in found
    assert f"{EMAIL} gets its alerts, and is not in notify.emails." in found


def test_what_happens_while_both_are_deployed():
    """It depends on the settings."""
    assert "sends two alerts, and both cancel it" in text(adoption(of_stack()))
    assert "cancels exempt deletions too" not in text(adoption(of_stack()))
    alerts_only = adoption(deployment(rules=(rule(targets=rule().targets[:1]),)))
    assert "sends two alerts." in text(alerts_only)
    assert "cancel it" not in text(alerts_only)
    special = settings(
        exempt={"principals": [role_arn("decommissioner")]},
        remediation=RemediationSettings(re_enable=True),
    )
    found = text(adoption(of_stack(), of=special))
    assert "cancels exempt deletions too" in found
    assert "only if its own runbook was the first" in found
    amazons = settings(remediation=RemediationSettings(runbook="aws"))
    assert "alerts of failed rescues" in text(adoption(of_stack(), of=amazons))


def test_each_account_is_deployed():
    """By the name of its stack."""
    found = [
        adoption(of_stack(), where=account(id), of=settings().placed(name, (ID, OTHER)))
        for id, name in ((ID, "production"), (OTHER, "test"))
    ]
    step = plan_of(found)[0]
    assert [each.text for each in step.commands] == [
        "reprieve diff",
        "npx cdktf deploy reprieve-production",
        "npx cdktf deploy reprieve-test",
    ]


def test_how_far_the_deployment_is():
    """Where Reprieve's rule is enabled already."""
    done = adoption(of_stack(), guarded=True)
    assert "Reprieve's rule is already enabled wherever the old deployment is." in text(done)
    both = adoption(of_stack(), of_stack("us-east-1"), of=settings("eu-west-1", "us-east-1"))
    first, second = both.regions
    half = replace(both, regions=(replace(first, is_guarded=True), second))
    assert "Reprieve's rule is enabled in 1 of the 2 Regions" in text(half)


def test_the_defaults_contain_the_threat_that_the_pattern_is_for():
    """So a plan for default settings needs no change of them."""
    assert "key-deletion-scheduled" in DEFAULTS
    assert "Change the settings" not in titles(adoption(of_stack()))
