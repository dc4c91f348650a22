"""The runbooks: which one undoes which threat, their documents, and the roles that they need."""

from typing import Any, Final

from reprieve.events.threat import Threat
from reprieve.events.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED
from reprieve.guard import role_policies
from reprieve.guard.chat import chat_role
from reprieve.guard.conditions import called_by, conditions_of
from reprieve.guard.forwarding import bus_arns
from reprieve.guard.resources import Document, Role, ServiceSetting
from reprieve.guard.roles import new_role, role_arn
from reprieve.guard.topics import all_topic_names, topic_names
from reprieve.guard.topology import results_of
from reprieve.location import Location
from reprieve.runbooks.enable import enable_document
from reprieve.runbooks.rescue import rescue_document
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, ENABLE_KEY, PATROL, RESCUE_KEY, Runbook
from reprieve.runbooks.script_source import Results
from reprieve.settings.schema import RemediationSettings, Settings

# By what `remediation.runbook` calls them.
_RESCUERS: Final = {"reprieve": RESCUE_KEY, "aws": CANCEL_KEY_DELETION}

ADAPTIVE_CONCURRENCY: Final = "/ssm/automation/enable-adaptive-concurrency"
"""The service setting that lets the account run up to 500 automations at once in a Region."""


def runbooks_of(remediation: RemediationSettings) -> tuple[Runbook, ...]:
    """Return the runbooks that undo threats, the one that rescues keys first."""
    if not remediation.enabled:
        return ()
    rescuer = _RESCUERS[remediation.runbook]
    return (rescuer, ENABLE_KEY) if remediation.enable_disabled else (rescuer,)


def started_runbooks(settings: Settings) -> tuple[Runbook, ...]:
    """Return every runbook that EventBridge starts."""
    patrol = (PATROL,) if settings.patrol.enabled else ()
    return (*runbooks_of(settings.remediation), *patrol)


def runbook_against(threat: Threat, remediation: RemediationSettings) -> Runbook | None:
    """Return the runbook that undoes a threat; None if nothing does."""
    used = runbooks_of(remediation)
    if threat is KEY_DELETION_SCHEDULED and used:
        return used[0]
    return ENABLE_KEY if threat is KEY_DISABLED and ENABLE_KEY in used else None


def documents_of(settings: Settings, region: str) -> tuple[Document, ...]:
    """Return the documents of the runbooks for one key; Amazon's exist in every Region."""
    used = runbooks_of(settings.remediation)
    results = results_of(settings, region)
    return tuple(
        document_of(
            runbook,
            _content(runbook, settings, results=results),
            settings,
            is_first=runbook is used[0],
        )
        for runbook in used
        if not runbook.is_amazons
    )


def document_of(
    runbook: Runbook, content: dict[str, Any], settings: Settings, *, is_first: bool = False
) -> Document:
    """Return the document of one of Reprieve's own runbooks; the first is the one that rescues."""
    # The id is Terraform's address: it never changes, whatever the prefix of the names.
    id = "runbook" if is_first else f"reprieve-{runbook.id}"
    return Document(id, runbook, runbook.name(settings.resource_names), content)


def _content(runbook: Runbook, settings: Settings, *, results: Results) -> dict[str, Any]:
    partition = settings.regions.partition
    if runbook is ENABLE_KEY:
        return enable_document(partition, exemptions=conditions_of(settings), results=results)
    return rescue_document(
        partition,
        re_enable=settings.remediation.re_enable,
        deployers=deployers_of(settings),
        exemptions=conditions_of(settings),
        results=results,
    )


def deployers_of(settings: Settings) -> list[str]:
    """Return `exempt.deployers` in the form of the runbooks' parameter CalledBy, sorted."""
    return sorted(map(called_by, settings.exempt.deployers))


def service_setting_of(settings: Settings) -> ServiceSetting | None:
    """Return the setting of Systems Manager, if the settings change it."""
    if not settings.remediation.adaptive_concurrency:
        return None
    return ServiceSetting(ADAPTIVE_CONCURRENCY, "True")


def automation_role_arn(settings: Settings, location: Location) -> str | None:
    """Return the ARN of the role that rescues keys; None without remediation."""
    if not settings.remediation.enabled:
        return None
    own = role_arn(settings, location, settings.resource_names.automation_role)
    return settings.remediation.automation_role_arn or own


