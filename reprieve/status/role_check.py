"""What `reprieve status` checks of the IAM roles, which an account has once."""

from collections.abc import Iterable
from typing import Any

from reprieve.aws.account import Account
from reprieve.guard.remediation import roles_of
from reprieve.guard.resources import Role
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.checks import unknown
from reprieve.status.findings import DEPLOY, Check, Finding, Kind, Verdict, check_of
from reprieve.status.json_compare import canonical, policy_differences


def roles(account: Account, settings: Settings) -> Check:
    """Check the roles that Reprieve creates, and the one that the settings name."""
    if not settings.remediation.enabled:
        return Check("roles", "off")
    home = settings.regions.home
    iam = account.client("iam", home)
    findings: list[Finding] = []
    try:
        for role in roles_of(settings, Location(settings.regions.partition, home, account.id)):
            findings += _role_findings(iam, role)
        if given := settings.remediation.automation_role_arn:
            findings += _given_role_findings(iam, given)
    except Exception as error:
        check = unknown("roles", error)
        return Check("roles", check.text, (*findings, *check.findings), Verdict.UNKNOWN)
    return check_of("roles", "wrong" if findings else "there", findings)


def _role_findings(iam: Any, role: Role) -> Iterable[Finding]:
    try:
        deployed = iam.get_role(RoleName=role.name)["Role"]
        inline = iam.get_role_policy(RoleName=role.name, PolicyName=role.name)["PolicyDocument"]
    except iam.exceptions.NoSuchEntityException as error:
        reason = error.response["Error"]["Message"]
        text = f"The role {role.name}, or its policy, is missing: {reason}"
        return [Finding(role.name, Kind.MISSING, text, DEPLOY)]
    findings = [
        Finding(
            role.name,
            Kind.DIFFERENT,
            f"The policy of the role {role.name} differs: {difference}.",
            DEPLOY,
        )
        for difference in policy_differences(role.permissions, inline)
    ]
    if canonical(deployed["AssumeRolePolicyDocument"]) != canonical(role.trust):
        text = f"The trust policy of the role {role.name} was changed."
        findings.append(Finding(role.name, Kind.DIFFERENT, text, DEPLOY))
    return findings


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
