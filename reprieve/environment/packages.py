"""Whether the Python packages of Pipfile.lock are installed."""

import json
import re
import sys
from contextlib import suppress
from pathlib import Path
from typing import Iterable  # noqa: UP035 - see the package's docstring

from reprieve.environment.cdk import chosen
from reprieve.environment.check import Check

PROJECT = Path(__file__).resolve().parent.parent.parent
"""The project's directory. A copy of the package that is installed elsewhere has no lock file."""

_NAMED = 3
"""How many packages a sentence names."""
# A lock's packages for one system only, such as Windows, may be missing on others.
_SYSTEM = re.compile(r"platform|os_name|implementation|extra")


def packages_check(project: Path = PROJECT, versions: bool = True) -> Check:
    """Check that this Python has the packages of the lock file, in its versions.

    These are the packages that the chosen CDK needs. Those for tests are not checked.

    Args:
        project: The directory of the lock file.
        versions: Whether other versions than the lock's are wrong, or only missing packages.
    """
    lock = project / "Pipfile.lock"
    try:
        locked = json.loads(lock.read_text(encoding="utf-8"))
        entries: dict[str, dict[str, str]] = {}
        for category in chosen().categories:
            entries.update(locked[category])
    except FileNotFoundError:
        return Check("Packages", f"installed, without a lock file ({sys.prefix})")
    except (OSError, ValueError, KeyError) as error:
        return Check("Packages", f"{lock} cannot be read: {error}.", "Restore it with git.")
    wanted = {_normal(name): entry for name, entry in entries.items() if "version" in entry}
    installed = _installed(wanted)
    missing = sorted(
        name
        for name, entry in wanted.items()
        if name not in installed and not _SYSTEM.search(entry.get("markers") or "")
    )
    if missing:
        return Check("Packages", lacks(missing), remedy(project))
    other = sorted(
        f"{name} {installed[name]} instead of {entry['version'][2:]}"
        for name, entry in wanted.items()
        if name in installed and entry["version"] != f"=={installed[name]}"
    )
    if other and versions:
        return Check(
            "Packages",
            f"{sys.prefix} is not as Pipfile.lock says: {_names(other)}.",
            remedy(project),
        )
    return Check("Packages", f"{len(wanted)} of Pipfile.lock ({sys.prefix})")


def lacks(packages: "list[str]") -> str:
    """Return the sentence that says that packages are missing."""
    return f"This Python ({sys.executable}) lacks {_names(packages)}."


def remedy(project: Path = PROJECT) -> str:
    """Return what to do about missing packages: use the project's own Python, or set it up."""
    environment = project / ".venv"
    own = [environment / "bin" / "python", environment / "Scripts" / "python.exe"]
    for python in own:
        if python.exists() and not is_own(project):
            return f"Use the project's own: {python}"
    return f"Run `{chosen().setup}` in {project}: it installs the packages of Pipfile.lock."


def is_own(project: Path = PROJECT) -> bool:
    """Return whether this Python is the one of the project's .venv, which `make setup` installs."""
    return Path(sys.prefix).resolve() == (project / ".venv").resolve()


def is_fresh(project: Path = PROJECT) -> bool:
    """Return whether this Python is the project's own, and `make setup` ran after the lock changed.

    That is cheap to know, and as good as `packages_check`.
    """
    try:
        stamp = (project / ".venv" / chosen().stamp).stat().st_mtime
        newest = (project / "Pipfile.lock").stat().st_mtime
    except OSError:
        return False
    return stamp >= newest and is_own(project)


def _installed(names: "Iterable[str]") -> "dict[str, str]":
    """Return the versions of those of the packages that are installed."""
    from importlib.metadata import PackageNotFoundError, version  # Python 3.8

    found: dict[str, str] = {}
    for name in names:
        with suppress(PackageNotFoundError):
            found[name] = version(name)  # of the first on the path, which is imported
    return found


def _normal(name: str) -> str:
    """Return a package's name as PyPI compares it: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(items: "list[str]") -> str:
    more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
    return f"{', '.join(items[:_NAMED])}{more}"
