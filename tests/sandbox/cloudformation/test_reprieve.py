"""Reprieve's templates, deployed: every type, property and function in them is known."""

import pytest

from reprieve.template.organization import guard_template, roles_template
from reprieve.template.standalone import default_settings, standalone_template
from tests.support.template import HOME, HUB, VARIANTS, read_organization

NAMED = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
EMAIL = {"DestinationEmailAddress": "team@example.com"}


@pytest.fixture
def deploy(sandbox):
    """Return a function that creates or updates a stack, and returns what it did."""

    def change(name, template, region, *, update=False, **parameters):
        client = sandbox.client("cloudformation", region)
        s3 = sandbox.client("s3", HOME)
        if "templates" not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key=name, Body=template.text.encode())
        call = client.update_stack if update else client.create_stack
        given = [
            {"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()
        ]
        url = f"https://templates.s3.amazonaws.com/{name}"
        call(StackName=name, TemplateURL=url, Parameters=given, **NAMED)
        sandbox.settle()
        return client.describe_stacks(StackName=name)["Stacks"][0]

    return change


def document_names(sandbox, region):
    """Return the names of the account's documents."""
    filters = [{"Key": "Owner", "Values": ["Self"]}]
    found = sandbox.client("ssm", region).list_documents(Filters=filters)["DocumentIdentifiers"]
    return sorted(each["Name"] for each in found)


@pytest.mark.parametrize("variant", ["default", "everything"])
def test_the_templates_of_the_stack_sets_are_deployed(sandbox, deploy, tmp_path, variant):
    """The roles first, and then a guard in a Region that is not the home Region."""
    settings = read_organization(tmp_path, VARIANTS[variant])
    roles = deploy("roles", roles_template(settings), HOME)
    assert roles["StackStatus"] == "CREATE_COMPLETE", roles.get("StackStatusReason")
    guard = deploy("guard", guard_template(settings), HUB)
    assert guard["StackStatus"] == "CREATE_COMPLETE", guard.get("StackStatusReason")


def test_the_standalone_template_is_deployed_and_updated(sandbox, deploy):
    """Another topic, and no remediation: the documents follow, and nothing stays behind."""
    template = standalone_template(default_settings({"REPRIEVE_REGIONS__WATCH": f"{HOME},{HUB}"}))
    stack = deploy("alone", template, HUB, **EMAIL)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    patrol, rescue = document_names(sandbox, HUB)
    assert patrol.startswith("reprieve-patrol-")
    assert patrol.endswith("-reprieve-alerts")
    assert rescue.startswith("reprieve-rescue-key-")

    changed = {"SNSTopicName": "kms_alerts", "EnableRemediation": "false"}
    stack = deploy("alone", template, HUB, update=True, **EMAIL, **changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", stack.get("StackStatusReason")
    (patrol,) = document_names(sandbox, HUB)
    assert patrol.endswith("-kms_alerts")
    topics = sandbox.client("sns", HUB).list_topics()["Topics"]
    assert [each["TopicArn"].rpartition(":")[2] for each in topics] == ["kms_alerts"]

    sandbox.client("cloudformation", HUB).delete_stack(StackName="alone")
    sandbox.settle()
    assert document_names(sandbox, HUB) == []
    assert sandbox.client("events", HUB).list_rules()["Rules"] == []


@pytest.mark.parametrize(
    ("parameters", "state", "subjects"),
    [
        ({}, "Disabled", ("Reprieve is cancelling it", "cancelled the deletion")),
        ({"EnableRemediation": "false"}, "PendingDeletion", ("scheduled for deletion",)),
    ],
)
def test_a_stack_reports_a_deletion_and_cancels_it(sandbox, deploy, parameters, state, subjects):
    """To the address and through the topic of the parameters.

    Without the threats of the guard itself: the alerts about the deployment, by a principal that is
    not exempt, would be more than ten at once, and suspend the mailbox.
    """
    watched = {"REPRIEVE_REGIONS__WATCH": HUB, "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled"}
    template = standalone_template(default_settings(watched))
    given = EMAIL | {"SNSTopicName": "kms_alerts"} | parameters
    stack = deploy("alone", template, HUB, **given)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    sandbox.set_pending(HUB, "team@example.com", pending=False)
    kms = sandbox.client("kms", HUB)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key)
    sandbox.settle()
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == state
    mails = [mail for mail in sandbox.mails if key in mail.body]
    assert len(mails) == len(subjects)
    for mail, subject in zip(mails, subjects, strict=True):
        assert subject in mail.body
        assert mail.recipients == ("team@example.com",)
        assert mail.topic_arn.endswith(":kms_alerts")


def test_a_second_region_needs_the_home_region(sandbox, deploy):
    """Without it the second stack would create the roles again, which IAM refuses."""
    template = standalone_template(default_settings({"REPRIEVE_REGIONS__WATCH": f"{HOME},{HUB}"}))
    assert deploy("alone", template, HOME, **EMAIL)["StackStatus"] == "CREATE_COMPLETE"
    second = deploy("alone", template, HUB, **EMAIL)
    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    third = deploy("third", template, HUB, **EMAIL, HomeRegion=HOME)
    assert third["StackStatus"] == "CREATE_COMPLETE", third.get("StackStatusReason")
