"""The template for an account without Terraform: a successor of AWS's own pattern.

It has the parameters of the pattern (AWS Prescriptive Guidance, "Monitor and remediate scheduled
deletion of AWS KMS keys"). Each Region is by itself, since nobody knows in which others it is
deployed: its guard forwards nothing, and its patrol checks no other guard.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from reprieve import __version__
from reprieve.guard.guard import regional_guard
from reprieve.guard.remediation import roles_of
from reprieve.guard.resources import RegionalGuard, Role
from reprieve.guard.tags import tags_of
from reprieve.guard.topics import KEY_REFERENCE
from reprieve.guard.topology import uses_hub
from reprieve.location import Location
from reprieve.regions import home_of
from reprieve.settings.account import AccountSettings
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings
from reprieve.template.cases import REGIONS, Case
from reprieve.template.limits import TemplateError
from reprieve.template.merge import Merger
from reprieve.template.resource import Resource
from reprieve.template.resources import ALERT_KEY, Resources
from reprieve.template.template import Template, template_of
from reprieve.template.texts import ACCOUNT, Marks, Placeholder, Token

EMAIL: Final = "DestinationEmailAddress"
TOPIC: Final = "SNSTopicName"
ENABLED: Final = "EnableRemediation"
ROLE: Final = "AutomationAssumeRole"
HOME: Final = "HomeRegion"

OWN, GIVEN, OFF = "RescuesWithOwnRole", "RescuesWithGivenRole", "OnlyAlerts"
"""The conditions of which one is true: who rescues keys."""
_IS_HOME, _IS_KNOWN = "IsHomeRegion", "IsKnownRegion"

NO_ADDRESS: Final = "nobody@example.com"
"""Stands for the address of settings that have none: who deploys has to give it."""

_ROLE_NAME: Final = "AutomationRoleName"
# Settings in the place of the parameters. The end of the role's ARN becomes its name.
_EMAIL, _TOPIC = f"${{{EMAIL}}}", f"${{{TOPIC}}}"
_ROLE_ARN: Final = f"${{{ROLE}}}/${{{_ROLE_NAME}}}"

_MAX_DOCUMENT: Final = 128
"""Characters in the name of a document (Systems Manager API reference, CreateDocument)."""


def default_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings of somebody who has no file of settings: the defaults, in every Region.

    REPRIEVE_… variables in `environ` override them.

    Raises:
        SettingsError: A variable has an error.
    """
    defaults = {"REPRIEVE_NOTIFY__EMAILS": NO_ADDRESS, "REPRIEVE_REGIONS__WATCH": "all"}
    # This folder has no settings, so whatever the current one has is not read.
    return load(defaults | dict(environ), Path(__file__).parent).only


def standalone_template(settings: Settings) -> Template:
    """Return the template of a guard, for one of the watched Regions or for several.

    The settings are the defaults of the parameters. `NO_ADDRESS` is no default.

    Raises:
        TemplateError: The settings want what such a template cannot have, or it would exceed a
            limit of CloudFormation.
    """
    _refuse(settings)
    partition, regions = settings.regions.partition, settings.regions.watched
    variants = {
        OWN: _variant(settings, enabled=True, role=None),
        GIVEN: _variant(settings, enabled=True, role=_ROLE_ARN),
        OFF: _variant(settings, enabled=False, role=None),
    }
    guards = {
        Case(region, name): _guard(variant, region)
        for name, variant in variants.items()
        for region in regions
    }
    publishing = _publishing(guards.values())
    marks = Marks(_marks(partition, guards.values(), publishing))
    merger = Merger(regions, marks=marks, variants=tuple(variants))
    roles = {name: _roles(variant) for name, variant in variants.items()}
    cases = {
        case: _resources(variants[case.variant], roles[case.variant], guard)
        for case, guard in guards.items()
    }
    resources = merger.resources(cases)
    return template_of(
        f"Reprieve {__version__}: reports threats to KMS keys, and cancels their deletion.",
        regions,
        Parameters=_parameters(settings, publishing),
        Mappings=_with_known(merger.mappings, regions),
        Conditions=_CONDITIONS | merger.conditions,
        Resources=resources,
    )


