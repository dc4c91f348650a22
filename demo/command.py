"""What `make demo` does, step by step."""

import argparse
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from demo import aws, exempt
from demo.playground import keep_running
from demo.rescue import FEW_REGIONS, REGIONS, Rescue, rescue
from demo.screen import Screen
from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.loader import load
from reprieve.text import counted
from sandbox.deployment import EXAMPLE, PROJECT, STACK, Deployment, deployer
from sandbox.processes import CommandFailed
from sandbox.server import Sandbox

# More than terraform's default of 10: it waits for answers, not for the processor.
PARALLELISM: Final = "--terraform-parallelism=40"
# Only the threat that Reprieve undoes, and no patrol, whose first look is hours away: with all of
# it the demo would take minutes.
SHORT: Final = {
    "REPRIEVE_REGIONS__WATCH": REGIONS,
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_PATROL__ENABLED": "false",
}

# Everything that is the default, but in few Regions: in 17 the deployment takes three minutes, and
# each command that follows half a minute.
COMPLETE: Final = {"REPRIEVE_REGIONS__WATCH": FEW_REGIONS}


def run(arguments: Sequence[str] | None = None) -> ExitCode:
    """Deploy, schedule deletions, watch, plan again, destroy.

    Args:
        arguments: Those of the command line, if they are not given.

    Returns:
        OK if every key ended as the settings say, and the second plan is empty.
    """
    chosen = _parser().parse_args(arguments)
    screen = Screen()
    started = time.monotonic()
    try:
        # The state of an earlier demo describes a sandbox that no longer exists.
        shutil.rmtree(chosen.directory, ignore_errors=True)
        chosen.directory.mkdir(parents=True)
        file = shutil.copyfile(EXAMPLE, chosen.directory / "reprieve.toml")
        variables = _variables(chosen)
        settings = load(variables, chosen.directory).only
        regions = settings.regions.watched
        rows = exempt.rows(regions) if chosen.exempt else [Rescue(region) for region in regions]
        with Sandbox() as sandbox:
            # The demo's own deployment raises no alert.
            deployment = Deployment(
                sandbox,
                chosen.directory,
                settings_file=file,
                settings=variables | deployer(sandbox),
            )
            all_ok = show(screen, sandbox, deployment, rows)
            if chosen.aws:
                screen.print(f"\n{aws.LIMITS}")
            if not chosen.keep:
                cdktf(screen, deployment, "destroy", "--auto-approve")
            screen.print(f"\nThe demo took {time.monotonic() - started:.0f} seconds.")
            if chosen.keep:
                keep_running(screen, sandbox, deployment, rows)
    except ReprieveError as error:
        screen.complain(error.report)
        return error.exit_code
    except CommandFailed as error:
        screen.complain(str(error))
        return ExitCode.FAILED
    return ExitCode.OK if all_ok else ExitCode.FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m demo",
        description="Deploy Reprieve to a local AWS, and let it rescue a key in every Region.",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="deploy the complete default guard, and keep the local AWS running at the end",
    )
    parser.add_argument(
        "--regions",
        metavar="REGION,...",
        help="the Regions to watch; `default`: the 17 of every account (default: five, or three "
        "with --keep)",
    )
    parser.add_argument(
        "--directory",
        type=Path,
        default=PROJECT / "build" / "demo",
        help="the working directory, which is emptied first (default: build/demo)",
    )
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--exempt", action="store_true", help="show deletions that the settings exempt"
    )
    shown.add_argument("--aws", action="store_true", help="show AWS's own pattern to the letter")
    return parser


def _variables(chosen: argparse.Namespace) -> dict[str, str]:
    """Return the settings that differ from the file's."""
    if chosen.exempt:
        variables = dict(exempt.SETTINGS)
    elif chosen.aws:
        variables = dict(aws.SETTINGS)
    else:
        variables = dict(COMPLETE if chosen.keep else SHORT)
    return variables | ({"REPRIEVE_REGIONS__WATCH": chosen.regions} if chosen.regions else {})


def show(screen: Screen, sandbox: Sandbox, deployment: Deployment, rows: Sequence[Rescue]) -> bool:
    """Deploy and test it; return whether every key ended as expected and a second plan is empty."""
    regions = len({row.region for row in rows})
    screen.print(
        f"Reprieve on a local AWS ({sandbox.endpoint}), in {counted(regions, 'Region')}, "
        "with the default settings"
        f"{' and:' if deployment.settings else '.'}"
    )
    for name, value in deployment.settings.items():
        if name.startswith("REPRIEVE_"):
            screen.print(f"  {name}={value}")
    screen.print()
    cdktf(screen, deployment, "deploy", "--auto-approve")
    # From now on cdktf needs no --skip-provider-lock.
    deployment.keep_lock_file()

    screen.print("\nIn every Region a key is created, and its deletion scheduled.\n")
    _rescue_all(screen, sandbox, rows)
    if alerted := next((row for row in rows if row.alert), None):
        screen.print_mail(f"One alert, as it reaches {', '.join(alerted.alerted)}", alerted.alert)
        for mail in sandbox.mails:
            if alerted.key_id in mail.body and mail.body != alerted.alert:
                screen.print_mail(f'The result, "{mail.subject}"', mail.body)
    screen.print()

    cdktf(screen, deployment, "diff")
    changes = deployment.planned_changes()
    if changes:
        screen.complain(f"The second plan is not empty: {changes}")
    else:
        screen.print("  No changes: what was deployed is what the settings say.")
    return all(row.as_expected for row in rows) and not changes


def cdktf(screen: Screen, deployment: Deployment, command: str, *options: str) -> None:
    """Run a cdktf command, and show how far it is."""
    with screen.progress(f"cdktf {command}") as on_line:
        deployment.cdktf(command, STACK, *options, PARALLELISM, on_line=on_line)


def _rescue_all(screen: Screen, sandbox: Sandbox, rows: Sequence[Rescue]) -> None:
    caller_of = exempt.callers(sandbox) if any(row.by for row in rows) else lambda row: None
    pool = ThreadPoolExecutor(max_workers=8)
    try:
        with screen.rescues(rows) as update:
            pending = [pool.submit(rescue, sandbox, row, caller_of(row)) for row in rows]
            while not all(future.done() for future in pending):
                update()
                time.sleep(0.1)
    finally:
        # After Ctrl-C the sandbox stops, and with it the rescues that have begun.
        pool.shutdown(wait=False, cancel_futures=True)
