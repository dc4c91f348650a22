"""The service control policy that lets only the deployers change the guard.

AWS Organizations user guide, "SCP syntax" and "SCP evaluation": such a policy binds every user and
role of the accounts that it is attached to, their root included. It does not bind the management
account, service-linked roles, or services that act for themselves, such as EventBridge when it
publishes to a topic. It allows nothing by itself.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from reprieve.errors import ExitCode, ReprieveError
from reprieve.guard.conditions import exempting_tags
from reprieve.guard.resources import Policy, own_rules
from reprieve.guard.topics import all_topic_names
from reprieve.guard.topology import uses_hub
from reprieve.names import ALERT_KEY_TAG, DRILL_TAG, HUB, STACK_SETS_ROLE, TAG_NAMESPACES
from reprieve.settings.schema import Settings

MAX_CHARACTERS: Final = 5_120
"""The size of a service control policy, white space included (Organizations user guide, Quotas)."""

WAITING_DAYS: Final = 7, 30
"""The shortest and the longest waiting period of KMS (KMS API reference, ScheduleKeyDeletion)."""

DEFAULT_WAITING_DAYS: Final = 30
"""KMS's own default: callers who name no period wait 30 days anyway, so it hinders nobody else."""

# Everything but these is denied on the guard's resources: a call that AWS adds later is denied too.
# Confirming a subscription needs the token that SNS sent to the address. EventBridge and people
# start runbooks; without iam:PassRole of Reprieve's role a start cannot act as that role. A
# deployer's role must be assumed.
_ALLOWED_CALLS: Final = (
    "cloudwatch:Describe*",
    "cloudwatch:Get*",
    "cloudwatch:List*",
    "events:Describe*",
    "events:List*",
    "iam:Generate*",
    "iam:Get*",
    "iam:List*",
    "iam:Simulate*",
    "sns:ConfirmSubscription",
    "sns:Get*",
    "sns:List*",
    "sqs:Get*",
    "sqs:List*",
    "ssm:Describe*",
    "ssm:Get*",
    "ssm:List*",
    "ssm:StartAutomationExecution",
    "sts:*",
)
# On resources that others own too, only the calls that blind or stop the guard are denied.
_CALLS_THAT_BLIND: Final = (
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "events:UpdateEventBus",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:UpdateAlias",
    "ssm:StopAutomationExecution",
)
_CALLS_THAT_SILENCE: Final = (
    "kms:DeleteImportedKeyMaterial",
    "kms:DisableKey",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
)


