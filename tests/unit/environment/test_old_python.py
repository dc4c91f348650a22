"""What runs before anything is installed can run on an old Python, and names it too old."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[3] / "reprieve/environment"
MODULES = sorted(PACKAGE.glob("*.py"))
OLDEST = (3, 7)
"""The oldest grammar that `ast` can check."""


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_an_old_python_can_read_it(module):
    """No syntax that it does not know."""
    ast.parse(module.read_text(), feature_version=OLDEST)


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_it_needs_no_package(module):
    """Only the standard library, and what is in this package."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        for name in names:
            assert name.startswith("reprieve.environment.") or name in sys.stdlib_module_names | {
                "importlib.metadata"
            }


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_its_annotations_need_no_new_python(module):
    """Python evaluates those of arguments and of attributes; `list[str]` fails before 3.9."""
    for node in ast.walk(ast.parse(module.read_text())):
        annotations = []
        if isinstance(node, ast.FunctionDef):
            annotations = [node.returns, *(each.annotation for each in node.args.args)]
        elif isinstance(node, ast.ClassDef):
            annotations = [each.annotation for each in node.body if isinstance(each, ast.AnnAssign)]
        for each in annotations:
            assert isinstance(each, ast.Name | ast.Constant | None), ast.unparse(each)
