"""Remediation: which runbook undoes which threat, the documents, and the roles they need."""

from typing import Any, Final

from reprieve.events.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED, Threat
from reprieve.guard import policies
from reprieve.guard.resources import Document, Role
from reprieve.location import Location
from reprieve.names import AUTOMATION_ROLE, EVENTBRIDGE_ROLE
from reprieve.runbooks.enable import enable_document
from reprieve.runbooks.rescue import rescue_document
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, ENABLE_KEY, RESCUE_KEY, Runbook
from reprieve.settings.schema import RemediationSettings, Settings

# By what `remediation.runbook` calls them.
_RESCUERS: Final = {"reprieve": RESCUE_KEY, "aws": CANCEL_KEY_DELETION}


def runbooks_of(remediation: RemediationSettings) -> tuple[Runbook, ...]:
    """Return the runbooks that the settings use, the one that rescues keys first."""
    if not remediation.enabled:
        return ()
    rescuer = _RESCUERS[remediation.runbook]
    return (rescuer, ENABLE_KEY) if remediation.enable_disabled else (rescuer,)


def runbook_against(threat: Threat, remediation: RemediationSettings) -> Runbook | None:
    """Return the runbook that undoes a threat; None if nothing does."""
    used = runbooks_of(remediation)
    if threat is KEY_DELETION_SCHEDULED and used:
        return used[0]
    return ENABLE_KEY if threat is KEY_DISABLED and ENABLE_KEY in used else None


def documents_of(settings: Settings) -> tuple[Document, ...]:
    """Return the SSM documents of Reprieve's own runbooks; Amazon's exist in every Region."""
    used = runbooks_of(settings.remediation)
    return tuple(
        Document(
            "runbook" if runbook is used[0] else runbook.name, runbook, _content(runbook, settings)
        )
        for runbook in used
        if not runbook.is_amazons
    )


def _content(runbook: Runbook, settings: Settings) -> dict[str, Any]:
    partition = settings.regions.partition
    if runbook is ENABLE_KEY:
        return enable_document(partition)
    return rescue_document(partition, re_enable=settings.remediation.re_enable)


def automation_role_arn(settings: Settings, location: Location) -> str | None:
    """Return the ARN of the role that the runbooks act as; None without remediation."""
    if not settings.remediation.enabled:
        return None
    own = location.global_arn("iam", f"role/{AUTOMATION_ROLE}")
    return settings.remediation.automation_role_arn or own


def eventbridge_role_arn(location: Location) -> str:
    """Return the ARN of the role by which EventBridge starts the runbooks."""
    return location.global_arn("iam", f"role/{EVENTBRIDGE_ROLE}")


def roles_of(settings: Settings, location: Location) -> tuple[Role, ...]:
    """Return the roles of an account; none without remediation.

    The runbooks act as the first, unless the settings name another role; EventBridge starts the
    runbooks as the last.
    """
    role_arn = automation_role_arn(settings, location)
    if not role_arn:
        return ()
    eventbridge = Role(
        id="eventbridge",
        name=EVENTBRIDGE_ROLE,
        arn=eventbridge_role_arn(location),
        description="Reprieve: lets EventBridge start the runbook that rescues a KMS key",
        trust=policies.eventbridge_trust(location),
        permissions=policies.eventbridge_permissions(
            location, runbooks_of(settings.remediation), role_arn
        ),
    )
    if settings.remediation.automation_role_arn:
        return (eventbridge,)
    return _automation_role(settings, location, role_arn), eventbridge


def _automation_role(settings: Settings, location: Location, arn: str) -> Role:
    remediation, encryption = settings.remediation, settings.notify.encryption
    return Role(
        id="automation",
        name=AUTOMATION_ROLE,
        arn=arn,
        description="Reprieve: what the Systems Manager runbook may do to rescue a KMS key",
        trust=policies.automation_trust(location),
        permissions=policies.automation_permissions(
            location,
            runbooks_of(remediation)[0],
            role_name=AUTOMATION_ROLE,
            topic_name=settings.notify.topic_name,
            enables=remediation.re_enable or remediation.enable_disabled,
            looks_back=remediation.re_enable,
            # A key that Reprieve makes lets the role in by its own policy.
            alert_keys=encryption if isinstance(encryption, tuple) else (),
        ),
    )