class ProtectionError(ReprieveError):
    """No policy can be made from these settings."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Statement:
    """One statement of the policy, and a sentence for people that says what it does."""

    sid: str
    explanation: str
    body: dict[str, Any]

    @property
    def policy_json(self) -> dict[str, Any]:
        """The statement as it stands in the policy."""
        return {"Sid": self.sid, "Effect": "Deny", **self.body}


@dataclass(frozen=True)
class Protection:
    """The service control policy, statement by statement."""

    statements: tuple[Statement, ...]

    @property
    def policy(self) -> Policy:
        """The policy document."""
        return {
            "Version": "2012-10-17",
            "Statement": [each.policy_json for each in self.statements],
        }

    @property
    def text(self) -> str:
        """The policy as JSON without white space, which counts against the size."""
        return json.dumps(self.policy, separators=(",", ":"))


def protection_of(settings: Settings, waiting_days: int = DEFAULT_WAITING_DAYS) -> Protection:
    """Return the policy that protects the guard of these settings.

    Args:
        settings: The settings of the guard; `exempt.deployers` may change it.
        waiting_days: The shortest waiting period of a scheduled deletion, one of `WAITING_DAYS`
            or between them.

    Raises:
        ProtectionError: there is no deployer, or AWS Organizations would not accept the policy.
            Members of stack sets need no deployer: StackSets' role deploys there.
    """
    if not _deployers(settings):
        raise ProtectionError(
            "exempt.deployers is empty: the policy would let nobody change the guard.",
            "Add the ARNs of the IAM roles and users that deploy Reprieve to exempt.deployers.",
        )
    protection = Protection(
        (
            _guard(settings),
            _surroundings(settings),
            *_alert_keys(settings),
            _tags(settings),
            _waiting_period(waiting_days),
            _LOCKOUT,
            _MEMBERSHIP,
        )
    )
    if len(protection.text) > MAX_CHARACTERS:
        raise ProtectionError(
            f"The policy has {len(protection.text):,} characters; AWS Organizations accepts "
            f"{MAX_CHARACTERS:,}.",
            "Name fewer principals in exempt.deployers: for example one role that all deployments "
            "assume.",
        )
    return protection


def _deployers(settings: Settings) -> tuple[str, ...]:
    """Return who may change the guard; in the members of stack sets also StackSets' own role.

    The policy also keeps everybody else from changing that role. AWS creates it by a service-linked
    role, which no such policy binds.
    """
    if not settings.is_member:
        return settings.exempt.deployers
    role = f"arn:{settings.regions.partition}:iam::*:role/{STACK_SETS_ROLE}*"
    return (*settings.exempt.deployers, role)


def _who(settings: Settings) -> str:
    """Return the words for `_deployers`."""
    if not settings.is_member:
        return "the deployers"
    role = f"StackSets' role {STACK_SETS_ROLE}*"
    return f"the deployers and {role}" if settings.exempt.deployers else role


def _guard(settings: Settings) -> Statement:
    names = settings.resource_names
    # The topics of channels by what their names begin with: there may be many.
    channels = [f"{names.beginning}*"] if settings.channel else []
    topics = (*all_topic_names(settings), *channels)
    partition, given = settings.regions.partition, settings.remediation.automation_role_arn
    given_role = [given] if given else []
    # Each of Reprieve's own by its name: teams have other roles with the same prefix, such as one
    # that plans.
    acting = [
        *(f"arn:{partition}:iam::*:{names.role_resource(name)}" for name in names.roles),
        *given_role,
    ]
    own = "the deployers' own roles and users"
    if settings.is_member:
        own = "these roles and users themselves"
    return Statement(
        "OnlyDeployersChangeTheGuard",
        f"Only {_who(settings)} may do more than read Reprieve's rules, topics, subscriptions, "
        f"dead-letter queue, runbooks, settings of Automation, alarms and roles, and {own}. "
        "Reprieve's roles may use them too: the patrol empties the queue, and the runbook sends "
        "its result.",
        {
            "NotAction": list(_ALLOWED_CALLS),
            "Resource": [
                *_arns(settings, "events", *own_rules(names, settings.events.bus)),
                *(
                    _arns(settings, "events", f"event-bus/{names.of(HUB)}*")
                    if uses_hub(settings)
                    else ()
                ),
                # SNS checks calls on a subscription against the topic: its refusals name the
                # topic's ARN. The second form is that of the subscription itself.
                *_arns(settings, "sns", *topics, *(f"{topic}:*" for topic in topics)),
                *_arns(settings, "sqs", names.dead_letters),
                *_arns(
                    settings,
                    "ssm",
                    f"document/{names.beginning}*",
                    "servicesetting/ssm/automation/*",
                ),
                *_arns(settings, "cloudwatch", f"alarm:{names.beginning}*"),
                f"arn:{partition}:iam::*:{names.role_resource(names.beginning)}*",
                *given_role,
                *_deployers(settings),
            ],
            "Condition": _by_anyone_but(*_deployers(settings), *acting),
        },
    )


def _surroundings(settings: Settings) -> Statement:
    return Statement(
        "OnlyDeployersBlindTheGuard",
        f"Only {_who(settings)} may stop, delete or narrow a trail, change the default event bus, "
        "stop an automation, or give a key an alias of Reprieve's. This applies to all trails and "
        "automations of the account, since AWS cannot tell which ones Reprieve needs.",
        {
            "Action": list(_CALLS_THAT_BLIND),
            "Resource": [
                *_arns(settings, "cloudtrail", "trail/*"),
                *_arns(settings, "events", "event-bus/default"),
                *_arns(settings, "kms", f"alias/{settings.resource_names.beginning}*"),
                *_arns(settings, "ssm", "automation-execution/*"),
            ],
            "Condition": _by_anyone_but(*_deployers(settings)),
        },
    )


def _alert_keys(settings: Settings) -> tuple[Statement, ...]:
    """Protect the keys that encrypt the alerts. One that Reprieve makes is known by its tag."""
    keys = settings.notify.encryption
    if keys == "none":
        return ()
    condition = _by_anyone_but(*_deployers(settings))
    if keys == "own":
        condition |= {"StringEquals": {f"aws:ResourceTag/{ALERT_KEY_TAG}": "true"}}
    body = {
        "Action": list(_CALLS_THAT_SILENCE),
        "Resource": "*" if keys == "own" else list(keys),
        "Condition": condition,
    }
    what = (
        f"Only {_who(settings)} may disable or delete the keys of the alerts, or change their "
        "policy."
    )
    return (Statement("OnlyDeployersSilenceAlerts", what, body),)


def _tags(settings: Settings) -> Statement:
    return Statement(
        "OnlyDeployersMarkKeys",
        f"Only {_who(settings)} may give a key a tag of Reprieve's, or remove one. So nobody else "
        "can make a production key look like the drill's, or like the key of the alerts, or exempt "
        "it.",
        {
            "Action": ["kms:TagResource", "kms:UntagResource"],
            "Resource": "*",
            "Condition": {
                **_by_anyone_but(*_deployers(settings)),
                "ForAnyValue:StringLike": {
                    "aws:TagKeys": [
                        *(f"{each}*" for each in TAG_NAMESPACES),
                        *exempting_tags(settings),
                    ]
                },
            },
        },
    )


def _waiting_period(days: int) -> Statement:
    return Statement(
        "MinimumWaitingPeriod",
        f"Nobody may schedule the deletion of a key with a waiting period under {days} days, "
        "except of a drill's key.",
        {
            "Action": "kms:ScheduleKeyDeletion",
            "Resource": "*",
            "Condition": {
                "NumericLessThan": {"kms:ScheduleKeyDeletionPendingWindowInDays": str(days)},
                # Only deployers can set the tag, by the statement above.
                "Null": {f"aws:ResourceTag/{DRILL_TAG}": "true"},
            },
        },
    )


# Nothing in Reprieve needs these two calls, so no one is exempt. AWS documents the condition key
# for CreateKey and PutKeyPolicy; a ReplicateKey without it is not denied.
_LOCKOUT: Final = Statement(
    "NoPolicyLockout",
    "Nobody may skip KMS's check that a key's policy leaves somebody able to change it.",
    {
        "Action": ["kms:CreateKey", "kms:PutKeyPolicy", "kms:ReplicateKey"],
        "Resource": "*",
        "Condition": {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}},
    },
)
_MEMBERSHIP: Final = Statement(
    "StayInTheOrganization",
    "Nobody may take the account out of the organization, where this policy would end.",
    {"Action": "organizations:LeaveOrganization", "Resource": "*"},
)


def _by_anyone_but(*arns: str) -> dict[str, Any]:
    """Return the condition that a caller is none of these. Of a session it compares the role.

    IAM user guide, "AWS global condition context keys", aws:PrincipalArn.
    """
    return {"ArnNotLike": {"aws:PrincipalArn": list(dict.fromkeys(arns))}}


def _arns(settings: Settings, service: str, *names: str) -> list[str]:
    """Return ARN patterns for every Region and every account that the policy is attached to."""
    return [f"arn:{settings.regions.partition}:{service}:*:*:{name}" for name in names]
