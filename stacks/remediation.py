"""The IAM roles of an account."""

from collections.abc import Iterable

from reprieve.guard.resources import Role
from reprieve.names import DEFAULT_ROLE_PATH
from stacks.cdk import AwsProvider, Construct, IamRole, IamRolePolicy
from stacks.references import References


class Remediation(Construct):
    """The roles, each with its inline policy. Their ARNs are added to `references`."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        provider: AwsProvider,
        roles: Iterable[Role],
        references: References,
    ) -> None:
        super().__init__(scope, id)
        for role in roles:
            resource = IamRole(
                self,
                f"{role.id}-role",
                provider=provider,
                name=role.name,
                description=role.description,
                path=role.path if role.path != DEFAULT_ROLE_PATH else None,
                permissions_boundary=references.text(role.permissions_boundary)
                if role.permissions_boundary
                else None,
                assume_role_policy=references.json(role.trust),
            )
            IamRolePolicy(
                self,
                f"{role.id}-policy",
                provider=provider,
                name=role.name,
                role=resource.name,
                policy=references.json(role.permissions),
            )
            references.add(role.arn, str(resource.arn))
