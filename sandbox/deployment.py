"""Reprieve deployed to a sandbox: a working directory of its own, the real terraform and cdktf."""

import copy
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sandbox.core.account import ACCOUNT_ID
from sandbox.processes import CommandFailed, run, tool
from sandbox.server import Sandbox

PROJECT = Path(__file__).resolve().parent.parent
EXAMPLE = PROJECT / "reprieve.example.toml"  # the settings of the demo, and of tests
STACK = "reprieve"
LOCK_FILE = ".terraform.lock.hcl"  # Terraform's name for it

# Names a directory that holds registry.terraform.io/hashicorp/aws/…, for machines that do not
# reach Terraform's registry.
MIRROR_VARIABLE = "REPRIEVE_PROVIDER_MIRROR"
CDK_VARIABLE = "REPRIEVE_CDK"
# What the caller's environment must not change: the settings, the account, the state, the plan.
_LEFT_OUT = (
    "REPRIEVE_",
    "AWS_",
    "CDKTF_",
    "TF_VAR_",
    "TF_CLI_ARGS",
    "TF_WORKSPACE",
    "TF_DATA_DIR",
)
_PROVIDER = Path("registry.terraform.io/hashicorp/aws")


class Deployment:
    """One state, one set of settings, one sandbox. `stack` is the stack of the state.

    `settings` are the `REPRIEVE_…` environment variables; the file of the settings is
    `settings_file`. Whatever else the caller's environment holds of `REPRIEVE_…`, `AWS_…` or
    `TF_VAR_…` is left out: neither the user's settings nor their credentials get in here. And
    whatever the file says, the state is local unless `settings` say otherwise: the user's is not
    gone near. The provider is the one of the lock file if it comes from the registry, or if it has
    to be (`locked`); otherwise what the mirror has.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        directory: Path,
        *,
        settings_file: Path = EXAMPLE,
        settings: Mapping[str, str] | None = None,
        locked: bool = False,
        stack: str = STACK,
    ) -> None:
        self.directory = directory
        self.stack = stack
        self.settings = dict(settings or {})
        self._sandbox = sandbox
        self._settings_file = settings_file
        directory.mkdir(parents=True, exist_ok=True)
        cdktf_json = json.loads((PROJECT / "cdktf.json").read_text())
        cdktf_json["app"] = f'"{sys.executable}" "{PROJECT / "main.py"}"'
        (directory / "cdktf.json").write_text(json.dumps(cdktf_json, indent=2))
        if locked or not (configured_by_user() or find_mirror()):
            shutil.copyfile(PROJECT / LOCK_FILE, directory / LOCK_FILE)

    @property
    def stack_directory(self) -> Path:
        """Where terraform runs."""
        return self.directory / "cdktf.out" / "stacks" / self.stack

    def of_stack(self, stack: str) -> "Deployment":
        """Return the deployment of another stack of the same synthesis."""
        other = copy.copy(self)
        other.stack = stack
        return other

    def environment(self) -> dict[str, str]:
        """Return the environment for the commands: the caller's, and `variables`."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)}
        return kept | self.variables()

    def variables(self) -> dict[str, str]:
        """Return the sandbox's variables, the settings, and where providers come from."""
        return {
            **provider_environment(self.directory),
            **self._sandbox.environment(),
            "REPRIEVE_STATE__BACKEND": "local",
            **self.settings,
            "REPRIEVE_SETTINGS": str(self._settings_file),
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }

    def keep_lock_file(self) -> None:
        """Keep the lock file that `terraform init` wrote for the provider of a mirror.

        main.py copies it beside each stack. With it cdktf does not ask the registry for hashes, so
        its commands work without `--skip-provider-lock`.
        """
        if not (self.directory / LOCK_FILE).is_file():
            shutil.copyfile(self.stack_directory / LOCK_FILE, self.directory / LOCK_FILE)

    def deploy(self) -> None:
        """Synthesise, initialise and apply."""
        self.synth()
        self.init()
        self.apply()

    def synth(self) -> dict[str, Any]:
        """Run main.py; return the synthesised stack."""
        self._run([sys.executable, str(PROJECT / "main.py")], self.directory)
        stack: dict[str, Any] = json.loads((self.stack_directory / "cdk.tf.json").read_text())
        return stack

    def init(self) -> None:
        """Let terraform fetch the provider and open the state."""
        self.terraform("init")

    def apply(self) -> None:
        """Apply without asking."""
        self.terraform("apply", "-auto-approve", "-parallelism=40")

    def plan(self) -> dict[str, list[str]]:
        """Plan; return what would be done to each resource address: create, update, delete."""
        self.terraform("plan", "-out=plan", "-parallelism=40")
        return self.planned_changes()

    def planned_changes(self) -> dict[str, list[str]]:
        """Return what the last plan would do to each resource address.

        cdktf leaves its plan there too, but not if the state is in HCP Terraform.
        """
        changes = self.resource_changes()
        return {
            address: change["actions"]
            for address, change in changes.items()
            if change["actions"] not in (["no-op"], ["read"])
        }

    def resource_changes(self) -> dict[str, dict[str, Any]]:
        """Return the change of each resource address in the last plan, as terraform shows it."""
        plan = json.loads(self.terraform("show", "-json", "plan"))
        return {each["address"]: each["change"] for each in plan["resource_changes"]}

    def terraform(self, command: str, *arguments: str) -> str:
        """Run a terraform command, such as `state list`, on the stack; return what it printed."""
        return self._run(
            [tool("terraform"), *command.split(), "-no-color", *arguments], self.stack_directory
        )

    def cdktf(self, *arguments: str, on_line: Callable[[str], None] = lambda line: None) -> str:
        """Run cdktf, or cdktn if the settings choose it; `on_line` gets each line as printed."""
        locked = (self.directory / LOCK_FILE).is_file()
        if arguments[0] in ("deploy", "diff", "destroy") and not locked:
            # The lock would be asked from Terraform's registry, whatever a mirror holds.
            arguments = (*arguments, "--skip-provider-lock")
        tool("terraform")  # cdktf would say that execvp failed
        command = cdktf_command(self.settings.get(CDK_VARIABLE, "cdktf"))
        return self._run([command, *arguments], self.directory, on_line)

    def _run(
        self,
        command: list[str],
        directory: Path,
        on_line: Callable[[str], None] = lambda line: None,
    ) -> str:
        return run(command, directory, self.environment(), on_line)


DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:user/deployer"


def deployer(sandbox: Sandbox) -> dict[str, str]:
    """Return the settings and the credentials of a user whose changes of the guard raise no alert.

    In AWS a first deployment changes a guard whose addresses are not confirmed yet; in the sandbox
    each change would be an e-mail.
    """
    iam = sandbox.client("iam", "us-east-1")
    name = DEPLOYER.rpartition("/")[2]
    try:
        (key,) = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
    except iam.exceptions.NoSuchEntityException:
        iam.create_user(UserName=name)
        everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [everything]})
        iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
    return {
        "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": "secret",  # the sandbox does not check signatures
    }


def cdktf_command(name: str = "cdktf") -> str:
    """Return the path of the command line that a package.json declares: of cdktf, or of cdktn."""
    folder = PROJECT / "cdktn-cli" if name == "cdktn" else PROJECT
    found = shutil.which(name, path=folder / "node_modules" / ".bin")
    if not found:
        setup = "make setup" if name == "cdktf" else f"make setup {CDK_VARIABLE}={name}"
        raise CommandFailed(f"{name} is not in {folder}/node_modules. Run `{setup}`.")
    return found


def provider_environment(directory: Path) -> dict[str, str]:
    """Return the variables that tell terraform where to get the AWS provider from.

    A filesystem mirror is used where one is found: the directory that REPRIEVE_PROVIDER_MIRROR
    names, Terraform's implied mirrors, or one under /opt. Otherwise it is the registry, with a
    cache beside the working directories. A CLI configuration file of the user's own stays in use.
    """
    if configured_by_user():
        return {"TF_CLI_CONFIG_FILE": os.environ["TF_CLI_CONFIG_FILE"]}
    mirror = find_mirror()
    configuration = directory / "terraform.tfrc"
    if mirror:
        path = json.dumps(str(mirror), ensure_ascii=False)
        configuration.write_text(
            f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}\n"
        )
        return {"TF_CLI_CONFIG_FILE": str(configuration)}
    cache = PROJECT / "build" / "plugin-cache"
    cache.mkdir(parents=True, exist_ok=True)
    configuration.write_text("")
    return {"TF_CLI_CONFIG_FILE": str(configuration), "TF_PLUGIN_CACHE_DIR": str(cache)}


def configured_by_user() -> bool:
    """Tell whether a CLI configuration file of the user's own says where providers come from."""
    configured = os.environ.get("TF_CLI_CONFIG_FILE")
    return bool(configured and Path(configured).is_file())


def find_mirror() -> Path | None:
    """Return the first directory that holds the AWS provider as a filesystem mirror does."""
    named = os.environ.get(MIRROR_VARIABLE)
    if named:
        if not (Path(named) / _PROVIDER).is_dir():
            raise CommandFailed(f"{MIRROR_VARIABLE}={named} holds no {_PROVIDER}.")
        return Path(named)
    # Terraform CLI documentation, "implied local mirror directories".
    implied = [
        Path.home() / ".terraform.d" / "plugins",
        Path.home() / ".local" / "share" / "terraform" / "plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    ]
    candidates = [*implied, *sorted(Path("/opt").glob("*"))]
    return next((path for path in candidates if (path / _PROVIDER).is_dir()), None)
