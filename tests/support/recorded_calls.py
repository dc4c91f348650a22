"""The 33 calls against the guard, each with the `requestParameters` of its CloudTrail record."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from tests.support.attacked_resources import (
    ALARM,
    ALARM_RECORD,
    DENY,
    DENY_ARN,
    EMPTY_PATTERN,
    NOTHING,
    OTHER_TOPIC,
    PROTECTION,
)
from tests.support.emulated_account import TOPIC_ARN, TOPIC_TARGET, policy, trust

MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
MANAGEMENT_RECORD = {"field": "eventCategory", "equals": ["Management"]}


def advanced(field, *values):
    """Return advanced event selectors that exclude these values of a field."""
    fields = [MANAGEMENT, {"Field": field, "NotEquals": list(values)}]
    return {"TrailName": "sandbox", "AdvancedEventSelectors": [{"FieldSelectors": fields}]}


def advanced_record(field, *values):
    """Return how the record of `advanced` shows them."""
    fields = [MANAGEMENT_RECORD, {"field": field, "notEquals": list(values)}]
    return {"trailName": "sandbox", "advancedEventSelectors": [{"fieldSelectors": fields}]}


@dataclass(frozen=True)
class Case:
    """A call (service, method, parameters) and the requestParameters of its record.

    `<subscription>`, `<key>` and `<queue>` stand for what only the account knows.
    """

    number: str
    service: str
    method: str
    parameters: dict[str, Any]
    recorded: dict[str, Any]

    def __str__(self):
        return f"{self.number}-{self.method}"


def role_cases(number, role):
    """Return the three calls that take a role's permissions away."""
    given = {"RoleName": role}
    recorded = {"roleName": role}
    return [
        Case(
            f"{number}",
            "iam",
            "put_role_policy",
            {**given, "PolicyName": "second", "PolicyDocument": DENY},
            {**recorded, "policyName": "second", "policyDocument": DENY},
        ),
        Case(
            f"{number + 1}",
            "iam",
            "attach_role_policy",
            {**given, "PolicyArn": DENY_ARN},
            {**recorded, "policyArn": DENY_ARN},
        ),
        Case(
            f"{number + 2}",
            "iam",
            "put_role_permissions_boundary",
            {**given, "PermissionsBoundary": DENY_ARN},
            {**recorded, "permissionsBoundary": DENY_ARN},
        ),
    ]


RETRIES = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
NO_FILTER = json.dumps({"nothing": ["matches"]})
TOPIC = {"TopicArn": TOPIC_ARN}
TOPIC_RECORD = {"topicArn": TOPIC_ARN}
SUBSCRIPTION = {"SubscriptionArn": "<subscription>"}
SUBSCRIPTION_RECORD = {"subscriptionArn": "<subscription>"}
NEXT_VERSION = {"name": "rescue", "documentVersion": "$LATEST"}
BASIC = {"ReadWriteType": "All", "IncludeManagementEvents": True}
KMS_EXCLUDED = {**BASIC, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}
KMS_EXCLUDED_RECORD = {
    "readWriteType": "All",
    "includeManagementEvents": True,
    "excludeManagementEventSources": ["kms.amazonaws.com"],
}
OTHER_CALLS = ("DisableKey", "DeleteImportedKeyMaterial", "PutKeyPolicy")
SOMEBODY = f"arn:aws:iam::{ACCOUNT_ID}:user/mallory"
BILLING = {**ALARM, "Dimensions": [{"Name": "QueueName", "Value": "other"}]}
BILLING_RECORD = {**ALARM_RECORD, "dimensions": [{"name": "QueueName", "value": "other"}]}
TAGS = [{"TagKey": "a", "TagValue": "b"}]

