"""What `reprieve status` compares an account with is what the stack deploys."""

import json
from typing import Any

import pytest

from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.remediation import roles_of
from reprieve.location import Location
from tests.support.settings import load_one
from tests.support.synth import EMAIL, of_type

REGION, ACCOUNT = "eu-west-1", "111122223333"
VARIANTS = {
    "default": {},
    "alerts only": {"REPRIEVE_REMEDIATION__ENABLED": "false"},
    "Amazon's runbook": {"REPRIEVE_REMEDIATION__RUNBOOK": "aws"},
    "own key": {
        "REPRIEVE_NOTIFY__ENCRYPTION": "own",
        "REPRIEVE_REMEDIATION__RE_ENABLE": "true",
        "REPRIEVE_REMEDIATION__ENABLE_DISABLED": "true",
    },
    "exempt, no alarms": {
        "REPRIEVE_EXEMPT__PRINCIPALS": f"arn:aws:iam::{ACCOUNT}:role/KeyAdministrator",
        "REPRIEVE_RELIABILITY__ALARMS": "false",
    },
}


def deployed(stack: dict[str, Any]) -> dict[str, set[str]]:
    """Return the names in the stack by kind of resource, and what a resource says, as JSON."""
    return {
        "topics": {each["name"] for each in of_type(stack, "aws_sns_topic")},
        "queues": {each["name"] for each in of_type(stack, "aws_sqs_queue")},
        "keys": {each["description"] for each in of_type(stack, "aws_kms_key")},
        "documents": {
            f"{each['name']} {each['content']}" for each in of_type(stack, "aws_ssm_document")
        },
        "rules": {
            f"{each['name']} {each['description']}"
            for each in of_type(stack, "aws_cloudwatch_event_rule")
        },
        "targets": {
            f"{each['rule']} {each['target_id']} "
            f"{sorted(each.get('input_transformer', {}).get('input_paths', []))}"
            for each in of_type(stack, "aws_cloudwatch_event_target")
        },
        "alarms": {
            f"{each['alarm_name']} {each['alarm_description']} {each['threshold']}"
            for each in of_type(stack, "aws_cloudwatch_metric_alarm")
        },
        "subscriptions": {
            each["endpoint"] for each in of_type(stack, "aws_sns_topic_subscription")
        },
        "roles": {each["name"] for each in of_type(stack, "aws_iam_role")},
    }


@pytest.mark.parametrize("variables", VARIANTS.values(), ids=VARIANTS)
def test_the_stack_has_what_the_guard_has_and_nothing_else(synth, variables, tmp_path):
    """Resource by resource, with an account that is known as `status` knows it.

    The Region is not that of IAM's events, which forwards them to it.
    """
    variables = {"REPRIEVE_REGIONS__WATCH": REGION, **variables}
    settings = load_one(EMAIL | variables, tmp_path)
    location = Location("aws", REGION, ACCOUNT)
    guard = regional_guard(settings, location)
    rules = (*guard.rules, *relay_rules(settings, Location("aws", "us-east-1", ACCOUNT)))
    assert deployed(synth(**variables)) == {
        "topics": {topic.name for topic in guard.topics},
        "queues": {guard.queue.name},
        "keys": {guard.key.description} if guard.key else set(),
        "documents": {f"{each.name} {json.dumps(each.content)}" for each in guard.documents},
        "rules": {f"{each.name} {each.description}" for each in rules},
        "targets": {
            f"{rule.name} {target.id} "
            f"{sorted(target.transformer.paths) if target.transformer else []}"
            for rule in rules
            for target in rule.targets
        },
        "alarms": {f"{each.name} {each.description} {each.threshold}" for each in guard.alarms},
        "subscriptions": {address for topic in guard.topics for address in topic.emails},
        "roles": {role.name for role in roles_of(settings, location)},
    }
