"""`reprieve status`: whether every Region is guarded as the settings say."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from reprieve.aws.account import Account, enabled_regions
from reprieve.aws.keys import customer_keys
from reprieve.aws.parallel import run_in_parallel, run_with_timeout
from reprieve.guard.layout import deploy_target
from reprieve.names import STACK
from reprieve.regions import known_regions
from reprieve.settings.schema import Settings
from reprieve.status.checks import RELAY_CHECKS, checks_of, unknown
from reprieve.status.dashboard_check import dashboard_findings
from reprieve.status.expected import expected_in, relay_in
from reprieve.status.findings import DEPLOY, SWEEP, Check, Count, Finding, Kind, Verdict, for_target
from reprieve.status.role_check import roles as check_roles
from reprieve.status.trail_check import Trail, trails_of
from reprieve.status.trails import trail_checks


class Coverage(StrEnum):
    """What the settings and the account say of a Region."""

    WATCHED = "watched"
    EXCLUDED = "excluded"
    """The settings exclude it by name."""
    UNWATCHED = "unwatched"
    """The settings do not name it, and it has no customer key."""
    NOT_COVERED = "NOT COVERED"
    """The settings do not name it, and it has customer keys."""
    OFF = "off"
    """The Region is not enabled in the account."""
    NO_ANSWER = "no answer"


@dataclass(frozen=True)
class RegionStatus:
    """One row. `keys` is the number of customer keys, None where they were not counted."""

    region: str
    coverage: Coverage
    keys: int | None = None
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """Whether every check passed."""
        return not self.findings and all(check.verdict is Verdict.OK for check in self.checks)

    @property
    def has_guard(self) -> bool:
        """Whether it is watched, and anything of the guard is deployed there, or may be."""
        is_watched = self.coverage is Coverage.WATCHED
        return is_watched and not any(each.kind is Kind.MISSING for each in self.findings)

    @property
    def all_findings(self) -> list[Finding]:
        """The findings about the Region as a whole, then those of its checks."""
        return [*self.findings, *(finding for check in self.checks for finding in check.findings)]


@dataclass(frozen=True)
class AccountStatus:
    """One account: `roles` is the check of its IAM roles.

    `name` is the NAME of `[accounts.NAME]`. `suggestion` is a sentence about the settings that does
    not fail the check.
    """

    account: str
    arn: str
    profile: str | None
    regions: tuple[RegionStatus, ...]
    roles: Check
    name: str | None = None
    suggestion: str | None = None
    target: str = STACK
    """What to deploy, for hints."""

    @property
    def has_guard(self) -> bool:
        """Whether anything at all of the guard is deployed, or may be."""
        watched = [each for each in self.regions if each.coverage is Coverage.WATCHED]
        no_roles = all(each.kind is Kind.MISSING for each in self.roles.findings)
        return not watched or not no_roles or any(each.has_guard for each in watched)

    @property
    def is_healthy(self) -> bool:
        """Whether every check passed in every Region and for the roles."""
        return self.roles.verdict is Verdict.OK and all(each.is_healthy for each in self.regions)

    def without_passed(self) -> "AccountStatus":
        """Return this status without the Regions where every check passed."""
        return replace(self, regions=tuple(each for each in self.regions if not each.is_healthy))

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of the account; docs/operations.md has the shape."""
        return {
            "account": self.account,
            "name": self.name,
            "caller": self.arn,
            "profile": self.profile,
            "healthy": self.is_healthy,
            "suggestion": self.suggestion,
            "findings": list(self._findings_as_json()),
            "roles": _as_json(self.roles),
            "regions": [
                _as_json(each)
                | {"coverage": each.coverage.name.lower(), "healthy": each.is_healthy}
                for each in self.regions
            ],
        }

    def _findings_as_json(self) -> Iterator[dict[str, Any]]:
        """Yield every finding, with its Region and check; those of the account have no Region."""
        for finding in self.roles.findings:
            yield {"region": None, "check": self.roles.name} | _as_json(finding)
        for each in self.regions:
            for finding in each.findings:
                yield {"region": each.region, "check": None} | _as_json(finding)
            for check in each.checks:
                for finding in check.findings:
                    yield {"region": each.region, "check": check.name} | _as_json(finding)


def _as_json(found: Check | Finding | RegionStatus) -> dict[str, Any]:
    """Return all fields, but for a finding's count: its problem has the number."""
    return asdict(
        found, dict_factory=lambda items: {name: each for name, each in items if name != "count"}
    )


