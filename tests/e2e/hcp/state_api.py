"""The API of workspaces and of their states, as far as a cloud block asks for it."""

from tests.e2e.hcp.api import API, Answer, Request, Routes, data, listed
from tests.e2e.hcp.workspaces import Json, Refused, StateVersion, Workspace, upload


def _entitlements(request: Request, organization: str) -> Answer:
    request.organization(organization)
    # With operations: that they run here is said by the workspace, not by what was paid for.
    attributes = {"operations": True, "state-storage": True}
    return 200, data("entitlement-sets", organization, attributes)


def _projects(request: Request, organization: str) -> Answer:
    known = request.organization(organization).projects
    wanted = request.query.get("filter[names]")
    found = {name: id for name, id in known.items() if wanted in (None, name)}
    return 200, listed(_project(name, id) for name, id in found.items())


def _create_project(request: Request, organization: str) -> Answer:
    name = request.content["attributes"]["name"]
    id = request.organization(organization).create_project(request.user, name)
    return 201, {"data": _project(name, id)}


def _show_workspace(request: Request, organization: str, name: str) -> Answer:
    return 200, _workspace(request.organization(organization).workspace(name))


def _create_workspace(request: Request, organization: str) -> Answer:
    relationships = request.content.get("relationships", {})
    project = relationships.get("project", {}).get("data", {}).get("id", "prj-default")
    name = request.content["attributes"]["name"]
    space = request.organization(organization).create_workspace(request.user, name, project)
    return 201, _workspace(space)


def _update_workspace(request: Request, id: str) -> Answer:
    if set(request.content["attributes"]) != {"terraform-version"}:
        raise Refused(501, "the stand-in updates the version of Terraform only")
    space = request.workspace(id)
    space.terraform_version = request.content["attributes"]["terraform-version"]
    return 200, _workspace(space)


def _act(request: Request, id: str, action: str) -> Answer:
    space = request.workspace(id)
    if action == "lock":
        space.lock(request.user)
    else:
        space.unlock(request.user, force=action == "force-unlock")
    return 200, _workspace(space)


def _current_version(request: Request, id: str) -> Answer:
    return 200, _version(request, request.workspace(id).current)


def _create_version(request: Request, id: str) -> Answer:
    new = request.service.organization.new_id("sv")
    version = request.workspace(id).announce(new, request.user, request.content["attributes"])
    return 201, _version(request, version)


def _show_version(request: Request, id: str) -> Answer:
    return 200, _version(request, request.service.organization.version(id))


def _outputs(request: Request, id: str) -> Answer:
    outputs = request.workspace(id).current.outputs
    return 200, listed(
        {
            "id": f"wsout-{name}",
            "type": "state-version-outputs",
            "attributes": {
                "name": name,
                "sensitive": said["sensitive"],
                "type": "string" if isinstance(said["value"], str) else "object",
                "value": said["value"],
                "detailed-type": said["type"],
            },
        }
        for name, said in outputs.items()
    )


def _put_archive(request: Request, kind: str, id: str) -> Answer:
    version = request.service.organization.version(id)
    if kind == "state":
        upload(version, request.content)
    return 200, None


def _get_archive(request: Request, id: str) -> Answer:
    content = request.service.organization.version(id).content
    if content is None:
        raise Refused(404, "not found")
    return 200, content


ROUTES: Routes = [
    ("GET", rf"{API}/organizations/([^/]+)/entitlement-set", _entitlements),
    ("GET", rf"{API}/organizations/([^/]+)/projects", _projects),
    ("POST", rf"{API}/organizations/([^/]+)/projects", _create_project),
    ("GET", rf"{API}/organizations/([^/]+)/workspaces/([^/]+)", _show_workspace),
    ("POST", rf"{API}/organizations/([^/]+)/workspaces", _create_workspace),
    ("PATCH", rf"{API}/workspaces/([^/]+)", _update_workspace),
    ("POST", rf"{API}/workspaces/([^/]+)/actions/(lock|unlock|force-unlock)", _act),
    ("GET", rf"{API}/workspaces/([^/]+)/current-state-version", _current_version),
    ("GET", rf"{API}/workspaces/([^/]+)/current-state-version-outputs", _outputs),
    ("POST", rf"{API}/workspaces/([^/]+)/state-versions", _create_version),
    ("GET", rf"{API}/state-versions/([^/]+)", _show_version),
    ("PUT", r"/archive/(state|json)/([^/]+)", _put_archive),
    ("GET", r"/archive/state/([^/]+)", _get_archive),
]


def _project(name: str, id: str) -> Json:
    return {"id": id, "type": "projects", "attributes": {"name": name}}


def _workspace(space: Workspace) -> Json:
    attributes = {
        "name": space.name,
        "execution-mode": space.execution_mode,
        "operations": space.execution_mode != "local",
        "locked": space.locked_by is not None,
        "auto-apply": space.auto_apply,
        "working-directory": space.working_directory,
        "terraform-version": space.terraform_version,
        "permissions": {"can-lock": True, "can-unlock": True, "can-force-unlock": True},
    }
    return data("workspaces", space.id, attributes)


def _version(request: Request, version: StateVersion) -> Json:
    archive = f"https://{request.service.hostname}/archive"
    there = version.content is not None
    attributes = {
        "serial": version.serial,
        "status": "finalized" if there else "pending",
        "resources-processed": True,
        "hosted-state-download-url": f"{archive}/state/{version.id}" if there else None,
        "hosted-state-upload-url": None if there else f"{archive}/state/{version.id}",
        "hosted-json-state-upload-url": None if there else f"{archive}/json/{version.id}",
    }
    return data("state-versions", version.id, attributes)
