"""An organization in the sandbox: stack sets of a hub account deploy the guard to its members."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprieve.aws.permissions import policy_for
from reprieve.settings.loader import load
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import Deployment
from sandbox.server import Sandbox
from tests.support.account import EMAIL
from tests.support.operator import Operator, Printed

MANAGEMENT, SECURITY = ACCOUNT_ID, "222233334444"
MEMBERS = ("333344445555", "444455556666", "555566667777", "666677778888", "777788889999")
LATER = "888899990000"
HUB, OTHER = "eu-west-1", "us-east-1"
"""The Regions: that of the hub, and the one with the roles."""
TRUSTED = "member.org.stacksets.cloudformation.amazonaws.com"
STACK = "reprieve-security"
SET_STACK = f"{STACK}-organization"
DEPLOYER = f"arn:aws:iam::{SECURITY}:user/pipeline"


@dataclass(frozen=True)
class Units:
    """The root of an organization and its units. `shops` is below `work`."""

    root: str
    work: str
    shops: str
    id: str


def organize(sandbox: Sandbox) -> Units:
    """Put the accounts into an organization: the hub's below the root, the others below `work`."""
    id = sandbox.organize()
    client = sandbox.client("organizations", OTHER)
    root = client.list_roots()["Roots"][0]["Id"]
    work = _unit(client, root, "work")
    shops = _unit(client, work, "shops")
    for account in MEMBERS:
        unit = shops if account == MEMBERS[0] else work
        client.move_account(AccountId=account, SourceParentId=root, DestinationParentId=unit)
    client.enable_aws_service_access(ServicePrincipal=TRUSTED)
    client.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal=TRUSTED)
    return Units(root, work, shops, id)


def _unit(client: Any, parent: str, name: str) -> str:
    created = client.create_organizational_unit(ParentId=parent, Name=name)
    return str(created["OrganizationalUnit"]["Id"])


def settings_of(units: Units, targets: Sequence[str], more: str = "", own: str = "") -> str:
    """Return the file of the settings; `more` is added to [organization], `own` to the account."""
    return f"""
[notify]
emails = ["{EMAIL}"]
threats = ["key-deletion-scheduled", "guard-changed", "trail-changed"]
topology = "hub"
hub = {{ account = "security", region = "{HUB}", organization_id = "{units.id}" }}

[regions]
watch = ["{HUB}", "{OTHER}"]

[exempt]
deployers = ["{DEPLOYER}"]

[organization]
engine = "stacksets"
organizational_units = {json.dumps(list(targets))}
concurrent_accounts = 10
parallel_regions = true
{more}

[accounts.security]
id = "{SECURITY}"
{own}
"""


@dataclass
class DeployedOrganization:
    """The stacks of the hub's account, deployed by a user with `reprieve policy deploy` only."""

    sandbox: Sandbox
    directory: Path
    units: Units
    hub: Deployment
    sets: Deployment

    @property
    def file(self) -> Path:
        """The file of the settings."""
        return self.directory / "reprieve.toml"

    def run(self, *arguments: str) -> Printed:
        """Run `reprieve` with the settings, as the root of the hub's account."""
        environment = self.sandbox.environment(SECURITY)
        credentials = {key: value for key, value in environment.items() if key.startswith("AWS_")}
        return Operator(self.sandbox, {"REPRIEVE_SETTINGS": str(self.file)}, credentials).run(
            *arguments
        )

    def client(self, service: str, region: str, account: str) -> Any:
        """Return a client of an account's root."""
        return self.sandbox.client(service, region, account)

    def instances(self, name: str = "reprieve-guard") -> dict[tuple[str, str], str]:
        """Return the status of each stack instance, by account and Region."""
        client = self.client("cloudformation", HUB, SECURITY)
        pages = client.get_paginator("list_stack_instances")
        return {
            (each["Account"], each["Region"]): each["Status"]
            for page in pages.paginate(StackSetName=name, CallAs="DELEGATED_ADMIN")
            for each in page["Summaries"]
        }


def prepare_organization(sandbox: Sandbox, directory: Path) -> DeployedOrganization:
    """Create the organization, the settings, and the user who deploys. Deploy nothing."""
    units = organize(sandbox)
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "reprieve.toml"
    file.write_text(settings_of(units, [units.work]))
    settings = _pipeline(sandbox, file)
    hub = Deployment(sandbox, directory, settings_file=file, settings=settings, stack=STACK)
    return DeployedOrganization(sandbox, directory, units, hub, hub.of_stack(SET_STACK))


def _pipeline(sandbox: Sandbox, file: Path) -> dict[str, str]:
    """Create the user of the pipeline, who may do what `reprieve policy deploy` prints."""
    (account,) = load({"REPRIEVE_SETTINGS": str(file)}).accounts
    iam = sandbox.client("iam", OTHER, SECURITY)
    name = DEPLOYER.rpartition("/")[2]
    iam.create_user(UserName=name)
    policy = json.dumps(policy_for("deploy", account))
    iam.put_user_policy(UserName=name, PolicyName="deploy", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": "secret",  # the sandbox does not check signatures
    }
