"""Following the plan of `reprieve adopt` in the sandbox, while keys are in danger at each step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox
from tests.support.aws_commands import run_aws
from tests.support.operator import Printed

Place = tuple[str, str]
"""An account and a Region."""


def assert_guarded(sandbox: Sandbox, places: Sequence[Place], when: str) -> None:
    """Schedule the deletion of a new key in each place: it is cancelled and somebody is notified.

    The key is named by its id, which Amazon's runbook requires.
    """
    keys = {}
    for account, region in places:
        kms = sandbox.client("kms", region, account)
        keys[account, region] = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.schedule_key_deletion(KeyId=keys[account, region], PendingWindowInDays=7)
    sandbox.settle(60)
    for (account, region), key in keys.items():
        kms = sandbox.client("kms", region, account)
        state = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
        assert state == "Disabled", f"{when}: nobody cancelled in {region} of {account}"
        mails = [mail for mail in sandbox.mails if key in mail.body]
        assert mails, f"{when}: nobody was notified in {region} of {account}"


def follow(
    sandbox: Sandbox,
    run: Callable[..., Printed],
    deploy: Callable[[], object],
    places: Sequence[Place],
    *options: str,
) -> list[str]:
    """Run every command of the plan in its order; return the titles of its steps.

    After each command every place is guarded. A person would type the commands: `deploy` stands for
    the deployment, and each command of Reprieve has to succeed where the plan says so.
    """
    plan: list[Mapping[str, Any]] = run("adopt", "--json", *options).json["plan"]
    assert_guarded(sandbox, places, "before the plan")
    for step in plan:
        for command in step["commands"]:
            text = command["text"]
            if text.startswith("aws "):
                run_aws(sandbox, text, command["account"] or ACCOUNT_ID)
            elif text.startswith("npx cdktf deploy"):
                deploy()
            elif text != "reprieve diff":  # it only shows what the deployment does
                _run(run, text.split()[1], options)
            assert_guarded(sandbox, places, text)
    return [step["title"] for step in plan]


def _run(run: Callable[..., Printed], name: str, options: Sequence[str]) -> None:
    """Run a command of Reprieve, as the plan has it, and expect that it passes."""
    given = {"drill": ("--yes",), "adopt": options}.get(name, ())
    printed = run(name, *given)
    assert printed.exit_code == 0, printed.text
