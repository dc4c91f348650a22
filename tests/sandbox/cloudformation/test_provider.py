"""The AWS provider deploys a service-managed stack set as a delegated administrator."""

import pytest

from tests.support.emulated_account import REGION
from tests.support.stacks import AS_DELEGATE, FIRST, HUB, SECOND, organize, template, topic
from tests.support.terraform import Configuration


def configuration(unit, name):
    """Return a stack set with instances in a unit, and its template in a bucket.

    Terraform waits long for each operation, so there is one Region.
    """
    instances = {
        "call_as": "DELEGATED_ADMIN",
        "stack_set_name": "${aws_cloudformation_stack_set.guard.name}",
        "region": REGION,
        "deployment_targets": {"organizational_unit_ids": [unit]},
        "operation_preferences": {"failure_tolerance_count": 0, "max_concurrent_count": 5},
    }
    stack_set = {
        "name": "guard",
        "call_as": "DELEGATED_ADMIN",
        "permission_model": "SERVICE_MANAGED",
        "auto_deployment": {"enabled": True, "retain_stacks_on_account_removal": False},
        "managed_execution": {"active": True},
        "capabilities": ["CAPABILITY_NAMED_IAM"],
        "template_url": "https://${aws_s3_bucket.templates.bucket_regional_domain_name}"
        "/${aws_s3_object.template.key}",
        # hashicorp/terraform-provider-aws #23464
        "lifecycle": {"ignore_changes": ["administration_role_arn"]},
        "operation_preferences": {"region_order": [REGION], "max_concurrent_count": 5},
    }
    body = template({"Topic": topic(name)})
    return {
        "provider": {"aws": {"region": REGION}},
        "resource": {
            "aws_s3_bucket": {"templates": {"bucket": "reprieve-templates"}},
            "aws_s3_object": {
                "template": {
                    "bucket": "${aws_s3_bucket.templates.bucket}",
                    "key": f"{name}.json",
                    "content": body.replace("${", "$${"),
                }
            },
            "aws_cloudformation_stack_set": {"guard": stack_set},
            "aws_cloudformation_stack_set_instance": {"work": instances},
        },
    }


@pytest.fixture
def unit(sandbox):
    """Return the organizational unit of the two accounts."""
    return organize(sandbox).work


def names(sandbox):
    """Return the names of the topics of the two accounts."""
    clients = [sandbox.client("sns", REGION, account) for account in (FIRST, SECOND)]
    found = [topic for client in clients for topic in client.list_topics()["Topics"]]
    return [each["TopicArn"].rpartition(":")[2] for each in found]


def test_terraform_deploys_changes_and_destroys_a_stack_set(sandbox, unit, tmp_path):
    """A plan afterwards is empty, and nothing is left."""
    terraform = Configuration(tmp_path, sandbox.environment(HUB), configuration(unit, "first"))
    terraform.apply()
    assert names(sandbox) == ["first", "first"]
    assert terraform.planned() == []
    terraform.write(configuration(unit, "second"))
    terraform.apply()
    assert names(sandbox) == ["second", "second"]
    assert terraform.planned() == []
    terraform.destroy()
    assert names(sandbox) == []
    client = sandbox.client("cloudformation", REGION, HUB)
    found = client.list_stack_sets(CallAs=AS_DELEGATE["CallAs"], Status="ACTIVE")
    assert found["Summaries"] == []