CASES: list[Case] = [
    Case("1", "events", "disable_rule", {"Name": "guard"}, {"name": "guard"}),
    Case(
        "2",
        "events",
        "remove_targets",
        {"Rule": "guard", "Ids": ["alert", "rescue"]},
        {"rule": "guard", "ids": ["alert", "rescue"]},
    ),
    Case(
        "3",
        "events",
        "put_rule",
        {"Name": "guard", "EventPattern": EMPTY_PATTERN},
        {"name": "guard", "eventPattern": EMPTY_PATTERN},
    ),
    Case(
        "4",
        "events",
        "put_targets",
        {"Rule": "guard", "Targets": [{"Id": "alert", "Arn": OTHER_TOPIC}]},
        {"rule": "guard", "targets": [{"id": "alert", "arn": OTHER_TOPIC}]},
    ),
    Case(
        "5",
        "events",
        "put_targets",
        {"Rule": "guard", "Targets": [{**TOPIC_TARGET, "RetryPolicy": RETRIES}]},
        {
            "rule": "guard",
            "targets": [
                {
                    "id": "alert",
                    "arn": TOPIC_ARN,
                    "retryPolicy": {"maximumRetryAttempts": 0, "maximumEventAgeInSeconds": 60},
                }
            ],
        },
    ),
    Case(
        "6",
        "events",
        "put_targets",
        {"Rule": "guard", "Targets": [{"Id": "more", "Arn": OTHER_TOPIC}]},
        {"rule": "guard", "targets": [{"id": "more", "arn": OTHER_TOPIC}]},
    ),
    Case("7", "sns", "unsubscribe", SUBSCRIPTION, SUBSCRIPTION_RECORD),
    Case(
        "8",
        "sns",
        "set_subscription_attributes",
        {**SUBSCRIPTION, "AttributeName": "FilterPolicy", "AttributeValue": NO_FILTER},
        {**SUBSCRIPTION_RECORD, "attributeName": "FilterPolicy", "attributeValue": NO_FILTER},
    ),
    Case(
        "9",
        "sns",
        "put_data_protection_policy",
        {"ResourceArn": TOPIC_ARN, "DataProtectionPolicy": PROTECTION},
        {"resourceArn": TOPIC_ARN, "dataProtectionPolicy": PROTECTION},
    ),
    Case(
        "10",
        "sns",
        "set_topic_attributes",
        {**TOPIC, "AttributeName": "Policy", "AttributeValue": policy()},
        {**TOPIC_RECORD, "attributeName": "Policy", "attributeValue": policy()},
    ),
    Case(
        "11",
        "sns",
        "set_topic_attributes",
        {**TOPIC, "AttributeName": "KmsMasterKeyId", "AttributeValue": "alias/foreign"},
        {**TOPIC_RECORD, "attributeName": "KmsMasterKeyId", "attributeValue": "alias/foreign"},
    ),
    Case("12", "sns", "delete_topic", TOPIC, TOPIC_RECORD),
    Case(
        "13a",
        "ssm",
        "update_document",
        {"Name": "rescue", "Content": NOTHING, "DocumentVersion": "$LATEST"},
        NEXT_VERSION,
    ),
    Case(
        "13b",
        "ssm",
        "update_document_default_version",
        {"Name": "rescue", "DocumentVersion": "1"},
        {"name": "rescue", "documentVersion": "1"},
    ),
    Case("14", "ssm", "delete_document", {"Name": "rescue"}, {"name": "rescue"}),
    Case(
        "15",
        "iam",
        "delete_role_policy",
        {"RoleName": "automation", "PolicyName": "p"},
        {"roleName": "automation", "policyName": "p"},
    ),
    *role_cases(16, "automation"),
    *role_cases(19, "start"),
    Case(
        "22",
        "iam",
        "update_assume_role_policy",
        {"RoleName": "start", "PolicyDocument": trust("ec2.amazonaws.com")},
        {"roleName": "start", "policyDocument": trust("ec2.amazonaws.com")},
    ),
    Case("23", "cloudtrail", "stop_logging", {"Name": "sandbox"}, {"name": "sandbox"}),
    Case(
        "24",
        "cloudtrail",
        "put_event_selectors",
        {"TrailName": "sandbox", "EventSelectors": [KMS_EXCLUDED]},
        {"trailName": "sandbox", "eventSelectors": [KMS_EXCLUDED_RECORD]},
    ),
    Case(
        "25",
        "cloudtrail",
        "put_event_selectors",
        advanced("eventName", "ScheduleKeyDeletion"),
        advanced_record("eventName", "ScheduleKeyDeletion"),
    ),
    Case(
        "26",
        "cloudtrail",
        "put_event_selectors",
        advanced("eventName", *OTHER_CALLS),
        advanced_record("eventName", *OTHER_CALLS),
    ),
    Case(
        "27",
        "cloudtrail",
        "put_event_selectors",
        advanced("userIdentity.arn", SOMEBODY),
        advanced_record("userIdentity.arn", SOMEBODY),
    ),
    Case(
        "28",
        "cloudwatch",
        "disable_alarm_actions",
        {"AlarmNames": ["dead"]},
        {"alarmNames": ["dead"]},
    ),
    Case("29", "cloudwatch", "delete_alarms", {"AlarmNames": ["dead"]}, {"alarmNames": ["dead"]}),
    Case(
        "30",
        "cloudwatch",
        "put_metric_alarm",
        {**ALARM, "Threshold": 1e9},
        {**ALARM_RECORD, "threshold": 1e9},
    ),
    Case("31", "cloudwatch", "put_metric_alarm", BILLING, BILLING_RECORD),
    Case(
        "32",
        "sqs",
        "set_queue_attributes",
        {"QueueUrl": "<queue>", "Attributes": {"MessageRetentionPeriod": "60"}},
        {"queueUrl": "<queue>", "attributes": {"MessageRetentionPeriod": "60"}},
    ),
    Case(
        "33a",
        "kms",
        "update_key_description",
        {"KeyId": "<key>", "Description": "throw-away"},
        {"keyId": "<key>", "description": "throw-away"},
    ),
    Case(
        "33b",
        "kms",
        "tag_resource",
        {"KeyId": "<key>", "Tags": TAGS},
        {"keyId": "<key>", "tags": [{"tagKey": "a", "tagValue": "b"}]},
    ),
    Case(
        "33c",
        "kms",
        "create_alias",
        {"AliasName": "alias/drill", "TargetKeyId": "<key>"},
        {"aliasName": "alias/drill", "targetKeyId": "<key>"},
    ),
]
HAVE_NO_RESPONSE = {
    "disable_rule", "unsubscribe", "set_subscription_attributes", "put_data_protection_policy",
    "set_topic_attributes", "delete_topic", "delete_document", "delete_role_policy",
    "put_role_policy", "attach_role_policy", "put_role_permissions_boundary",
    "update_assume_role_policy", "stop_logging", "disable_alarm_actions", "delete_alarms",
    "put_metric_alarm", "set_queue_attributes",
}  # fmt: skip
