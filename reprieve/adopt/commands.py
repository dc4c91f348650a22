"""Commands of the AWS CLI, as text that can be copied."""

import shlex
from dataclasses import dataclass

from reprieve.aws.account import Account


@dataclass(frozen=True)
class Command:
    """A command to run; `account` is that whose credentials it needs, None for any."""

    text: str
    account: str | None = None
    region: str | None = None


def aws(account: Account, region: str, *words: str) -> Command:
    """Return a command of the AWS CLI in a Region of an account."""
    profile = ("--profile", account.profile) if account.profile else ()
    return Command(shlex.join(["aws", *words, "--region", region, *profile]), account.id, region)
