"""`reprieve status`: does the guard stand in every Region, and does it see and tell?"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from reprieve.aws.account import Account, explain, regions_on
from reprieve.aws.parallel import everywhere, within
from reprieve.guard.remediation import Role, automation_role, eventbridge_role
from reprieve.regions import known_regions
from reprieve.settings.schema import Settings
from reprieve.status.checks import checks_of, unknown
from reprieve.status.expected import look_at
from reprieve.status.findings import DEPLOY, Check, Finding, Verdict
from reprieve.status.json_compare import canonical, policy_differences
from reprieve.status.trail_check import Trail, trail_check, trails_of, why_blind


class Coverage(StrEnum):
    """How a Region stands to the settings and to the account."""

    WATCHED = "watched"
    EXCLUDED = "excluded"
    """The settings leave it out by name."""
    UNWATCHED = "unwatched"
    """The settings do not name it, and it has no customer key."""
    NOT_COVERED = "NOT COVERED"
    """The settings do not name it, and it has customer keys."""
    OFF = "off"
    """The account has not switched it on."""
    NO_ANSWER = "no answer"


@dataclass(frozen=True)
class RegionStatus:
    """One row. `keys` is the number of customer keys, None where that was not looked at."""

    region: str
    coverage: Coverage
    keys: int | None = None
    checks: tuple[Check, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong or unknown."""
        return not self.findings and all(check.verdict is Verdict.OK for check in self.checks)

    @property
    def all_findings(self) -> list[Finding]:
        """What is wrong with the Region as a whole, and in each of its checks."""
        return [*self.findings, *(finding for check in self.checks for finding in check.findings)]


@dataclass(frozen=True)
class AccountStatus:
    """One account: `roles` is the check of what stands once in it."""

    account: str
    arn: str
    profile: str | None
    regions: tuple[RegionStatus, ...]
    roles: Check

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong or unknown anywhere."""
        return self.roles.verdict is Verdict.OK and all(each.is_well for each in self.regions)

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of the account; docs/operations.md has the shape."""
        return {
            "account": self.account,
            "caller": self.arn,
            "profile": self.profile,
            "well": self.is_well,
            "roles": asdict(self.roles),
            "regions": [
                {**asdict(each), "coverage": each.coverage.name.lower(), "well": each.is_well}
                for each in self.regions
            ],
        }


def status_of(
    account: Account,
    settings: Settings,
    *,
    only: Sequence[str] = (),
    timeout: float = 60,
    done: Callable[[str], None] = lambda region: None,
) -> AccountStatus:
    """Look at every Region of an account, or at `only` these; `done` hears of each.

    Nothing raises: what could not be looked at is in its row.
    """
    known = known_regions(settings.regions.partition)
    unlisted: tuple[Finding, ...] = ()
    try:
        on = within(timeout, lambda: regions_on(account, settings.regions.home))
    except Exception as error:
        on = dict.fromkeys(known, True)
        problem = "It is not known which Regions the account has switched on."
        unlisted = (Finding(problem, explain(error)),)
    # A Region that AWS opened after the installed botocore is in the account's list only.
    asked = sorted(only) or sorted({*known, *on})
    rows: dict[str, RegionStatus] = {}
    trails: dict[str, dict[str, Trail] | Exception] = {}

    def look(region: str) -> tuple[RegionStatus, dict[str, Trail] | Exception]:
        return _status_in(region, account, settings, on=on.get(region, True))

    for region, answer in everywhere(look, asked, timeout):
        if isinstance(answer, Exception):
            rows[region] = _no_answer(region, answer)
        else:
            rows[region], trails[region] = answer
        done(region)
    _add_trails(account, rows, trails, timeout)

    try:
        roles = within(timeout, lambda: _roles(account, settings))
    except Exception as error:
        roles = unknown("roles", error)
    if unlisted:
        roles = Check("roles", roles.text, (*unlisted, *roles.findings), Verdict.UNKNOWN)
    return AccountStatus(
        account.id, account.arn, account.profile, tuple(rows[each] for each in asked), roles
    )


def _add_trails(
    account: Account,
    rows: dict[str, RegionStatus],
    trails: dict[str, dict[str, Trail] | Exception],
    timeout: float,
) -> None:
    """Add the trail's check to each watched Region; a trail of all Regions is asked once."""
    each = {
        arn: trail
        for found in trails.values()
        if isinstance(found, dict)
        for arn, trail in found.items()
    }
    why = dict(everywhere(lambda arn: why_blind(account, each[arn]), list(each), timeout))
    for region, found in trails.items():
        if rows[region].coverage is Coverage.WATCHED:
            check = (
                unknown("trail", found)
                if isinstance(found, Exception)
                else trail_check(found.values(), why)
            )
            rows[region] = replace(rows[region], checks=(*rows[region].checks, check))


def _no_answer(region: str, error: Exception) -> RegionStatus:
    problem = "The Region could not be looked at."
    return RegionStatus(region, Coverage.NO_ANSWER, findings=(Finding(problem, explain(error)),))


