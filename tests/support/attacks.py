"""The 33 calls that weaken a deployed guard, as data.

Each was once tried alone; none sent an alert about itself. `ATTACKS` is what tests loop over.
"""

from dataclasses import dataclass

from sandbox.core.account import ACCOUNT_ID
from tests.support import attack_calls as calls
from tests.support.account import Account


@dataclass(frozen=True)
class Attack:
    """One call against the guard.

    `service` is boto3's name, `call` the API operation. `prepare(account, region)` looks up, as
    the account's root, what the call needs, and returns the call.
    """

    id: int
    service: str
    call: str
    what: str
    prepare: calls.Prepare

    def perform(self, account: Account, region: str, client: calls.Client | None = None) -> None:
        """Make the call in a Region, as the account's root or as the owner of `client`.

        Calls of CloudTrail go to the trail's own Region.
        """
        self.prepare(account, region)(client or account.sandbox.client)

    def __str__(self) -> str:
        """Return the test's id."""
        return f"{self.id}-{self.call}"


ATTACKS = tuple(
    Attack(*attack)
    for attack in (
        (
            1,
            "events",
            "DisableRule",
            "the rule",
            calls.simple("events", "disable_rule", Name=calls.RULE),
        ),
        (2, "events", "RemoveTargets", "all targets", calls.remove_targets),
        (
            3,
            "events",
            "PutRule",
            "another pattern",
            calls.simple(
                "events", "put_rule", Name=calls.RULE, EventPattern='{"source": ["aws.never"]}'
            ),
        ),
        (
            4,
            "events",
            "PutTargets",
            "the alert to another topic",
            calls.put_targets(calls.to_foreign_topic),
        ),
        (5, "events", "PutTargets", "no retries", calls.put_targets(calls.without_retries)),
        (6, "events", "PutTargets", "one more target", calls.put_targets(calls.one_more)),
        (7, "sns", "Unsubscribe", "an address", calls.unsubscribe),
        (8, "sns", "SetSubscriptionAttributes", "a filter", calls.filter_messages),
        (
            9,
            "sns",
            "PutDataProtectionPolicy",
            "that denies",
            calls.on_topic(
                "put_data_protection_policy", DataProtectionPolicy=calls.DATA_PROTECTION
            ),
        ),
        (
            10,
            "sns",
            "SetTopicAttributes",
            "a policy without EventBridge",
            calls.on_topic(
                "set_topic_attributes",
                AttributeName="Policy",
                AttributeValue=calls.POLICY_WITHOUT_EVENTBRIDGE,
            ),
        ),
        (11, "sns", "SetTopicAttributes", "a foreign key", calls.encrypt_topic),
        (12, "sns", "DeleteTopic", "the topic", calls.on_topic("delete_topic")),
        (13, "ssm", "UpdateDocument", "a runbook that does nothing", calls.update_document),
        (14, "ssm", "DeleteDocument", "the runbook", calls.delete_document),
        (
            15,
            "iam",
            "DeleteRolePolicy",
            "of the automation role",
            calls.simple("iam", "delete_role_policy", **calls.ROLE_POLICY),
        ),
        *(
            (first + offset, "iam", call, f"that denies, on {role}", prepare)
            for first, role in ((16, calls.AUTOMATION_ROLE), (19, calls.EVENTBRIDGE_ROLE))
            for offset, (call, prepare) in enumerate(
                (
                    ("PutRolePolicy", calls.put_denying(role)),
                    (
                        "AttachRolePolicy",
                        calls.with_denying_policy("attach_role_policy", "PolicyArn", role),
                    ),
                    (
                        "PutRolePermissionsBoundary",
                        calls.with_denying_policy(
                            "put_role_permissions_boundary", "PermissionsBoundary", role
                        ),
                    ),
                )
            )
        ),
        (
            22,
            "iam",
            "UpdateAssumeRolePolicy",
            "of EventBridge's role",
            calls.simple(
                "iam",
                "update_assume_role_policy",
                RoleName=calls.EVENTBRIDGE_ROLE,
                PolicyDocument=calls.TRUST_OF_NOBODY,
            ),
        ),
        (
            23,
            "cloudtrail",
            "StopLogging",
            "of the trail",
            calls.on_trail("stop_logging", Name=calls.TRAIL),
        ),
        (
            24,
            "cloudtrail",
            "PutEventSelectors",
            "KMS excluded",
            calls.on_trail(
                "put_event_selectors", TrailName=calls.TRAIL, EventSelectors=[calls.WITHOUT_KMS]
            ),
        ),
        (
            25,
            "cloudtrail",
            "PutEventSelectors",
            "ScheduleKeyDeletion excluded",
            calls.selectors({"Field": "eventName", "NotEquals": ["ScheduleKeyDeletion"]}),
        ),
        (
            26,
            "cloudtrail",
            "PutEventSelectors",
            "other calls excluded",
            calls.selectors(
                {
                    "Field": "eventName",
                    "NotEquals": ["DisableKey", "DeleteImportedKeyMaterial", "PutKeyPolicy"],
                }
            ),
        ),
        (
            27,
            "cloudtrail",
            "PutEventSelectors",
            "a principal excluded",
            calls.selectors(
                {
                    "Field": "userIdentity.arn",
                    "NotEquals": [f"arn:aws:iam::{ACCOUNT_ID}:role/attacker"],
                }
            ),
        ),
        (
            28,
            "cloudwatch",
            "DisableAlarmActions",
            "of an alarm",
            calls.simple("cloudwatch", "disable_alarm_actions", AlarmNames=[calls.ALARM]),
        ),
        (
            29,
            "cloudwatch",
            "DeleteAlarms",
            "an alarm",
            calls.simple("cloudwatch", "delete_alarms", AlarmNames=[calls.ALARM]),
        ),
        (30, "cloudwatch", "PutMetricAlarm", "a threshold of 1e9", calls.put_alarm(Threshold=1e9)),
        (
            31,
            "cloudwatch",
            "PutMetricAlarm",
            "another queue",
            calls.put_alarm(Dimensions=[{"Name": "QueueName", "Value": "other"}]),
        ),
        (32, "sqs", "SetQueueAttributes", "a retention of 60 s", calls.set_retention),
        (33, "kms", "TagResource", "a key dressed up as the drill's", calls.dress_up_as_drill_key),
    )
)
"""The calls, in the order of their ids."""
