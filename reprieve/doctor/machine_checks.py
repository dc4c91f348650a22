"""The checks of this machine: the tools, the packages, cdktf, and where Terraform's provider is."""

import json
from collections.abc import Iterator
from pathlib import Path

from reprieve.doctor.provider_check import provider_check
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
    """Check that the cdktf command line of package.json is installed, in its version."""
    hint = f"Run `make setup` in {project}: it installs cdktf."
    try:
        wanted = json.loads((project / "package.json").read_text())["dependencies"]["cdktf-cli"]
        installed = project / "node_modules" / "cdktf-cli" / "package.json"
        version = json.loads(installed.read_text())["version"]
    except FileNotFoundError:
        return Check("cdktf", "cdktf is not installed.", hint)
    except (OSError, ValueError, KeyError) as error:
        return Check("cdktf", f"The version of cdktf cannot be read: {error}.", hint)
    if version != wanted:
        return Check("cdktf", f"cdktf is {version}, and package.json says {wanted}.", hint)
    return Check("cdktf", f"{version} ({project / 'node_modules'})")
