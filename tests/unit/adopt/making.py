"""Deployments of AWS's pattern as `reprieve adopt` finds them, made without AWS."""

import json
from typing import Any

from reprieve.adopt.adopt import Administrator, Adoption, OldRegion, Placed
from reprieve.adopt.coverage import gaps_of
from reprieve.adopt.found import (
    Deployment,
    Instance,
    OldRule,
    OldTopic,
    Stack,
    StackPart,
    StackSet,
    Subscriber,
    Target,
)
from reprieve.aws.account import Account
from reprieve.settings.schema import NotifySettings, RegionsSettings, Settings
from tests.support.aws_pattern import EMAIL, PATTERN, RESCUER, TOPIC, runbook_target
from tests.support.emulated_account import policy, role_arn

ID = "111122223333"
UUID = "0a1b2c3d-0a1b-2c3d-4e5f-0a1b2c3d4e5f"
START = role_arn("kms-deletion-start")
TRUST: dict[str, Any] = {
    START: {"Statement": [{"Principal": {"Service": "events.amazonaws.com"}}]},
    role_arn(RESCUER): {"Statement": [{"Principal": {"Service": "ssm.amazonaws.com"}}]},
}
"""The trust policies of both roles of the pattern."""


def settings(*regions: str, **tables: Any) -> Settings:
    """Return settings that watch these Regions."""
    given = {
        "notify": NotifySettings(emails=(EMAIL,)),
        "regions": RegionsSettings(watch=regions or ("eu-west-1",)),
        **tables,
    }
    return Settings(**given)


def account(id: str = ID, profile: str | None = None, name: str | None = None) -> Account:
    """Return an account that is open."""
    return Account(profile, None, id, f"arn:aws:iam::{id}:user/alice", name)


def topic_arn(region: str = "eu-west-1", name: str = TOPIC) -> str:
    """Return the ARN of the topic."""
    return f"arn:aws:sns:{region}:{ID}:{name}"


def rule(region: str = "eu-west-1", *, name: str = "kms-deletion", **changes: Any) -> OldRule:
    """Return the rule, with its topic and with Amazon's runbook, to be changed by a test."""
    given: dict[str, Any] = {
        "arn": f"arn:aws:events:{region}:{ID}:rule/{name}",
        "bus": "default",
        "is_enabled": True,
        "pattern": PATTERN,
        "targets": (notify(region), cancel(region)),
    }
    return OldRule(name, **(given | changes))


def notify(region: str = "eu-west-1", **changes: Any) -> Target:
    """Return the target that notifies."""
    return Target({"Id": "notify", "Arn": topic_arn(region), **changes})


def cancel(region: str = "eu-west-1", **changes: Any) -> Target:
    """Return the target that cancels."""
    return Target(runbook_target(region, START, **changes))


def topic(region: str = "eu-west-1", *, name: str = TOPIC, **changes: Any) -> OldTopic:
    """Return the topic, with one confirmed address."""
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
    }
    given: dict[str, Any] = {
        "attributes": {"Policy": policy(allow)},
        "subscribers": (Subscriber("email", EMAIL, is_confirmed=True),),
        "publishers": ("kms-deletion",),
    }
    return OldTopic(topic_arn(region, name), **(given | changes))


def stack(region: str = "eu-west-1", *, name: str = "kms-alerts", **changes: Any) -> Stack:
    """Return the stack of the pattern's template."""
    given: dict[str, Any] = {
        "id": f"arn:aws:cloudformation:{region}:{ID}:stack/{name}/{UUID}",
        "status": "CREATE_COMPLETE",
        "is_protected": False,
        "parameters": {"SNSTopicName": TOPIC},
        "parts": (
            StackPart("Rule", "AWS::Events::Rule", "kms-deletion"),
            StackPart("StartRole", "AWS::IAM::Role", "kms-deletion-start"),
            StackPart("Topic", "AWS::SNS::Topic", topic_arn(region)),
        ),
    }
    return Stack(name, **(given | changes))


def deployment(region: str = "eu-west-1", **changes: Any) -> Deployment:
    """Return a deployment by hand, to be changed by a test."""
    given: dict[str, Any] = {"stack": None, "rules": (rule(region),), "topics": (topic(region),)}
    return Deployment(region, **(given | changes))


def stack_set(**changes: Any) -> StackSet:
    """Return a self-managed stack set with instances in two accounts and Regions."""
    given: dict[str, Any] = {
        "account": ID,
        "region": "us-east-1",
        "is_service_managed": False,
        "call_as": "SELF",
        "units": (),
        "instances": tuple(
            instance(account, region)
            for account in (ID, "222233334444")
            for region in ("eu-west-1", "us-east-1")
        ),
    }
    return StackSet("kms-alerts", **(given | changes))


def instance(account: str, region: str, unit: str | None = None) -> Instance:
    """Return a stack instance."""
    id = f"arn:aws:cloudformation:{region}:{account}:stack/StackSet-kms-alerts-{UUID}/{UUID}"
    return Instance(account, region, "CURRENT", id, unit)


def adoption(
    *deployments: Deployment,
    of: Settings | None = None,
    where: Account | None = None,
    guarded: bool = False,
    sets: tuple[StackSet, ...] = (),
    administrator: Administrator | None = None,
    members: frozenset[tuple[str, str]] = frozenset(),
    problems: tuple[tuple[str, str], ...] = (),
) -> Adoption:
    """Return what was found in an account: each of the deployments, in its Region."""
    known = of or settings()
    opened = where or account()
    regions = []
    for region in dict.fromkeys(each.region for each in deployments):
        placed = tuple(
            Placed(each, tuple(dict.fromkeys(gaps_of(each, known, opened.id, TRUST))))
            for each in deployments
            if each.region == region
        )
        regions.append(OldRegion(region, guarded, region in known.regions.watched, placed))
    return Adoption(
        opened,
        known,
        tuple(regions),
        sets,
        administrator=administrator,
        members=members,
        problems=problems,
    )


def template(**policies: str) -> str:
    """Return a template as JSON whose resources have these deletion policies."""
    return json.dumps(
        {"Resources": {id: {"Type": "T", "DeletionPolicy": each} for id, each in policies.items()}}
    )
