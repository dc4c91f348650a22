"""A package that is imported under the name of another."""

import importlib
import sys

import pytest

from stacks.redirect import redirect


@pytest.fixture
def actual(tmp_path, monkeypatch):
    """Return a package with a module, which knows its own name."""
    package = tmp_path / "actual_package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("NAME = __name__\n")
    (package / "inner/__init__.py").write_text("from .. import NAME\nSPEC = __spec__.name\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "actual_package"
    for name in [name for name in sys.modules if name.startswith("actual_package")]:
        del sys.modules[name]


def test_the_modules_are_the_actual_ones_under_their_own_names(actual):
    """Not second copies: what they register, they register once."""
    with redirect({"former_package": actual}):
        inner = importlib.import_module("former_package.inner")
        package = importlib.import_module("former_package")
    assert inner is importlib.import_module("actual_package.inner")
    assert package is importlib.import_module("actual_package")
    assert (inner.NAME, inner.SPEC) == ("actual_package", "actual_package.inner")


def test_afterwards_the_name_is_free_again(actual):
    """Nothing else in the process imports the wrong package."""
    with redirect({"former_package": actual}):
        importlib.import_module("former_package.inner")
    assert not [name for name in sys.modules if name.startswith("former_package")]
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("former_package")


def test_a_package_that_is_missing_is_reported_under_its_own_name():
    """The message names what to install."""
    with (
        redirect({"former_package": "absent_package"}),
        pytest.raises(ModuleNotFoundError, match="absent_package"),
    ):
        importlib.import_module("former_package.inner")


def test_the_same_name_is_imported_as_ever(actual):
    """CDKTF itself is not redirected."""
    finders = list(sys.meta_path)
    with redirect({actual: actual}):
        assert importlib.import_module(actual).NAME == actual
    assert sys.meta_path == finders
