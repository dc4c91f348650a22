"""Print the locked packages in pip's form: `python3 tools/requirements.py [CATEGORY ...]`.

For people who use uv or pip and not pipenv (docs/versions.md). It reads Pipfile.lock, and needs no
package itself. Without an argument it prints what Reprieve needs to run; `develop` adds the tests'
packages, and `cdktn` those of CDK Terrain.
"""

import json
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "Pipfile.lock"


def requirements(lock: dict[str, Any], categories: list[str]) -> list[str]:
    """Return a line for each package, with its version, its hashes and where it is needed.

    Reprieve itself, which the lock names by its path, is left out: it has no hash.

    Raises:
        KeyError: the lock has no such category.
    """
    found = {name: entry for category in categories for name, entry in lock[category].items()}
    return [_line(name, entry) for name, entry in sorted(found.items()) if "version" in entry]


def _line(name: str, entry: dict[str, Any]) -> str:
    extras = f"[{','.join(entry['extras'])}]" if "extras" in entry else ""
    markers = f"; {entry['markers']}" if "markers" in entry else ""
    hashes = "".join(f" --hash={each}" for each in entry["hashes"])
    return f"{name}{extras}{entry['version']}{markers}{hashes}"


if __name__ == "__main__":
    content = json.loads(LOCK.read_text(encoding="utf-8"))
    try:
        print("\n".join(requirements(content, ["default", *sys.argv[1:]])))
    except KeyError as error:
        sys.exit(f"Pipfile.lock has no category {error}: it has {', '.join(content)}.")
