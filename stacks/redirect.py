"""Imports under one name the package of another: `stacks/cdk.py` names CDKTF's packages only.

CDK Terrain has the same modules and classes as CDKTF. Where it is chosen, `from cdktf import App`
imports its App. Nothing of CDKTF is loaded then.
"""

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


@contextmanager
def redirect(packages: Mapping[str, str]) -> Iterator[None]:
    """Inside this context, import `packages[name]` for each package `name`, with its modules.

    The names themselves stay out of sys.modules: afterwards they are free again.
    """
    finder = _Finder({name: actual for name, actual in packages.items() if name != actual})
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if finder.actual(name)]:
            del sys.modules[name]


class _Finder(MetaPathFinder, Loader):
    def __init__(self, packages: Mapping[str, str]) -> None:
        self._packages = packages

    def actual(self, name: str) -> str | None:
        """Return the name of the module that a name stands for, if it is redirected."""
        package, dot, rest = name.partition(".")
        return f"{self._packages[package]}{dot}{rest}" if package in self._packages else None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return importlib.util.spec_from_loader(fullname, self) if self.actual(fullname) else None

    def exec_module(self, module: ModuleType) -> None:
        """Put the actual module in the place of the one that the import created.

        A module may do so while it is executed: the import returns what is in sys.modules then.
        """
        actual = self.actual(module.__name__)
        assert actual, f"{module.__name__} is not redirected"  # noqa: S101 - for the type checker
        sys.modules[module.__name__] = importlib.import_module(actual)
