"""AWS User Notifications: the provider's resources, and the events that reach people."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.support.emulated_account import REGION, allow, policy
from tests.support.terraform import Configuration

pytestmark = pytest.mark.long

ADDRESS = "security@example.com"
PATTERN = json.dumps({"detail": {"eventName": ["ScheduleKeyDeletion"]}})
CONFIGURATION = {
    "provider": {"aws": {"region": REGION}},
    "resource": {
        "aws_notificationscontacts_email_contact": {
            "people": {"name": "people", "email_address": ADDRESS, "tags": {"team": "security"}}
        },
        "aws_notifications_notification_configuration": {
            "keys": {"name": "keys", "description": "keys", "aggregation_duration": "SHORT"}
        },
        "aws_notifications_channel_association": {
            "people": {
                "arn": "${aws_notificationscontacts_email_contact.people.arn}",
                "notification_configuration_arn": (
                    "${aws_notifications_notification_configuration.keys.arn}"
                ),
            }
        },
        "aws_notifications_event_rule": {
            "keys": {
                "notification_configuration_arn": (
                    "${aws_notifications_notification_configuration.keys.arn}"
                ),
                "source": "aws.kms",
                "event_type": "AWS API Call via CloudTrail",
                "event_pattern": PATTERN,
                "regions": [REGION],
            }
        },
    },
    "output": {
        "contact": {"value": "${aws_notificationscontacts_email_contact.people.arn}"},
    },
}


def schedule(sandbox, region):
    """Schedule the deletion of a new key."""
    kms = sandbox.client("kms", region)
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    sandbox.settle()


def test_the_provider_deploys_everything_that_notifies_people(sandbox, tmp_path):
    """A contact gets nothing before it is active, and events of its Regions only."""
    terraform = Configuration(tmp_path, sandbox.environment(), CONFIGURATION)
    contact = terraform.apply()["contact"]
    assert terraform.planned() == []
    schedule(sandbox, REGION)
    contacts = sandbox.client("notificationscontacts", "us-east-1")
    contacts.activate_email_contact(arn=contact, code="1234567")
    schedule(sandbox, REGION)
    schedule(sandbox, "us-east-1")
    found = [(each.configuration, each.recipients) for each in sandbox.user_notifications]
    assert found == [("keys", ()), ("keys", (ADDRESS,))]
    terraform.write({"provider": CONFIGURATION["provider"]})
    terraform.apply()
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        contacts.get_email_contact(arn=contact)


def test_a_user_needs_the_permission(sandbox):
    """As for every other call."""
    iam = sandbox.client("iam", REGION)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    client = sandbox._clients.make(
        "notifications", "us-east-1", key["AccessKeyId"], key["SecretAccessKey"]
    )
    given = {"name": "n", "description": "d"}
    action = "notifications:CreateNotificationConfiguration"
    with pytest.raises(ClientError, match=f"not authorized to perform: {action}"):
        client.create_notification_configuration(**given)
    iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow(action)))
    assert client.create_notification_configuration(**given)["status"] == "ACTIVE"