def patrol_role_arn(settings: Settings, location: Location) -> str | None:
    """Return the ARN of the role that patrols; None without a patrol."""
    if not settings.patrol.enabled:
        return None
    return role_arn(settings, location, settings.resource_names.patrol_role)


def runbook_role_arns(settings: Settings, location: Location) -> tuple[str, ...]:
    """Return the ARNs of the roles that runbooks act as."""
    roles = automation_role_arn(settings, location), patrol_role_arn(settings, location)
    return tuple(filter(None, roles))


def rescuer_arns(settings: Settings, location: Location) -> frozenset[str]:
    """Return the ARNs of the roles that cancel deletions for Reprieve, whatever is enabled now."""
    names = settings.resource_names
    own = {
        role_arn(settings, location, name) for name in (names.automation_role, names.patrol_role)
    }
    given = settings.remediation.automation_role_arn
    return frozenset(own | ({str(given)} if given else set()))


def eventbridge_role_arn(settings: Settings, location: Location) -> str:
    """Return the ARN of the role by which EventBridge starts runbooks and forwards events."""
    return role_arn(settings, location, settings.resource_names.eventbridge_role)


def roles_of(settings: Settings, location: Location) -> tuple[Role, ...]:
    """Return the roles of an account: of runbooks, of chat channels, and EventBridge's as the last.

    The role that rescues keys is left out if the settings name another one.
    """
    roles = []
    if settings.remediation.enabled and not settings.remediation.automation_role_arn:
        roles.append(_automation_role(settings, location))
    if settings.patrol.enabled:
        roles.append(_patrol_role(settings, location))
    if chat := chat_role(settings, location):
        roles.append(chat)
    runbooks, buses = started_runbooks(settings), bus_arns(settings, location)
    names = settings.resource_names
    if runbooks or buses:
        roles.append(
            new_role(
                settings,
                location,
                id="eventbridge",
                name=names.eventbridge_role,
                description="Reprieve: lets EventBridge start the runbook that rescues a KMS key",
                trust=role_policies.eventbridge_trust(location, names, settings.events.bus),
                permissions=role_policies.eventbridge_permissions(
                    location, names, runbooks, runbook_role_arns(settings, location), buses
                ),
            )
        )
    return tuple(roles)


def _automation_role(settings: Settings, location: Location) -> Role:
    remediation = settings.remediation
    if runbooks_of(remediation)[0].is_amazons:
        permissions = role_policies.amazons_runbook_permissions(location, settings.resource_names)
    else:
        permissions = role_policies.automation_permissions(
            location,
            topic_names=[settings.notify.topic_name],
            enables=remediation.re_enable or remediation.enable_disabled,
            looks_back=remediation.re_enable,
            alert_keys=_alert_keys(settings),
            puts_events=_puts_events(settings),
        )
    return new_role(
        settings,
        location,
        id="automation",
        name=settings.resource_names.automation_role,
        description="Reprieve: what the Systems Manager runbook may do to rescue a KMS key",
        trust=role_policies.automation_trust(location),
        permissions=permissions,
    )


def _patrol_role(settings: Settings, location: Location) -> Role:
    return new_role(
        settings,
        location,
        id="patrol",
        name=settings.resource_names.patrol_role,
        description="Reprieve: what the patrol may do to find and rescue KMS keys",
        trust=role_policies.automation_trust(location),
        permissions=role_policies.patrol_permissions(
            location,
            settings.resource_names,
            topic_names=topic_names(settings),
            rescues=settings.remediation.enabled,
            alert_keys=_alert_keys(settings),
            puts_events=_puts_events(settings),
            inspected_topics=all_topic_names(settings),
        ),
    )


def _puts_events(settings: Settings) -> bool:
    """Return whether the runbooks of any Region send results as events."""
    return any(
        results_of(settings, region) is not Results.TOPICS for region in settings.regions.watched
    )


def _alert_keys(settings: Settings) -> tuple[str, ...]:
    """Return the keys that the roles need permission for.

    A key that Reprieve makes lets the roles in by its own policy.
    """
    encryption = settings.notify.encryption
    return encryption if isinstance(encryption, tuple) else ()
