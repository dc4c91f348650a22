"""What `reprieve doctor` prints: a line for each check, and what to do where it failed."""

from rich.console import Console

from reprieve.cli.views.layout import escaped, marked
from reprieve.cli.views.wrapping import Marked
from reprieve.doctor.doctor import NOT_CHECKED, Diagnosis
from reprieve.environment.check import Check
from reprieve.text import counted


def show(diagnosis: Diagnosis, out: Console) -> None:
    """Print the checks of the machine, then those of each account, and the number that failed."""
    width = max(len(check.name) for _, check in diagnosis.rows())
    for check in diagnosis.checks:
        out.print(_line(check, width))
    for account in diagnosis.accounts:
        if account.name:
            out.print(escaped(account.name, "bold"))
        for check in account.checks:
            out.print(_line(check, width))
    problems = [check for _, check in diagnosis.rows() if not check.passed]
    unchecked = sum(check.found == NOT_CHECKED for check in problems)
    failed = len(problems) - unchecked
    if problems:
        verb = "depends" if unchecked == 1 else "depend"
        more = f" {unchecked} {verb} on {'it' if failed == 1 else 'them'}." if unchecked else ""
        out.print(f"\n{counted(failed, 'check')} failed.{more}", style="bold red")
    else:
        out.print("\nEverything is ready.", style="green")


def _line(check: Check, width: int) -> Marked:
    """Return a line; on a narrow terminal it is wrapped below its text."""
    mark, style = ("✔", "green") if check.passed else ("✘", "bold red")
    text = check.found if check.passed else check.report
    return marked(f"{mark} {check.name:<{width}}  ", escaped(text), style)
