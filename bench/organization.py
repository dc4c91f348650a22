"""`reprieve status --organization` over very many accounts, with AWS's rates, in the sandbox."""

import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.accounts import MANAGEMENT, fill, ids, organize
from bench.process import base_environment, measure, summary
from bench.report import Table, usage_notes, usage_table, whole
from reprieve.organization.expected import administrator_of, expected_of
from reprieve.settings.loader import load
from sandbox.core.account import ACCOUNT_ID
from sandbox.core.quotas import Quotas
from sandbox.server import Sandbox

_COMMAND: Final = (sys.executable, "-m", "reprieve.cli", "status", "--organization")
_ATTENTION: Final = 1
"""The exit code of a command that finds a problem."""
_UNITS: Final = 20
_FAILED_EVERY: Final = 100
"""Of so many accounts, the stacks of one have failed."""
_SETTINGS: Final = """\
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = {{ account = "security", region = "eu-west-1", organization_id = "{organization}" }}

[organization]
engine = "stacksets"
organizational_units = ["{unit}"]

[accounts.security]
id = "{security}"

[accounts.management]
id = "{management}"
"""


@dataclass(frozen=True)
class Case:
    """A measurement: `rate` is the calls a second that the sandbox allows of each service."""

    accounts: int
    rate: float
    what: str


FULL: Final = (
    Case(1000, math.inf, "no limit"),
    Case(1000, 5, "5 a second"),
    Case(1000, 2, "2 a second"),
)
QUICK: Final = (Case(40, math.inf, "no limit"), Case(40, 2, "2 a second"))


def run(cases: Sequence[Case], directory: Path, report: Callable[[str], None]) -> dict[str, Any]:
    """Run the command once for each case; return the part of the JSON."""
    rows = []
    for case in cases:
        with Sandbox() as sandbox:
            directory.mkdir(parents=True, exist_ok=True)
            stacks = prepare(sandbox, case.accounts, directory)
            sandbox.quotas = quotas(case.rate)
            report(f"status --organization, {case.accounts:,} accounts, {case.what}")
            output = directory / "status.json"
            usage = measure(
                ["sh", "-c", f'"$0" "$@" > {output.name}', *_COMMAND, "--json", "--quiet"],
                directory,
                environment(sandbox, directory),
                exit_codes=(_ATTENTION,),
            )
            found = json.loads(output.read_text(encoding="utf-8"))
            read = found["read"]
            rows.append(
                {
                    "rate": case.what,
                    "accounts": case.accounts,
                    "instances": stacks,
                    "rows": len(found["rows"]),
                    "failed": found["states"]["failed"],
                    "calls": read["calls"],
                    "throttled": read["throttled"],
                }
                | summary([usage])
            )
    return {"rows": rows}


def prepare(sandbox: Sandbox, accounts: int, directory: Path) -> int:
    """Create the organization, the stack sets and the settings; return the number of stacks.

    The guards of one of `_FAILED_EVERY` accounts have failed.
    """
    unit = organize(sandbox, accounts, _UNITS)
    client = sandbox.client("organizations", "us-east-1", MANAGEMENT)
    organization = client.describe_organization()["Organization"]["Id"]
    text = _SETTINGS.format(
        organization=organization, unit=unit, security=ACCOUNT_ID, management=MANAGEMENT
    )
    (directory / "reprieve.toml").write_text(text, encoding="utf-8")
    settings = load({}, directory).accounts
    administrator = administrator_of(settings)
    assert administrator  # noqa: S101
    expected = expected_of(administrator, settings)
    stacks = 0
    for wanted in expected.sets:
        instances = fill(
            wanted.name, expected.region, wanted.template, unit, ids(accounts), wanted.regions
        )
        stacks += len(instances)
    for account in ids(accounts)[::_FAILED_EVERY]:
        for region in expected.sets[-1].regions:
            failed = instances[account, region]
            failed.status, failed.detail, failed.reason = "OUTDATED", "FAILED", "AccessDenied"
    return stacks


def quotas(per_second: float) -> Quotas:
    """Return quotas that limit the reading calls of StackSets and of Organizations."""
    return Quotas(stack_set_reads_per_second=per_second, organizations_reads_per_second=per_second)


def environment(sandbox: Sandbox, directory: Path) -> dict[str, str]:
    """Return the variables of the command."""
    return {
        **base_environment(),
        **sandbox.environment(),
        "XDG_CACHE_HOME": str(directory / "cache"),
    }


def tables(part: dict[str, Any]) -> list[Table]:
    """Return the table: a row for each rate."""
    what = {
        "AWS allows": lambda row: str(row["rate"]),
        "stacks": lambda row: whole(row["instances"]),
        "calls": lambda row: whole(row["calls"]),
        "throttled": lambda row: whole(row["throttled"]),
    }
    return [usage_table("`reprieve status --organization`", part["rows"], what)]


def notes(part: dict[str, Any]) -> list[str]:
    """Return sentences about what the table does not show."""
    return usage_notes(part["rows"])


def is_failed(part: dict[str, Any]) -> bool:
    """Return whether a run did not show every stack instance and every failure."""
    return any(row["rows"] < row["instances"] or not row["failed"] for row in part["rows"])
