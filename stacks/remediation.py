"""The account-wide half of remediation: the roles, and what a guard needs of them."""

import json

from reprieve import policies
from reprieve.exemptions import Exemptions, exemptions_in
from reprieve.runbooks import CANCEL_KEY_DELETION, RESCUE_KEY
from reprieve.settings import Settings
from stacks.cdk import AwsProvider, Construct, IamRole, IamRolePolicy

# The automation role stays at path "/": Amazon's runbook refuses the ARN of a role with a path.
EVENTBRIDGE_ROLE = f"{policies.PREFIX}-eventbridge"
AUTOMATION_ROLE = f"{policies.PREFIX}-automation"

# By what `remediation.runbook` calls them.
RUNBOOKS = {"reprieve": RESCUE_KEY, "aws": CANCEL_KEY_DELETION}


class Remediation(Construct):
    """The roles that take deletions back: one that EventBridge uses, one that the runbook uses.

    If the settings name an automation role, that one is used, and none is created.
    Attributes: `runbook`, `eventbridge_role_arn`, `automation_role_arn`.
    """

    def __init__(
        self, scope: Construct, id: str, *, provider: AwsProvider, account: str, settings: Settings
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self._account = account
        self._exempt = settings.exempt
        self.partition = settings.regions.partition
        self.runbook = RUNBOOKS[settings.remediation.runbook]
        given = settings.remediation.automation_role_arn
        self.automation_role_arn = given or self._automation_role(settings.notify.topic_name)
        self.eventbridge_role_arn = self._role(
            "eventbridge",
            EVENTBRIDGE_ROLE,
            "Reprieve: lets EventBridge start the runbook that rescues a KMS key",
            policies.eventbridge_trust(self.partition, account),
            policies.eventbridge_permissions(
                self.partition, account, self.runbook, self.automation_role_arn
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

    def target_arn(self, region: str) -> str:
        """Return the ARN by which EventBridge starts the runbook in a Region."""
        return self.runbook.target_arn(self.partition, region, self._account)

    def _automation_role(self, topic_name: str) -> str:
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
                topic_name=topic_name,
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
