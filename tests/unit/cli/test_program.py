"""The program `reprieve`, in a process of its own."""

import os
import subprocess
import sys

import pytest

from tests.support.interrupts import interrupted_import

pytestmark = pytest.mark.slow

_PROGRAM = """
sys.argv = ["reprieve", "threats"]
from reprieve.cli.__main__ import main
main()
"""


@pytest.mark.parametrize("module", ["typer", "boto3", "reprieve.cli.drill"])
def test_an_interrupt_while_modules_load_is_no_traceback(module):
    """Ctrl-C comes while one of them is searched for."""
    ended = subprocess.run(
        [sys.executable, "-c", interrupted_import(module, _PROGRAM)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "")


def test_the_program_runs_as_a_module():
    """Its usage names it `reprieve`."""
    ended = subprocess.run(
        [sys.executable, "-m", "reprieve.cli", "threats", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0
    assert ended.stdout.lstrip().startswith("Usage: reprieve threats")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("reprieve sta", ["status"]),
        ("reprieve status --only", ["--only-failed"]),
        ("reprieve status --region eu-west", ["eu-west-1", "eu-west-2", "eu-west-3"]),
        ("reprieve policy dr", ["drill"]),
    ],
)
def test_the_shell_completes_commands_options_and_values(words, expected):
    """As the script of `reprieve --show-completion` asks for them."""
    variables = {"_REPRIEVE_COMPLETE": "complete_bash", "COMP_WORDS": words}
    completed = subprocess.run(
        [sys.executable, "-m", "reprieve.cli"],
        env={**os.environ, **variables, "COMP_CWORD": str(len(words.split()) - 1)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert completed.stdout.split() == expected
