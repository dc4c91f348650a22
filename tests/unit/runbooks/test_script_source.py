"""The text of the scripts that Systems Manager runs."""

import ast
import builtins
import io
import re
import tokenize
from collections import Counter
from importlib.resources import files

import pytest

from reprieve.runbooks.script_source import Results, script_source, without_types

PACKAGE = "reprieve.runbooks.scripts"
HANDLERS = ("rescue", "enable", "patrol", "guard_check", "failing", "tell")
SCRIPTS = [
    pytest.param(module, results, id=f"{module}, {results}")
    for results in Results
    for module in HANDLERS
]
MODULES = sorted(
    path.name.removesuffix(".py")
    for path in files(PACKAGE).iterdir()
    if path.name.endswith(".py") and path.name != "__init__.py"
)


def defined(tree: ast.Module) -> list[str]:
    """Return the names that a module defines at its top level, without its imports."""
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [each.id for each in node.targets if isinstance(each, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return names


def source(module: str) -> str:
    """Return the text of a module."""
    return files(PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize(("module", "results"), SCRIPTS)
def test_a_script_is_whole_and_has_a_handler(module, results):
    """It compiles, imports nothing of Reprieve's, and uses no name that is not there."""
    tree = ast.parse(script_source(module, results))
    imported = {
        name.asname or name.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    from_elsewhere = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert [name for name in from_elsewhere if str(name).startswith("reprieve")] == []
    assert "handler" in defined(tree)
    local = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    local |= {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    local |= {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and node.name
    }
    used = {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    assert used - local - imported - set(dir(builtins)) == set()


@pytest.mark.parametrize(("module", "results"), SCRIPTS)
def test_a_script_defines_each_name_once(module, results):
    """A module that two others import is there once; no two modules define the same name."""
    names = Counter(defined(ast.parse(script_source(module, results))))
    # What announces results replaces the function that it calls.
    expected = ["publish"] if results is Results.BOTH and "publish" in names else []
    assert [name for name, times in names.items() if times > 1] == expected


@pytest.mark.parametrize(("module", "results"), SCRIPTS)
def test_a_script_has_no_function_that_it_does_not_use(module, results):
    """A module that it needs may have others: a document has at most 64 KB."""
    text = script_source(module, results)
    functions = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)}
    words = Counter(re.findall(r"\w+", text))
    assert [name for name in functions if words[name] == 1] == ["handler"]


@pytest.mark.slow
def test_everything_in_a_module_is_part_of_a_script():
    """No function is left over."""
    texts = [script_source(module, results) for module in HANDLERS for results in Results]
    names = {name for text in texts for name in defined(ast.parse(text))}
    assert [
        name
        for module in MODULES
        for name in defined(ast.parse(source(module)))
        if name not in names
    ] == []


@pytest.mark.parametrize(("module", "results"), SCRIPTS)
def test_a_script_holds_no_template_of_systems_manager_or_terraform(module, results):
    """Each would put something else in its place."""
    text = script_source(module, results)
    assert [each for each in ("{{", "}}", "${", "%{") if each in text] == []


@pytest.mark.parametrize(("module", "results"), SCRIPTS)
def test_the_tokens_of_a_script_are_those_of_the_files(module, results):
    """Python's own printing differs by its version; a runbook's name depends on every character.

    Only the space is less, and types and comments are cut out.
    """
    known = [
        "".join(re.sub(r"  # .*|^ *#.*", "", line) for line in text.splitlines()).replace(" ", "")
        for text in (without_types(source(each)) for each in MODULES)
    ]
    head, *lines = script_source(module, results).splitlines()
    assert head.startswith("#")
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    others = [line for line in lines if line not in imports]
    assert lines == imports + others
    squeezed = [line.replace(" ", "") for line in others]
    assert [line for line in squeezed if not any(line in text for text in known)] == []
    assert imports == sorted(set(imports))
    modules = [line.split()[1] for line in imports if line.startswith("from ")]
    assert modules == sorted(set(modules))


class WithoutTypes(ast.NodeTransformer):
    """Leaves out annotations, but for those of a class, which are its fields."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """An argument."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """A function, and what it returns."""
        node.returns = None
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """A class, whose fields keep their types."""
        node.body = [
            each if isinstance(each, ast.AnnAssign) else self.visit(each) for each in node.body
        ]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """A variable."""
        return ast.Assign([node.target], node.value) if node.value else node


def without_docstrings(node: ast.AST) -> str:
    """Return what a function or class does, as text."""
    node = WithoutTypes().visit(node)
    for each in ast.walk(node):
        if isinstance(each, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(each):
            del each.body[0]
    return ast.dump(node)


@pytest.mark.slow
@pytest.mark.parametrize(("module", "results"), SCRIPTS)
def test_a_script_does_what_its_modules_do(module, results):
    """Only docstrings, comments, types and imports are left out."""
    blocks = ast.FunctionDef | ast.ClassDef
    known = {
        without_docstrings(node)
        for each in MODULES
        for node in ast.parse(source(each)).body
        if isinstance(node, blocks)
    }
    written = [
        node for node in ast.parse(script_source(module, results)).body if isinstance(node, blocks)
    ]
    assert [node.name for node in written if ast.dump(node) not in known] == []


@pytest.mark.parametrize("module", MODULES)
def test_no_module_has_a_text_over_several_lines(module):
    """`script_source` shortens the indentation of every line, also within such a text."""
    texts = [
        token.string
        for token in tokenize.generate_tokens(io.StringIO(source(module)).readline)
        if token.type == tokenize.STRING and "\n" in token.string
    ]
    docstrings = [
        ast.get_docstring(node, clean=False)
        for node in ast.walk(ast.parse(source(module)))
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
    ]
    assert [text for text in texts if text.strip('"') not in docstrings] == []


def test_as_events_a_script_knows_no_topic():
    """The function that publishes to topics is left out, and that for events is there once."""
    text = script_source("rescue", Results.EVENTS)
    assert "sns" not in text
    assert text.count("def publish(") == 1
    assert "put_events" in text
