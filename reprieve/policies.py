"""IAM policies, as the objects that their JSON stands for.

Where an argument is an ARN or an account id it may as well be a Terraform reference.
"""

from typing import Any

from reprieve.runbooks import CANCEL_KEY_DELETION, Runbook

Policy = dict[str, Any]

# What Reprieve names in every Region begins with this; the trust policies rely on it.
PREFIX = "reprieve"


def topic_policy(topic_arn: str) -> Policy:
    """Let EventBridge publish to the topic, and nobody else who is not in the account.

    No Condition: AWS's documentation disagrees with itself on whether EventBridge fulfils one when
    it publishes to SNS, and where it does not the alert is dropped without a trace. This form is
    the one that every version of the page shows (EventBridge user guide, «resource-based
    policies»).
    """
    return _policy(
        {
            "Sid": "EventBridgePublishes",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
        }
    )


def eventbridge_trust(partition: str, account: str) -> Policy:
    """Let EventBridge assume the role for Reprieve's own rules of this account."""
    return _trust(
        "events.amazonaws.com", account, f"arn:{partition}:events:*:{account}:rule/{PREFIX}-*"
    )


def eventbridge_permissions(
    partition: str, account: str, runbook: Runbook, automation_role_arn: str
) -> Policy:
    """Let EventBridge start the runbook and hand it the automation role, and nothing else."""
    return _policy(
        {
            "Sid": "StartRunbook",
            "Effect": "Allow",
            "Action": "ssm:StartAutomationExecution",
            "Resource": runbook.start_resources(partition, account),
        },
        _pass_role(automation_role_arn),
    )


def automation_trust(partition: str, account: str) -> Policy:
    """Let Systems Manager assume the role for automations of this account."""
    return _trust(
        "ssm.amazonaws.com", account, f"arn:{partition}:ssm:*:{account}:automation-execution/*"
    )


def automation_permissions(
    partition: str, account: str, runbook: Runbook, *, role_name: str, topic_name: str
) -> Policy:
    """Allow what the runbook does: cancel a deletion, see the outcome; Reprieve's own also tells.

    The first two statements are what the reference page of Amazon's runbook lists. Reprieve's own
    runs Amazon's as a child, to which it hands its own role.
    """
    rescue = [
        {
            "Sid": "CancelKeyDeletion",
            "Effect": "Allow",
            "Action": ["kms:CancelKeyDeletion", "kms:DescribeKey"],
            "Resource": f"arn:{partition}:kms:*:{account}:key/*",
        },
        {
            "Sid": "RunAutomation",
            "Effect": "Allow",
            "Action": ["ssm:StartAutomationExecution", "ssm:GetAutomationExecution"],
            "Resource": CANCEL_KEY_DELETION.start_resources(partition, account),
        },
    ]
    if runbook.is_amazons:
        return _policy(*rescue)
    return _policy(
        *rescue,
        _pass_role(f"arn:{partition}:iam::{account}:role/{role_name}"),
        {
            "Sid": "TellOutcome",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": f"arn:{partition}:sns:*:{account}:{topic_name}",
        },
    )


def _pass_role(role_arn: str) -> dict[str, Any]:
    """Allow the automation role, and no other, to be handed to Systems Manager."""
    return {
        "Sid": "PassAutomationRole",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role_arn,
        "Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
    }


def _trust(service: str, account: str, source_arn: str) -> Policy:
    """Trust `service` only when it acts for this account and this source (confused deputy)."""
    return _policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": account},
                "ArnLike": {"aws:SourceArn": source_arn},
            },
        }
    )


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}
