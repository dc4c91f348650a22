"""The machine that a measurement ran on, without its name, and the programs that ran on it."""

import json
import os
import platform
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

CPUINFO: Final = Path("/proc/cpuinfo")


def machine() -> dict[str, Any]:
    """Return the machine, as the JSON holds it.

    `cores` are those that this process may use, `memory` is in bytes, `load` is the load average.
    """
    return {
        "cores": _cores(),
        "memory": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "processor": _processor(),
        "system": _system(),
        "load": load_average(),
        "python": platform.python_version(),
        "node": node_version(),
        "terraform": _terraform_version(),
    }


def load_average() -> float:
    """Return the average number of processes that wanted a processor during the last minute."""
    return round(os.getloadavg()[0], 2)


def node_version(path: str | None = None) -> str | None:
    """Return the version of the Node.js on `path`, by default PATH; None if there is none."""
    found = shutil.which("node", path=path)
    return _output([found, "--version"]).lstrip("v") or None if found else None


def provider_version(directory: Path) -> str | None:
    """Return the version of the AWS provider that `terraform init` chose in a directory."""
    selections = _terraform(directory).get("provider_selections", {})
    return next((selections[name] for name in selections if name.endswith("/hashicorp/aws")), None)


def _terraform_version() -> str | None:
    return _terraform(Path.cwd()).get("terraform_version")


def _terraform(directory: Path) -> dict[str, Any]:
    found = shutil.which("terraform")
    if not found:
        return {}
    answer: dict[str, Any] = json.loads(_output([found, "version", "-json"], directory) or "{}")
    return answer


def _cores() -> int:
    with suppress(AttributeError):  # Linux only
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    """Return the processor's model, as the system names it; its architecture if it does not."""
    if CPUINFO.is_file():
        for line in CPUINFO.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    elif platform.system() == "Darwin":
        return _output(["sysctl", "-n", "machdep.cpu.brand_string"]) or platform.machine()
    return platform.machine()


def _system() -> str:
    if platform.system() == "Darwin":
        return f"macOS {platform.mac_ver()[0]}"
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return f"{platform.system()} {platform.release()}"


def _output(command: list[str], directory: Path | None = None) -> str:
    """Return what a command prints; nothing if it fails."""
    done = subprocess.run(
        command,
        cwd=directory,
        # `terraform version` would ask HashiCorp for a newer one.
        env=os.environ | {"CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else ""
