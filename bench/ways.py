"""The ways to synthesise the stacks that `make bench` compares: commands, environments, outputs."""

import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bench.machine import node_version
from reprieve.environment.cdk import CDKTN, VARIABLE
from reprieve.environment.requirements import NODE_OF_CDKTN
from stacks.fast_bindings import SWITCH

PROJECT: Final = Path(__file__).resolve().parent.parent
MAIN: Final = PROJECT / "main.py"
_TYPESCRIPT: Final = PROJECT / "bench" / "typescript"
STOCK: Final = {SWITCH: "1"}
"""The variables that choose the stock import of the bindings."""


@dataclass(frozen=True)
class Way:
    """A command that synthesises the settings of its working directory.

    It writes to `output` there. `lacks` is a sentence about what is not installed; then it cannot
    run.
    """

    name: str
    title: str
    command: tuple[str | Path, ...]
    variables: Mapping[str, str] = field(default_factory=dict)
    output: str = "cdktf.out"
    lacks: str = ""


FAST: Final = Way("fast", "`python main.py`", (sys.executable, MAIN))
"""What users run."""

STOCK_WAY: Final = Way("stock", "stock bindings", (sys.executable, MAIN), STOCK)

IMPORT: Final = Way("import", "`import cdktf` alone", (sys.executable, "-c", "import cdktf"))
"""A process that loads CDKTF and synthesises nothing."""


def ways() -> list[Way]:
    """Return the ways that synthesise, FAST first: the output of TypeScript is made from its."""
    return [FAST, STOCK_WAY, _cdktn(), _typescript()]


def _cdktn() -> Way:
    """Return CDK Terrain, with a Node.js that is new enough for it: PATH's, or .ci/node's."""
    variables = {VARIABLE: CDKTN.name}
    lacks = ""
    if not importlib.util.find_spec(CDKTN.bindings):
        lacks = f"not installed: run `{CDKTN.setup}`"
    elif not _is_new_enough(node_version()):
        own = next(PROJECT.glob(".tools/node/node_modules/node-22-*/bin"), None)
        if own and _is_new_enough(node_version(str(own))):
            variables["PATH"] = f"{own}{os.pathsep}{os.environ['PATH']}"
        else:
            lacks = f"needs Node.js {'.'.join(map(str, NODE_OF_CDKTN))} or newer"
    return Way("cdktn", "CDK Terrain", (sys.executable, MAIN), variables, lacks=lacks)


def _is_new_enough(version: str | None) -> bool:
    return bool(version) and tuple(map(int, str(version).split(".")[:2])) >= NODE_OF_CDKTN


def _typescript() -> Way:
    """Return CDKTF for TypeScript, which creates the resources of the stacks that FAST wrote."""
    output = "typescript.out"
    installed = (_TYPESCRIPT / "node_modules").is_dir()
    return Way(
        "typescript",
        "CDKTF for TypeScript",
        ("node", _TYPESCRIPT / "app.cjs", FAST.output, output),
        output=output,
        lacks="" if installed else "not installed: run `make bench`",
    )
