"""The policies of topics, queue, buses and key, as the objects that their JSON stands for."""

from collections.abc import Sequence
from typing import Any

from reprieve.guard.policy_parts import from_source, policy, rules_arn
from reprieve.guard.resources import Policy
from reprieve.location import Location
from reprieve.names import Names


def topic_policy(
    topic_arn: str,
    location: Location,
    names: Names,
    *,
    strict: bool = False,
    bus: str | None = None,
) -> Policy:
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
        publish["Condition"] = from_source(location, rules_arn(location, names, bus))
    return policy(
        publish,
        {
            "Sid": "AlarmsPublish",
            "Effect": "Allow",
            "Principal": {"Service": "cloudwatch.amazonaws.com"},
            "Action": "sns:Publish",
            "Resource": topic_arn,
            "Condition": from_source(
                location, location.arn("cloudwatch", f"alarm:{names.beginning}*")
            ),
        },
        _over_tls_only("sns:Publish", topic_arn),
    )


def dead_letter_policy(
    location: Location, names: Names, *, from_topics: bool = False, bus: str | None = None
) -> Policy:
    """Let EventBridge send to the queue what Reprieve's rules could not deliver, over TLS.

    EventBridge user guide, "Using dead-letter queues", shows this condition; EventBridge fulfils it
    for SQS. With `from_topics` SNS sends there too what a subscription could not deliver (SNS
    developer guide, "Amazon SNS dead-letter queues").
    """
    queue_arn = location.arn("sqs", names.dead_letters)
    topics = location.arn("sns", f"{names.beginning}*")
    leave = {
        "Sid": "TopicsLeaveWhatFailed",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": topics}},
    }
    return policy(
        {
            "Sid": "EventBridgeLeavesWhatFailed",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnLike": {"aws:SourceArn": rules_arn(location, names, bus)}},
        },
        *([leave] if from_topics else []),
        _over_tls_only("sqs:*", queue_arn),
    )


def hub_policy(
    bus_arn: str,
    location: Location,
    names: Names,
    accounts: Sequence[str] = (),
    organization_id: str | None = None,
) -> Policy:
    """Let the EventBridge roles of the accounts put events on a bus of the hub, and nobody else.

    `accounts` are the ids of the other accounts; an organization stands for all of its own.
    EventBridge user guide, "Permissions for event buses": the caller is the role of the sending
    rule's target.
    """
    role = names.role_resource(names.eventbridge_role)
    own = location.global_arn("iam", "root")
    others = [Location(location.partition, "", each) for each in accounts]
    statement: dict[str, Any] = {
        "Sid": "SpokesForward",
        "Effect": "Allow",
        "Principal": {"AWS": [own, *(each.global_arn("iam", "root") for each in others)]},
        "Action": "events:PutEvents",
        "Resource": bus_arn,
        "Condition": {"ArnLike": {"aws:PrincipalArn": f"arn:{location.partition}:iam::*:{role}"}},
    }
    if organization_id:
        statement["Principal"] = "*"
        statement["Condition"]["StringEquals"] = {"aws:PrincipalOrgID": organization_id}
    elif not others:
        statement["Principal"] = {"AWS": own}
    return policy(statement)


def alert_key_policy(location: Location, role_arns: Sequence[str]) -> Policy:
    """Let the account manage the key, and the services and roles that publish alerts use it.

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
    if role_arns:
        statements.append(
            {
                "Sid": "OutcomesAreEncrypted",
                "Effect": "Allow",
                "Principal": {"AWS": role_arns[0] if len(role_arns) == 1 else list(role_arns)},
                "Action": use,
                "Resource": "*",
            }
        )
    return policy(*statements)


def _over_tls_only(action: str, resource: str) -> dict[str, Any]:
    return {
        "Sid": "OverTlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
