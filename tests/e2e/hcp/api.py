"""What all handlers of the stand-in share: a request that was let in, and JSON:API's shapes."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.e2e.hcp.workspaces import Json, Organization, Refused, User, Workspace

if TYPE_CHECKING:
    from tests.e2e.hcp.stand_in import HcpTerraform

API = "/api/v2"
Answer = tuple[int, Any]
"""The HTTP status, and the content: JSON, bytes or None."""
Routes = list[tuple[str, str, Callable[..., Answer]]]
"""A method, a pattern of paths, and what takes the request and what the pattern found."""


class Request:
    """A request that was let in: by whom, and with what."""

    def __init__(self, service: "HcpTerraform", user: User, query: dict[str, str], content: Any):
        self.service = service
        self.user = user
        self.query = query
        self.content = content

    def organization(self, name: str) -> Organization:
        """Return the organization of this name."""
        if name != self.service.organization.name:
            raise Refused(404, "not found")
        return self.service.organization

    def workspace(self, id: str) -> Workspace:
        """Return the workspace of this id."""
        return self.service.organization.workspace_by_id(id)


def data(type: str, id: str, attributes: Json, **relationships: Json) -> Json:
    """Return a resource object as the only one of an answer."""
    resource = {"id": id, "type": type, "attributes": attributes, "relationships": relationships}
    return {"data": resource}


def listed(items: Any) -> Json:
    """Return resource objects as the one page that they fill."""
    page = {"current-page": 1, "total-pages": 1, "next-page": None, "prev-page": None}
    found = list(items)
    return {"data": found, "meta": {"pagination": page | {"total-count": len(found)}}}
