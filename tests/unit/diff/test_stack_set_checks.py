"""Changes of the stack sets that take the guard from accounts of an organization."""

import json

import pytest

from reprieve.diff.labels import subject
from reprieve.diff.weakenings import weakenings_of
from tests.unit.diff.plan_making import change

SET, INSTANCE = "aws_cloudformation_stack_set", "aws_cloudformation_stack_set_instance"
TARGETS = [{"organizational_unit_ids": ["ou-abcd-12345678"]}]


def found(type, before, after):
    """Return the kinds and sentences of a change."""
    return [(each.kind, each.text) for each in weakenings_of(change(type, before, after))]


def deploying(enabled, retained):
    """Return a stack set with these automatic deployments."""
    block = {"enabled": enabled, "retain_stacks_on_account_removal": retained}
    return {"name": "reprieve-guard", "auto_deployment": [block]}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (
            deploying(True, False),
            deploying(False, False),
            ["accounts that join the organizational units get no guard"],
        ),
        (
            deploying(True, True),
            deploying(True, False),
            ["an account that leaves its organizational unit loses its guard"],
        ),
        (deploying(False, False), deploying(True, True), []),
    ],
)
def test_automatic_deployments(before, after, expected):
    """Turned off, or no longer retaining."""
    assert found(SET, before, after) == [("members-lost", each) for each in expected]


def test_stack_instances_that_are_deleted():
    """A unit or a Region has left the settings."""
    instance = {"stack_set_name": "reprieve-guard", "deployment_targets": TARGETS}
    gone = "deleted: the accounts of the organizational unit "
    assert found(INSTANCE, {**instance, "retain_stack": False}, None) == [
        ("gone", f"{gone}lose their guard")
    ]
    assert found(INSTANCE, {**instance, "retain_stack": True}, None) == [
        ("gone", f"{gone}keep their guard, which nobody maintains")
    ]
    assert subject(change(INSTANCE, instance, None)) == (
        "stack instances of reprieve-guard for ou-abcd-12345678"
    )


def test_stack_instances_that_are_no_longer_retained():
    """The reverse weakens nothing."""
    kept, lost = ({"stack_set_name": "reprieve-guard", "retain_stack": each} for each in (1, 0))
    kept["retain_stack"], lost["retain_stack"] = True, False
    assert found(INSTANCE, kept, lost) == [
        ("members-lost", "when it is removed, the accounts lose their guard")
    ]
    assert found(INSTANCE, lost, kept) == []


def test_a_deleted_stack_set():
    """Its instances are deleted before it."""
    assert found(SET, {"name": "reprieve-guard"}, None) == [
        ("gone", "deleted: accounts that join the organizational units get no guard")
    ]


def test_a_further_excluded_account():
    """An account that is no longer excluded weakens nothing."""
    one, two = ({"input": json.dumps(each)} for each in (["111122223333"], ["222233334444"]))
    both = {"input": json.dumps(["111122223333", "222233334444"])}
    text = "excludes 222233334444: the stack sets give it no guard"
    assert found("terraform_data", one, both) == [("members-lost", text)]
    assert found("terraform_data", one, two) == [("members-lost", text)]
    assert found("terraform_data", both, one) == []
    assert found("terraform_data", {"input": "eu-west-1"}, {"input": "us-east-1"}) == []


def rule(name, **properties):
    """Return a rule of a template."""
    return {"Type": "AWS::Events::Rule", "Properties": {"Name": name, **properties}}


def templates(*resources):
    """Return templates with these resources, by their logical ids."""
    return [{"key": "x.json", "content": json.dumps({"Resources": each})} for each in resources]


def test_what_the_accounts_lose_with_a_new_template():
    """By its name, or its logical id."""
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}
    before, after = templates({"Patrol": rule("reprieve-patrol"), "Topic": topic}, {"New": topic})
    assert found("aws_s3_object", before, after) == [
        ("gone", "the accounts lose Rule reprieve-patrol, Topic Topic")
    ]
    before, after = templates({f"R{n}": rule(f"r-{n}") for n in range(7)}, {})
    assert found("aws_s3_object", before, after) == [
        ("gone", "the accounts lose Rule r-0, Rule r-1, Rule r-2, Rule r-3, Rule r-4 and 2 others")
    ]


def test_what_changes_with_a_new_template():
    """The plan of the hub's account, which has the same guard, shows how."""
    before, after = templates({"P": rule("reprieve-patrol")}, {"P": rule("reprieve-patrol", A=1)})
    ((kind, text),) = found("aws_s3_object", before, after)
    assert kind == "not-known"
    assert text.startswith("the accounts get another Rule reprieve-patrol: the plan of the hub's")
    assert found("aws_s3_object", before, {**before, "key": "y.json"}) == []


def test_templates_that_cannot_be_compared():
    """They are not taken for unchanged."""
    before, after = templates({"P": rule("reprieve-patrol")}, {})
    after["content"] = "{"
    assert found("aws_s3_object", before, after) == [
        ("not-known", "the templates cannot be compared")
    ]
