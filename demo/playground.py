"""`make demo KEEP=1`: the demo's directory becomes a project to play with, in a second terminal."""

import shlex
import shutil
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from demo.rescue import Rescue
from demo.screen import Screen
from sandbox.deployment import PROJECT, STACK, Deployment
from sandbox.server import Sandbox

ENV_FILE: Final = "env.sh"
_RULE: Final = "reprieve-key-deletion-scheduled"
_REGION: Final = "eu-west-1"
_LAST_MAIL: Final = "python -c 'import json, sys; print(json.load(sys.stdin)[-1][\"body\"])'"

# Variables of the user's that would change where Reprieve is deployed, or with what settings.
_FOREIGN: Final = (
    r"(AWS_|REPRIEVE_|CDKTF_|TF_VAR_|TF_CLI_ARGS)[A-Za-z0-9_]*|TF_WORKSPACE|TF_DATA_DIR"
)


@dataclass(frozen=True)
class Step:
    """Something to try: what it shows, and the commands."""

    shows: str
    commands: tuple[str, ...]


def prepare(directory: Path, variables: Mapping[str, str]) -> Path:
    """Make the demo's directory one in which the commands of the README work.

    Args:
        directory: It has the settings, the state, and the lock file of the deployment.
        variables: What the commands need: the endpoint, the credentials, the provider's mirror.

    Returns:
        The file that a terminal reads with `source`.
    """
    (directory / "main.py").symlink_to(PROJECT / "main.py")
    # npx looks for cdktf here.
    (directory / "node_modules").symlink_to(PROJECT / "node_modules")
    file = directory / ENV_FILE
    file.write_text(_env_script(directory.resolve(), variables), encoding="utf-8")
    return file.resolve()


def _env_script(directory: Path, variables: Mapping[str, str]) -> str:
    # sys.executable is that of the project's environment, and `reprieve` is beside it.
    programs = shlex.quote(str(Path(sys.executable).parent))
    exports = "".join(f"export {name}={shlex.quote(variables[name])}\n" for name in variables)
    return f"""\
# Written by `make demo KEEP=1`, for bash and zsh. It makes a terminal use the local AWS.
for reprieve_name in $(env | sed -nE 's/^({_FOREIGN})=.*/\\1/p'); do unset "$reprieve_name"; done
unset reprieve_name
export PATH={programs}:"$PATH"
{exports}cd {shlex.quote(str(directory))}
"""


def variables_of(sandbox: Sandbox, deployment: Deployment) -> dict[str, str]:
    """Return what the commands need. They run as the account's root, so that changes are noticed.

    The user that deployed the demo is exempt from the alerts about changes of the guard.
    """
    kept = {
        name: value
        for name, value in deployment.variables().items()
        # The directory has a file of the default name, and in a terminal terraform may ask.
        if name not in ("REPRIEVE_SETTINGS", "TF_IN_AUTOMATION", "TF_INPUT")
    }
    return kept | sandbox.environment()


def steps(rows: Sequence[Rescue], endpoint: str, *, has_aws: bool) -> list[Step]:
    """Return what to try, in an order that tells a story.

    Args:
        rows: The rescued keys. One of them is scheduled for deletion again.
        endpoint: The URL of the sandbox.
        has_aws: Whether the AWS command line is installed. Otherwise it is Python and boto3.
    """
    row = next((row for row in rows if row.region == _REGION), rows[0])
    region, key = row.region, row.key_id
    if has_aws:
        disable = f"aws events disable-rule --region {region} --name {_RULE}"
        schedule = f"aws kms schedule-key-deletion --region {region} --key-id {key}"
    else:
        disable = _boto3("events", region, f"disable_rule(Name={_RULE!r})")
        schedule = _boto3("kms", region, f"schedule_key_deletion(KeyId={key!r})")
    return [
        Step("Every check passes:", ("reprieve status",)),
        Step(
            f"Break the guard. Disable the rule that rescues keys in {region}, then schedule the "
            "deletion of a key there, which no rule cancels now:",
            (disable, schedule),
        ),
        Step("The status names the rule:", ("reprieve status",)),
        Step(
            "The guard reported the change by e-mail:",
            (f"curl -s {endpoint}/_sandbox/mails | {_LAST_MAIL}",),
        ),
        Step(
            "See what a deployment changes, then deploy:",
            ("reprieve diff", f"npx cdktf deploy {STACK}"),
        ),
        Step(
            "Find the key that nothing rescued, and cancel its deletion:",
            ("reprieve sweep", "reprieve sweep --cancel --yes"),
        ),
        Step(
            "Prove that the guard works again, in every Region:",
            ("reprieve drill --yes", "reprieve status"),
        ),
        Step(
            "Remove the guard. The keys stay, those of the drill too:",
            (f"npx cdktf destroy {STACK}",),
        ),
    ]


def _boto3(service: str, region: str, call: str) -> str:
    return f'python -c "import boto3; print(boto3.client({service!r}, {region!r}).{call})"'


def keep_running(
    screen: Screen, sandbox: Sandbox, deployment: Deployment, rows: Sequence[Rescue]
) -> None:
    """Print how to use the local AWS, and keep it running until Ctrl-C."""
    variables = variables_of(sandbox, deployment)
    file = prepare(deployment.directory, variables)
    screen.print("\nThe local AWS keeps running.", style="bold")
    screen.print("In a second terminal, with bash or zsh, type:\n")
    screen.print(f"  source {shlex.quote(str(file))}\n")
    screen.print(
        "This changes to a directory with settings (reprieve.toml) and a state of its own,"
    )
    screen.print("and sets these variables. The credentials are not real:\n")
    for name, value in variables.items():
        screen.print(f"  {name}={shlex.quote(value)}")
    screen.print(
        "\nThe variables REPRIEVE_… override reprieve.toml. The credentials are the account's root,"
        "\nwhich is not one of exempt.deployers: so what you change sends alerts."
    )
    screen.print("\nAll commands of the README work there. Try:", style="bold")
    for step in steps(rows, sandbox.endpoint, has_aws=bool(shutil.which("aws"))):
        screen.print(f"\n{step.shows}\n")
        for command in step.commands:
            screen.print(f"  {command}")
    screen.print(
        f"\nMore to look at: curl {sandbox.endpoint}/_sandbox/deliveries (or /executions)."
    )
    screen.print("Ctrl-C stops the local AWS, and everything in it is gone.")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        # Sourced later, it would lead to an AWS that is gone.
        file.unlink(missing_ok=True)
        screen.print("\nStopped.")
