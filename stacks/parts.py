"""Synthesises many accounts in several processes at once: accounts are independent.

Each process is the app itself, run for some of the accounts (`REPRIEVE_ACCOUNT`). It ends when
these are done, so the memory does not grow with the number of accounts.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from reprieve.errors import ExitCode

ACCOUNTS_OF_ONE_PROCESS: Final = 5
"""Up to so many accounts are synthesised in one process: starting others takes what it saves."""
ACCOUNTS_OF_A_PART: Final = 10
"""The most accounts of one process among several: its memory grows with them."""

_INTO: Final = "_REPRIEVE_PART"
"""Tells the app of a part into which folder it writes."""
_MANIFEST: Final = "manifest.json"  # CDKTF's list of the stacks


def folder_of_part() -> Path | None:
    """Return the folder that this process writes to if it synthesises a part only."""
    name = os.environ.get(_INTO)
    return Path(name) if name else None


def synthesise_in_parts(main: Path, names: Sequence[str], outdir: Path) -> int:
    """Synthesise accounts in as many processes as there are processors; return the exit code.

    Nothing is written to `outdir` if a part fails. Its errors are on standard error.

    Args:
        main: The program of the app.
        names: The names of the accounts.
        outdir: The folder that gets the stacks, and the manifest of all of them.
    """
    processors = os.cpu_count() or 1
    # Each processor gets equally many parts, so that none waits for another one at the end.
    waves = -(-len(names) // (ACCOUNTS_OF_A_PART * processors))
    count = min(len(names), waves * processors)
    with tempfile.TemporaryDirectory(prefix="reprieve-") as temporary:
        parts = {
            Path(temporary, str(number)).resolve(): some
            for number, some in enumerate(_split(names, count))
        }
        with ThreadPoolExecutor(processors) as processes:
            codes = list(processes.map(lambda each: _run(main, *each), parts.items()))
        if any(codes):
            return max(codes)
        for part in parts:
            shutil.copytree(part / "stacks", outdir / "stacks", dirs_exist_ok=True)
        _write_manifest(parts, outdir)
    return 0


def _split(names: Sequence[str], count: int) -> Iterator[Sequence[str]]:
    """Yield the names in so many parts, as equal as possible."""
    for number in range(count):
        yield names[len(names) * number // count : len(names) * (number + 1) // count]


def _run(main: Path, into: Path, names: Sequence[str]) -> int:
    into.mkdir()
    environ = os.environ | {"REPRIEVE_ACCOUNT": ",".join(names), _INTO: str(into)}
    code = subprocess.run([sys.executable, main], env=environ, check=False).returncode
    return code if code >= 0 else ExitCode.FAILED  # a signal ended it


def _write_manifest(parts: Iterable[Path], outdir: Path) -> None:
    manifests = [json.loads((part / _MANIFEST).read_text(encoding="utf-8")) for part in parts]
    stacks = {name: stack for each in manifests for name, stack in each["stacks"].items()}
    text = json.dumps({**manifests[0], "stacks": stacks}, indent=2, sort_keys=True)
    (outdir / _MANIFEST).write_text(text, encoding="utf-8")
