"""Starts the programs: what is missing on this machine is reported in a sentence."""

import os
import sys
from typing import Callable  # noqa: UP035 - see the package's docstring

from reprieve.environment.packages import is_fresh, is_own, lacks, packages_check, remedy
from reprieve.environment.tools import node_check, terraform_check

FAILED = 1  # as ExitCode.FAILED, whose module a Python that is too old cannot load


def start(main: "Callable[[], int]") -> int:
    """Call a program's main function, which does its imports; return the exit code.

    A package that cannot be imported is reported in a sentence, with what to do.
    """
    try:
        return main()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in ("reprieve", "stacks", "demo", "sandbox"):
            raise  # not an environment that is incomplete, but an error in Reprieve
        check = packages_check()
        print(
            f"{lacks([error.name or ''])} {remedy()}" if check.passed else check.report,
            file=sys.stderr,
        )
        return FAILED


def problems(*, terraform: bool) -> "list[str]":
    """Return what a synthesis lacks here, a sentence each: packages, Node.js, and `terraform` too.

    An environment of another tool, such as uv, may have other versions of the packages than the
    lock; the project's own may not.
    """
    checks = [] if is_fresh() else [packages_check(versions=is_own())]
    checks.append(node_check())
    if terraform:
        checks.append(terraform_check())
    return [each.report for each in checks if not each.passed]


def app_problems() -> "list[str]":
    """Return what the cdktf app lacks here.

    Under `cdktf` it needs terraform too: cdktf runs it next, and says only that execvp failed where
    it is missing.
    """
    return problems(terraform="CDKTF_CONTEXT_JSON" in os.environ)
