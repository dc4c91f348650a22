"""The view of `reprieve status`: a table, the findings (`findings`), and the verdict."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reprieve.cli.views.findings import show_findings
from reprieve.cli.views.layout import escaped, fits, heading, marked, show_closed, show_table, table
from reprieve.environment.cdk import deploy_command
from reprieve.status.findings import Check, Verdict
from reprieve.status.status import AccountStatus, Coverage, RegionStatus
from reprieve.text import counted

_HEADS = {
    "rules": "RULES",
    "targets": "TARGETS",
    "topic": "TOPIC",
    "subscriptions": "SENT TO",
    "runbook": "RUNBOOK",
    "dead letters": "DEAD LETTERS",
    "alarms": "ALARMS",
    "trail": "TRAIL",
    "last rescue": "LAST RESCUE",
}
_STYLES = {Verdict.OK: "", Verdict.WRONG: "bold red", Verdict.UNKNOWN: "yellow"}
# A file has no colours, so a failed check is marked too.
_MARKS = {Verdict.OK: "", Verdict.WRONG: "✘ ", Verdict.UNKNOWN: "? "}
_NO_GUARD = "no guard"
_DEPLOY = (
    "Deploy: `reprieve diff` shows what is created, `{}` creates it. Then run `reprieve sweep`: it "
    "finds keys that are already pending deletion."
)
_NAMED = 4
"""How many Regions a line below the table names: of more it only gives the number."""
_ASIDE = {
    Coverage.EXCLUDED: "Excluded by the settings",
    Coverage.UNWATCHED: "Not watched, without customer keys",
    Coverage.OFF: "Not enabled in the account",
}


def show(
    accounts: Sequence[AccountStatus],
    out: Console,
    *,
    closed: int = 0,
    only_failed: bool = False,
) -> None:
    """Print each account, and how many could not be opened (`closed`).

    With `only_failed` the Regions where every check passed are left out; they count all the same.
    """
    for each in accounts:
        _show_account(each, out, only_failed=only_failed)
    show_closed(closed, len(accounts), out)


def _show_account(status: AccountStatus, out: Console, *, only_failed: bool) -> None:
    out.print(escaped(heading(status.account, status.name, status.profile), "bold"))
    if status.has_guard:
        shown = status.without_passed() if only_failed else status
        _show_regions(shown, out)
    else:
        _show_nothing_deployed(status, out)
    show_findings(status, out)
    mark, text, style = _verdict(status)
    out.print(marked(mark, Text(text, style), style))
    if status.suggestion:
        out.print(marked("", escaped(status.suggestion, "dim")))


def _show_nothing_deployed(status: AccountStatus, out: Console) -> None:
    watched = [each.region for each in status.regions if each.coverage is Coverage.WATCHED]
    where = watched[0] if len(watched) == 1 else f"any of the {len(watched)} watched Regions"
    keys = sum(each.keys or 0 for each in status.regions if each.coverage is Coverage.WATCHED)
    unguarded = counted(keys, "customer key is", "customer keys are") + " not guarded there"
    text = f"Nothing of the guard is deployed here, in {where}{f': {unguarded}' if keys else ''}."
    out.print(marked("✘ ", Text(text, "bold red"), "bold red"))
    out.print(marked("  → ", escaped(_DEPLOY.format(deploy_command(status.target)))))
    out.print()


def _show_regions(status: AccountStatus, out: Console) -> None:
    """Print the table, and below it what it leaves out."""
    rows, passed = _fitting(status.regions, out)
    notes = []
    if rows.row_count:
        show_table(rows, out)
        notes += [("Passed in every Region", passed)] if passed else []
    for coverage, what in _ASIDE.items():
        names = [each.region for each in status.regions if _is_aside(each, coverage)]
        if len(names) > _NAMED:
            notes.append((what, [f"{len(names)} Regions (`--format csv` lists them)"]))
        elif names:
            notes.append((f"{what} ({len(names)})", names))
    if status.roles.verdict is Verdict.OK:
        notes.append(("IAM roles", [status.roles.text]))
    for title, names in notes:
        out.print(marked("", escaped(f"{title}: {', '.join(names)}", "dim")))
    if rows.row_count or notes:
        out.print()


def _is_aside(region: RegionStatus, coverage: Coverage) -> bool:
    return region.coverage is coverage and region.is_healthy


def _fitting(regions: Sequence[RegionStatus], out: Console) -> tuple[Table, list[str]]:
    """Return the table, and the checks that it leaves out since they passed everywhere.

    Where the table of all checks is too wide, those that passed in every Region are left out.
    Where that is too wide as well, one column names the checks that failed.
    """
    rows = _table(regions, _HEADS)
    if fits(rows, out):
        return rows, []
    failed = {check.name for each in regions for check in _checks(each) if _has_failed(check)}
    heads = {name: head for name, head in _HEADS.items() if name in failed}
    passed = [_spoken(name) for name in _HEADS if name not in failed]
    rows = _table(regions, heads)
    return (rows if fits(rows, out) else _narrow_table(regions)), passed


def _spoken(name: str) -> str:
    """Return what a sentence calls a check: its column, if it has one."""
    return _HEADS.get(name, name).lower()


def _has_failed(check: Check) -> bool:
    return check.verdict is not Verdict.OK


def _rows(regions: Sequence[RegionStatus]) -> Iterator[tuple[RegionStatus, list[Text]]]:
    """Yield each Region that is watched or has findings, with the first cells of its row."""
    for region in regions:
        if region.coverage in _ASIDE and region.is_healthy:
            continue
        bare = region.coverage is Coverage.WATCHED and not region.has_guard
        guard = f"{'✘ ' if region.findings else ''}{_NO_GUARD if bare else region.coverage}"
        cells = [
            Text(region.region, style="" if region.is_healthy else "bold red"),
            Text(guard, style="bold red" if region.findings else ""),
            Text("" if region.keys is None else str(region.keys)),
        ]
        yield region, cells


def _table(regions: Sequence[RegionStatus], heads: Mapping[str, str]) -> Table:
    """Return a row for each Region, with a cell for each check."""
    rows = table("REGION", "GUARD", "KEYS", *heads.values(), right=["KEYS"])
    for region, cells in _rows(regions):
        checks = {check.name: check for check in _checks(region)}
        rows.add_row(*cells, *(_cell(checks.get(name)) for name in heads))
    return rows


def _narrow_table(regions: Sequence[RegionStatus]) -> Table:
    """Return a row for each Region, with one cell for all checks that failed."""
    rows = table("REGION", "GUARD", "KEYS", "FAILED", right=["KEYS"], folded=["FAILED"])
    for region, cells in _rows(regions):
        failed = [check for check in _checks(region) if _has_failed(check)]
        texts = (
            escaped(f"{_spoken(each.name)} {each.text}", _STYLES[each.verdict]) for each in failed
        )
        rows.add_row(*cells, Text(", ").join(texts))
    return rows


def _checks(region: RegionStatus) -> tuple[Check, ...]:
    """Return the checks to show: without a guard, only those that are about something else."""
    if region.has_guard or region.coverage is not Coverage.WATCHED:
        return region.checks
    return tuple(check for check in region.checks if check.findings)


def _cell(check: Check | None) -> Text:
    if check is None:
        return Text("")
    return escaped(f"{_MARKS[check.verdict]}{check.text}", _STYLES[check.verdict])


def _verdict(status: AccountStatus) -> tuple[str, str, str]:
    """Return the mark, the sentence, and its style."""
    watched = [each for each in status.regions if each.coverage is Coverage.WATCHED]
    if status.is_healthy and not watched:
        return "", "The settings watch none of these Regions. They have no customer keys.", ""
    if status.is_healthy:
        many = counted(len(watched), "watched Region is", "watched Regions are")
        return "✔ ", f"{many} guarded, and nothing is left uncovered.", "bold green"
    wrong = sum(not each.is_healthy for each in status.regions)
    # Where nothing is deployed, that is said once: no role is named above.
    has_roles = status.roles.verdict is Verdict.OK or not status.has_guard
    roles = "" if has_roles else ", and so do the IAM roles"
    many = counted(wrong, "Region needs", "Regions need")
    text = f"{many} attention{roles}: see above." if wrong else "The IAM roles need attention."
    return "✘ ", text, "bold red"
