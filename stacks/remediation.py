"""The account-wide half of remediation: the roles."""

import json

from reprieve.guard.remediation import Role, automation_role, eventbridge_role
from reprieve.settings.schema import Settings
from stacks.cdk import AwsProvider, Construct, IamRole, IamRolePolicy


class Remediation(Construct):
    """The roles that take deletions back: one that EventBridge uses, one that the runbook uses.

    If the settings name an automation role, that one is used, and none is created.
    Attributes: `eventbridge_role_arn`, `automation_role_arn`.
    """

    def __init__(
        self, scope: Construct, id: str, *, provider: AwsProvider, account: str, settings: Settings
    ) -> None:
        super().__init__(scope, id)
        self._provider = provider
        own = automation_role(settings, account)
        given = settings.remediation.automation_role_arn
        self.automation_role_arn = self._role("automation", own) if own else str(given)
        self.eventbridge_role_arn = self._role(
            "eventbridge", eventbridge_role(settings, account, self.automation_role_arn)
        )

    def _role(self, id: str, role: Role) -> str:
        """Create a role with its inline policy, and return its ARN."""
        resource = IamRole(
            self,
            f"{id}-role",
            provider=self._provider,
            name=role.name,
            description=role.description,
            assume_role_policy=json.dumps(role.trust),
        )
        IamRolePolicy(
            self,
            f"{id}-policy",
            provider=self._provider,
            name=role.name,
            role=resource.name,
            policy=json.dumps(role.permissions),
        )
        return str(resource.arn)
