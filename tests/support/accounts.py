"""Three accounts of one settings file, deployed from one synthesis: each has two Regions."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import DEPLOYER, Deployment, deployer
from sandbox.server import Sandbox
from tests.support.account import EMAIL, REGIONS
from tests.support.operator import Operator, Printed

ACCOUNTS = {"security": ACCOUNT_ID, "production": "222233334444", "test": "333344445555"}
"""The accounts by their names. The credentials are of `security`; roles open the others."""

EXTERNAL_ID = "blue"
"""What the role of `production` demands; that of `test` demands none."""


def little_guard(*regions: str) -> str:
    """Return settings with little of the guard, so that its deployment is quick."""
    return f"""
[notify]
emails = ["{EMAIL}"]
threats = ["key-deletion-scheduled"]

[patrol]
enabled = false

[regions]
watch = {json.dumps(regions)}
"""


COMMON = little_guard(*REGIONS)
"""The settings of all of them."""


def role_of(name: str) -> str:
    """Return the ARN of the role that deploys to an account."""
    return f"arn:aws:iam::{ACCOUNTS[name]}:role/Deployment"


def read_role_of(name: str) -> str:
    """Return the ARN of the role of an account that can change nothing: `create_reader`."""
    return f"arn:aws:iam::{ACCOUNTS[name]}:role/ReadOnly"


def settings_of(
    common: str = COMMON, external_id: str = EXTERNAL_ID, own: Mapping[str, str] | None = None
) -> str:
    """Return the file of the settings; `own` is more TOML by account, below its table."""
    lines = [common]
    for name, id in ACCOUNTS.items():
        lines += [f"[accounts.{name}]", f'id = "{id}"']
        if name != "security":
            lines.append(f'role_arn = "{role_of(name)}"')
            lines.append(f'read_role_arn = "{read_role_of(name)}"')
        if name == "production":
            lines.append(f'external_id = "{external_id}"')
        caller = DEPLOYER if name == "security" else role_of(name)
        lines += [
            f"[accounts.{name}.exempt]",
            f'deployers = ["{caller}"]',
            (own or {}).get(name, ""),
        ]
    return "\n".join(lines)


@dataclass
class DeployedAccounts:
    """The accounts in a sandbox, and what a test does there. `deployments` are by name."""

    sandbox: Sandbox
    directory: Path
    credentials: Mapping[str, str]
    deployments: Mapping[str, Deployment]

    def write(self, settings: str) -> None:
        """Replace the file of the settings."""
        (self.directory / "reprieve.toml").write_text(settings)

    def run(self, *arguments: str) -> Printed:
        """Run `reprieve` with the settings, as the deployer of `security`."""
        return self.operator(self.credentials).run(*arguments)

    def operator(self, credentials: Mapping[str, str], **variables: str) -> Operator:
        """Return somebody else who runs `reprieve` with the settings."""
        file = {"REPRIEVE_SETTINGS": str(self.directory / "reprieve.toml")}
        return Operator(self.sandbox, file | variables, credentials)

    def kms(self, name: str, region: str) -> Any:
        """Return a KMS client of an account."""
        return self.sandbox.client("kms", region, ACCOUNTS[name])

    def places(self) -> Iterator[tuple[str, str]]:
        """Yield the name of an account and a Region, for each that is guarded."""
        for name in ACCOUNTS:
            for region in REGIONS:
                yield name, region

    def deploy(self) -> None:
        """Synthesise once, and deploy every stack, as the workflows do it."""
        first = next(iter(self.deployments.values()))
        first.cdktf("deploy", "reprieve*", "--auto-approve", "--terraform-parallelism=40")


def deploy_accounts(
    sandbox: Sandbox, directory: Path, settings: str | None = None
) -> DeployedAccounts:
    """Create the accounts, their roles and the user who deploys, and deploy to all of them."""
    found = create_accounts(sandbox, directory, settings)
    found.deploy()
    return found


def create_accounts(
    sandbox: Sandbox, directory: Path, settings: str | None = None
) -> DeployedAccounts:
    """Create the accounts, their roles and the user who deploys; deploy nothing."""
    everything = _document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    for name, id in ACCOUNTS.items():
        if name != "security":
            sandbox.add_account(id)
            _create_role(sandbox, name, "Deployment", [everything])
    caller = deployer(sandbox)
    credentials = {name: value for name, value in caller.items() if name.startswith("AWS_")}
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "reprieve.toml"
    file.write_text(settings or settings_of())
    first = Deployment(sandbox, directory, settings_file=file, settings=credentials)
    deployments = {name: first.of_stack(f"reprieve-{name}") for name in ACCOUNTS}
    return DeployedAccounts(sandbox, directory, credentials, deployments)


def create_reader(accounts: DeployedAccounts, *commands: str) -> dict[str, str]:
    """Create the roles that can change nothing; return the credentials of a user who assumes them.

    The roles, and the user in `security`, have the policies that `reprieve policy` prints for the
    commands. The user may assume no other role.
    """
    printed = {
        name: [accounts.run("policy", each, "--account", name).text for each in commands]
        for name in ACCOUNTS
    }
    for name, policies in printed.items():
        if name != "security":
            _create_role(accounts.sandbox, name, "ReadOnly", policies)
    iam = accounts.sandbox.client("iam", "us-east-1", ACCOUNTS["security"])
    iam.create_user(UserName="reader")
    assume = accounts.operator(accounts.credentials, REPRIEVE_READ_ONLY="1").run("policy", "assume")
    for number, policy in enumerate([*printed["security"], assume.text]):
        iam.put_user_policy(UserName="reader", PolicyName=str(number), PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    return {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }


def _create_role(sandbox: Sandbox, name: str, role: str, policies: Sequence[str]) -> None:
    iam = sandbox.client("iam", "us-east-1", ACCOUNTS[name])
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
    }
    if name == "production":
        trust["Condition"] = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=_document(trust))
    for number, policy in enumerate(policies):
        iam.put_role_policy(RoleName=role, PolicyName=str(number), PolicyDocument=policy)


def _document(statement: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
