"""The account-wide half of remediation: the roles, and what a guard needs of them."""

import json

from reprieve import policies
from reprieve.enabling import enable_document
from reprieve.exemptions import Exemptions, exemptions_in
from reprieve.rescue import rescue_document
from reprieve.runbooks import CANCEL_KEY_DELETION, ENABLE_KEY, RESCUE_KEY, Runbook
from reprieve.settings import NotifySettings, Settings
from reprieve.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED, Threat
from stacks.cdk import AwsProvider, Construct, IamRole, IamRolePolicy

# The automation role stays at path "/": Amazon's runbook refuses the ARN of a role with a path.
EVENTBRIDGE_ROLE = f"{policies.PREFIX}-eventbridge"
AUTOMATION_ROLE = f"{policies.PREFIX}-automation"

# By what `remediation.runbook` calls them.
RUNBOOKS = {"reprieve": RESCUE_KEY, "aws": CANCEL_KEY_DELETION}


class Remediation(Construct):
    """The roles that take deletions back: one that EventBridge uses, one that the runbook uses.

    If the settings name an automation role, that one is used, and none is created.
    Attributes: `runbook`, which takes deletions back; `runbooks`, all that are used;
    `eventbridge_role_arn`, `automation_role_arn`.
    """

    def __init__(
        self, scope: Construct, id: str, *, provider: AwsProvider, account: str, settings: Settings
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._account = account
        self._exempt = settings.exempt
        self._settings = settings.remediation
        self.partition = settings.regions.partition
        self.runbook = RUNBOOKS[settings.remediation.runbook]
        self.runbooks = [self.runbook]
        if settings.remediation.enable_disabled:
            self.runbooks.append(ENABLE_KEY)
        given = settings.remediation.automation_role_arn
        self.automation_role_arn = given or self._automation_role(settings.notify)
        self.eventbridge_role_arn = self._role(
            "eventbridge",
            EVENTBRIDGE_ROLE,
            "Reprieve: lets EventBridge start the runbook that rescues a KMS key",
            policies.eventbridge_trust(self.partition, account),
            policies.eventbridge_permissions(
                self.partition, account, self.runbooks, self.automation_role_arn
            ),
        )

    def exemptions(self, region: str) -> Exemptions:
        """Return what is not taken back in a Region."""
        return exemptions_in(
            region,
            self._exempt.principals,
            self._exempt.keys,
            partition=self.partition,
            account=self._account,
        )

    def runbook_for(self, threat: Threat) -> Runbook | None:
        """Return the runbook that undoes a threat; None if nothing does."""
        if threat is KEY_DELETION_SCHEDULED:
            return self.runbook
        return ENABLE_KEY if threat is KEY_DISABLED and ENABLE_KEY in self.runbooks else None

    def document(self, runbook: Runbook) -> str:
        """Return the content, JSON, of a runbook that is not Amazon's."""
        if runbook is ENABLE_KEY:
            return json.dumps(enable_document(self.partition))
        return json.dumps(rescue_document(self.partition, re_enable=self._settings.re_enable))

    def target_arn(self, runbook: Runbook, region: str) -> str:
        """Return the ARN by which EventBridge starts a runbook in a Region."""
        return runbook.target_arn(self.partition, region, self._account)

    def _automation_role(self, notify: NotifySettings) -> str:
        encryption = notify.encryption
        return self._role(
            "automation",
            AUTOMATION_ROLE,
            "Reprieve: what the Systems Manager runbook may do to rescue a KMS key",
            policies.automation_trust(self.partition, self._account),
            policies.automation_permissions(
                self.partition,
                self._account,
                self.runbook,
                role_name=AUTOMATION_ROLE,
                topic_name=notify.topic_name,
                enables=self._settings.re_enable or self._settings.enable_disabled,
                looks_back=self._settings.re_enable,
                # A key that Reprieve makes lets the role in by its own policy.
                alert_keys=encryption if isinstance(encryption, tuple) else (),
            ),
        )

    def _role(
        self,
        id: str,
        name: str,
        description: str,
        trust: policies.Policy,
        permissions: policies.Policy,
    ) -> str:
        """Create a role with one inline policy, and return its ARN."""
        role = IamRole(
            self,
            f"{id}-role",
            provider=self._provider,
            name=name,
            description=description,
            assume_role_policy=json.dumps(trust),
        )
        IamRolePolicy(
            self,
            f"{id}-policy",
            provider=self._provider,
            name=name,
            role=role.name,
            policy=json.dumps(permissions),
        )
        return str(role.arn)
