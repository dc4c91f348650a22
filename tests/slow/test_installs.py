"""The lines of docs/versions.md for uv and pip: an environment that they make synthesises."""

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.support.synth import EMAIL

PROJECT = Path(__file__).resolve().parents[2]
PAGE = (PROJECT / "docs/versions.md").read_text()
LINES = dict(re.findall(r"^(\w+):\n\n```sh\n(.*)\n```", PAGE, re.MULTILINE))


@pytest.fixture(scope="module")
def uv(tmp_path_factory):
    """Return the folder of a uv that is not the user's."""
    directory = tmp_path_factory.mktemp("uv")
    venv.create(directory, with_pip=True)
    pip = [directory / "bin/python", "-m", "pip", "install", "--quiet", "uv"]
    subprocess.run(pip, check=True)
    return directory / "bin"


@pytest.fixture
def checkout(tmp_path):
    """Return a copy of what git knows, and of what it will: no environment, no settings."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    directory = tmp_path / "reprieve"
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes((PROJECT / name).read_bytes())
    return directory


@pytest.mark.parametrize("name", ["uv", "pip"])
def test_the_environment_synthesises(name, checkout, uv):
    """And has the command."""
    python = Path(sys.executable).resolve().parent  # not that of an environment
    environment = {
        each: text for each, text in os.environ.items() if not each.startswith("REPRIEVE_")
    } | {"PATH": os.pathsep.join([str(uv), str(python), os.environ["PATH"]]), **EMAIL}
    environment.pop("VIRTUAL_ENV", None)
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", LINES[name]], cwd=checkout, env=environment, check=True
    )
    own = checkout / ".venv/bin"
    for command in ([own / "python", "main.py"], [own / "reprieve", "validate"]):
        subprocess.run(command, cwd=checkout, env=environment, check=True)
    assert (checkout / "cdktf.out/stacks/reprieve/cdk.tf.json").is_file()
