"""Test with other versions of Python and Node.js: `make test-versions`.

Each Python gets an environment of its own in build/versions/, with the packages of Pipfile.lock,
and runs the unit and the synth tests. Each Node.js of .tools/node runs the same with the project's
own Python; it also deploys to the sandbox with the command lines of cdktf and cdktn. The results
are written to docs/tested-versions.json, and from there to docs/versions.md. A version that this
machine lacks is recorded as not tested. Arguments limit what is tested: `3.13 node-22`.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from sandbox.deployment import CDK_VARIABLE, STACK, Deployment
from sandbox.processes import CommandFailed
from sandbox.server import Sandbox
from tools import reference
from tools.requirements import LOCK, requirements
from tools.version_table import CLIS, NODES, PYTHONS, RESULTS, Result, results, summary

PROJECT: Final = Path(__file__).resolve().parent.parent
_ENVIRONMENTS: Final = PROJECT / "build" / "versions"
_TESTS: Final = ("tests/unit", "tests/synth")


def find_python(version: str) -> Path | None:
    """Return a Python of a minor version: on PATH, or one that pyenv or uv installed."""
    name = f"python{version}"
    folders = [
        *Path.home().glob(f".pyenv/versions/{version}.*/bin"),
        *Path.home().glob(f".local/share/uv/python/cpython-{version}.*/bin"),
    ]
    for found in (shutil.which(name), *(folder / name for folder in folders)):
        # pyenv's shims are on PATH for every version, and fail for those that are not selected.
        if (
            found
            and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0
        ):
            return Path(found)
    return None


def find_node(name: str) -> Path | None:
    """Return the folder of a Node.js that `make` installed from .ci/node."""
    return next(PROJECT.glob(f".tools/node/node_modules/{name}-*/bin"), None)


def environment_of(python: Path, version: str) -> Path:
    """Create an environment with the locked packages, unless it is there; return its Python."""
    directory = _ENVIRONMENTS / f"python-{version}"
    stamp, lock = directory / "lock.json", LOCK.read_text(encoding="utf-8")
    own = directory / "bin" / "python"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == lock:
        return own
    print(f"Installing the locked packages for Python {version} …", flush=True)
    subprocess.run([python, "-m", "venv", "--clear", directory], check=True)
    lines = requirements(json.loads(lock), ["default", "develop"])
    (directory / "requirements.txt").write_text("\n".join(lines), encoding="utf-8")
    pip = [str(own), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", directory / "requirements.txt"], check=True)
    subprocess.run([*pip, "--no-deps", "--editable", PROJECT], check=True)
    stamp.write_text(lock, encoding="utf-8")
    return own


def run_tests(python: Path, variables: Mapping[str, str]) -> Result:
    """Run the unit and the synth tests; return how many passed and failed."""
    pytest = [str(python), "-m", "pytest", "-q", "-n", "2", "--dist", "loadscope", *_TESTS]
    done = subprocess.run(
        pytest,
        cwd=PROJECT,
        env=os.environ | variables,
        text=True,
        stdout=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        print(done.stdout)
    last = done.stdout.strip().rpartition("\n")[2]
    counts = {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", last)
    }
    return {"passed": counts.pop("passed", 0), "failed": sum(counts.values()) or done.returncode}


def is_quiet(python: Path, variables: Mapping[str, str]) -> bool:
    """Return whether main.py synthesises and prints nothing: no warning of Node.js, for example."""
    given = {
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_REGIONS__WATCH": "eu-west-1",
    }
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [python, PROJECT / "main.py"],
            cwd=directory,
            env=os.environ | variables | given,
            capture_output=True,
            check=True,
        )
    return not done.stdout and not done.stderr


def deploys(name: str, variables: Mapping[str, str]) -> bool:
    """Return whether a command line works: cdktf or cdktn deploys to the sandbox, and destroys.

    Less does not show it: `cdktf --version`, for example, loads only a part of the program.
    """
    settings = {"REPRIEVE_REGIONS__WATCH": "eu-west-1", CDK_VARIABLE: name, **variables}
    with tempfile.TemporaryDirectory() as directory, Sandbox() as sandbox:
        deployment = Deployment(sandbox, Path(directory), settings=settings)
        try:
            for command in ("deploy", "destroy"):
                deployment.cdktf(command, STACK, "--auto-approve")
        except CommandFailed as error:
            print(f"{name} does not deploy: {error}", flush=True)
            return False
    return True


def test_python(version: str) -> Result | None:
    """Return the results of a Python; None if it is not there."""
    found = find_python(version)
    if not found:
        return None
    own = environment_of(found, version)
    variables = {"PATH": f"{own.parent}{os.pathsep}{os.environ['PATH']}"}
    text = subprocess.run([own, "--version"], capture_output=True, text=True, check=True).stdout
    return _result(text.split()[1], run_tests(own, variables), is_quiet(own, variables))


def test_node(name: str) -> Result | None:
    """Return the results of a Node.js; None if it is not there."""
    found = find_node(name)
    if not found:
        return None
    variables = {"PATH": f"{found}{os.pathsep}{os.environ['PATH']}"}
    python = Path(sys.executable)
    text = subprocess.run(
        [found / "node", "--version"], capture_output=True, text=True, check=True
    ).stdout
    result = _result(
        text.strip().lstrip("v"), run_tests(python, variables), is_quiet(python, variables)
    )
    return result | {each: deploys(each, variables) for each in CLIS}


def _result(version: str, tests: Result, quiet: bool) -> Result:
    return {"version": version, "date": f"{datetime.now(UTC):%Y-%m-%d}", "quiet": quiet} | tests


def main(arguments: Sequence[str]) -> int:
    """Test what the arguments name, or everything; return 1 if a test failed."""
    known = results()
    failed = False
    for name in arguments or (*PYTHONS, *NODES):
        print(f"Testing {name} …", flush=True)
        result = test_node(name) if name in NODES else test_python(name)
        known[name] = result
        RESULTS.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        # At once: the next version's tests compare the page with the results.
        page = reference.DOCS / "versions.md"
        page.write_text(reference.renewed(page.name), encoding="utf-8")
        print(f"{name}: {summary(result)}", flush=True)
        failed |= bool(result and (result["failed"] or not result["quiet"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
