"""What `reprieve status` checks of the dashboard, which an account has once."""

from collections.abc import Iterator
from typing import Any

from reprieve.aws.account import Account, is_code
from reprieve.guard.dashboard import dashboard_of
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.attributes import Json
from reprieve.status.compare import compare, missing, title_of
from reprieve.status.findings import Finding
from reprieve.status.json_compare import parsed


def dashboard_findings(account: Account, settings: Settings) -> Iterator[Finding]:
    """Yield what differs of the dashboard, if the settings define one."""
    if not settings.reliability.dashboard:
        return
    partition = settings.regions.partition
    guards = [
        regional_guard(settings, Location(partition, region, account.id))
        for region in settings.regions.watched
    ]
    wanted = dashboard_of(settings, guards)
    assert wanted, "the settings define it"  # noqa: S101
    title = title_of("dashboard", wanted.name)
    try:
        body = _body(account.client("cloudwatch", settings.regions.home), wanted.name)
    except Exception as error:
        if not is_code(error, "ResourceNotFound", "DashboardNotFoundError"):
            raise
        yield missing(title, wanted.name)
        return
    expected = {"content": Json(wanted.body, ordered=True)}
    yield from compare(title, wanted.name, expected, {"content": Json(body, ordered=True)})


def _body(cloudwatch: Any, name: str) -> Any:
    return parsed(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
