"""Whether the programs are there that Reprieve runs: Python, Node.js, npm, Terraform."""

import os
import re
import shutil
import subprocess
import sys

from reprieve.environment.cdk import chosen
from reprieve.environment.check import Check
from reprieve.environment.requirements import PYTHON, TERRAFORM

TERRAFORM_VARIABLE = "TERRAFORM_BINARY_NAME"
"""Names the terraform to run, for cdktf too."""

# `terraform version` asks HashiCorp for a newer one, and would wait for the answer.
_QUIETLY = {"CHECKPOINT_DISABLE": "1"}
_TIMEOUT = 30
_NODE_HINT = "Install Node.js {} or newer, with npm: https://nodejs.org/en/download"
_TERRAFORM_HINT = "Install Terraform {} or newer: https://developer.hashicorp.com/terraform/install"


def python_check() -> Check:
    """Check the Python that runs this."""
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info >= PYTHON:
        return Check("Python", f"{found} ({sys.executable})")
    return Check(
        "Python",
        f"Python {found} ({sys.executable}) is too old.",
        "Install Python {0} or newer, and name it: make setup PYTHON=python{0}".format(
            _text(PYTHON)
        ),
    )


def node_check() -> Check:
    """Check the Node.js that runs cdktf or cdktn, and the Node.js part of the app."""
    minimum = chosen().node
    return _program("Node.js", "node", "--version", minimum, _node_hint(), "Node.js")


def npm_check() -> Check:
    """Check that npm is there: Node.js brings it, and `make setup` installs cdktf with it."""
    found = shutil.which("npm")
    if found:
        return Check("npm", found)
    return Check("npm", "npm is not on PATH.", _node_hint())


def terraform_program() -> str:
    """Return the terraform to run, as a name on PATH or a path."""
    return os.environ.get(TERRAFORM_VARIABLE) or "terraform"


def terraform_check() -> Check:
    """Check the terraform that cdktf and `reprieve diff` run."""
    hint = _TERRAFORM_HINT.format(_text(TERRAFORM))
    named = os.environ.get(TERRAFORM_VARIABLE)
    who = f"{named} ({TERRAFORM_VARIABLE} names it)" if named else "Terraform"
    return _program("Terraform", terraform_program(), "version", TERRAFORM, hint, who)


def _program(
    name: str, program: str, argument: str, minimum: "tuple[int, int]", hint: str, who: str
) -> Check:
    """Check that a program is on PATH, runs, and is not too old."""
    path = shutil.which(program)
    if not path:
        return Check(name, f"{who} is not on PATH.", hint)
    try:
        done = subprocess.run(
            [path, argument],
            env=dict(os.environ, **_QUIETLY),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,  # capture_output is newer than Python 3.6
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT,
            check=False,
        )
        printed = done.stdout.decode("utf-8", "replace")
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(name, f"{name} ({path}) does not run: {error}.", hint)
    version = re.search(r"v(\d+)\.(\d+)\S*", printed)
    if done.returncode or not version:
        return Check(name, f"{name} ({path}) does not say its version: `{argument}` failed.", hint)
    text = version[0][1:]
    if (int(version[1]), int(version[2])) < minimum:
        return Check(name, f"{name} {text} ({path}) is too old.", hint)
    return Check(name, f"{text} ({path})")


def _text(version: "tuple[int, int]") -> str:
    return ".".join(map(str, version))


def _node_hint() -> str:
    return _NODE_HINT.format(_text(chosen().node).replace(".0", ""))
