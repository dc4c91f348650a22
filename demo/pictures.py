"""Export the pictures of the README from real runs: `python -m demo.pictures`, or `make pictures`.

The demo, a status, a diff and an alert become SVG files in docs/pictures/. What differs from run to
run (ids, dates) is replaced, so that another run changes few lines: only durations.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from demo import svg
from demo.rescue import FEW_REGIONS, Rescue, rescue
from demo.roles import assume_new_role
from sandbox.deployment import PROJECT, Deployment, deployer
from sandbox.server import Sandbox
from sandbox.sns.emails import Mail

PICTURES: Final = PROJECT / "docs" / "pictures"
_WORK: Final = PROJECT / "build" / "pictures"
_COLUMNS: Final = 100
_REGION: Final = "eu-west-1"
_RULE: Final = "reprieve-key-deletion-scheduled"

_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")
_REPLACED: Final = {
    r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d": "2026-01-15T03:01:17",
    r"20\d\d-\d\d-\d\d([T ])\d\d:\d\d(?!:)": r"2026-01-15\g<1>03:01",
    r"\b20\d\d-\d\d-\d\d(?![T ]\d)\b": "2026-01-15",
    r"\b\d\d-\d\d \d\d:\d\d\b": "01-15 03:01",
    r"[A-Z][a-z]{2} \d{1,2}, \d{4} \d{1,2}:\d\d:\d\d [AP]M": "Jan 22, 2026 3:01:17 AM",
    r"http://127\.0\.0\.1:\d+": "http://127.0.0.1:5000",
}
"""What differs from run to run, and what stands for it."""


def normalised(text: str) -> str:
    """Return an output without what differs from run to run.

    The examples of AWS's documentation take the place of ids. Dates keep their width.
    """
    ids: dict[str, str] = {}

    def example(found: re.Match[str]) -> str:
        return ids.setdefault(found[0], f"1234abcd-12ab-34cd-56ef-1234567890{0xAB + len(ids):02x}")

    text = _ID.sub(example, text)
    for pattern, replacement in _REPLACED.items():
        text = re.sub(pattern, replacement, text)
    return text


class _Terminal:
    """Somebody's terminal: it runs commands, and shows what they print."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self._directory = directory
        self._environment = {
            **environment,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}",
            "FORCE_COLOR": "1",
            "TERM": "xterm-256color",
            "COLUMNS": str(_COLUMNS),
        }
        self._environment.pop("NO_COLOR", None)

    def picture(self, name: str, title: str, command: str, **variables: str) -> None:
        """Run a command, and draw the terminal as docs/pictures/NAME.svg."""
        done = subprocess.run(
            command.split(),
            cwd=self._directory,
            env=self._environment | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # progress, which moves
            encoding="utf-8",
            check=False,
        )
        if not done.stdout.strip():
            raise RuntimeError(f"{command} printed nothing: exit code {done.returncode}.")
        write(name, svg.terminal(title, f"$ {title}\n{normalised(done.stdout)}", _COLUMNS))


def write(name: str, picture: str) -> None:
    """Write a picture, and print its name."""
    file = PICTURES / f"{name}.svg"
    file.write_text(picture, encoding="utf-8")
    print(file.relative_to(PROJECT), flush=True)


def _demo() -> None:
    """Draw `make demo`."""
    program = f"{sys.executable} -m demo --directory {_WORK / 'demo'}"
    _Terminal(PROJECT, os.environ).picture("demo", "make demo", program)


def _guard(sandbox: Sandbox) -> None:
    """Draw what a deployed guard sends, and what the commands show of it."""
    settings = {"REPRIEVE_REGIONS__WATCH": FEW_REGIONS} | deployer(sandbox)
    deployment = Deployment(sandbox, _WORK / "guard", settings=settings)
    deployment.deploy()
    (deployment.directory / "main.py").symlink_to(PROJECT / "main.py")
    terminal = _Terminal(deployment.directory, deployment.environment() | sandbox.environment())

    row = Rescue(_REGION)
    caller = assume_new_role(sandbox, "decommissioner", "kms:ScheduleKeyDeletion")
    rescue(sandbox, row, caller("kms", _REGION))
    if not row.as_expected:
        raise RuntimeError(f"The key was not rescued: {row.problem}")
    (alert,) = (mail for mail in sandbox.mails if mail.body == row.alert)
    write("alert", _mail(alert))

    terminal.picture("status", "reprieve status", "reprieve status")
    sandbox.client("events", _REGION).disable_rule(Name=_RULE)
    sandbox.settle()
    terminal.picture("status-broken", "reprieve status", "reprieve status")
    terminal.picture(
        "diff",
        "reprieve diff",
        "reprieve diff",
        REPRIEVE_RELIABILITY__STORM_THRESHOLD="500",
    )


def _mail(mail: Mail) -> str:
    # As SNS sends it: "Amazon SNS email notifications", and the topic's display name.
    heads = {
        "From": f"Reprieve {_REGION} <no-reply@sns.amazonaws.com>",
        "To": ", ".join(mail.recipients),
        "Subject": mail.subject or "AWS Notification Message",
    }
    # An address for documentation, RFC 5737, in place of the sandbox's.
    body = normalised(mail.body).replace("127.0.0.1", "203.0.113.7")
    return svg.mail(heads, body, _COLUMNS)


def main() -> None:
    """Write all pictures."""
    shutil.rmtree(_WORK, ignore_errors=True)
    PICTURES.mkdir(exist_ok=True)
    with Sandbox() as sandbox:
        _guard(sandbox)
    _demo()


if __name__ == "__main__":
    main()
