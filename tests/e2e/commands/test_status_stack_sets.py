"""`reprieve status --organization` while StackSets deploys, fails, and follows the accounts."""

from typing import Any

import pytest

from bench.accounts import MANAGEMENT, STACK_SETS
from reprieve.errors import ExitCode
from reprieve.organization.expected import administrator_of, expected_of
from reprieve.organization.overview import ExpectedSet
from reprieve.settings.loader import load
from sandbox.core.account import ACCOUNT_ID
from sandbox.server import HOME_REGION
from tests.support.account import EMAIL
from tests.support.operator import Operator

HUB = "eu-west-1"
SHOP, BANK, LATER = "222233334444", "333344445555", "444455556666"
SETTINGS = """
[notify]
emails = ["{email}"]
topology = "hub"
hub = {{ account = "{account}", region = "{hub}", organization_id = "o-exampleorgid" }}

[regions]
watch = ["eu-west-1", "us-east-1"]

[organization]
engine = "stacksets"
organizational_units = ["{unit}"]
exclude_accounts = ["{management}"]

[account]
id = "{account}"
"""
EVERYTHING = {"MaxConcurrentPercentage": 100, "FailureTolerancePercentage": 100}
RULE = "reprieve-trail-changed"
ALL = ("status", "--organization", "--json")


class World:
    """An organization with a unit, a unit below it, and an account in each."""

    def __init__(self, sandbox: Any, folder: Any) -> None:
        """Create them, and the settings."""
        self.sandbox = sandbox
        sandbox.add_account(MANAGEMENT)
        sandbox.organize(MANAGEMENT)
        self.organizations = sandbox.client("organizations", HOME_REGION, MANAGEMENT)
        self.organizations.enable_aws_service_access(ServicePrincipal=STACK_SETS)
        self.organizations.register_delegated_administrator(
            AccountId=ACCOUNT_ID, ServicePrincipal=STACK_SETS
        )
        self.root = self.organizations.list_roots()["Roots"][0]["Id"]
        self.unit = self._unit(self.root, "work")
        self.below = self._unit(self.unit, "shops")
        sandbox.add_account(SHOP, self.below)
        sandbox.add_account(BANK, self.unit)
        text = SETTINGS.format(
            email=EMAIL, account=ACCOUNT_ID, hub=HUB, unit=self.unit, management=MANAGEMENT
        )
        (folder / "reprieve.toml").write_text(text)
        self.settings = {"REPRIEVE_SETTINGS": str(folder / "reprieve.toml")}
        accounts = load({}, folder).accounts
        administrator = administrator_of(accounts)
        assert administrator
        self.wanted = expected_of(administrator, accounts).sets
        self.stack_sets = sandbox.client("cloudformation", HUB)

    def _unit(self, parent: str, name: str) -> str:
        made = self.organizations.create_organizational_unit(ParentId=parent, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def deploy(self, wanted: ExpectedSet, bucket: str = "templates") -> None:
        """Create a stack set, and deploy it to the unit."""
        s3 = self.sandbox.client("s3", HUB)
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HUB})
        s3.put_object(Bucket=bucket, Key=wanted.name, Body=wanted.template.encode())
        self.stack_sets.create_stack_set(
            StackSetName=wanted.name,
            TemplateURL=f"https://{bucket}.s3.{HUB}.amazonaws.com/{wanted.name}",
            PermissionModel="SERVICE_MANAGED",
            CallAs="DELEGATED_ADMIN",
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
            Capabilities=["CAPABILITY_NAMED_IAM"],
            ManagedExecution={"Active": True},
        )
        self.stack_sets.create_stack_instances(
            StackSetName=wanted.name,
            CallAs="DELEGATED_ADMIN",
            DeploymentTargets={"OrganizationalUnitIds": [self.unit]},
            Regions=list(wanted.regions),
            OperationPreferences=EVERYTHING,
        )
        self.sandbox.settle(200)

    def status(self) -> Any:
        """Return what the command prints, and how it ends."""
        return Operator(self.sandbox, self.settings).run(*ALL)


@pytest.fixture(scope="module")
def world(sandbox, tmp_path_factory):
    """Deploy both stack sets. The rules of the bank's guard cannot be created in one Region."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        made = World(sandbox, tmp_path_factory.mktemp("world"))
        rules = sandbox.client("events", HUB, BANK)
        rules.put_rule(Name=RULE, EventPattern='{"source": ["aws.kms"]}')
        for number, wanted in enumerate(made.wanted):
            made.deploy(wanted, f"templates-{number}")
        yield made


def problems(printed):
    """Return the account, the Region and the state of each row that is not healthy."""
    return [
        (row["account"], row["region"], row["state"])
        for row in printed.json["rows"]
        if not row["healthy"]
    ]


def test_a_failed_deployment_is_shown_until_it_is_repeated(world):
    """With AWS's reason. The documented command deploys again once the cause is gone."""
    printed = world.status()
    assert printed.exit_code == ExitCode.FAILED
    assert problems(printed) == [(BANK, HUB, "failed")]
    (row,) = (each for each in printed.json["rows"] if not each["healthy"])
    assert "already exists" in row["reason"]
    assert "reprieve adopt" in row["hint"]
    assert row["unit"] == world.unit

    world.sandbox.client("events", HUB, BANK).delete_rule(Name=RULE)
    world.stack_sets.update_stack_instances(
        StackSetName=row["stack_set"],
        CallAs="DELEGATED_ADMIN",
        DeploymentTargets={
            "OrganizationalUnitIds": [row["unit"]],
            "Accounts": [BANK],
            "AccountFilterType": "INTERSECTION",
        },
        Regions=[HUB],
        OperationPreferences=EVERYTHING,
    )
    world.sandbox.settle(200)
    printed = world.status()
    assert (printed.exit_code, problems(printed)) == (ExitCode.OK, [])
    assert printed.json["accounts"]["in_set"] == 2
    assert printed.json["states"]["deployed"] == 2 + 4
    assert all(each["template"]["current"] for each in printed.json["stack_sets"])


def test_an_account_that_joins_is_counted_and_one_that_leaves_is_reported(world):
    """StackSets deploys to the one, and removes the guard of the other."""
    world.sandbox.add_account(LATER, world.below)
    world.sandbox.settle(200)
    assert world.status().json["states"]["deployed"] == 3 + 6
    world.organizations.move_account(
        AccountId=SHOP, SourceParentId=world.below, DestinationParentId=world.root
    )
    world.sandbox.settle(200)
    printed = world.status()
    assert problems(printed) == [(SHOP, None, None)]
    assert printed.json["accounts"]["outside"] == 1
    assert printed.json["states"]["deployed"] == 2 + 4
