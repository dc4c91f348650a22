"""What each command prints as CSV: its columns and its rows."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reprieve.adopt.adopt import Adoption
from reprieve.doctor.doctor import Diagnosis
from reprieve.drill.result import AccountDrill
from reprieve.status.status import AccountStatus
from reprieve.sweep.result import Key, Sweep

Row = dict[str, Any]

STATUS_COLUMNS: Final = (
    *("account", "profile", "region", "coverage", "keys", "healthy"),
    *("resource", "kind", "problem", "hint"),
)
DRILL_COLUMNS: Final = (
    *("account", "region", "passed", "alert", "cancelled", "result_sent", "key", "key_state"),
    *("problem", "leftovers", "kept"),
)
SWEEP_COLUMNS: Final = (
    *("account", "region", "arn", "state", "days_left", "deletion_date", "waiting_days"),
    *("aliases", "drill_key", "call", "by", "at", "rescued", "scheduled_by", "scheduled_at"),
    *("last_used", "exempt", "result", "problem"),
)
ADOPT_COLUMNS: Final = (
    *("account", "region", "name", "made", "rule_enabled", "guarded"),
    *("resource", "kind", "problem", "hint"),
)
DIFF_COLUMNS: Final = ("plan", "section", "action", "resource", "type", "address", "text")
DOCTOR_COLUMNS: Final = ("account", "name", "passed", "found", "hint")
POLICY_COLUMNS: Final = ("sid", "effect", "action", "resource")


def status_rows(accounts: Iterable[AccountStatus]) -> Iterator[Row]:
    """Yield a row for each finding, and one for each Region without findings."""
    for each in accounts:
        account: Row = {"account": each.account, "profile": each.profile}
        for finding in each.roles.findings:
            yield account | {"healthy": False} | vars(finding)
        for region in each.regions:
            where = account | {
                "region": region.region,
                "coverage": region.coverage.name.lower(),
                "keys": region.keys,
                "healthy": region.is_healthy,
            }
            found = region.all_findings
            yield from (where | vars(finding) for finding in found)
            if not found:
                yield where


def doctor_rows(diagnosis: Diagnosis) -> Iterator[Row]:
    """Yield a row for each check; those of the machine have no account."""
    for account, check in diagnosis.rows():
        yield {"account": account, "passed": check.passed, **check._asdict()}


def drill_rows(accounts: Iterable[AccountDrill]) -> Iterator[Row]:
    """Yield a row for each Region."""
    for account in accounts:
        for each in account.regions:
            leftovers = [f"{left.resource}: {left.problem}" for left in each.leftovers]
            yield {"account": account.account, **each.as_json(), "leftovers": leftovers}


def sweep_rows(accounts: Iterable[Sweep]) -> Iterator[Row]:
    """Yield a row for each key, and one, without a key, for each thing that could not be read."""
    for account in accounts:
        for key in account.keys:
            yield {**key.as_json(), "call": None, **_calls(key)}
        for region, problem in account.problems:
            yield {"account": account.account.id, "region": region, "problem": problem}


def _calls(key: Key) -> Row:
    """Return what put a key into its state, and who scheduled a deletion that was cancelled."""
    row: Row = {}
    if key.call:
        row |= {"call": key.call.name, "by": key.call.by, "at": key.call.at}
    if key.scheduled:
        row |= {"scheduled_by": key.scheduled.by, "scheduled_at": key.scheduled.at}
    return row


def adopt_rows(adoptions: Iterable[Adoption]) -> Iterator[Row]:
    """Yield a row for each finding, for each deployment without one, and for what is unread."""
    for each in adoptions:
        account: Row = {"account": each.account.id}
        for finding in each.findings:
            yield account | vars(finding)
        for region in each.regions:
            where = account | {"region": region.region, "guarded": region.is_guarded}
            yield from (where | vars(finding) for finding in region.findings)
            for placed in region.placed:
                one = where | {
                    "name": placed.deployment.name,
                    "made": placed.deployment.made,
                    "rule_enabled": any(rule.is_enabled for rule in placed.deployment.rules),
                }
                yield from (one | vars(finding) for finding in placed.findings)
                if not placed.findings:
                    yield one
        for stack_set in each.stack_sets:
            made = {"region": stack_set.region, "name": stack_set.name, "made": "stack set"}
            yield account | made
        for place, problem in each.problems:
            yield account | {"region": place, "problem": problem}


def diff_rows(report: dict[str, Any]) -> Iterator[Row]:
    """Yield a row for each resource that the report as JSON names, section by section."""
    for plan in report["plans"]:
        drift = plan["drift"]
        sections = {
            "weakening": plan["weakenings"],
            "change": plan["changes"],
            "drift put back": drift["put_back"],
            "drift left": drift["left"],
            "drift weakening": drift["weakenings"],
        }
        for section, entries in sections.items():
            for entry in entries:
                for address in entry["addresses"]:
                    yield {**entry, "plan": plan["plan"], "section": section, "address": address}


def policy_rows(document: dict[str, Any]) -> Iterator[Row]:
    """Yield a row for each action of each statement."""
    for statement in document["Statement"]:
        for action in statement["Action"]:
            yield {
                "sid": statement["Sid"],
                "effect": statement["Effect"],
                "action": action,
                "resource": statement["Resource"],
            }