_CONDITIONS: Final = {
    "IsEnabled": {"Fn::Equals": [{"Ref": ENABLED}, "true"]},
    "HasNoRole": {"Fn::Equals": [{"Ref": ROLE}, ""]},
    OWN: {"Fn::And": [{"Condition": "IsEnabled"}, {"Condition": "HasNoRole"}]},
    GIVEN: {"Fn::And": [{"Condition": "IsEnabled"}, {"Fn::Not": [{"Condition": "HasNoRole"}]}]},
    OFF: {"Fn::Not": [{"Condition": "IsEnabled"}]},
    # CloudFormation refuses a Region that the mapping does not have.
    _IS_KNOWN: {
        "Fn::Equals": [{"Fn::FindInMap": [REGIONS, {"Ref": "AWS::Region"}, _IS_KNOWN]}, "true"]
    },
    "IsNamedAsHome": {
        "Fn::Or": [
            {"Fn::Equals": [{"Ref": HOME}, ""]},
            {"Fn::Equals": [{"Ref": HOME}, {"Ref": "AWS::Region"}]},
        ]
    },
    _IS_HOME: {"Fn::And": [{"Condition": _IS_KNOWN}, {"Condition": "IsNamedAsHome"}]},
}


def _with_known(mappings: dict[str, Any], regions: Sequence[str]) -> dict[str, Any]:
    """Return mappings whose keys are all Regions of the template, whatever differs in them."""
    found = mappings.get(REGIONS, {})
    known = {region: found.get(region, {}) | {_IS_KNOWN: "true"} for region in regions}
    return mappings | {REGIONS: known}


def _parameters(settings: Settings, publishing: Sequence[str]) -> dict[str, dict[str, Any]]:
    longest = _MAX_DOCUMENT - 1 - max(map(len, publishing), default=0)
    email = {
        "Type": "String",
        "Description": "The address that receives the alerts. SNS asks it to confirm, once a "
        "Region.",
        "AllowedPattern": r"[^@\s]+@[^@\s]+",
        "ConstraintDescription": "Write one e-mail address.",
    }
    topic = {
        "Type": "String",
        "Description": "The name of the SNS topic that sends the alerts.",
        "AllowedPattern": f"[A-Za-z0-9_-]{{1,{longest}}}",
        "ConstraintDescription": f"Write 1 to {longest} letters, digits, hyphens and underscores.",
        "Default": settings.notify.topic_name,
    }
    address = settings.notify.emails[0]
    return {
        EMAIL: email | ({"Default": address} if address != NO_ADDRESS else {}),
        TOPIC: topic,
        ENABLED: {
            "Type": "String",
            "Description": "Whether to cancel scheduled deletions. false: only send alerts.",
            "AllowedValues": ["true", "false"],
            "Default": "true" if settings.remediation.enabled else "false",
        },
        ROLE: {
            "Type": "String",
            "Description": "The ARN of a role of yours, at the path /, that the runbook assumes. "
            "Empty: the stack creates one.",
            "AllowedPattern": r"(arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@-]+)?",
            "ConstraintDescription": "Write the ARN of a role at the path /, or nothing.",
            "Default": settings.remediation.automation_role_arn or "",
        },
        HOME: {
            "Type": "String",
            "Description": "The Region whose stack creates the IAM roles: needed if there are "
            "stacks in several Regions of an account. Deploy that one first. Empty: this stack "
            "creates them.",
            "AllowedPattern": "([a-z]+(-[a-z]+)+-[0-9]+)?",
            "ConstraintDescription": "Write the code of a Region, like us-east-1, or nothing.",
            "Default": "",
        },
    }


