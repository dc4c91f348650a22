"""Run the demo. Exit code 0: every key ended as the settings say, and the second plan is empty."""

import argparse
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console
from rich.live import Live

from demo import aws, exempt
from demo.rescue import Rescue, rescue
from demo.screen import print_mail, progress, rescue_table
from reprieve.errors import ExitCode, ReprieveError
from reprieve.settings.loader import load
from sandbox.deployment import EXAMPLE, PROJECT, STACK, CommandFailed, Deployment, deployer
from sandbox.server import Sandbox

# More than terraform's default of 10: it waits for answers, not for the processor.
PARALLELISM = "--terraform-parallelism=40"
# Only the threat that Reprieve undoes, and no patrol, whose first look is hours away: with all of
# it the demo would take two minutes longer in 17 Regions.
SETTINGS = {
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_PATROL__ENABLED": "false",
}


def main() -> ExitCode:
    """Deploy, schedule deletions, watch, plan again, destroy; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the sandbox running at the end")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument(
        "--exempt", action="store_true", help="show deletions that the settings exempt"
    )
    shown.add_argument("--aws", action="store_true", help="show AWS's own pattern to the letter")
    arguments = parser.parse_args()
    keep = arguments.keep

    console = Console(highlight=False)
    started = time.monotonic()
    try:
        variables = dict(
            exempt.SETTINGS if arguments.exempt else aws.SETTINGS if arguments.aws else SETTINGS
        )
        settings = load(variables | {"REPRIEVE_SETTINGS": str(EXAMPLE)}, PROJECT)
        directory = PROJECT / "build" / "demo"
        # The state of an earlier demo describes a sandbox that no longer exists.
        shutil.rmtree(directory, ignore_errors=True)
        with Sandbox() as sandbox:
            # The demo's own deployment raises no alert.
            deployment = Deployment(sandbox, directory, settings=variables | deployer(sandbox))
            regions = settings.regions.watched
            rows = exempt.rows(regions) if arguments.exempt else [Rescue(r) for r in regions]
            all_ok = run(console, sandbox, deployment, rows)
            if arguments.aws:
                console.print(f"\n{aws.LIMITS}")
            if not keep:
                with progress(console, "cdktf destroy") as on_line:
                    deployment.cdktf(
                        "destroy", STACK, "--auto-approve", PARALLELISM, on_line=on_line
                    )
            console.print(f"\nThe demo took {time.monotonic() - started:.0f} seconds.")
            if keep:
                keep_running(console, sandbox, deployment)
    except ReprieveError as error:
        console.print(error.report, style="red", markup=False)
        return error.exit_code
    except CommandFailed as error:
        console.print(str(error), style="red", markup=False)
        return ExitCode.FAILED
    except KeyboardInterrupt:
        console.print("Interrupted. The sandbox and everything in it are gone.")
        return ExitCode.INTERRUPTED
    return ExitCode.OK if all_ok else ExitCode.FAILED


def run(console: Console, sandbox: Sandbox, deployment: Deployment, rows: list[Rescue]) -> bool:
    """Deploy and test it; return whether every key ended as expected and a second plan is empty."""
    console.print(
        f"Reprieve on a local AWS ({sandbox.endpoint}): the settings of {EXAMPLE.name}, "
        f"{len({row.region for row in rows})} Regions."
    )
    for name, value in deployment.settings.items():
        if not name.startswith("REPRIEVE_"):
            continue
        console.print(f"  {name}={value}", markup=False, soft_wrap=True)
    console.print()
    with progress(console, "cdktf deploy ") as on_line:
        deployment.cdktf("deploy", STACK, "--auto-approve", PARALLELISM, on_line=on_line)

    console.print("\nIn every Region a key is created, and its deletion scheduled.\n")
    caller_of = exempt.callers(sandbox) if any(row.by for row in rows) else lambda row: None
    with (
        Live(rescue_table(rows), console=console, refresh_per_second=8) as live,
        ThreadPoolExecutor(max_workers=8) as pool,
    ):
        pending = [pool.submit(rescue, sandbox, row, caller_of(row)) for row in rows]
        while not all(future.done() for future in pending):
            live.update(rescue_table(rows))
            time.sleep(0.1)
        live.update(rescue_table(rows))
    if not console.is_terminal:
        console.print()  # Live ends its last line on a terminal only

    if alerted := next((row for row in rows if row.alert), None):
        print_mail(console, f"One alert, as it reaches {', '.join(alerted.alerted)}", alerted.alert)
        for mail in sandbox.mails:
            if alerted.key_id in mail.body and mail.body != alerted.alert:
                print_mail(console, f'The result, "{mail.subject}"', mail.body)
        console.print()

    with progress(console, "cdktf diff   ") as on_line:
        deployment.cdktf("diff", STACK, PARALLELISM, on_line=on_line)
        changes = deployment.planned_changes()
    if changes:
        console.print(f"The second plan is not empty: {changes}", style="red", markup=False)
    else:
        console.print("  No changes: what was deployed is what the settings say.")
    return all(row.as_expected for row in rows) and not changes


def keep_running(console: Console, sandbox: Sandbox, deployment: Deployment) -> None:
    """Print how to look at the sandbox, and keep it running until Ctrl-C."""
    console.print("\nThe sandbox keeps running. In another terminal:\n")
    for name, value in sandbox.environment().items():
        console.print(f"  export {name}={value}", markup=False, soft_wrap=True)
    console.print(
        f"""
  aws kms list-keys --region eu-west-1             # or any other call of the AWS command line
  curl {sandbox.endpoint}/_sandbox/deliveries   # what EventBridge delivered
  curl {sandbox.endpoint}/_sandbox/executions   # what Systems Manager ran
  curl {sandbox.endpoint}/_sandbox/mails        # the e-mails that were sent
  terraform -chdir={deployment.stack_directory.relative_to(PROJECT)} state list

Ctrl-C stops it.""",
        markup=False,
        soft_wrap=True,
    )
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        console.print("\nStopped.")


if __name__ == "__main__":
    sys.exit(main())
