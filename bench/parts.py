"""The parts of `make bench`: what each measures, how long it takes, and how it is shown."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench import commands, deletions, organization, synth, synth_report, terraform
from bench.report import Table
from reprieve.settings.split import AREA, REGION

Measure = Callable[[Path, Callable[[str], None]], dict[str, Any]]
"""Measures in a directory, reports what it does, and returns the part of the JSON."""


@dataclass(frozen=True)
class Part:
    """One part. `text` is Markdown for the documentation, about what is measured."""

    title: str
    minutes: int
    full: Measure
    quick: Measure
    tables: Callable[[dict[str, Any]], list[Table]]
    notes: Callable[[dict[str, Any]], list[str]]
    text: str
    is_failed: Callable[[dict[str, Any]], bool] = lambda part: False


_SYNTH: Final = (*(synth.Size(each) for each in (1, 4, 17, 34)), synth.Size(17, accounts=10))
_MOST: Final = 33
"""How many Regions every provider can deploy to."""
_CASES: Final = (
    *(terraform.Case(each) for each in (1, 4, 17, _MOST)),
    *(terraform.Case(each, AREA) for each in (17, _MOST)),
    terraform.Case(17, REGION),
)

PARTS: Final[Mapping[str, Part]] = {
    "synth": Part(
        title="Synthesis",
        minutes=20,
        full=lambda directory, report: synth.run(_SYNTH, 3, directory, report),
        quick=lambda directory, report: synth.run([synth.Size(1)], 1, directory, report),
        tables=synth_report.tables,
        notes=synth_report.notes,
        text="""\
The time from the start of a process to its end, as a user waits for it, and the peak memory of all
its processes. Columns are Regions in one account, and 10 accounts with 17 Regions each:

- `python main.py` is what Reprieve does. More than five accounts are synthesised in several
  processes at once.
- "stock bindings" is the same with `REPRIEVE_STOCK_BINDINGS=1`:
  [architecture.md](architecture.md#fast-loading-of-the-aws-bindings).
- "CDK Terrain" is the same with `REPRIEVE_CDK=cdktn` ([cdktf.md](cdktf.md)), and with Node.js 22 if
  the one of all other ways is too old for it.
- "CDKTF for TypeScript" creates the same resources with the classes of `@cdktf/provider-aws`. It
  reads their arguments from the JSON that Reprieve synthesised, in plain JavaScript that loads only
  the modules that it uses. So it has no Python, no jsii, no settings and no logic of the guard: it
  is what CDKTF itself costs in Node.js.

All ways take turns, so that other load on the machine affects all of them, and each time is the
median of its rounds. Compare ways by their ratio, not by their seconds. The first round is not
timed: it measures the memory, and compares the JSON. All ways synthesise the same, but for CDKTF's
metadata.""",
        is_failed=synth.is_exceeded,
    ),
    "plan": Part(
        title="Terraform",
        minutes=65,
        full=lambda directory, report: terraform.run(_CASES, directory, report),
        quick=lambda directory, report: terraform.run([terraform.Case(1)], directory, report),
        tables=terraform.tables,
        notes=terraform.notes,
        text="""\
The real terraform and AWS provider, against the [local AWS](sandbox.md). `plan` has an empty state,
`apply` creates everything, 40 resources at a time, and `refresh` is a second plan, which reads
every resource from AWS and finds no changes. The largest size has 33 Regions: AWS provider 5.100.0,
the oldest that the stacks allow, does not know the newest Region.

Memory is that of terraform and its providers: Terraform starts a provider process for each Region.
With a [split state](state.md#splitting-the-state), each stack has only the providers of its own
Regions. The local AWS runs on the same machine, so the times show how the work grows with the
Regions, and not how long AWS takes. Memory and the number of processes depend little on that. The
state is a local file, which terraform writes as a whole after each resource: the time of `apply`
grows faster than the number of resources.""",
    ),
    "commands": Part(
        title="Commands",
        minutes=20,
        full=lambda directory, report: commands.run(
            commands.Sizes(status=(1, 4, 17), diff=_MOST, sweep=(1000, 10000)), 3, directory, report
        ),
        quick=lambda directory, report: commands.run(
            commands.Sizes(status=(1,), diff=1, sweep=(100,)), 1, directory, report
        ),
        tables=commands.tables,
        notes=commands.notes,
        text="""\
Commands of the operator, against the guard that is deployed to the local AWS. The keys of `sweep`
are in one Region, and one of 100 is pending deletion. `reprieve diff` includes the synthesis and
the plan of terraform. Times are medians of three runs.""",
    ),
    "burst": Part(
        title="Many deletions at once",
        minutes=10,
        full=lambda directory, report: deletions.run(1, directory, report),
        quick=lambda directory, report: deletions.run(100, directory, report),
        tables=deletions.tables,
        notes=deletions.notes,
        text="""\
1,000 keys of a Region are scheduled for deletion as fast as KMS allows, with AWS's quotas and in
real time. [mass-deletion.md](mass-deletion.md) explains the figures and has more scenarios.""",
        is_failed=deletions.is_failed,
    ),
    "organization": Part(
        title="An organization",
        minutes=8,
        full=lambda directory, report: organization.run(organization.FULL, directory, report),
        quick=lambda directory, report: organization.run(organization.QUICK, directory, report),
        tables=organization.tables,
        notes=organization.notes,
        text="""\
`reprieve status --organization`, for 1,000 accounts with a stack in 17 Regions each. The accounts
are in 20 organizational units, and one of 100 has stacks that failed. The local AWS has only the
records of the stacks, and limits the calls to StackSets and to Organizations: AWS publishes no
rates for them, so the table has several. The command begins with four calls a second to each
service. [organizations.md](organizations.md#a-thousand-accounts-in-figures) has the other figures
of an organization of this size.""",
        is_failed=organization.is_failed,
    ),
}
