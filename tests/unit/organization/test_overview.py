"""Which accounts have the guard, which do not, and why."""

from dataclasses import replace

import pytest

from reprieve.aws.organization import Member
from reprieve.organization.grouping import grouped
from reprieve.organization.overview import ExpectedSet, overview_of
from reprieve.organization.records import Operation
from reprieve.organization.result import Membership, State
from tests.unit.organization.fakes import MANAGEMENT, NAME, SECURITY, TEMPLATE
from tests.unit.organization.samples import (
    DENIED,
    expected,
    healthy,
    ids,
    instance,
    overview,
    reading,
    stack_set,
    troubled,
    with_management,
)

REGIONS = ("eu-west-1", "us-east-1")
ONE, TWO = ids(2)
WANTED = with_management(expected(REGIONS))


def operation(status, ended="2026-11-28T20:00:00Z"):
    """Return an operation of the stack set."""
    return Operation("1", "UPDATE", status, "2026-11-28T19:00:00Z", ended, None)


def both(account, **more):
    """Return the instances of an account in both Regions."""
    return [instance(account, region, **more) for region in REGIONS]


def row_of(found, account, region=None):
    """Return the one row of an account, in a Region."""
    (row,) = (
        each
        for each in found.rows
        if each.account == account and (region is None or each.region == region)
    )
    return row


def test_nothing_is_wrong():
    """Each account has its guard in each Region."""
    found = healthy(3)
    assert found.is_healthy
    assert found.states == {State.DEPLOYED: 51}
    assert found.memberships == {Membership.IN_SET: 3, Membership.TERRAFORM: 2}
    assert grouped(found.rows) == []


@pytest.mark.parametrize(
    ("status", "detail", "drift", "state"),
    [
        ("CURRENT", "SUCCEEDED", None, State.DEPLOYED),
        ("CURRENT", None, "IN_SYNC", State.DEPLOYED),
        ("CURRENT", "FAILED", None, State.DEPLOYED),
        ("CURRENT", "SUCCEEDED", "DRIFTED", State.DRIFTED),
        ("CURRENT", "RUNNING", None, State.IN_PROGRESS),
        ("OUTDATED", "PENDING", None, State.IN_PROGRESS),
        ("OUTDATED", "FAILED", None, State.FAILED),
        ("OUTDATED", "CANCELLED", None, State.OUTDATED),
        ("OUTDATED", "SUCCEEDED", None, State.OUTDATED),
        ("OUTDATED", "SKIPPED_SUSPENDED_ACCOUNT", None, State.SKIPPED),
        ("INOPERABLE", "FAILED", None, State.INOPERABLE),
        ("OUTDATED", "FAILED_IMPORT", None, State.INOPERABLE),
        ("OUTDATED", "CURIOUS", None, State.UNKNOWN),
        ("CURRENT", "CURIOUS", None, State.UNKNOWN),
        ("CURIOUS", "SUCCEEDED", None, State.UNKNOWN),
    ],
)
def test_each_status_of_aws_is_a_state(status, detail, drift, state):
    """Only a stack that is up to date is healthy."""
    given = instance(ONE, "eu-west-1", status, detail=detail, DriftStatus=drift)
    found = overview(reading([given, instance(ONE, "us-east-1")], [ONE]), WANTED)
    row = row_of(found, ONE, "eu-west-1")
    assert row.state is state
    assert row.is_healthy is (state is State.DEPLOYED)
    assert found.is_healthy is row.is_healthy
    assert bool(row.problem) is bool(row.hint) is (state is not State.DEPLOYED)


@pytest.mark.parametrize(("caller", "is_delegated"), [(SECURITY, True), (MANAGEMENT, False)])
def test_the_command_that_names_drifted_resources_is_complete(caller, is_delegated):
    """The management account is no delegated administrator of itself."""
    given = both(ONE, DriftStatus="DRIFTED")
    found = overview_of(caller, WANTED, reading(given, [ONE]), resumed=False)
    hint = row_of(found, ONE, "eu-west-1").hint
    assert f"--stack-set-name {NAME} --region {WANTED.region}" in hint
    assert ("--call-as DELEGATED_ADMIN" in hint) is is_delegated


def test_an_unknown_status_is_named():
    """Nothing is concluded from it."""
    given = instance(ONE, "eu-west-1", "CURIOUS", detail="NEW")
    found = overview(reading([given, instance(ONE, "us-east-1")], [ONE]), WANTED)
    assert row_of(found, ONE, "eu-west-1").reason == "CURIOUS NEW"


