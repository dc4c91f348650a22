"""The policies of the guard's resources, as the objects that their JSON stands for."""

from collections.abc import Sequence
from typing import Any

from reprieve.guard.resources import Policy
from reprieve.location import Location
from reprieve.names import DEAD_LETTERS, PREFIX
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, Runbook


def topic_policy(topic_arn: str, location: Location, *, strict: bool = False) -> Policy:
    """Let EventBridge and this account's CloudWatch alarms publish to the topic, over TLS.

    EventBridge gets no Condition unless `strict`: AWS's documentation contradicts itself on
    whether EventBridge fulfils one when it publishes to SNS, and where it does not the alert is
    dropped without a trace. This form is the one that every version of the page shows (EventBridge
    user guide, "resource-based policies"). CloudWatch's alarms fulfil theirs (SNS developer
    guide, "Allow CloudWatch alarms to publish").
    """
    publish = {
        "Sid": "EventBridgePublishes",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": topic_arn,
    }
    if strict:
        publish["Condition"] = _source(location, _rules(location))
    return _policy(
        publish,
        {
            "Sid": "AlarmsPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": _source(location, location.arn("cloudwatch", f"alarm:{PREFIX}-*")),
        },
        _over_tls_only("sns:Publish", topic_arn),
    )


def dead_letter_policy(location: Location) -> Policy:
    """Let EventBridge send to the queue what Reprieve's rules could not deliver, over TLS.

    EventBridge user guide, "Using dead-letter queues", shows this condition; EventBridge fulfils it
    for SQS.
    """
    queue_arn = location.arn("sqs", DEAD_LETTERS)
    return _policy(
        {
            "Sid": "EventBridgeLeavesWhatFailed",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnLike": {"aws:SourceArn": _rules(location)}},
        },
        _over_tls_only("sqs:*", queue_arn),
    )


def alert_key_policy(location: Location, automation_role_arn: str | None) -> Policy:
    """Let the account manage the key, and the services that publish alerts use it.

    SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted
    topics": EventBridge and CloudWatch each need these two actions. No Condition, for the reason
    that `topic_policy` has.
    """
    use = ["kms:GenerateDataKey*", "kms:Decrypt"]
    statements: list[dict[str, Any]] = [
        {
            "Sid": "AccountManages",
            "Effect": "Allow",
            "Principal": {"AWS": location.global_arn("iam", "root")},
            "Action": "kms:*",
            "Resource": "*",
        },
        {
            "Sid": "AlertsAreEncrypted",
            "Effect": "Allow",
            "Principal": {"Service": ["events.amazonaws.com", "cloudwatch.amazonaws.com"]},
            "Action": use,
            "Resource": "*",
        },
    ]
    if automation_role_arn:
        statements.append(
            {
                "Sid": "OutcomesAreEncrypted",
                "Effect": "Allow",
                "Principal": {"AWS": automation_role_arn},
                "Action": use,
                "Resource": "*",
            }
        )
    return _policy(*statements)


def eventbridge_trust(location: Location) -> Policy:
    """Let EventBridge assume the role for Reprieve's own rules of this account."""
    return _trust("events.amazonaws.com", location, _rules(location.every_region))


def eventbridge_permissions(
    location: Location, runbooks: Sequence[Runbook], automation_role_arn: str
) -> Policy:
    """Let EventBridge start the runbooks and pass the automation role to them, and nothing else."""
    resources = [arn for each in runbooks for arn in each.start_resources(location)]
    return _policy(
        {
            "Sid": "StartRunbook",
            "Effect": "Allow",
            "Action": "ssm:StartAutomationExecution",
            "Resource": list(dict.fromkeys(resources)),
        },
        _pass_role(automation_role_arn),
    )


def automation_trust(location: Location) -> Policy:
    """Let Systems Manager assume the role for automations of this account."""
    return _trust(
        "ssm.amazonaws.com", location, location.every_region.arn("ssm", "automation-execution/*")
    )


def automation_permissions(
    location: Location,
    runbook: Runbook,
    *,
    role_name: str,
    topic_name: str,
    enables: bool = False,
    looks_back: bool = False,
    alert_keys: Sequence[str] = (),
) -> Policy:
    """Allow what the runbooks do: cancel a deletion, read the result and, if Reprieve's, send it.

    The first two statements are what the reference page of Amazon's runbook lists. Reprieve's own
    starts Amazon's and passes its own role to it. With `enables` it enables keys, with `looks_back`
    it reads from CloudTrail's history what a key was; `alert_keys` are the ARNs of the keys that
    encrypt the topics.
    """
    rescue: list[dict[str, Any]] = [
        {
            "Sid": "CancelKeyDeletion",
            "Effect": "Allow",
            "Action": [
                "kms:CancelKeyDeletion",
                "kms:DescribeKey",
                *(["kms:EnableKey"] if enables else []),
            ],
            "Resource": location.every_region.arn("kms", "key/*"),
        },
        {
            "Sid": "RunAutomation",
            "Effect": "Allow",
            "Action": ["ssm:StartAutomationExecution", "ssm:GetAutomationExecution"],
            "Resource": CANCEL_KEY_DELETION.start_resources(location),
        },
    ]
    if runbook.is_amazons:
        return _policy(*rescue)
    rescue += [
        _pass_role(location.global_arn("iam", f"role/{role_name}")),
        {
            "Sid": "TellOutcome",
            "Effect": "Allow",
            "Action": "sns:Publish",
            "Resource": location.every_region.arn("sns", topic_name),
        },
    ]
    if looks_back:
        # CloudTrail knows no finer resource for it (Service Authorization Reference).
        rescue.append(
            {
                "Sid": "SeeWhatKeysWere",
                "Effect": "Allow",
                "Action": "cloudtrail:LookupEvents",
                "Resource": "*",
            }
        )
    if alert_keys:
        rescue.append(
            {
                "Sid": "TellEncrypted",
                "Effect": "Allow",
                "Action": ["kms:GenerateDataKey*", "kms:Decrypt"],
                "Resource": list(alert_keys),
            }
        )
    return _policy(*rescue)


def _pass_role(role_arn: str) -> dict[str, Any]:
    """Allow passing the automation role, and no other, to Systems Manager."""
    return {
        "Sid": "PassAutomationRole",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role_arn,
        "Condition": {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}},
    }


def _trust(service: str, location: Location, source_arn: str) -> Policy:
    """Trust `service` only when it acts for this account and this source (confused deputy)."""
    return _policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": _source(location, source_arn),
        }
    )


def _source(location: Location, source_arn: str) -> dict[str, Any]:
    return {
        "StringEquals": {"aws:SourceAccount": location.account},
        "ArnLike": {"aws:SourceArn": source_arn},
    }


def _rules(location: Location) -> str:
    return location.arn("events", f"rule/{PREFIX}-*")


def _over_tls_only(action: str, resource: str) -> dict[str, Any]:
    return {
        "Sid": "OverTlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def _policy(*statements: dict[str, Any]) -> Policy:
    return {"Version": "2012-10-17", "Statement": list(statements)}
