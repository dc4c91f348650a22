"""The command `reprieve adopt`."""

from collections.abc import Sequence
from typing import Any

from reprieve.adopt.adopt import Adoption, adoption_of
from reprieve.adopt.plan import Step, plan_of
from reprieve.aws.opening import Access
from reprieve.cli.common import (
    AsJson,
    ExternalId,
    Format,
    OutputFormat,
    Profiles,
    Regions,
    Report,
    Roles,
    Timeout,
    access_of,
    asked_regions,
    chosen,
    console,
    exit_with,
    open_accounts,
    region_count,
)
from reprieve.cli.output import print_as
from reprieve.cli.views.adopt import show
from reprieve.cli.views.csv_rows import ADOPT_COLUMNS, adopt_rows
from reprieve.cli.views.progress import progress
from reprieve.settings.loader import load
from reprieve.settings.schema import Settings


def adopt(
    region: Regions = None,
    profile: Profiles = None,
    role_arn: Roles = None,
    external_id: ExternalId = None,
    timeout: Timeout = 300,
    format: Format = OutputFormat.TABLE,
    as_json: AsJson = False,
) -> None:
    """Find AWS's own pattern, and plan how to replace it.

    Finds the deployments of AWS's pattern "Monitor and remediate scheduled deletion of AWS KMS
    keys" in every enabled Region: stacks, stack sets, and rules that were made by hand. Prints what
    they do not cover, and the steps that replace them while every Region stays guarded. It changes
    nothing.

    \b
    Exit codes:
      0  nothing of the pattern is deployed
      1  something of it is deployed, or something could not be read
      2  the settings, the options or the credentials have an error
    """  # noqa: D301 - click reads the \b: the lines that follow stay as they are
    format = chosen(format, as_json)
    access = access_of(profile, role_arn, external_id)
    report = _find(load().accounts, region, access, timeout)
    plan = plan_of(report.accounts)
    replaced = not report.closed and all(each.is_replaced for each in report.accounts)
    print_as(
        format,
        as_json=lambda: _as_json(report, plan, replaced=replaced),
        columns=ADOPT_COLUMNS,
        rows=lambda: adopt_rows(report.accounts),
        view=lambda: show(report.accounts, plan, console(), closed=len(report.closed)),
    )
    exit_with(replaced)


def _as_json(report: Report[Adoption], plan: Sequence[Step], *, replaced: bool) -> dict[str, Any]:
    steps = [each.as_json() for each in plan]
    return report.as_json("replaced", passed=replaced) | {"plan": steps}


def _find(
    accounts: Sequence[Settings], region: list[str] | None, access: Access, timeout: float
) -> Report[Adoption]:
    chosen_accounts, asked = asked_regions(region, accounts)
    opened, closed = open_accounts(access, chosen_accounts)
    with progress("Searching for AWS's pattern", region_count(opened, asked)) as done:
        found = [
            adoption_of(
                each.account,
                each.settings,
                only=asked[each.settings.stack],
                timeout=timeout,
                done=done,
            )
            for each in opened
        ]
    return Report(found, closed)
