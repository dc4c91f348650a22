"""The text of a script as Systems Manager gets it: one file, made of several modules."""

import ast
import io
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final

_PACKAGE: Final = "reprieve.runbooks.scripts"
# For those who read a script in the console of Systems Manager.
_HEAD: Final = "# From reprieve/runbooks/scripts, without docstrings, comments and types.\n"


class Results(StrEnum):
    """Where the results of runbooks go."""

    TOPICS = "topics"
    """To the topics of the Region: the shortest way to people."""
    EVENTS = "events"
    """To the event bus: another Region notifies people."""
    BOTH = "both"
    """To the topics, and to the event bus for the channels."""


# By where results go and by module: the function of it that another module has in that form, and
# None if both are needed.
_OTHERS: Final[Mapping[Results, Mapping[str, tuple[str | None, str]]]] = {
    Results.TOPICS: {},
    Results.EVENTS: {"messages": ("publish", "event_messages")},
    Results.BOTH: {"messages": (None, "announcing")},
}


@cache
def script_source(module: str, results: Results = Results.TOPICS) -> str:
    """Return a module of `reprieve.runbooks.scripts` with everything that it imports from there.

    Systems Manager runs a script alone: it cannot import a module of this project. So the code of
    each imported module comes before the code that imports it, once. Docstrings, comments, types,
    empty lines and functions that the script does not use are left out: a document has at most
    64 KB (SSM API reference, CreateDocument).

    `results` says where the script sends its results: by default to the guard's topics.

    The tokens are those of the files. Python's own printing of its syntax differs from version to
    version, and the name of a runbook depends on every character.
    """
    parts: dict[str, str] = {}
    _collect(module, parts)
    left_out: dict[str, set[str]] = {}
    for name, (function, other) in _OTHERS[results].items():
        if name in parts:
            left_out[name] = {function} if function else set()
            _collect(other, parts)
    texts = {name: without_types(text) for name, text in parts.items()}
    unused = _unused(texts, left_out)
    code = [
        line
        for name, text in texts.items()
        for line in _code(text, unused | left_out.get(name, set()))
    ]
    used = set(re.findall(r"\w+", "\n".join(code)))
    imports = sorted(_imports("\n".join(texts.values()), used))
    return _HEAD + "\n".join([*imports, *code]) + "\n"


def _collect(module: str, parts: dict[str, str]) -> None:
    text = files(_PACKAGE).joinpath(f"{module}.py").read_text(encoding="utf-8")
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and _is_part(node):
            name = str(node.module).removeprefix(f"{_PACKAGE}.")
            if name not in parts:
                _collect(name, parts)
    parts[module] = text


def _unused(texts: Mapping[str, str], left_out: Mapping[str, Collection[str]]) -> set[str]:
    """Return the functions that neither `handler` nor code outside of functions needs."""
    functions: dict[str, set[str]] = {}
    waiting = {"handler"}
    for module, text in texts.items():
        for node in ast.parse(text).body:
            names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
            if not isinstance(node, ast.FunctionDef):
                waiting |= names
            elif node.name not in left_out.get(module, ()):
                functions.setdefault(node.name, set()).update(names)
    needed: set[str] = set()
    while waiting:
        needed |= waiting
        waiting = set().union(*(functions.get(name, ()) for name in waiting)) - needed
    return set(functions) - needed


def _imports(text: str, used: Collection[str]) -> Iterator[str]:
    """Yield the imports of modules from outside the package, one line for each of those.

    Only those of names that are `used`: some are types.
    """
    found: dict[str, set[str]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {each.name for each in node.names if each.name.split(".")[0] in used}
            if isinstance(node, ast.Import):
                found |= {f"import {name}": set() for name in names}
            elif names and not _is_part(node):
                found.setdefault(f"from {node.module} import ", set()).update(names)
    yield from (beginning + ", ".join(sorted(names)) for beginning, names in found.items())


def without_types(text: str) -> str:
    """Return a module without the annotations of its functions and variables.

    Those in a class stay: they are the fields of a NamedTuple.
    """
    tree, data = ast.parse(text), text.encode()
    starts = [0, *(found.end() for found in re.finditer(b"\n", data))]

    def offset(line: int | None, column: int | None) -> int:
        return starts[(line or 1) - 1] + (column or 0)

    fields = {
        id(each)
        for node in _statements(tree)
        if isinstance(node, ast.ClassDef)
        for each in node.body
    }

    def cut(begin: int, end: ast.expr) -> None:
        cuts.append((begin, offset(end.end_lineno, end.end_col_offset)))

    cuts: list[tuple[int, int]] = []
    for node in _statements(tree):
        if isinstance(node, ast.FunctionDef):
            for each in ast.walk(node.args):
                if isinstance(each, ast.arg) and each.annotation:
                    cut(
                        offset(each.lineno, each.col_offset) + len(each.arg.encode()),
                        each.annotation,
                    )
            if node.returns:
                arrow = data.rindex(b"->", 0, offset(node.returns.lineno, node.returns.col_offset))
                cut(len(data[:arrow].rstrip()), node.returns)
        elif isinstance(node, ast.AnnAssign) and node.value and id(node) not in fields:
            cut(offset(node.target.end_lineno, node.target.end_col_offset), node.annotation)
    for begin, stop in sorted(cuts, reverse=True):
        data = data[:begin] + data[stop:]
    return data.decode()


def _code(text: str, without: Collection[str]) -> Iterator[str]:
    """Yield the statements of a module, but no imports, docstrings and comments.

    The functions of these names are left out too. What is between brackets is one line.
    """
    left_out: set[int] = set()
    for node in _statements(ast.parse(text)):
        is_unused = isinstance(node, ast.FunctionDef) and node.name in without
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_docstring(node) or is_unused:
            left_out.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    comments, continued = _comments_and_continued(text)
    begun = ""
    for number, line in enumerate(text.splitlines(), start=1):
        code = line[: comments.get(number)].rstrip()
        if number in left_out or not code:
            continue
        begun = _joined(begun, code.lstrip()) if begun else _indented_by_one(code)
        if number not in continued:
            yield begun
            begun = ""


def _comments_and_continued(text: str) -> tuple[dict[int, int], set[int]]:
    """Return the column of each line's comment, and the lines that end between brackets."""
    comments: dict[int, int] = {}
    continued: set[int] = set()
    depth = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line, column = token.start
        if token.type == tokenize.COMMENT:
            comments[line] = column
        elif token.type == tokenize.OP:
            depth += (token.string in "([{") - (token.string in ")]}")
        elif token.type == tokenize.NL and depth:
            continued.add(line)
    return comments, continued


def _joined(begun: str, rest: str) -> str:
    is_inside = begun[-1] in "([{" or rest[0] in ")]}"
    # Systems Manager puts a parameter in the place of what is between two braces.
    is_template = begun[-1] == rest[0] and rest[0] in "{}"
    return begun + rest if is_inside and not is_template else f"{begun} {rest}"


def _indented_by_one(line: str) -> str:
    """Return a line with one space in place of each four that it begins with."""
    code = line.lstrip()
    return " " * ((len(line) - len(code)) // 4) + code


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Yield all statements in a node, however deep."""
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        inner = getattr(node, name, None)
        for each in inner if isinstance(inner, list) else ():
            if isinstance(each, ast.stmt):
                yield each
            yield from _statements(each)


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_part(node: ast.ImportFrom) -> bool:
    return str(node.module).startswith(f"{_PACKAGE}.")
