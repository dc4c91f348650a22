"""Find the pattern in every Region of an account, and what it does not cover there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reprieve.adopt.coverage import Roles, gaps_of
from reprieve.adopt.finding import RegionFound, find_in
from reprieve.adopt.found import Deployment, Made, StackSet
from reprieve.aws.account import Account, enabled_regions, explain
from reprieve.aws.parallel import run_in_parallel, run_with_timeout
from reprieve.events.watched_calls import WatchedCall
from reprieve.location import Location
from reprieve.regions import known_regions
from reprieve.settings.schema import Settings
from reprieve.status.findings import Count, Finding, Kind
from reprieve.status.trail_check import logging_of, trail_check
from reprieve.text import printable

_SCHEDULING: Final = WatchedCall("kms.amazonaws.com", "ScheduleKeyDeletion", "AwsApiCall")
_EXECUTION_ROLE: Final = "AWSCloudFormationStackSetExecutionRole"
"""The role that a self-managed stack set assumes in each account, unless it names another one."""


@dataclass(frozen=True)
class Placed:
    """A deployment, and what it does not cover."""

    deployment: Deployment
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class OldRegion:
    """A Region. `is_guarded` says whether Reprieve's rule is there, `is_watched` what is set."""

    region: str
    is_guarded: bool
    is_watched: bool
    placed: tuple[Placed, ...]
    findings: tuple[Finding, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the Region as `--format json` prints it; docs/adopt.md has the shape."""
        return {
            "region": self.region,
            "watched": self.is_watched,
            "guarded": self.is_guarded,
            "deployments": [
                {
                    "name": each.deployment.name,
                    "made": each.deployment.made,
                    "rules": [rule.as_json() for rule in each.deployment.rules],
                    "findings": [_finding(finding) for finding in each.findings],
                }
                for each in self.placed
            ],
            "findings": [_finding(each) for each in self.findings],
        }


@dataclass(frozen=True)
class Administrator:
    """The account that administers stack sets: of the organization, or by roles of its own."""

    account: str
    is_service_managed: bool


@dataclass(frozen=True)
class Adoption:
    """What of the pattern is in an account.

    `regions` are those where something was found. `administrator` administers the stack sets whose
    stacks are here, None if it is not known. `members` are the accounts and Regions that Reprieve's
    own stack set guards. `problems` are (Region, sentence): what could not be read.
    """

    account: Account
    settings: Settings = field(repr=False)
    regions: tuple[OldRegion, ...]
    stack_sets: tuple[StackSet, ...] = ()
    findings: tuple[Finding, ...] = ()
    administrator: Administrator | None = None
    members: frozenset[tuple[str, str]] = frozenset()
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def cancels(self) -> bool:
        """Whether a rule that is enabled starts a runbook."""
        return any(
            rule.cancels
            for region in self.regions
            for each in region.placed
            for rule in each.deployment.rules
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the pattern is there; what could not be read may be."""
        return not self.regions and not self.stack_sets

    @property
    def is_replaced(self) -> bool:
        """Whether nothing of the pattern is there, and everything could be read."""
        return self.is_empty and not self.problems

    def as_json(self) -> dict[str, Any]:
        """Return the account as `--format json` prints it; docs/adopt.md has the shape."""
        return {
            "account": self.account.id,
            "name": self.account.name,
            "profile": self.account.profile,
            "regions": [each.as_json() for each in self.regions],
            "stack_sets": [each.as_json() for each in self.stack_sets],
            "findings": [_finding(each) for each in self.findings],
            "problems": [{"region": place, "problem": text} for place, text in self.problems],
        }


def _finding(finding: Finding) -> dict[str, Any]:
    return {name: value for name, value in vars(finding).items() if name != "count"}


def adoption_of(
    account: Account,
    settings: Settings,
    *,
    timeout: float,
    only: Sequence[str] = (),
    done: Callable[[str], None] = lambda region: None,
) -> Adoption:
    """Look for the pattern in every enabled Region, or `only` these. Nothing is raised."""
    problems: list[tuple[str, str]] = []
    regions = list(only)
    if not regions:
        known = known_regions(settings.regions.partition)
        try:
            on = run_with_timeout(timeout, lambda: enabled_regions(account, settings.regions.home))
            regions = sorted(each for each in {*known, *on} if on.get(each, True))
        except Exception as error:
            regions = list(known)
            text = f"It is unknown which Regions are enabled. {explain(error)}"
            problems.append(("account", text))
    found: dict[str, RegionFound] = {}
    for region, answer in run_in_parallel(
        lambda region: find_in(account, settings, region), regions, timeout
    ):
        if isinstance(answer, Exception):
            problems.append((region, explain(answer)))
        else:
            found[region] = answer
            problems += [(region, problem) for problem in answer.problems]
        done(region)
    deployments = [each for one in found.values() for each in one.deployments]
    roles = _roles(account, settings, deployments, timeout)
    trails = _trail_findings(account, found, timeout)
    return Adoption(
        account,
        settings,
        tuple(
            _region(each, settings, account.id, roles, trails.get(each.region, ()))
            for _, each in sorted(found.items())
            if each.deployments
        ),
        tuple(each for _, one in sorted(found.items()) for each in one.stack_sets.patterns),
        tuple(_account_findings(settings, found)),
        _administrator(account, settings, deployments, timeout),
        frozenset(each for one in found.values() for each in one.stack_sets.guarded),
        tuple(sorted(problems)),
    )


def _region(
    found: RegionFound,
    settings: Settings,
    account: str,
    roles: Roles,
    trail: Sequence[Finding],
) -> OldRegion:
    placed = tuple(
        Placed(each, tuple(dict.fromkeys(gaps_of(each, settings, account, roles))))
        for each in found.deployments
    )
    is_watched = found.region in settings.regions.watched
    findings = list(trail)
    if not is_watched:
        text = "The settings do not watch this Region: without the old deployment it is unguarded."
        hint = "Add it to regions.watch before you remove the old deployment."
        findings.append(Finding("region", Kind.UNGUARDED, text, hint))
    return OldRegion(found.region, found.is_guarded, is_watched, placed, tuple(findings))


def _trail_findings(
    account: Account, found: Mapping[str, RegionFound], timeout: float
) -> dict[str, tuple[Finding, ...]]:
    """Return by Region why no trail logs that deletions are scheduled; a trail is read once."""
    read = {
        region: each.trails
        for region, each in found.items()
        if each.deployments and each.trails is not None
    }
    trails = {arn: trail for each in read.values() for arn, trail in each.items()}
    logging = dict(
        run_in_parallel(lambda arn: logging_of(account, trails[arn]), [*trails], timeout)
    )
    return {
        region: trail_check(each.values(), logging, [_SCHEDULING]).findings
        for region, each in read.items()
    }


def _account_findings(settings: Settings, found: Mapping[str, RegionFound]) -> Iterator[Finding]:
    """Yield the watched Regions that have no deployment, if others have one, and Config's rules."""
    by_name: dict[str, list[str]] = {}
    for region, each in sorted(found.items()):
        for name in each.config_rules:
            by_name.setdefault(name, []).append(region)
    for name, regions in by_name.items():
        text = (
            f"The rule {printable(name)} of AWS Config cancels deletions with Amazon's runbook too "
            f"({', '.join(regions)}). It is none of the pattern, and may stay."
        )
        yield Finding(name, Kind.UNEXPECTED, text, "")
    bare = [
        region
        for region in settings.regions.watched
        if region in found and not found[region].deployments and not found[region].problems
    ]
    if not bare or not any(each.deployments for each in found.values()):
        return
    count = Count(len(bare), "watched Region has", "watched Regions have")
    text = f"{count.sentence} no deployment of it: {', '.join(bare)}."
    yield Finding("regions", Kind.MISSING, text, "")


def _roles(
    account: Account, settings: Settings, deployments: Sequence[Deployment], timeout: float
) -> Roles:
    """Return the trust policies of the roles that the targets name."""
    arns = dict.fromkeys(arn for each in deployments for arn in each.role_arns)
    own = [arn for arn in arns if arn.split(":")[4:5] == [account.id]]
    home = settings.regions.home
    return dict(run_in_parallel(lambda arn: _trust(account, home, arn), own, timeout))


def _trust(account: Account, home: str, arn: str) -> Mapping[str, Any] | None:
    iam = account.client("iam", home)
    try:
        role = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except iam.exceptions.NoSuchEntityException:
        return None
    trust: Mapping[str, Any] = role["AssumeRolePolicyDocument"]
    return trust if role["Arn"] == arn else None


def _administrator(
    account: Account, settings: Settings, deployments: Sequence[Deployment], timeout: float
) -> Administrator | None:
    """Return who administers the stack sets whose stacks are here, as far as it can be known.

    The role of a self-managed stack set trusts its administrator. One of the organization is
    administered by the management account, or by an account to which that delegated it.
    """
    if not any(each.made is Made.STACK_SET for each in deployments):
        return None
    home = settings.regions.home
    location = Location(settings.regions.partition, home, account.id)
    role = location.global_arn("iam", f"role/{_EXECUTION_ROLE}")
    try:
        trust = run_with_timeout(timeout, lambda: _trust(account, home, role))
        if trusted := _principals(trust or {}):
            return Administrator(trusted[0], is_service_managed=False)
        organizations = account.client("organizations", home)
        answer = run_with_timeout(timeout, organizations.describe_organization)
        return Administrator(answer["Organization"]["MasterAccountId"], is_service_managed=True)
    except Exception:
        return None  # the plan then says which accounts it can be


def _principals(trust: Mapping[str, Any]) -> list[str]:
    """Return the ids of the accounts that a trust policy names."""
    found: list[str] = []
    for statement in trust.get("Statement", ()):
        principal = statement.get("Principal", {})
        named = principal.get("AWS", []) if isinstance(principal, Mapping) else []
        for each in [named] if isinstance(named, str) else named:
            found.append(each.split(":")[4] if each.startswith("arn:") else each)
    return [each for each in found if each.isdigit()]
