"""Scan synthesised stacks with checkov, and their IAM policies with parliament.

Usage: scan.py DIRECTORY [POLICY.json …]; the directory holds NAME/stacks/…/cdk.tf.json, the files
are IAM policies. It runs in an environment that has both linters, and asks the network nothing.
What they find must be excused in exceptions.toml, with a reason; an exception that excuses nothing
is a fault as well.
Exit code: 0 nothing found, 1 something, 2 it could not be scanned.
"""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple

from parliament import analyze_policy_string  # type: ignore[import-not-found, unused-ignore]
from planned import Policy, Stack, as_plan, policies

EXCEPTIONS = Path(__file__).with_name("exceptions.toml")


class Finding(NamedTuple):
    """What a linter found: in which settings, which check, at which resource address, and more."""

    variant: str
    check: str
    resource: str
    text: str


@dataclass(frozen=True)
class Rule:
    """An exception: what it excuses; `resource`, `text` and `variants` may hold wildcards."""

    check: str
    resource: str
    variants: Sequence[str]
    reason: str
    text: str = "*"

    def excuses(self, finding: Finding) -> bool:
        """Tell whether a finding is this one."""
        return (
            self.check == finding.check
            and fnmatchcase(finding.resource, self.resource)
            and fnmatchcase(finding.text, self.text)
            and any(fnmatchcase(finding.variant, each) for each in self.variants)
        )


class ScanFailed(Exception):
    """The scan could not be done; the text says why."""


def main(arguments: Sequence[str]) -> int:
    """Scan; print what was found, and return the exit code."""
    if not arguments or not Path(arguments[0]).is_dir():
        print("Usage: scan.py DIRECTORY [POLICY.json …]: see .ci/policy/scan.py", file=sys.stderr)
        return 2
    directory, files = Path(arguments[0]).resolve(), arguments[1:]
    try:
        stacks = {
            path.relative_to(directory).parts[0]: (path, json.loads(path.read_text()))
            for path in sorted(directory.glob("*/stacks/*/cdk.tf.json"))
        }
        if not stacks:
            raise ScanFailed(f"There is no NAME/stacks/…/cdk.tf.json in {directory}.")
        for path, stack in stacks.values():
            path.with_name("planned.json").write_text(json.dumps(as_plan(stack), indent=1))
        checked, found = _checkov(directory, {name: stack for name, (_, stack) in stacks.items()})
        documents = [
            (name, *each) for name, (_, stack) in stacks.items() for each in policies(stack)
        ]
        documents += [("files", name, json.loads(Path(name).read_text())) for name in files]
        linted = [finding for each in documents for finding in _parliament(*each)]
        rules = [Rule(**each) for each in tomllib.loads(EXCEPTIONS.read_text())["exception"]]
    except (ScanFailed, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    findings = sorted({*found, *linted})
    faults = [each for each in findings if not any(rule.excuses(each) for rule in rules)]
    for each in faults:
        print(f"{each.check}  {each.resource}  (settings: {each.variant})\n    {each.text}")
    idle = [rule for rule in rules if not any(rule.excuses(each) for each in findings)]
    for rule in idle:
        print(f"{EXCEPTIONS.name}: {rule.check} of {rule.resource} excuses nothing; take it out.")
    print(
        f"policy-scan: {len(stacks)} settings, {checked} checks passed, {len(documents)} policies "
        f"linted; {len(findings) - len(faults)} findings excused, {len(faults)} not."
    )
    return 1 if faults or idle else 0


def _checkov(directory: Path, stacks: Mapping[str, Stack]) -> tuple[int, list[Finding]]:
    """Return how many checks passed, and what failed, in Terraform's JSON and in the plans."""
    # With its Python: the script's own `#!` line is of no use where the path has a space.
    script = str(Path(sys.executable).with_name("checkov"))
    command = [sys.executable, script, "--directory", str(directory)]
    command += ["--framework", "terraform_json", "terraform_plan"]
    command += ["--skip-download", "--output", "json", "--compact", "--soft-fail"]
    # The scan does not use the network, and no setting of the caller's own checkov
    # changes what is checked.
    quiet = {"BC_SKIP_MAPPING": "TRUE", "CHECKOV_RUN_SCA_PACKAGE_SCAN": "false"}
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("BC_", "CKV_"))}
    run = subprocess.run(
        command, env=environment | quiet, cwd=directory, capture_output=True, text=True, check=False
    )
    try:
        reports = json.loads(run.stdout)
    except ValueError:
        raise ScanFailed(f"checkov printed no report:\n{run.stdout}{run.stderr}") from None
    reports = reports if isinstance(reports, list) else [reports]
    if {"terraform_json", "terraform_plan"} != {each.get("check_type") for each in reports}:
        raise ScanFailed(f"checkov looked at too little:\n{run.stdout[:2000]}{run.stderr}")
    unreadable = [each for report in reports for each in report["results"]["parsing_errors"]]
    if unreadable:
        raise ScanFailed(f"checkov cannot read {', '.join(unreadable)}.")
    failed = [each for report in reports for each in report["results"]["failed_checks"]]
    return sum(report["summary"]["passed"] for report in reports), [
        _finding(each, stacks) for each in failed
    ]


def _finding(check: Mapping[str, Any], stacks: Mapping[str, Stack]) -> Finding:
    variant = check["file_path"].strip("/").split("/")[0]
    address = check["resource"]
    kind, _, name = address.partition(".")
    if kind == "resource":  # what checkov calls any type, in Terraform's JSON
        kinds = [kind for kind, bodies in stacks[variant]["resource"].items() if name in bodies]
        address = f"{kinds[0]}.{name}"
    return Finding(variant, check["check_id"], address, check["check_name"])


def _parliament(variant: str, address: str, policy: Policy) -> Iterator[Finding]:
    """Yield what is wrong with a policy."""
    for each in analyze_policy_string(json.dumps(policy)).findings:
        text = each.detail if isinstance(each.detail, str) else json.dumps(each.detail)
        yield Finding(variant, f"parliament:{each.issue}", address, text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
