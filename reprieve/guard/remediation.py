"""What takes threats back: which runbook undoes which, and the roles that it takes.

Where an argument is an ARN or an account id it may as well be a Terraform reference.
"""

from dataclasses import dataclass
from typing import Final

from reprieve.events.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED, Threat
from reprieve.guard import policies
from reprieve.names import AUTOMATION_ROLE, EVENTBRIDGE_ROLE
from reprieve.runbooks.enable import enable_document
from reprieve.runbooks.rescue import rescue_document
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, ENABLE_KEY, RESCUE_KEY, Runbook
from reprieve.runbooks.steps import Document
from reprieve.settings.schema import RemediationSettings, Settings

# By what `remediation.runbook` calls them.
_RESCUERS: Final = {"reprieve": RESCUE_KEY, "aws": CANCEL_KEY_DELETION}


@dataclass(frozen=True)
class Role:
    """An IAM role with one inline policy, which has the role's name."""

    name: str
    description: str
    trust: policies.Policy
    permissions: policies.Policy


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


def document_of(runbook: Runbook, settings: Settings) -> Document:
    """Return the content of a runbook that is not Amazon's, as the object its JSON stands for."""
    partition = settings.regions.partition
    if runbook is ENABLE_KEY:
        return enable_document(partition)
    return rescue_document(partition, re_enable=settings.remediation.re_enable)


def automation_role(settings: Settings, account: str) -> Role | None:
    """Return the role that the runbooks act as; None if the settings name one of the user's."""
    remediation, encryption = settings.remediation, settings.notify.encryption
    if remediation.automation_role_arn:
        return None
    partition = settings.regions.partition
    return Role(
        name=AUTOMATION_ROLE,
        description="Reprieve: what the Systems Manager runbook may do to rescue a KMS key",
        trust=policies.automation_trust(partition, account),
        permissions=policies.automation_permissions(
            partition,
            account,
            runbooks_of(remediation)[0],
            role_name=AUTOMATION_ROLE,
            topic_name=settings.notify.topic_name,
            enables=remediation.re_enable or remediation.enable_disabled,
            looks_back=remediation.re_enable,
            # A key that Reprieve makes lets the role in by its own policy.
            alert_keys=encryption if isinstance(encryption, tuple) else (),
        ),
    )


def eventbridge_role(settings: Settings, account: str, automation_role_arn: str) -> Role:
    """Return the role by which EventBridge starts the runbooks."""
    partition = settings.regions.partition
    return Role(
        name=EVENTBRIDGE_ROLE,
        description="Reprieve: lets EventBridge start the runbook that rescues a KMS key",
        trust=policies.eventbridge_trust(partition, account),
        permissions=policies.eventbridge_permissions(
            partition, account, runbooks_of(settings.remediation), automation_role_arn
        ),
    )
