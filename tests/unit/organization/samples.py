"""Overviews of organizations, large and small."""

from dataclasses import replace
from datetime import timedelta

from reprieve.aws.organization import Member
from reprieve.organization.overview import Expected, ExpectedSet, overview_of
from reprieve.organization.records import (
    Drift,
    Instance,
    Operation,
    Organization,
    Reading,
    SetReading,
    StackSet,
    instance_of,
)
from tests.unit.organization.fakes import HOME, MANAGEMENT, NAME, NOW, SECURITY, TEMPLATE, UNIT
from tests.unit.organization.fakes import entry as raw_entry

DEFAULT_REGIONS = (
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
)  # fmt: skip
DENIED = (
    "ResourceLogicalId:EventbridgeRole, ResourceType:AWS::IAM::Role, ResourceStatusReason:User: "
    "arn:aws:sts::{account}:assumed-role/stacksets-exec-0123/session is not authorized to perform: "
    "iam:CreateRole with an explicit deny in a service control policy (Service: Iam, Status Code: "
    "403, Request ID: 12345678-9abc-def0-1234-{account})."
)


def ids(count):
    """Return so many ids of accounts."""
    return [f"{200000000000 + index}" for index in range(count)]


def instance(account, region, status="CURRENT", **more):
    """Return a stack instance, as AWS describes it."""
    return Instance(**instance_of(raw_entry(account, region, status, **more)))


def expected(regions=DEFAULT_REGIONS, **changes):
    """Return what the settings want: the security account is deployed by Terraform."""
    found = Expected(
        (ExpectedSet(NAME, tuple(regions), TEMPLATE),),
        HOME,
        (UNIT,),
        frozenset(),
        {SECURITY: "security"},
        f"{SECURITY} {HOME}",
        "reprieve-security-organization",
    )
    return replace(found, **changes)


def stack_set(**changes):
    """Return a stack set as the settings want it."""
    found = StackSet(f"{NAME}:1", NAME, TEMPLATE, True, (UNIT,), (), None)
    return replace(found, **changes)


def reading(instances, covered, *others, drift=None, operation=None, **changes):
    """Return what was read of an organization with the management and the security account."""
    members = [
        Member(MANAGEMENT, "Management", "ACTIVE"),
        Member(SECURITY, "Security", "ACTIVE"),
        *(Member(each, f"team {each[-3:]}", "ACTIVE") for each in covered),
        *others,
    ]
    return Reading(
        (SetReading(stack_set(drift=drift, **changes), operation, tuple(instances)),),
        Organization("o-exampleorgid", MANAGEMENT, tuple(members), frozenset(covered)),
        {"accounts": NOW, "units": NOW, f"stack instances of {NAME}": NOW + timedelta(seconds=40)},
        NOW,
        NOW + timedelta(seconds=88),
        223,
        0,
    )


def overview(found, wanted=None, *, resumed=False):
    """Return the overview of a reading."""
    return overview_of(SECURITY, wanted or expected(), found, resumed=resumed)


def with_management(wanted=None):
    """Return settings by which Terraform deploys to the management account too."""
    wanted = wanted or expected()
    return replace(wanted, terraform={**wanted.terraform, MANAGEMENT: "management"})


def two_sets(count=1000):
    """Return an organization with the two stack sets that there are, and one role missing."""
    covered = ids(count)
    given = reading([instance(id, each) for id in covered for each in DEFAULT_REGIONS], covered)
    roles = [instance(id, HOME) for id in covered[1:]]
    operation = Operation("1", "CREATE", "SUCCEEDED", None, "2026-11-28T20:14:03Z", None)
    guard = replace(given.sets[0], operation=operation)
    first = SetReading(stack_set(name="reprieve-roles"), operation, tuple(roles))
    wanted = with_management()
    sets = (ExpectedSet("reprieve-roles", (HOME,), TEMPLATE), *wanted.sets)
    return overview(replace(given, sets=(first, guard)), replace(wanted, sets=sets))


def healthy(count=1000):
    """Return an organization where nothing is to be done."""
    covered = ids(count)
    instances = [instance(id, region) for id in covered for region in DEFAULT_REGIONS]
    return overview(reading(instances, covered), with_management())


def troubled():
    """Return a thousand accounts, of which some need attention for each kind of reason."""
    covered = ids(1000)
    instances = []
    for number, id in enumerate(covered):
        for region in DEFAULT_REGIONS:
            if number < 60:
                reason = DENIED.format(account=id)
                given = {"status": "OUTDATED", "detail": "FAILED", "StatusReason": reason}
            elif number < 64 and region == "sa-east-1":
                given = {"status": "INOPERABLE", "detail": "INOPERABLE"}
            elif 70 <= number < 170 and region.startswith("eu-"):
                reason = "Cancelled since failure tolerance has exceeded"
                given = {"status": "OUTDATED", "detail": "CANCELLED", "StatusReason": reason}
            elif number == 200 and region == "eu-west-1":
                given = {"DriftStatus": "DRIFTED"}
            elif number == 201 and region == "us-west-2":
                given = {"status": "CURIOUS"}
            elif number >= 995:
                continue
            else:
                given = {}
            instances.append(instance(id, region, **given))
    others = [
        *(Member(f"30000000000{digit}", "Sandbox", "ACTIVE") for digit in range(3)),
        Member("300000000008", "Closed", "SUSPENDED"),
        Member("300000000009", "Partner", "ACTIVE"),
    ]
    instances.append(instance("400000000000", "eu-west-1"))
    found = reading(
        instances,
        covered,
        *others,
        template='{"Resources": {"Old": {}}}',
        auto_deployment=False,
        drift=Drift("COMPLETED", "2026-11-27T03:00:00Z", 17000, 1, 0),
        operation=Operation(
            "1", "UPDATE", "FAILED", "2026-11-28T19:00:00Z", "2026-11-28T20:14:03Z", None
        ),
    )
    return overview(found, expected(excluded=frozenset({"300000000009"})), resumed=True)
