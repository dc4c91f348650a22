"""Five accounts of an organization, two Regions each: stack sets deploy the guard to all of them.

The hub's account and the stack sets are deployed by the real terraform, one after the other.
"""

from collections.abc import Iterator

import pytest

from reprieve.errors import ExitCode
from sandbox.processes import CommandFailed
from sandbox.server import Sandbox
from tests.support.organizations import (
    HUB,
    LATER,
    MANAGEMENT,
    MEMBERS,
    OTHER,
    SECURITY,
    SET_STACK,
    DeployedOrganization,
    prepare_organization,
    settings_of,
)
from tests.support.quotas import UNHURRIED

pytestmark = pytest.mark.long

REGIONS = (HUB, OTHER)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedOrganization]:
    """Return the organization, with nothing deployed."""
    with Sandbox(quotas=UNHURRIED, accounts=[SECURITY, *MEMBERS]) as sandbox:
        yield prepare_organization(sandbox, tmp_path_factory.mktemp("organization"))


@pytest.fixture(scope="module")
def deployed(prepared: DeployedOrganization) -> DeployedOrganization:
    """Deploy the hub's account and the stack sets: first these, which fail without the hub."""
    prepared.hub.synth()
    prepared.sets.init()
    with pytest.raises(CommandFailed) as refused:
        prepared.sets.apply()
    assert "The hub in eu-west-1 does not accept events of the organization" in str(refused.value)
    assert "Deploy the stack reprieve-security first." in " ".join(str(refused.value).split())
    prepared.hub.init()
    prepared.hub.apply()
    prepared.sets.apply()
    prepared.sandbox.settle(300)
    return prepared


def bodies(sandbox: Sandbox, needle: str) -> list[str]:
    """Return what any topic sent about something."""
    return [mail.body for mail in sandbox.mails if needle in mail.body]


def rescue(deployed: DeployedOrganization, account: str, region: str) -> None:
    """Delete a key of an account. Require that it is rescued and reported in the one inbox."""
    sandbox = deployed.sandbox
    kms = deployed.client("kms", region, account)
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    sandbox.settle(60)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "Disabled"
    alert, result = sorted(bodies(sandbox, key), key=lambda body: "cancelled" in body)
    assert f"scheduled for deletion in {region}. Reprieve is cancelling it." in alert
    for message in (alert, result):
        assert account in message
    topics = {mail.topic_arn for mail in sandbox.mails if key in mail.body}
    assert topics == {f"arn:aws:sns:{HUB}:{SECURITY}:reprieve-alerts"}


def test_every_account_has_a_guard_in_every_region(deployed):
    """And its roles once. The hub's account has the guard that Terraform deploys."""
    expected = {(account, region): "CURRENT" for account in MEMBERS for region in REGIONS}
    assert deployed.instances() == expected
    assert deployed.instances("reprieve-roles") == {
        (account, OTHER): "CURRENT" for account in MEMBERS
    }


def test_a_roll_out_sends_no_alert(deployed):
    """Though it creates thousands of resources of the guard."""
    assert bodies(deployed.sandbox, "a resource of Reprieve itself was changed") == []


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("account", [SECURITY, *MEMBERS])
def test_a_key_of_each_account_is_rescued_and_the_inbox_gets_both_messages(
    deployed, account, region
):
    """They name the account and the Region of the key."""
    rescue(deployed, account, region)


def test_the_next_plan_is_empty(deployed):
    """Of both stacks."""
    assert deployed.hub.plan() == {}
    assert deployed.sets.plan() == {}


