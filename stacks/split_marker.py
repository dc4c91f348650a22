"""A resource that lets a plan fail if `state.split` changes and the state is not moved.

Terraform refuses to plan if the state has a resource that is no longer in the configuration, and
whose provider is not there either. This resource and its provider have the split in their names,
so each plan with another split fails, before it could destroy or create a guard. Terraform's own
provider makes it: nothing exists outside of the state.
"""

from reprieve.settings.split import MARKER_TYPE, Marker
from stacks.cdk import TerraformStack


def add_split_marker(stack: TerraformStack, marker: Marker) -> None:
    """Add the resource to the base stack of an account."""
    stack.add_override("provider.terraform", [{"alias": marker.provider}])
    resource = {"provider": f"terraform.{marker.provider}"}
    stack.add_override(f"resource.{MARKER_TYPE}.{marker.name}", resource)