def test_a_region_without_an_instance_is_missing():
    """The account is in the set."""
    found = overview(reading(both(ONE)[:1], [ONE]), WANTED)
    assert row_of(found, ONE, "us-east-1").state is State.MISSING
    assert not found.is_healthy


def test_a_region_that_the_settings_do_not_watch_is_unexpected():
    """Somebody removed it from the settings, and has not deployed."""
    found = overview(reading([*both(ONE), instance(ONE, "sa-east-1")], [ONE]), WANTED)
    assert row_of(found, ONE, "sa-east-1").state is State.UNEXPECTED


@pytest.mark.parametrize(
    ("member", "wanted", "membership", "is_healthy"),
    [
        (Member(TWO, "x", "ACTIVE"), WANTED, Membership.OUTSIDE, False),
        (
            Member(TWO, "x", "ACTIVE"),
            replace(WANTED, excluded=frozenset({TWO})),
            Membership.EXCLUDED,
            True,
        ),
        (
            Member(TWO, "x", "ACTIVE"),
            replace(WANTED, terraform={TWO: "shop", MANAGEMENT: "management"}),
            Membership.TERRAFORM,
            True,
        ),
        (Member(TWO, "x", "SUSPENDED"), WANTED, Membership.INACTIVE, True),
    ],
)
def test_an_account_without_stack_instances(member, wanted, membership, is_healthy):
    """One row says why it has none."""
    found = overview(reading(both(ONE), [ONE], member), wanted)
    row = row_of(found, TWO)
    assert (row.membership, row.is_healthy, row.region) == (membership, is_healthy, None)


def test_the_management_account_needs_a_deployment_of_its_own():
    """Without it, the account has no guard."""
    found = overview(reading(both(ONE), [ONE]), expected(REGIONS))
    row = row_of(found, MANAGEMENT)
    assert row.membership is Membership.MANAGEMENT
    assert not row.is_healthy
    assert "[accounts.NAME]" in row.hint


def test_the_management_account_is_never_in_the_set():
    """StackSets does not deploy to it, even if it is in a unit of the set."""
    given = reading(both(ONE), [ONE])
    covered = frozenset({ONE, MANAGEMENT})
    given = replace(given, organization=replace(given.organization, covered=covered))
    assert row_of(overview(given, expected(REGIONS)), MANAGEMENT).state is None


@pytest.mark.parametrize(
    ("account", "wanted", "membership"),
    [
        (SECURITY, WANTED, Membership.TERRAFORM),
        (TWO, replace(WANTED, excluded=frozenset({TWO})), Membership.EXCLUDED),
        (TWO, WANTED, Membership.OUTSIDE),
        ("400000000000", WANTED, Membership.GONE),
        (MANAGEMENT, expected(REGIONS), Membership.MANAGEMENT),
    ],
)
def test_a_stack_instance_where_none_is_wanted(account, wanted, membership):
    """Each is a problem, whose hint depends on the account."""
    given = reading([*both(ONE), *both(account)], [ONE], Member(TWO, "x", "ACTIVE"))
    found = overview(given, wanted)
    rows = [each for each in found.rows if each.account == account]
    assert [(row.membership, row.state, bool(row.problem)) for row in rows] == [
        (membership, State.UNEXPECTED, True)
    ] * 2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"template": "{}"}, "is not the one that the settings make"),
        ({"auto_deployment": False}, "Automatic deployment of reprieve-organization is off"),
        ({"ous": ("ou-other",)}, "reprieve-organization deploys to ou-other"),
        ({"operation": operation("FAILED")}, "ended with FAILED at 2026-11-28T20:00:00Z"),
        ({"operation": operation("RUNNING", None)}, "is RUNNING since 2026-11-28T19:00:00Z"),
    ],
)
def test_what_is_wrong_with_the_stack_set(changes, said):
    """It is said once, not for each instance."""
    found = overview(reading(both(ONE), [ONE], **changes), WANTED)
    (notice,) = found.notices
    assert said in notice.problem
    assert not found.is_healthy


@pytest.mark.parametrize("chosen", ["cdktf", "cdktn"])
def test_the_command_that_deploys_is_that_of_the_chosen_program(monkeypatch, chosen):
    """CDKTF or CDK Terrain, as in the other hints."""
    monkeypatch.setenv("REPRIEVE_CDK", chosen)
    (notice,) = overview(reading(both(ONE), [ONE], auto_deployment=False), WANTED).notices
    target = WANTED.target
    assert notice.hint == f"Deploy {target}: `npx {chosen} deploy {target}`."


