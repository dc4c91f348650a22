"""`reprieve status --organization`, with its documented policy alone and within AWS's rates."""

import csv
import io
from dataclasses import replace

import pytest

from bench.accounts import MANAGEMENT, fill, ids, organize
from reprieve.errors import ExitCode
from reprieve.organization.expected import administrator_of, expected_of
from reprieve.settings.loader import load
from sandbox.cloudformation.stack_sets import Instance
from sandbox.core.account import ACCOUNT_ID
from tests.support.account import EMAIL
from tests.support.operator import Operator, user_allowed

ALL = ("status", "--organization")
IDS = ids(45)
SETTINGS = """
[notify]
emails = ["{email}"]
topology = "hub"
hub = {{ account = "{account}", region = "eu-west-1", organization_id = "o-exampleorgid" }}

[regions]
watch = ["eu-west-1", "us-east-1"]

[organization]
engine = "stacksets"
organizational_units = ["{unit}"]
exclude_accounts = ["{management}"]

[account]
id = "{account}"
"""
ACTIONS = (
    "cloudformation:DescribeStackSet",
    "cloudformation:ListStackInstances",
    "cloudformation:ListStackSetOperations",
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Keep the files of interrupted runs apart."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def organization(sandbox, tmp_path_factory):
    """Return the settings of an organization of 45 accounts, and the records of its stacks."""
    folder = tmp_path_factory.mktemp("organization")
    unit = organize(sandbox, len(IDS), units=3)
    text = SETTINGS.format(email=EMAIL, account=ACCOUNT_ID, unit=unit, management=MANAGEMENT)
    (folder / "reprieve.toml").write_text(text)
    accounts = load({}, folder).accounts
    administrator = administrator_of(accounts)
    assert administrator
    wanted = expected_of(administrator, accounts)
    instances = [
        fill(each.name, wanted.region, each.template, unit, IDS, each.regions)
        for each in wanted.sets
    ]
    return {"REPRIEVE_SETTINGS": str(folder / "reprieve.toml")}, instances


def test_the_policy_is_enough_and_the_rates_are_kept(sandbox, organization):
    """AWS throttles a few calls; the command repeats them, and shows everything."""
    settings, _ = organization
    operator = user_allowed(sandbox, settings, "status")
    before = sandbox.quotas
    sandbox.quotas = replace(before, stack_set_reads_per_second=1, organizations_reads_per_second=2)
    try:
        printed = operator.run(*ALL, "--json")
    finally:
        sandbox.quotas = before
    assert printed.exit_code == ExitCode.OK, printed.complaints
    assert printed.json["accounts"]["in_set"] == 45
    assert printed.json["states"]["deployed"] == 45 + 90
    assert printed.json["read"]["throttled"] > 0


@pytest.mark.parametrize("action", ACTIONS)
def test_every_permission_is_needed(sandbox, organization, action):
    """Without it, the command names it and concludes nothing."""
    settings, _ = organization
    printed = user_allowed(sandbox, settings, "status", without=action).run(*ALL)
    assert printed.exit_code == ExitCode.FAILED
    assert f"The permission {action} is missing." in printed.complaints
    assert printed.text == ""


def test_a_member_may_not_read_the_organization(sandbox, organization):
    """Only the management account and delegated administrators may."""
    settings, _ = organization
    sandbox.add_account(IDS[0])
    printed = Operator(sandbox, settings, sandbox.environment(IDS[0])).run(*ALL)
    assert printed.exit_code == ExitCode.FAILED
    assert "The organization cannot be read." in printed.complaints


@pytest.mark.parametrize("account", [ACCOUNT_ID, MANAGEMENT])
def test_what_needs_attention_is_shown(sandbox, organization, account):
    """To the delegated administrator and to the management account alike."""
    settings, (*_, instances) = organization
    before = dict(instances)
    failed = Instance(IDS[0], "eu-west-1", "", "OUTDATED", "FAILED", "Rate exceeded")
    instances[IDS[0], "eu-west-1"] = failed
    del instances[IDS[1], "us-east-1"]
    try:
        printed = Operator(sandbox, settings, sandbox.environment(account)).run(
            *ALL, "--format", "csv", "--only-failed"
        )
    finally:
        instances.update(before)
    assert printed.exit_code == ExitCode.FAILED
    rows = list(csv.DictReader(io.StringIO(printed.text)))
    assert [(each["account"], each["region"], each["state"]) for each in rows] == [
        (IDS[0], "eu-west-1", "failed"),
        (IDS[1], "us-east-1", "missing"),
    ]
    assert rows[0]["reason"] == "Rate exceeded"
