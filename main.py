"""The cdktf app: settings in, one Terraform stack per account out (cdktf.out/)."""

import gc
import os
import sys
from pathlib import Path

from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load
from stacks.fast_bindings import SWITCH
from stacks.lock_file import copy_lock_file

STACK = "reprieve"


def main() -> int:
    """Synthesise; return the exit code: 0 done, 2 the settings have errors."""
    try:
        settings = load()
    except SettingsError as error:
        print(error, file=sys.stderr)
        return error.exit_code

    # Only now: an error in the settings needs neither CDKTF nor Node.
    from stacks.account import AccountStack
    from stacks.cdk import App

    app = App(
        stack_traces=False,  # they would be of jsii's Node, at a cost, for each resource
        # For a cloud block CDKTF would run `terraform version`: synthesis needs no terraform, and
        # one that is too old says so itself.
        skip_validation=settings.state.backend == "hcp",
    )
    AccountStack(app, STACK, settings)
    app.synth()
    copy_lock_file(Path(app.outdir, "stacks", STACK))
    return 0


if __name__ == "__main__":
    if os.environ.get(SWITCH):
        sys.exit(main())
    # The process lives for a second or two, and its end frees all there is: nothing is collected
    # before, and nothing gone through once more on the way out.
    gc.disable()
    code = main()
    gc.freeze()
    sys.exit(code)
