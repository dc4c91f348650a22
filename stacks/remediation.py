"""The account-wide half of remediation: the roles, and what a guard needs of them."""

import json

from reprieve import policies
from reprieve.runbooks import CANCEL_KEY_DELETION
from stacks.cdk import AwsProvider, Construct, IamRole, IamRolePolicy

# The automation role stays at path "/": Amazon's runbook refuses the ARN of a role with a path.
EVENTBRIDGE_ROLE = f"{policies.PREFIX}-eventbridge"
AUTOMATION_ROLE = f"{policies.PREFIX}-automation"


class Remediation(Construct):
    """The roles that take deletions back: one that EventBridge uses, one that the runbook uses.

    With `given_role_arn` the automation role is the user's own, and is not created.
    Attributes: `runbook`, `eventbridge_role_arn`, `automation_role_arn`.
    """

    runbook = CANCEL_KEY_DELETION

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        provider: AwsProvider,
        partition: str,
        account: str,
        given_role_arn: str | None,
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        self.automation_role_arn = given_role_arn or self._role(
            "automation",
            AUTOMATION_ROLE,
            "Reprieve: what the Systems Manager runbook may do to rescue a KMS key",
            policies.automation_trust(partition, account),
            policies.automation_permissions(partition, account, self.runbook),
        )
        self.eventbridge_role_arn = self._role(
            "eventbridge",
            EVENTBRIDGE_ROLE,
            "Reprieve: lets EventBridge start the runbook that rescues a KMS key",
            policies.eventbridge_trust(partition, account),
            policies.eventbridge_permissions(
                partition, account, self.runbook, self.automation_role_arn
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
