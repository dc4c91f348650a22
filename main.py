"""The cdktf app: write one Terraform stack per account, from the settings, to cdktf.out/."""

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reprieve.environment.interrupt import end_on_interrupt

if TYPE_CHECKING:
    from reprieve.settings.schema import Settings


def main() -> int:
    """Synthesise; return the exit code: OK, USAGE if the settings have an error, else FAILED."""
    # Imported here: Ctrl-C ends all this quietly, and `start` reports a package that is missing.
    from reprieve.environment.program import app_problems
    from reprieve.errors import ExitCode, ReprieveError
    from reprieve.guard.layout import stacks_of
    from reprieve.settings.loader import load
    from reprieve.settings.workspace import check_workspace

    outdir = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")  # cdktf's --output sets it
    try:
        accounts = load().accounts
        folders = {
            outdir / "stacks" / stack: settings.state
            for settings in accounts
            for stack in stacks_of(settings)
        }
        for folder, state in folders.items():
            check_workspace(state, folder)
    except ReprieveError as error:
        print(error.report, file=sys.stderr)
        return error.exit_code
    # After the settings: their errors are reported without CDKTF, Node and terraform.
    if problems := app_problems():
        print("\n".join(problems), file=sys.stderr)
        return ExitCode.FAILED

    from stacks.lock_file import copy_lock_file
    from stacks.parts import ACCOUNTS_OF_ONE_PROCESS, folder_of_part, synthesise_in_parts

    outdir.mkdir(parents=True, exist_ok=True)  # CDKTF creates no parents
    if part := folder_of_part():
        synthesise(accounts, outdir, into=part)
        return ExitCode.OK
    if len(accounts) > ACCOUNTS_OF_ONE_PROCESS:
        names = [str(each.account.name) for each in accounts]
        if failed := synthesise_in_parts(Path(__file__), names, outdir):
            return failed
    else:
        synthesise(accounts, outdir, into=outdir)
    for folder in folders:
        copy_lock_file(folder)
    return ExitCode.OK


def synthesise(accounts: "Sequence[Settings]", outdir: Path, *, into: Path) -> None:
    """Synthesise the stacks of accounts for the folder `outdir`, and write them to `into`."""
    from stacks.cdk import UnexpectedAnswer, creating_ahead

    try:
        with creating_ahead():
            _synthesise(accounts, outdir, into)
    except UnexpectedAnswer:
        # Once more, each step after the other: jsii's own error is raised where it belongs.
        _synthesise(accounts, outdir, into)


def _synthesise(accounts: "Sequence[Settings]", outdir: Path, into: Path) -> None:
    from stacks.account import add_account
    from stacks.cdk import App

    app = App(
        outdir=str(into),
        stack_traces=False,  # they cost time for each resource, and show only jsii's Node code
        # For a cloud block CDKTF would run `terraform version`. Synthesis needs no terraform, and a
        # terraform that is too old reports that itself.
        skip_validation=any(each.state.backend == "hcp" for each in accounts),
    )
    for settings in accounts:
        add_account(app, settings, outdir)
    app.synth()


if __name__ == "__main__":
    end_on_interrupt()
    from reprieve.environment.program import start

    if os.environ.get("REPRIEVE_STOCK_BINDINGS"):
        sys.exit(start(main))
    # The process ends after a second or two, which frees its memory: garbage collection, before
    # and at the end, would only cost time.
    gc.disable()
    code = start(main)
    gc.freeze()
    sys.exit(code)
