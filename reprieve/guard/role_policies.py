"""The trust and the permissions of the guard's roles, as the objects that their JSON stands for."""

from collections.abc import Sequence
from typing import Any

from reprieve.events.results import SOURCE
from reprieve.guard.policy_parts import from_source, policy, rules_arn
from reprieve.guard.resources import DEFAULT_BUS, Policy
from reprieve.location import Location
from reprieve.names import Names
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, Runbook


def eventbridge_trust(location: Location, names: Names, bus: str | None = None) -> Policy:
    """Let EventBridge assume the role for Reprieve's own rules of this account."""
    return _trust("events.amazonaws.com", location, rules_arn(location.every_region, names, bus))


def eventbridge_permissions(
    location: Location,
    names: Names,
    runbooks: Sequence[Runbook],
    role_arns: Sequence[str],
    bus_arns: Sequence[str] = (),
) -> Policy:
    """Let EventBridge start the runbooks, pass their roles to them, and put events on the buses."""
    statements = []
    if runbooks:
        resources = [arn for each in runbooks for arn in each.start_resources(location, names)]
        unique = list(dict.fromkeys(resources))
        statements.append(_allow("StartRunbook", "ssm:StartAutomationExecution", unique))
        statements.append(_pass_role(role_arns[0] if len(role_arns) == 1 else list(role_arns)))
    if bus_arns:
        statements.append(_allow("ForwardEvents", "events:PutEvents", list(bus_arns)))
    return policy(*statements)


def automation_trust(location: Location) -> Policy:
    """Let Systems Manager assume the role for automations of this account."""
    return _trust(
        "ssm.amazonaws.com", location, location.every_region.arn("ssm", "automation-execution/*")
    )


def amazons_runbook_permissions(location: Location, names: Names) -> Policy:
    """Allow what the reference page of AWSConfigRemediation-CancelKeyDeletion lists."""
    return policy(
        _allow(
            "CancelKeyDeletion",
            ["kms:CancelKeyDeletion", "kms:DescribeKey"],
            location.every_region.arn("kms", "key/*"),
        ),
        _allow(
            "RunAutomation",
            ["ssm:StartAutomationExecution", "ssm:GetAutomationExecution"],
            CANCEL_KEY_DELETION.start_resources(location, names),
        ),
    )


def automation_permissions(
    location: Location,
    *,
    topic_names: Sequence[str],
    enables: bool = False,
    looks_back: bool = False,
    alert_keys: Sequence[str] = (),
    puts_events: bool = False,
) -> Policy:
    """Allow what Reprieve's runbooks for one key do: cancel a deletion, and send the result.

    With `enables` they enable keys, with `looks_back` they read from CloudTrail's history what a
    key was; `alert_keys` are the ARNs of the keys that encrypt the topics. With `puts_events`
    they send results as events.
    """
    rescue = [
        _allow(
            "CancelKeyDeletion",
            [
                "kms:CancelKeyDeletion",
                "kms:DescribeKey",
                "kms:ListResourceTags",
                *(["kms:EnableKey"] if enables else []),
            ],
            location.every_region.arn("kms", "key/*"),
        ),
        *_publish(location, "TellOutcome", topic_names, alert_keys, puts_events=puts_events),
    ]
    if looks_back:
        # CloudTrail knows no finer resource for it (Service Authorization Reference).
        rescue.append(_allow("SeeWhatKeysWere", ["cloudtrail:LookupEvents"], "*"))
    return policy(*rescue)


def patrol_permissions(
    location: Location,
    names: Names,
    *,
    topic_names: Sequence[str],
    rescues: bool,
    alert_keys: Sequence[str] = (),
    puts_events: bool = False,
    inspected_topics: Sequence[str] = (),
) -> Policy:
    """Allow what a patrol does: inspect keys and guards, empty the dead-letter queue, send reports.

    With `rescues` it may cancel deletions, with `puts_events` send its reports as events.
    `inspected_topics` are the names of all topics, if it publishes to some of them only.
    """
    anywhere = location.every_region
    return policy(
        _allow(
            "InspectKeys",
            [
                "kms:DescribeKey",
                "kms:ListResourceTags",
                *(["kms:CancelKeyDeletion"] if rescues else []),
            ],
            anywhere.arn("kms", "key/*"),
        ),
        _allow(
            "ReadAccount",
            [
                "kms:ListKeys",
                "cloudtrail:LookupEvents",
                "cloudtrail:DescribeTrails",
                "events:ListRules",
                "sns:GetSubscriptionAttributes",
            ],
            # AWS knows no finer resource for these (Service Authorization Reference).
            "*",
        ),
        _allow(
            "InspectTrails",
            ["cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"],
            # An organization's trail is the management account's.
            Location(location.partition, "*", "*").arn("cloudtrail", "trail/*"),
        ),
        _allow("InspectRules", ["events:ListTargetsByRule"], rules_arn(anywhere, names)),
        _allow(
            "InspectRunbooks",
            ["ssm:DescribeDocument"],
            anywhere.arn("ssm", f"document/{names.beginning}*"),
        ),
        _allow(
            "InspectTopics",
            ["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"],
            [anywhere.arn("sns", name) for name in inspected_topics or topic_names],
        ),
        _allow(
            "EmptyDeadLetters",
            [
                "sqs:GetQueueUrl",
                "sqs:GetQueueAttributes",
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
            ],
            anywhere.arn("sqs", names.dead_letters),
        ),
        *_publish(location, "SendReports", topic_names, alert_keys, puts_events=puts_events),
    )


def chat_trust(location: Location) -> Policy:
    """Let Amazon Q Developer in chat applications assume the role of the chat channels.

    Its administrator guide, "Cross-service confused deputy prevention", shows this source.
    """
    return _trust(
        "chatbot.amazonaws.com", location, location.global_arn("chatbot", "chat-configuration/*")
    )


def chat_permissions() -> Policy:
    """Deny everything: messages need no permission, and nobody is to act in the chat."""
    return policy({"Sid": "Nothing", "Effect": "Deny", "Action": "*", "Resource": "*"})


def _publish(
    location: Location,
    sid: str,
    topic_names: Sequence[str],
    alert_keys: Sequence[str],
    *,
    puts_events: bool,
) -> list[dict[str, Any]]:
    """Allow publishing to the topics, which these keys encrypt, and putting results on the bus."""
    topics = [location.every_region.arn("sns", name) for name in topic_names]
    statements = [_allow(sid, ["sns:Publish"], topics[0] if len(topics) == 1 else topics)]
    if alert_keys:
        use = ["kms:GenerateDataKey*", "kms:Decrypt"]
        statements.append(_allow("TellEncrypted", use, list(alert_keys)))
    if puts_events:
        bus = location.every_region.arn("events", f"event-bus/{DEFAULT_BUS}")
        condition = {"StringEquals": {"events:source": SOURCE}}
        statements.append(
            _allow(f"{sid}AsEvents", "events:PutEvents", bus) | {"Condition": condition}
        )
    return statements


def _pass_role(role_arns: str | list[str]) -> dict[str, Any]:
    """Allow passing the roles of the runbooks, and no others, to Systems Manager."""
    condition = {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
    allowed = _allow("PassAutomationRole", "iam:PassRole", role_arns)
    return allowed | {"Condition": condition}


def _allow(sid: str, actions: str | list[str], resources: str | list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}


def _trust(service: str, location: Location, source_arn: str | list[str]) -> Policy:
    """Trust `service` only when it acts for this account and this source (confused deputy)."""
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": from_source(location, source_arn),
        }
    )
