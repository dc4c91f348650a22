"""What `reprieve status` checks of the IAM roles and users, which an account has once."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from reprieve.aws.account import Account
from reprieve.guard.remediation import roles_of, started_runbooks
from reprieve.guard.resources import Role
from reprieve.guard.tags import tags_of
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.checks import unknown
from reprieve.status.compare import missing, title_of
from reprieve.status.findings import Check, Finding, Kind, Verdict, check_of, with_sweep
from reprieve.status.kinds import role as kind
from reprieve.status.tags import compare_tagged
from reprieve.text import printable


def roles(account: Account, settings: Settings, others: Collection[str] = ()) -> Check:
    """Check the roles that Reprieve creates, and the principals that the settings name.

    `others` are the ids of accounts that have the same settings, and principals of their own there.
    """
    home = settings.regions.home
    wanted = roles_of(settings, Location(settings.regions.partition, home, account.id))
    given = settings.remediation.automation_role_arn if settings.remediation.enabled else None
    exempt = settings.exempt.principals or settings.exempt.deployers or settings.exemption
    if not wanted and not given and not exempt:
        return Check("roles", "off")
    iam = account.client("iam", home)
    names = settings.resource_names
    starting = [names.eventbridge_role] if started_runbooks(settings) else []
    rescuing = [names.automation_role, names.patrol_role, *starting]
    findings: list[Finding] = []
    try:
        for role in wanted:
            of_role = _role_findings(iam, role, tags_of(settings))
            findings += with_sweep(of_role) if role.name in rescuing else of_role
        if given:
            findings += with_sweep(_given_role_findings(iam, given))
        findings += _principal_findings(iam, settings, account.id, others)
    except Exception as error:
        check = unknown("roles", error)
        return Check("roles", check.text, (*findings, *check.findings), Verdict.UNKNOWN)
    return check_of("roles", "wrong" if findings else "there", findings)


def _role_findings(iam: Any, role: Role, tags: Mapping[str, str]) -> Iterator[Finding]:
    title = title_of("role", role.name)
    try:
        deployed = iam.get_role(RoleName=role.name)["Role"]
    except iam.exceptions.NoSuchEntityException:
        yield missing(title, role.name)
        return
    attributes = kind.deployed(deployed, _inline(iam, role.name), _attached(iam, role.name))
    yield from compare_tagged(
        title, role.name, kind.expected(role), attributes, tags, deployed.get("Tags", ())
    )


def _inline(iam: Any, role: str) -> dict[str, Any]:
    """Return the inline policies of a role by their names."""
    pages = iam.get_paginator("list_role_policies").paginate(RoleName=role)
    return {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for page in pages
        for name in page["PolicyNames"]
    }


def _attached(iam: Any, role: str) -> list[str]:
    """Return the ARNs of the managed policies that are attached to a role."""
    pages = iam.get_paginator("list_attached_role_policies").paginate(RoleName=role)
    return [each["PolicyArn"] for page in pages for each in page["AttachedPolicies"]]


def _given_role_findings(iam: Any, arn: str) -> Iterable[Finding]:
    """Check the user's own role, as far as its name and its trust policy go."""
    setting = "remediation.automation_role_arn"
    try:
        trust = iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    except iam.exceptions.NoSuchEntityException:
        hint = f"Create it, or change {setting}."
        return [Finding(arn, Kind.MISSING, f"The role {arn} is missing.", hint)]
    if "ssm.amazonaws.com" not in str(trust):
        text = f"The role {arn} does not trust ssm.amazonaws.com."
        return [Finding(arn, Kind.DIFFERENT, text, "Add it to the role's trust policy.")]
    return []


def _principal_findings(
    iam: Any, settings: Settings, account: str, others: Collection[str]
) -> Iterator[Finding]:
    """Yield each principal of `exempt` that does not exist, or is of another account.

    The guard compares ARNs: anyone who can create a role of that name is exempt from then on.
    """
    for key, arns in (
        ("exempt.principals", settings.exempt.principals),
        ("exempt.deployers", settings.exempt.deployers),
        ("exemption", [each.principal for each in settings.exemption if each.principal]),
    ):
        for arn in arns:
            if arn.split(":")[4] in others:
                continue
            problem = _problem(iam, arn, account)
            if problem:
                kind, sentence, hint = problem
                text = f"{key} names {printable(arn)}: {sentence}"
                yield Finding(arn, kind, text, hint.format(key=key))


def _problem(iam: Any, arn: str, account: str) -> tuple[Kind, str, str] | None:
    owner = arn.split(":")[4]
    if owner != account:
        return (
            Kind.UNEXPECTED,
            f"it is of the account {owner}, so it exempts nobody in this one.",
            "Remove it from {key}, or write the ARN of a principal of this account.",
        )
    is_role = ":role/" in arn
    name = arn.rpartition("/")[2]
    try:
        if is_role:
            found = iam.get_role(RoleName=name)["Role"]["Arn"]
        else:
            found = iam.get_user(UserName=name)["User"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        return (
            Kind.MISSING,
            "it does not exist, so anyone who can create it is exempt.",
            "Create it, or remove it from {key}.",
        )
    if found != arn:
        return (
            Kind.MISSING,
            f"it has another path, {printable(found)}, so anyone who can create the ARN is exempt.",
            "Write the ARN as IAM has it in {key}.",
        )
    return None
