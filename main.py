"""The cdktf app: write one Terraform stack per account, from the settings, to cdktf.out/."""

import gc
import os
import sys
from pathlib import Path

from reprieve.environment.interrupt import end_on_interrupt


def main() -> int:
    """Synthesise; return the exit code: OK, USAGE if the settings have an error, else FAILED."""
    # Imported here: Ctrl-C ends all this quietly, and `start` reports a package that is missing.
    from reprieve.environment.program import app_problems
    from reprieve.errors import ExitCode, ReprieveError
    from reprieve.settings.loader import load
    from reprieve.settings.workspace import check_workspace

    outdir = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")  # cdktf's --output sets it
    try:
        accounts = load().accounts
        for settings in accounts:
            check_workspace(settings.state, outdir / "stacks" / settings.stack)
    except ReprieveError as error:
        print(error.report, file=sys.stderr)
        return error.exit_code
    # After the settings: their errors are reported without CDKTF, Node and terraform.
    if problems := app_problems():
        print("\n".join(problems), file=sys.stderr)
        return ExitCode.FAILED

    from stacks.account import AccountStack
    from stacks.cdk import App
    from stacks.lock_file import copy_lock_file

    outdir.mkdir(parents=True, exist_ok=True)  # CDKTF creates no parents
    app = App(
        outdir=str(outdir),
        stack_traces=False,  # they cost time for each resource, and show only jsii's Node code
        # For a cloud block CDKTF would run `terraform version`. Synthesis needs no terraform, and a
        # terraform that is too old reports that itself.
        skip_validation=any(each.state.backend == "hcp" for each in accounts),
    )
    for settings in accounts:
        AccountStack(app, settings.stack, settings, outdir)
    app.synth()
    for settings in accounts:
        copy_lock_file(outdir / "stacks" / settings.stack)
    return ExitCode.OK


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
