"""The API of runs, as far as an upload from outside asks for it."""

import json

from tests.e2e.hcp.api import API, Answer, Request, Routes, data
from tests.e2e.hcp.runs import ConfigurationVersion, Run
from tests.e2e.hcp.workspaces import Json, Refused


def _create_configuration(request: Request, id: str) -> Answer:
    space = request.workspace(id)
    new = request.service.organization.new_id("cv")
    said = request.content["attributes"]
    if said["auto-queue-runs"]:
        raise Refused(501, "the stand-in starts no run of its own")
    version = ConfigurationVersion(new, said["speculative"])
    request.service.runs.configurations[new] = (space, version)
    return 201, _configuration(request, version)


def _show_configuration(request: Request, id: str) -> Answer:
    return 200, _configuration(request, request.service.runs.configuration(id))


def _upload(request: Request, id: str) -> Answer:
    request.service.runs.configuration(id).upload(request.content)
    return 200, None


def _create_run(request: Request) -> Answer:
    relationships = request.content["relationships"]
    space = request.workspace(relationships["workspace"]["data"]["id"])
    wanted = relationships["configuration-version"]["data"]["id"]
    version = request.service.runs.configuration(wanted)
    if version.status != "uploaded":
        raise Refused(422, "Configuration version is still being processed")
    if space.execution_mode == "local" or not request.service.worker:
        raise Refused(422, "Workspace has no place to run in")
    id = request.service.organization.new_id("run")
    run = Run(id, space, version, request.content["attributes"]["message"])
    request.service.runs.runs[id] = run
    run.start(request.service.worker)
    return 201, _run(run)


def _show_run(request: Request, id: str) -> Answer:
    return 200, _run(request.service.runs.run(id))


def _show_plan(request: Request, id: str) -> Answer:
    run = request.service.runs.run(id)
    counted = {"additions": "create", "changes": "update", "destructions": "delete"}
    attributes = {f"resource-{name}": run.count(action) for name, action in counted.items()}
    return 200, data("plans", id, attributes)


def _plan_in_json(request: Request, id: str) -> Answer:
    if not request.user.may_create:
        raise Refused(404, "not found, or not authorized")
    if not request.service.runs.run(id).plan:
        return 204, None
    return 307, {"location": f"https://{request.service.hostname}/archive/run/plan/{id}"}


def _download_plan(request: Request, id: str) -> Answer:
    return 200, json.dumps(request.service.runs.run(id).plan).encode()


ROUTES: Routes = [
    ("POST", rf"{API}/workspaces/([^/]+)/configuration-versions", _create_configuration),
    ("GET", rf"{API}/configuration-versions/([^/]+)", _show_configuration),
    ("PUT", r"/archive/run/configuration/([^/]+)", _upload),
    ("POST", rf"{API}/runs", _create_run),
    ("GET", rf"{API}/runs/([^/]+)", _show_run),
    ("GET", rf"{API}/plans/([^/]+)", _show_plan),
    ("GET", rf"{API}/plans/([^/]+)/json-output", _plan_in_json),
    ("GET", r"/archive/run/plan/([^/]+)", _download_plan),
]


def _configuration(request: Request, version: ConfigurationVersion) -> Json:
    url = f"https://{request.service.hostname}/archive/run/configuration/{version.id}"
    attributes = {
        "status": version.status,
        "error-message": version.error,
        "speculative": version.speculative,
        "upload-url": None if version.archive else url,
    }
    return data("configuration-versions", version.id, attributes)


def _run(run: Run) -> Json:
    attributes = {
        "status": run.status,
        "message": run.message,
        "auto-apply": run.auto_apply,
        "actions": {"is-confirmable": run.status == "planned"},
    }
    plan = {"data": {"type": "plans", "id": run.id.replace("run-", "plan-", 1)}}
    return data("runs", run.id, attributes, plan=plan)
