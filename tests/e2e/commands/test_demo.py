"""`make demo KEEP=1`: what it prints works as printed, in another terminal."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.deployment import PROJECT
from tests.support.terminal import run_in_terminal

pytestmark = pytest.mark.long

REGION = "eu-west-1"
INTERRUPTED = "Interrupted: everything that the demo started is stopped.\n"


def start(directory, *options, **streams):
    """Start the demo in one Region, whatever the environment says."""
    return subprocess.Popen(
        [sys.executable, "-m", "demo", "--regions", REGION, "--directory", directory, *options],
        cwd=PROJECT,
        env=os.environ | {"REPRIEVE_REGIONS__WATCH": "nowhere", "TF_WORKSPACE": "other"},
        text=True,
        encoding="utf-8",
        **streams,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Start a demo, and wait until it says how to use it. Return what it printed."""
    directory = tmp_path_factory.mktemp("kept") / "Prüfung's 測試"
    with start(directory, "--keep", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as demo:
        lines = []
        for line in demo.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        yield "".join(lines)
        demo.send_signal(signal.SIGINT)
        assert demo.stdout.read() == "\nStopped.\n"
    assert demo.returncode == 0
    assert not (directory / "env.sh").exists()


def printed(kept):
    """Return the line that another terminal reads, and the commands to try."""
    (source,) = re.findall(r"^  (source .*)$", kept, re.MULTILINE)
    commands = kept.partition("Try:\n")[2]
    return source, re.findall(r"^  (\S.*)$", commands, re.MULTILINE)


STORY = [
    # how a command begins, its exit code, what it prints
    ("reprieve status", 0, ""),
    ("(aws|python) .*disable.rule", 0, ""),
    ("(aws|python) .*schedule.key.deletion", 0, "PendingDeletion"),
    ("reprieve status", 1, "reprieve-key-deletion-scheduled"),
    ("curl .*/mails ", 0, "DisableRule"),
    ("reprieve diff", 3, "DISABLED → ENABLED"),
    ("npx cdktf deploy reprieve", 0, "1 changed"),
    ("reprieve sweep", 1, "PendingDeletion"),
    ("reprieve sweep --cancel", 0, ""),
    ("reprieve drill", 0, ""),
    ("reprieve status", 0, ""),
]


def test_the_printed_commands_tell_the_story(kept):
    """As printed, whatever the terminal has set before. Another test destroys what is deployed.

    cdktf does not ask for approval: on a busy machine its prompt was sometimes not shown, and
    Terraform waited for it for ever.
    """
    source, commands = printed(kept)
    assert commands.pop() == "npx cdktf destroy reprieve"
    for command, (begins, _, _) in zip(commands, STORY, strict=True):
        assert re.match(begins, command)
    for command, (_, code, shows) in zip(commands, STORY, strict=True):
        shown = run_in_terminal(
            f"export AWS_PROFILE=mine REPRIEVE_NOTIFY__EMAILS=me TF_WORKSPACE=other; {source} && "
            f"export CDKTF_AUTO_APPROVE=true && {command}"
        )
        assert (command, shown.exit_code) == (command, code), shown.text
        assert shows in shown.text


def running_in(directory):
    """Return the programs that run in a directory or under it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            where = (process / "cwd").resolve()
            if where.is_relative_to(directory):
                found.append((process / "cmdline").read_text())
        except OSError:  # it has ended
            continue
    return found


@pytest.mark.parametrize("moment", [".", ".terraform.reprieve.tfstate.lock.info"])
def test_ctrl_c_ends_it_with_one_sentence(tmp_path, moment):
    """While the local AWS starts, and while terraform deploys."""
    directory = tmp_path / "demo"
    with start(directory, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as demo:
        while not (directory / moment).exists():
            assert demo.poll() is None
            time.sleep(0.05)
        demo.send_signal(signal.SIGINT)
        errors = demo.stderr.read()
    assert demo.returncode == 130
    assert [line for line in errors.splitlines(True) if not line.startswith("cdktf ")] == [
        INTERRUPTED
    ]
    assert running_in(directory) == []
