"""The checks of this machine: the tools, the packages, cdktf, and where Terraform's provider is."""

import json
from collections.abc import Iterator
from pathlib import Path

from reprieve.doctor.provider_check import provider_check
from reprieve.environment.cdk import chosen
from reprieve.environment.check import Check
from reprieve.environment.packages import PROJECT, packages_check
from reprieve.environment.tools import node_check, python_check, terraform_check


def machine_checks(timeout: float) -> Iterator[Check]:
    """Yield each check. They need no settings and no credentials."""
    yield python_check()
    yield packages_check()
    yield node_check()
    yield cdktf_check()
    yield terraform_check()
    yield provider_check(timeout)


def cdktf_check(project: Path = PROJECT) -> Check:
    """Check that the command line of the chosen CDK is installed, in package.json's version."""
    cdk = chosen()
    hint = f"Run `{cdk.setup}` in {project}: it installs {cdk.name}."
    folder = project / cdk.folder
    try:
        wanted = json.loads((folder / "package.json").read_text())["dependencies"][cdk.cli]
        installed = folder / "node_modules" / cdk.cli / "package.json"
        version = json.loads(installed.read_text())["version"]
    except FileNotFoundError:
        return Check(cdk.name, f"{cdk.name} is not installed.", hint)
    except (OSError, ValueError, KeyError) as error:
        return Check(cdk.name, f"The version of {cdk.name} cannot be read: {error}.", hint)
    if version != wanted:
        problem = f"{cdk.name} is {version}, and package.json says {wanted}."
        return Check(cdk.name, problem, hint)
    return Check(cdk.name, f"{version} ({folder / 'node_modules'})")
