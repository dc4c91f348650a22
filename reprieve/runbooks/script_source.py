"""The text of a script as Systems Manager gets it: one file, made of several modules."""

import ast
from functools import cache
from importlib.resources import files
from typing import Final

_PACKAGE: Final = "reprieve.runbooks.scripts"
# Whoever reads a script in the console of Systems Manager finds its explanations there.
_HEAD: Final = "# From reprieve/runbooks/scripts, without its docstrings and comments.\n"


@cache
def script_source(module: str) -> str:
    """Return a module of `reprieve.runbooks.scripts` with everything that it imports from there.

    Systems Manager runs a script alone: it cannot import a module of this project. So the code of
    each imported module comes before the code that imports it, once. Docstrings, comments and type
    annotations are left out: a document has at most 64 KB (SSM API reference, CreateDocument).
    """
    parts: dict[str, ast.Module] = {}
    _collect(module, parts)
    trees = [_Stripper().visit(tree) for tree in parts.values()]
    nodes = [node for tree in trees for node in tree.body]
    imports = sorted({ast.unparse(node) for node in nodes if _is_import(node)})
    code = [ast.unparse(node) for node in nodes if not _is_import(node)]
    return _HEAD + "\n".join([*imports, *code]) + "\n"


def _collect(module: str, parts: dict[str, ast.Module]) -> None:
    tree = ast.parse(files(_PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if _is_part(node) and (name := _module_of(node)) not in parts:
            _collect(name, parts)
    tree.body = [node for node in tree.body if not _is_part(node)]
    parts[module] = tree


class _Stripper(ast.NodeTransformer):
    """Removes docstrings and annotations, which a script does not need to run."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:
        """Remove a docstring."""
        constant = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if constant else node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Keep the annotations of a dataclass: they are its fields."""
        if node.decorator_list:
            node.body = [each for each in map(self.without_docstring, node.body) if each]
            return node
        return self.generic_visit(node)

    def without_docstring(self, node: ast.stmt) -> ast.stmt | None:
        """Remove a docstring, and nothing inside other statements."""
        return self.visit_Expr(node) if isinstance(node, ast.Expr) else node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Remove the annotations of a function."""
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        """Remove the annotation of an argument."""
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        """Make an annotated assignment a plain one."""
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], node.value), node)


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom)


def _is_part(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{_PACKAGE}.")


def _module_of(node: ast.stmt) -> str:
    return str(getattr(node, "module", "")).removeprefix(f"{_PACKAGE}.")
