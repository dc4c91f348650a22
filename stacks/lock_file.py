"""Terraform's dependency lock file: the provider that every machine uses."""

import shutil
from pathlib import Path

NAME = ".terraform.lock.hcl"


def copy_lock_file(stack: Path) -> None:
    """Put the lock file of the working directory, if it has one, beside a synthesised stack.

    Terraform looks for it there. The copy replaces what Terraform added since the last synthesis.
    Without a lock file Terraform selects the newest provider that the stack allows, and says so.
    """
    if Path(NAME).is_file():
        shutil.copyfile(NAME, stack / NAME)