def test_status_shows_the_whole_organization(deployed, tmp_path, monkeypatch):
    """Each member has the template of the settings. Only the management account has no guard."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    printed = deployed.run("status", "--organization", "--json")
    assert printed.exit_code == ExitCode.FAILED
    found = printed.json
    assert {key: number for key, number in found["states"].items() if number} == {
        "deployed": len(MEMBERS) * (1 + len(REGIONS))
    }
    assert [each["template"]["current"] for each in found["stack_sets"]] == [True, True]
    assert found["problems"] == []
    assert [row["account"] for row in found["rows"] if not row["healthy"]] == [MANAGEMENT]


def planned(deployed: DeployedOrganization, settings: str) -> dict[str, list[str]]:
    """Return what a deployment of other settings would do to the stack sets."""
    deployed.file.write_text(settings)
    deployed.hub.synth()
    return deployed.sets.plan()


def test_no_change_of_the_accounts_touches_the_guards_that_are_there(deployed):
    """A further unit only adds instances. A further excluded account is shown, with what to do."""
    before, units = deployed.file.read_text(), deployed.units
    excluding = settings_of(units, [units.work], f'exclude_accounts = ["{MEMBERS[1]}"]')
    assert planned(deployed, excluding) == {"terraform_data.excluded-accounts": ["update"]}
    shown = deployed.sets.terraform("plan")
    assert "The stack sets still deploy to an account that is excluded." in shown
    found = planned(deployed, settings_of(units, [units.work, units.shops]))
    assert set(map(tuple, found.values())) == {("create",)}
    assert len(found) == 3
    assert planned(deployed, before) == {}


def test_an_update_reaches_every_account(deployed):
    """In every Region. The roles stay as they are."""
    before = deployed.file.read_text()
    found = planned(deployed, f"[reliability]\nstorm_threshold = 20\n{before}")
    assert sorted(each.partition("-")[0] for each in found) == [
        "aws_cloudformation_stack_set.organization_guard",
        "aws_s3_object.organization_guard",
    ]
    deployed.sets.apply()
    for account in MEMBERS:
        for region in REGIONS:
            alarms = deployed.client("cloudwatch", region, account).describe_alarms(
                AlarmNames=["reprieve-storm"]
            )["MetricAlarms"]
            assert [each["Threshold"] for each in alarms] == [20]
    assert bodies(deployed.sandbox, "a resource of Reprieve itself was changed") == []


def test_an_account_that_joins_later_gets_its_guard(deployed):
    """Without a deployment. The next plan is empty all the same."""
    deployed.sandbox.add_account(LATER, deployed.units.shops)
    deployed.sandbox.settle(120)
    found = {place for place in deployed.instances() if place[0] == LATER}
    assert found == {(LATER, region) for region in REGIONS}
    rescue(deployed, LATER, HUB)
    assert deployed.sets.plan() == {}
    plan = deployed.directory / "plan.json"
    plan.write_text(deployed.sets.terraform("show", "-json", "plan"))
    assert deployed.run("diff", str(plan)).text == "no changes\n"


def test_a_change_of_a_members_guard_by_anybody_else_sends_an_alert(deployed):
    """The inbox of the organization gets it."""
    events = deployed.client("events", HUB, MEMBERS[1])
    events.disable_rule(Name="reprieve-trail-changed")
    deployed.sandbox.settle(60)
    assert any(MEMBERS[1] in body for body in bodies(deployed.sandbox, "DisableRule"))
    events.enable_rule(Name="reprieve-trail-changed")
    deployed.sandbox.settle(60)


def test_a_change_of_the_stack_sets_by_anybody_else_sends_an_alert(deployed):
    """No member reports what StackSets does there."""
    client = deployed.client("cloudformation", HUB, SECURITY)
    client.delete_stack_instances(
        StackSetName="reprieve-guard",
        CallAs="DELEGATED_ADMIN",
        DeploymentTargets={
            "OrganizationalUnitIds": [deployed.units.work],
            "Accounts": [MEMBERS[2]],
            "AccountFilterType": "INTERSECTION",
        },
        Regions=[OTHER],
        RetainStacks=False,
    )
    deployed.sandbox.settle(60)
    assert bodies(deployed.sandbox, "DeleteStackInstances")
    assert (MEMBERS[2], OTHER) not in deployed.instances()


def test_destroying_the_stack_removes_every_guard_of_a_member(deployed):
    """The roles last. That of the hub's account stays."""
    deployed.sets.terraform("destroy", "-auto-approve", "-parallelism=40")
    for account in (*MEMBERS, LATER):
        for region in REGIONS:
            rules = deployed.client("events", region, account).list_rules()["Rules"]
            assert rules == [], (account, region)
        roles = deployed.client("iam", OTHER, account).list_roles()["Roles"]
        assert [each for each in roles if each["RoleName"].startswith("reprieve-")] == []
    buckets = deployed.client("s3", HUB, SECURITY).list_buckets()["Buckets"]
    assert [each for each in buckets if each["Name"].startswith("reprieve-")] == []
    rescue(deployed, SECURITY, HUB)


def test_the_stacks_have_names_of_their_own(deployed):
    """`reprieve accounts` lists them."""
    assert SET_STACK in deployed.run("accounts").text
