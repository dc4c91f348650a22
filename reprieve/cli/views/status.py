"""The view of `reprieve status`: a table, the findings (`findings`), and the verdict."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.findings import show_findings
from reprieve.cli.views.layout import escaped
from reprieve.status.findings import Check, Verdict
from reprieve.status.status import AccountStatus, Coverage, RegionStatus

_HEADS = {
    "rules": "RULES",
    "targets": "TARGETS",
    "topic": "TOPIC",
    "subscriptions": "E-MAILS",
    "runbook": "RUNBOOK",
    "dead letters": "DEAD LETTERS",
    "alarms": "ALARMS",
    "trail": "TRAIL",
    "last rescue": "LAST RESCUE",
}
_STYLES = {Verdict.OK: "", Verdict.WRONG: "bold red", Verdict.UNKNOWN: "yellow"}
# A file has no colours, so a failed check is marked too.
_MARKS = {Verdict.OK: "", Verdict.WRONG: "✘ ", Verdict.UNKNOWN: "? "}


def show(status: AccountStatus, console: Console) -> None:
    """Print one account."""
    console.print(escaped(_heading(status), "bold"))
    table, left_out = _fitting(status.regions, console)
    console.print(table)
    if left_out:
        console.print(f"Passed in every Region: {', '.join(left_out)}", style="dim")
    for coverage, what in _ASIDE.items():
        names = [each.region for each in status.regions if _is_aside(each, coverage)]
        if names:
            console.print(f"{what} ({len(names)}): {', '.join(names)}", style="dim")
    if status.roles.verdict is Verdict.OK:
        console.print(f"IAM roles: {status.roles.text}", style="dim")
    console.print()
    show_findings(status, console)
    console.print(_verdict(status), style="bold green" if status.is_healthy else "bold red")


_ASIDE = {
    Coverage.EXCLUDED: "Excluded by the settings",
    Coverage.UNWATCHED: "Not watched, without customer keys",
    Coverage.OFF: "Not enabled in the account",
}


def _is_aside(region: RegionStatus, coverage: Coverage) -> bool:
    return region.coverage is coverage and region.is_healthy


def _heading(status: AccountStatus) -> str:
    profile = f" (profile {status.profile})" if status.profile else ""
    return f"Account {status.account}{profile}"


def _fitting(regions: Sequence[RegionStatus], console: Console) -> tuple[Table, list[str]]:
    """Return the table; where it is too wide, without the columns whose checks all passed."""
    table = _table(regions, _HEADS)
    unbounded = console.options.update(width=1000)
    if Measurement.get(console, unbounded, table).maximum <= console.width:
        return table, []
    needed = {
        check.name
        for region in regions
        for check in region.checks
        if check.verdict is not Verdict.OK
    }
    heads = {name: head for name, head in _HEADS.items() if name in needed}
    return _table(regions, heads), [name for name in _HEADS if name not in needed]


def _table(regions: Sequence[RegionStatus], heads: Mapping[str, str]) -> Table:
    """Return a row for each Region that is watched or has findings."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for head in ("REGION", "GUARD", "KEYS", *heads.values()):
        table.add_column(head, no_wrap=True, justify="right" if head == "KEYS" else "left")
    for region in regions:
        if region.coverage in _ASIDE and region.is_healthy:
            continue
        wrong = bool(region.findings)
        checks = {check.name: check for check in region.checks}
        table.add_row(
            Text(region.region, style="" if region.is_healthy else "bold red"),
            Text(f"{'✘ ' if wrong else ''}{region.coverage}", style="bold red" if wrong else ""),
            "" if region.keys is None else str(region.keys),
            *(_cell(checks.get(name)) for name in heads),
        )
    return table


def _cell(check: Check | None) -> Text:
    if check is None:
        return Text("")
    return escaped(f"{_MARKS[check.verdict]}{check.text}", _STYLES[check.verdict])


def _verdict(status: AccountStatus) -> str:
    watched = [each for each in status.regions if each.coverage is Coverage.WATCHED]
    if status.is_healthy:
        many = "1 watched Region is" if len(watched) == 1 else f"{len(watched)} watched Regions are"
        return f"✔ {many} guarded, and nothing is left uncovered."
    wrong = sum(not each.is_healthy for each in status.regions)
    roles = "" if status.roles.verdict is Verdict.OK else ", and so do the IAM roles"
    many = "1 Region needs" if wrong == 1 else f"{wrong} Regions need"
    return f"✘ {many} attention{roles}: see above." if wrong else "✘ The IAM roles need attention."