def status_of(
    account: Account,
    settings: Settings,
    *,
    only: Sequence[str] = (),
    timeout: float,
    others: Collection[str] = (),
    done: Callable[[str], None] = lambda region: None,
) -> AccountStatus:
    """Check every Region of an account, or `only` these; `done` is called after each.

    `others` are the ids of the other accounts that are checked with the same settings.

    Nothing raises: what could not be checked is reported in its row.
    """
    known = known_regions(settings.regions.partition)
    unlisted: tuple[Finding, ...] = ()
    try:
        on = run_with_timeout(timeout, lambda: enabled_regions(account, settings.regions.home))
    except Exception as error:
        on = dict.fromkeys(known, True)
        problem = "The Regions that are enabled in the account could not be listed."
        unlisted = (Finding.unread("account", problem, error),)
    # A Region that AWS opened after the installed botocore is in the account's list only.
    asked = sorted(only) or sorted({*known, *on})
    rows: dict[str, RegionStatus] = {}
    trails: dict[str, dict[str, Trail] | Exception] = {}

    def look(region: str) -> tuple[RegionStatus, dict[str, Trail] | Exception]:
        return _status_in(region, account, settings, on=on.get(region, True))

    for region, answer in run_in_parallel(look, asked, timeout):
        if isinstance(answer, Exception):
            rows[region] = _no_answer(region, answer)
        else:
            rows[region], trails[region] = answer
        done(region)
    checked = {region: found for region, found in trails.items() if rows[region].checks}
    for region, check in trail_checks(account, settings, checked, timeout).items():
        rows[region] = replace(rows[region], checks=(*rows[region].checks, check))

    try:
        roles = run_with_timeout(timeout, lambda: check_roles(account, settings, others))
    except Exception as error:
        roles = unknown("roles", error)
    if found := _dashboard(account, settings, timeout):
        roles = replace(roles, findings=(*roles.findings, *found)).failed()
    if unlisted:
        roles = Check("roles", roles.text, (*unlisted, *roles.findings), Verdict.UNKNOWN)
    target = deploy_target(settings)
    return AccountStatus(
        account.id,
        account.arn,
        account.profile,
        tuple(_for_target(rows[each], target) for each in asked),
        for_target(roles, target),
        account.name,
        None if settings.account.id else _suggestion(account, others),
        target,
    )


def _for_target(region: RegionStatus, target: str) -> RegionStatus:
    checks = tuple(for_target(each, target) for each in region.checks)
    # The findings of the Region as a whole are those of a check without a name.
    own = for_target(Check("", "", region.findings), target).findings
    return replace(region, checks=checks, findings=own)


def _suggestion(account: Account, others: Collection[str]) -> str:
    where = "in a table [accounts.NAME] of" if others else "under [account] in"
    return (
        f'Write id = "{account.id}" {where} the settings: Reprieve then refuses the credentials '
        "of any other account."
    )


def _dashboard(account: Account, settings: Settings, timeout: float) -> list[Finding]:
    """Return what differs of the dashboard, which an account has once, like the roles."""
    try:
        return run_with_timeout(timeout, lambda: list(dashboard_findings(account, settings)))
    except Exception as error:
        return [Finding.unread("dashboard", "The dashboard could not be checked.", error)]


def _no_answer(region: str, error: Exception) -> RegionStatus:
    problem = "The Region could not be checked."
    finding = Finding.unread("region", problem, error)
    return RegionStatus(region, Coverage.NO_ANSWER, findings=(finding,))


def _status_in(
    region: str, account: Account, settings: Settings, *, on: bool
) -> tuple[RegionStatus, dict[str, Trail] | Exception]:
    """Return the row of a Region but for its trail, and the trails that cover it."""
    watched = region in settings.regions.watched
    if not on:
        off = Finding(
            "region",
            Kind.UNGUARDED,
            "It is watched, but not enabled in the account: the next deployment fails.",
            "Enable the Region, or add it to regions.exclude.",
        )
        return RegionStatus(region, Coverage.OFF, findings=(off,) if watched else ()), {}
    if not watched:
        try:
            row = _unwatched(region, settings, len(customer_keys(account, region)))
        except Exception as error:
            return _no_answer(region, error), {}
        relay = relay_in(account, settings, region)
        if relay is None:
            return row, {}
        row = replace(row, checks=tuple(checks_of(relay, RELAY_CHECKS)))
        return row, _trails(account, region)
    expected = expected_in(account, settings, region)
    checks = list(checks_of(expected))
    keys: int | None = None
    try:
        keys = len(customer_keys(account, region))
    except Exception as error:
        checks.append(unknown("number of keys", error))
    status = RegionStatus(region, Coverage.WATCHED, keys, tuple(checks))
    hint = f"{DEPLOY} {SWEEP}" if settings.remediation.enabled else DEPLOY
    return _summarized(status, len(expected.guard.rules), hint), _trails(account, region)


def _trails(account: Account, region: str) -> dict[str, Trail] | Exception:
    try:
        return trails_of(account, region)
    except Exception as error:
        return error


def _summarized(status: RegionStatus, rules: int, hint: str) -> RegionStatus:
    """Report it as one finding where nothing at all is deployed: none of so many rules."""
    findings = status.all_findings
    missing_rules = next(check.findings for check in status.checks if check.name == "rules")
    if len(missing_rules) < rules or {each.kind for each in findings} != {Kind.MISSING}:
        return status
    problem = "There is no guard: nothing of it is deployed."
    return replace(
        status,
        checks=tuple(replace(check, findings=()) for check in status.checks),
        findings=(Finding("region", Kind.MISSING, problem, hint),),
    )


def _unwatched(region: str, settings: Settings, keys: int) -> RegionStatus:
    if region in settings.regions.exclude:
        return RegionStatus(region, Coverage.EXCLUDED, keys)
    if not keys:
        return RegionStatus(region, Coverage.UNWATCHED, keys)
    finding = Finding.counted(
        "region",
        Kind.UNGUARDED,
        Count(keys, "customer key is not guarded.", "customer keys are not guarded."),
        "Add the Region to regions.watch and deploy, or add it to regions.exclude.",
    )
    return RegionStatus(region, Coverage.NOT_COVERED, keys, findings=(finding,))