def _variant(settings: Settings, *, enabled: bool, role: str | None) -> Settings:
    """Return settings with references to parameters in the place of values."""
    notify = settings.notify.model_copy(
        update={"emails": (_EMAIL, *settings.notify.emails[1:]), "topic_name": _TOPIC}
    )
    remediation = settings.remediation.model_copy(
        update={"enabled": enabled, "automation_role_arn": role}
    )
    changed = {"account": AccountSettings(), "notify": notify, "remediation": remediation}
    return settings.model_copy(update=changed)


def _only(settings: Settings, region: str) -> Settings:
    """Return settings that watch one Region."""
    regions = settings.regions.model_copy(update={"watch": (region,), "exclude": ()})
    return settings.model_copy(update={"regions": regions})


def _guard(settings: Settings, region: str) -> RegionalGuard:
    return regional_guard(
        _only(settings, region),
        Location(settings.regions.partition, region),
        checks_neighbour=False,
    )


def _roles(settings: Settings) -> tuple[Role, ...]:
    # In the Region of IAM's events nothing has to be forwarded, so the roles allow only what all
    # Regions need.
    partition = settings.regions.partition
    home = home_of(partition)
    return roles_of(_only(settings, home), Location(partition, home))


def _resources(
    settings: Settings, roles: Sequence[Role], guard: RegionalGuard
) -> dict[str, Resource]:
    made = Resources(tags_of(settings), _IS_HOME, roles)
    return made.roles(roles) | made.guard(guard)


def _marks(
    partition: str, guards: Iterable[RegionalGuard], publishing: Sequence[str]
) -> dict[str, tuple[Token, ...]]:
    """Return what stands for parameters and for the key of the alerts in texts.

    A document of other content has another name, and the name of the topic is part of it.
    """
    name = {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": ROLE}]}]}
    role_name = Placeholder(_ROLE_NAME, json.dumps(name))
    beginning, end = f"arn:{partition}:iam::", ":role/"
    marks: dict[str, tuple[Token, ...]] = {
        _EMAIL: (Placeholder(EMAIL),),
        _TOPIC: (Placeholder(TOPIC),),
        f"${{{_ROLE_NAME}}}": (role_name,),
        # Put together from its name: cfn-lint wants an ARN even where the parameter is empty.
        _ROLE_ARN: (beginning, ACCOUNT, end, role_name),
    }
    for guard in guards:
        marks[guard.location.arn("kms", KEY_REFERENCE)] = (Placeholder(f"{ALERT_KEY}.Arn"),)
    for document in publishing:
        marks[document] = (f"{document}-", Placeholder(TOPIC))
    return marks


def _publishing(guards: Iterable[RegionalGuard]) -> list[str]:
    """Return the names of the documents that name the topic."""
    return [
        document.name
        for guard in guards
        for document in guard.documents
        if _TOPIC in json.dumps(document.content)
    ]


def _refuse(settings: Settings) -> None:
    """Refuse settings that such a template cannot have, all at once."""
    chats = [each.name for each in settings.channel if each.type in _ACCOUNT_WIDE]
    unsupported = {
        'notify.topology = "hub": each Region sends its own alerts': uses_hub(settings),
        "remediation.adaptive_concurrency: CloudFormation has no type of resource for it": (
            settings.remediation.adaptive_concurrency
        ),
        "reliability.dashboard: it shows all Regions, and each has a stack of its own": (
            settings.reliability.dashboard
        ),
        f"[[channel]] {', '.join(chats)}: such a channel is of the account, not of a Region": chats,
    }
    if found := [what for what, wanted in unsupported.items() if wanted]:
        raise TemplateError(
            "\n".join(["A template of a single Region cannot have:", *found]),
            "Remove these settings, or deploy with Terraform, which has all of them.",
        )


_ACCOUNT_WIDE: Final = ("slack", "teams", "user-notifications")
"""The types of channels that an account has once for all Regions."""