def test_each_stack_set_is_compared_by_itself():
    """The second one has a Region of its own, and lacks the stack of an account."""
    second = ExpectedSet("reprieve-roles", ("us-east-1",), TEMPLATE)
    given = reading(both(ONE), [ONE])
    roles = replace(given.sets[0], instances=(), stack_set=stack_set(auto_deployment=False))
    given = replace(given, sets=(*given.sets, roles))
    found = overview(given, replace(WANTED, sets=(*WANTED.sets, second)))
    assert [(row.stack_set, row.region, row.state) for row in found.rows if row.account == ONE] == [
        (NAME, "eu-west-1", State.DEPLOYED),
        (NAME, "us-east-1", State.DEPLOYED),
        ("reprieve-roles", "us-east-1", State.MISSING),
    ]
    (notice,) = found.notices
    assert notice.problem.startswith("Automatic deployment of reprieve-roles is off")


def test_the_same_reason_in_many_accounts_is_one_group():
    """Account ids, request ids and the names of Regions differ."""
    given = [
        instance(id, region, "OUTDATED", detail="FAILED", StatusReason=DENIED.format(account=id))
        for id in (ONE, TWO)
        for region in REGIONS
    ]
    (group,) = grouped(overview(reading(given, [ONE, TWO]), WANTED).rows)
    assert len(group.rows) == 4
    assert group.regions == {"eu-west-1": 2, "us-east-1": 2}
    assert "arn:aws:sts::ACCOUNT:assumed-role" in group.first.reason
    assert "exempt the role" in group.first.hint


def test_one_account_keeps_its_exact_reason():
    """Nothing is replaced in it."""
    reason = DENIED.format(account=ONE)
    given = both(ONE, status="OUTDATED", detail="FAILED", StatusReason=reason)
    (group,) = grouped(overview(reading(given, [ONE]), WANTED).rows)
    assert group.first.reason == reason


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ("Cancelled since failure tolerance has exceeded", "Other stacks failed before"),
        ("reprieve-eventbridge already exists in stack arn:aws:…", "reprieve adopt"),
        ("The security token included in the request is invalid.", "Enable it"),
        ("LimitExceededException", "quota"),
        ("Rate exceeded", "fewer accounts"),
        ("The role reprieve-eventbridge does not exist.", "before its roles"),
        ("", "events of the stack"),
    ],
)
def test_the_reason_says_what_to_do(reason, hint):
    """By words that the texts of AWS have."""
    given = both(ONE, status="OUTDATED", detail="FAILED", StatusReason=reason)
    (group,) = grouped(overview(reading(given, [ONE]), WANTED).rows)
    assert hint in group.first.hint


@pytest.mark.slow
def test_the_worst_and_the_largest_groups_are_first():
    """A cut view has them."""
    states = [each.first.state for each in grouped(troubled().rows)]
    assert states[:3] == [State.FAILED, State.INOPERABLE, State.MISSING]
    assert states.index(State.OUTDATED) < states.index(State.DRIFTED)


def test_json_has_a_row_for_each_account_and_region():
    """And one for an account that the sets do not deploy to."""
    found = healthy(2)
    shown = found.as_json(found.rows)
    assert shown["healthy"] is True
    assert shown["accounts"]["in_set"] == 2
    assert shown["states"]["deployed"] == 34
    assert len(shown["rows"]) == 34 + 2
    assert shown["rows"][-1] == {
        "account": ids(2)[1],
        "name": "team 001",
        "membership": "in_set",
        "stack_set": NAME,
        "region": "us-west-2",
        "state": "deployed",
        "problem": "",
        "reason": "",
        "hint": "",
        "unit": "ou-abcd-11111111",
        "stack": None,
        "drift": None,
        "drift_checked": None,
        "healthy": True,
    }
    assert shown["read"] == {
        "since": "2026-11-28T22:00:00Z",
        "until": "2026-11-28T22:01:28Z",
        "resumed": False,
        "calls": 223,
        "throttled": 0,
        "lists": {
            "accounts": "2026-11-28T22:00:00Z",
            "units": "2026-11-28T22:00:00Z",
            f"stack instances of {NAME}": "2026-11-28T22:00:40Z",
        },
    }
