"""Where Terraform gets the AWS provider from: a mirror, or its registry.

Terraform CLI documentation, "CLI Configuration File", "Provider Installation".
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from reprieve.doctor.reachable import reach
from reprieve.environment.check import Check

REGISTRY: Final = "registry.terraform.io"
_PROVIDER: Final = Path(REGISTRY, "hashicorp", "aws")
_MIRROR: Final = re.compile(
    r'\b(filesystem|network)_mirror\s*\{[^}]*?\b(?:path|url)\s*=\s*"((?:[^"\\]|\\.)*)"'
)
_COMMENT: Final = re.compile(r"^\s*(?:#|//).*$", re.MULTILINE)
_HINT: Final = (
    "Allow HTTPS to it, set HTTPS_PROXY, or configure a mirror: "
    "https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation"
)


def provider_check(
    timeout: float, environ: Mapping[str, str] = os.environ, registry: str = REGISTRY
) -> Check:
    """Check that one of Terraform's sources has the AWS provider, or can be reached.

    Nothing is downloaded: whether the registry has the version is not checked.
    """
    mirrors = list(_mirrors(environ))
    for kind, place in mirrors:
        if kind == "filesystem" and (Path(place) / _PROVIDER).is_dir():
            versions = ", ".join(_versions(Path(place) / _PROVIDER))
            return Check("Provider", f"hashicorp/aws {versions} (mirror {place})")
    for kind, place in mirrors:
        if kind == "network":
            url = f"{place.rstrip('/')}/{_PROVIDER.as_posix()}/index.json"
            problem = reach(url, timeout)
            return _reached(f"mirror {place}", place, problem)
    return _reached(
        registry, registry, reach(f"https://{registry}/.well-known/terraform.json", timeout)
    )


def _reached(found: str, place: str, problem: str | None) -> Check:
    if problem is None:
        return Check("Provider", f"{found} can be reached")
    return Check(
        "Provider", f"{place}, which has the AWS provider, cannot be reached: {problem}.", _HINT
    )


def _mirrors(environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the mirrors of the CLI configuration; without any, Terraform's implied ones."""
    file = _configuration(environ)
    try:
        text = _COMMENT.sub("", file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        text = ""
    if "provider_installation" in text:
        for kind, place in _MIRROR.findall(text):
            yield kind, re.sub(r"\\(.)", r"\1", place)
        return
    home = Path.home()
    for folder in (
        Path("terraform.d/plugins"),
        home / ".terraform.d/plugins",
        home / ".local/share/terraform/plugins",
        Path("/usr/local/share/terraform/plugins"),
        Path("/usr/share/terraform/plugins"),
    ):
        yield "filesystem", str(folder)


def _configuration(environ: Mapping[str, str]) -> Path:
    named = environ.get("TF_CLI_CONFIG_FILE")
    if named:
        return Path(named)
    if sys.platform == "win32":
        return Path(environ.get("APPDATA", ""), "terraform.rc")
    return Path.home() / ".terraformrc"


def _versions(folder: Path) -> list[str]:
    """Return the versions in a mirror: folders, or packed files."""
    packed = r"terraform-provider-aws_([^_]+)_"
    names = [re.search(packed, each.name) for each in folder.iterdir() if each.is_file()]
    folders = [each.name for each in folder.iterdir() if each.is_dir()]
    return sorted({*folders, *(found[1] for found in names if found)})