def _status_in(
    region: str, account: Account, settings: Settings, *, on: bool
) -> tuple[RegionStatus, dict[str, Trail] | Exception]:
    """Return the row of a Region but for its trail, and the trails that cover it."""
    watched = region in settings.regions.watched
    if not on:
        off = Finding(
            "It is watched, and the account has not switched it on: the next deployment fails.",
            "Switch it on, or leave it out with regions.exclude.",
        )
        return RegionStatus(region, Coverage.OFF, findings=(off,) if watched else ()), {}
    if not watched:
        try:
            return _unwatched(region, settings, customer_keys(account, region)), {}
        except Exception as error:
            return _no_answer(region, error), {}
    checks = list(checks_of(look_at(account, settings, region)))
    keys: int | None = None
    try:
        keys = customer_keys(account, region)
    except Exception as error:
        checks.append(unknown("number of keys", error))
    try:
        trails: dict[str, Trail] | Exception = trails_of(account, region)
    except Exception as error:
        trails = error
    return _without_a_flood(RegionStatus(region, Coverage.WATCHED, keys, tuple(checks))), trails


def _without_a_flood(status: RegionStatus) -> RegionStatus:
    """Say it in one sentence where nothing stands at all."""
    problems = [finding.problem for finding in status.all_findings]
    rules = next(check for check in status.checks if check.name == "rules")
    nothing = rules.text.startswith("0/") and all(each.endswith("missing.") for each in problems)
    if not problems or not nothing:
        return status
    return replace(
        status,
        checks=tuple(replace(check, findings=()) for check in status.checks),
        findings=(Finding("There is no guard: nothing of it is deployed.", DEPLOY),),
    )


def _unwatched(region: str, settings: Settings, keys: int) -> RegionStatus:
    if region in settings.regions.exclude:
        return RegionStatus(region, Coverage.EXCLUDED, keys)
    if not keys:
        return RegionStatus(region, Coverage.UNWATCHED, keys)
    many = "1 customer key is" if keys == 1 else f"{keys} customer keys are"
    finding = Finding(
        f"{many} not guarded.",
        "Add the Region to regions.watch and deploy, or name it in regions.exclude.",
    )
    return RegionStatus(region, Coverage.NOT_COVERED, keys, findings=(finding,))


def customer_keys(account: Account, region: str) -> int:
    """Return how many keys of a Region are the customer's.

    KMS lists AWS's own keys too; each of those, and only those, has an alias `alias/aws/…` (KMS
    developer guide, «AWS managed keys»).
    """
    kms = account.client("kms", region)
    aliases = (
        alias
        for page in kms.get_paginator("list_aliases").paginate()
        for alias in page["Aliases"]
        if alias["AliasName"].startswith("alias/aws/")
    )
    aws_managed = {alias.get("TargetKeyId") for alias in aliases}
    keys = (key for page in kms.get_paginator("list_keys").paginate() for key in page["Keys"])
    return sum(key["KeyId"] not in aws_managed for key in keys)


def _roles(account: Account, settings: Settings) -> Check:
    """Look at the roles, which stand once in the account."""
    if not settings.remediation.enabled:
        return Check("roles", "off")
    given = settings.remediation.automation_role_arn
    partition = settings.regions.partition
    own = automation_role(settings, account.id)
    automation_arn = given or f"arn:{partition}:iam::{account.id}:role/{own.name if own else ''}"
    roles = [own] if own else []
    roles.append(eventbridge_role(settings, account.id, automation_arn))
    findings: list[Finding] = []
    try:
        for role in roles:
            findings += _role_findings(account, settings, role)
        if given:
            findings += _given_role_findings(account, settings, given)
    except Exception as error:
        check = unknown("roles", error)
        return Check("roles", check.text, (*findings, *check.findings), Verdict.UNKNOWN)
    verdict = Verdict.WRONG if findings else Verdict.OK
    return Check("roles", "wrong" if findings else "there", tuple(findings), verdict)


def _role_findings(account: Account, settings: Settings, role: Role) -> Iterable[Finding]:
    iam = account.client("iam", settings.regions.home)
    try:
        there = iam.get_role(RoleName=role.name)["Role"]
        inline = iam.get_role_policy(RoleName=role.name, PolicyName=role.name)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException as error:
        problem = error.response["Error"]["Message"]
        return [Finding(f"The role {role.name}, or its policy, is missing: {problem}", DEPLOY)]
    findings = [
        Finding(f"The policy of the role {role.name} differs: {difference}.", DEPLOY)
        for difference in policy_differences(role.permissions, inline)
    ]
    if canonical(there["AssumeRolePolicyDocument"]) != canonical(role.trust):
        findings.append(Finding(f"The trust policy of the role {role.name} was changed.", DEPLOY))
    return findings


def _given_role_findings(account: Account, settings: Settings, arn: str) -> Iterable[Finding]:
    """Look at the user's own role, as far as its name and its trust go."""
    iam = account.client("iam", settings.regions.home)
    name = arn.rpartition("/")[2]
    setting = "remediation.automation_role_arn"
    try:
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        return [Finding(f"The role {arn} is missing.", f"Make it, or change {setting}.")]
    if "ssm.amazonaws.com" not in str(trust):
        return [Finding(f"The role {arn} does not trust ssm.amazonaws.com.", "Let it.")]
    return []
