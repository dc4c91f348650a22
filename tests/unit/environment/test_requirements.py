"""The oldest versions are decided in one place; what has to repeat them agrees."""

import json
import re
import tomllib
from pathlib import Path

from reprieve.environment.requirements import NODE, PYTHON, TERRAFORM

PROJECT = Path(__file__).resolve().parents[3]


def test_the_declarations_agree():
    """pyproject.toml and package.json."""
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    python = ".".join(map(str, PYTHON))
    assert pyproject["project"]["requires-python"] == f">={python}"
    assert pyproject["tool"]["mypy"]["python_version"] == python
    assert pyproject["tool"]["ruff"]["target-version"] == f"py{python.replace('.', '')}"
    package = json.loads((PROJECT / "package.json").read_text())
    assert package["engines"] == {"node": f">={NODE[0]}"}


def test_the_documentation_agrees():
    """Wherever it names a version."""
    expected = {"Python": PYTHON, "Node": NODE[:1], "Terraform": TERRAFORM}
    found = []
    for page in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]:
        pattern = r"(Python|Node|Terraform)(?:\.js)?(?: ≥)? (\d+(?:\.\d+)?)(?: or newer|,)"
        for name, version in re.findall(pattern, page.read_text()):
            found.append(name)
            assert version == ".".join(map(str, expected[name])), (page.name, name)
    assert set(found) == set(expected)
