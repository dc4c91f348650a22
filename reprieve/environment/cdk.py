"""Which CDK synthesises and deploys: CDKTF, or CDK Terrain, its successor.

Both are the same classes under other names, with the same addresses and the same state
(docs/cdktf.md). This is all that differs, as data.
"""

import os
from typing import NamedTuple

from reprieve.environment.requirements import NODE, NODE_OF_CDKTN

VARIABLE = "REPRIEVE_CDK"
"""The environment variable that chooses."""


class Cdk(NamedTuple):
    """One of the two."""

    name: str
    """Its name, and the name of its command."""
    package: str
    """Its Python package."""
    bindings: str
    """The Python package of its AWS bindings."""
    categories: "tuple[str, ...]"
    """The categories of Pipfile.lock that it needs."""
    stamp: str
    """The file in .venv/ that `make setup` touches when it has installed them."""
    folder: str
    """The folder in the project with the package.json of its command line."""
    cli: str
    """The npm package of its command line."""
    node: "tuple[int, int]"
    """The oldest Node.js."""
    setup: str
    """The command that installs it."""


CDKTF = Cdk(
    name="cdktf",
    package="cdktf",
    bindings="cdktf_cdktf_provider_aws",
    categories=("default",),
    stamp=".done",
    folder=".",
    cli="cdktf-cli",
    node=NODE,
    setup="make setup",
)
CDKTN = Cdk(
    name="cdktn",
    package="cdktn",
    bindings="cdktn_provider_aws",
    categories=("default", "cdktn"),
    stamp=".done-cdktn",
    folder="cdktn-cli",
    cli="cdktn-cli",
    node=NODE_OF_CDKTN,
    setup=f"make setup {VARIABLE}=cdktn",
)
CHOICES = {each.name: each for each in (CDKTF, CDKTN)}
DEFAULT = CDKTF
"""What is chosen where the variable is not set."""


def chosen() -> Cdk:
    """Return the CDK that the environment chooses; DEFAULT for a name that is none.

    The settings report such a name, with the other errors.
    """
    return CHOICES.get(os.environ.get(VARIABLE, ""), DEFAULT)


def deploy_command(stack: str = "reprieve") -> str:
    """Return the command that deploys a stack, for hints."""
    return f"npx {chosen().name} deploy {stack}"
