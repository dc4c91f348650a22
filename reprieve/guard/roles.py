"""What the roles of an account have in common: path, permissions boundary, and ARN."""

from reprieve.guard.resources import Policy, Role
from reprieve.location import Location
from reprieve.settings.schema import Settings


def role_arn(settings: Settings, location: Location, name: str) -> str:
    """Return the ARN of a role that Reprieve creates."""
    return location.global_arn("iam", settings.resource_names.role_resource(name))


def new_role(
    settings: Settings,
    location: Location,
    *,
    id: str,
    name: str,
    description: str,
    trust: Policy,
    permissions: Policy,
) -> Role:
    """Return a role that Reprieve creates."""
    return Role(
        id=id,
        name=name,
        arn=role_arn(settings, location, name),
        path=settings.names.role_path,
        description=description,
        permissions_boundary=settings.resources.permissions_boundary_arn,
        trust=trust,
        permissions=permissions,
    )
