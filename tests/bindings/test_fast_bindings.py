"""The fast loading of the AWS bindings: the same JSON, and out of the way when in doubt."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.synth import LIMIT_REGIONS, Size, synthesise
from bench.ways import FAST, STOCK, STOCK_WAY
from stacks import fast_bindings as module
from stacks.fast_bindings import PACKAGE, PRELOAD, fast_bindings

pytestmark = pytest.mark.long

PROJECT = Path(__file__).resolve().parents[2]


def run(code: str, directory: Path, **variables: str) -> str:
    """Run Python code in a process of its own, the project importable; return what it printed."""
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=directory,
        env=os.environ | variables,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_fast_and_stock_bindings_synthesise_the_same_bytes(tmp_path):
    """The fast loading is a matter of time, never of content."""
    stack = tmp_path / "cdktf.out/stacks/reprieve/cdk.tf.json"
    found = []
    for way in (FAST, STOCK_WAY):
        synthesise(Size(LIMIT_REGIONS), way, tmp_path)
        found.append(stack.read_bytes())
    fast, stock = found
    assert fast == stock


# The modules that are loaded, then the answers to wrong types and to a name that is taken: a line
# each.
PROBE = f"""
import sys
from stacks.cdk import App, SnsTopic, TerraformStack
print(sum(name.startswith({PACKAGE!r} + ".") for name in sys.modules))
stack = TerraformStack(App(), "stack")
for arguments in ({{"name": 5}}, {{"policy": object}}):
    try:
        SnsTopic(stack, "topic", **arguments)
    except TypeError as error:
        print(str(error).splitlines()[0])
SnsTopic(stack, "topic")
try:
    SnsTopic(stack, "topic")
except RuntimeError as error:
    print(repr(error.args[0].splitlines()[0]), type(error.__cause__).__name__)
"""


@pytest.fixture(scope="module")
def probes(tmp_path_factory):
    """Return what the probe prints with the fast loading and without: a process each."""
    directory = tmp_path_factory.mktemp("probe")
    path = {"PYTHONPATH": str(PROJECT)}
    return run(PROBE, directory, **path), run(PROBE, directory, **path, **STOCK)


def test_the_fast_way_imports_few_modules_and_the_switch_turns_it_off(probes):
    """Dozens of modules instead of thousands: the measure is at work, and can be switched off."""
    fast, stock = (int(printed.splitlines()[0]) for printed in probes)
    assert fast < 80
    assert stock > 1000


def test_errors_are_those_of_the_bindings_and_of_jsii(probes):
    """A wrong argument, and what Node does not create, get the same answer, fast or stock."""
    fast, stock = (printed.splitlines()[1:] for printed in probes)
    assert [line.startswith("type of argument") for line in fast] == [True, True, False]
    assert "already a Construct with name 'topic'" in fast[2]
    assert fast == stock


@pytest.fixture
def package(tmp_path):
    """Return a stand-in for the bindings' package, which says when its __init__ runs."""
    folder = tmp_path / PACKAGE
    folder.mkdir()
    (folder / "__init__.py").write_text("print('init ran')\n")
    (folder / "sns_topic.py").write_text("")
    return folder


IMPORT = f"""
from stacks.fast_bindings import fast_bindings
with fast_bindings():
    import {PACKAGE}
"""


def test_a_package_as_expected_is_not_run(package):
    """The near-miss of the next test: its __init__ stays unrun."""
    assert run(IMPORT, package.parent, PYTHONPATH=f"{package.parent}:{PROJECT}") == ""


def test_a_package_that_looks_different_is_imported_the_stock_way(package):
    """A module that needs what __init__ makes cannot do without it: it runs."""
    (package / "__init__.py").write_text("print('init ran')\nneeded = 1\n")
    (package / "sns_topic.py").write_text(f"from {PACKAGE} import needed\n")
    assert run(IMPORT, package.parent, PYTHONPATH=f"{package.parent}:{PROJECT}") == "init ran\n"


def node(index: str, directory: Path, scope: str = "@cdktf") -> str:
    """Load a bindings' index under the preload, use `one`; return what loaded when."""
    library = directory / "node_modules" / scope / "provider-aws" / "lib"
    library.mkdir(parents=True, exist_ok=True)
    (library / "index.js").write_text(index)
    for name in ("one", "two"):
        (library / f"{name}.js").write_text(f"console.log('loaded {name}'); exports.x = '{name}';")
    use = f"const m = require({str(library / 'index.js')!r}); console.log('use'); m.one.x"
    return subprocess.run(
        ["node", "--require", PRELOAD, "-e", use], check=True, capture_output=True, text=True
    ).stdout


INDEX = 'exports.two = exports.one = void 0;\nexports.one = require("./one");\n'


def test_the_preload_loads_a_module_when_it_is_used(tmp_path):
    """`two` is never used, so it is never loaded."""
    assert node(INDEX + 'exports.two = require("./two");\n', tmp_path) == "use\nloaded one\n"


def test_the_preload_knows_the_form_of_cdk_terrain(tmp_path):
    """Its compiler wraps each import, and names the file in the folder."""
    index = (
        "exports.two = exports.one = void 0;\nvar __importStar = (m) => m;\n"
        'exports.one = __importStar(require("./one/index"));\n'
        'exports.two = __importStar(require("./two/index"));\n'
    )
    library = tmp_path / "node_modules" / "@cdktn" / "provider-aws" / "lib"
    for name in ("one", "two"):
        (library / name).mkdir(parents=True)
        (library / name / "index.js").write_text(f"console.log('loaded {name}')")
    assert node(index, tmp_path, "@cdktn") == "use\nloaded one\n"


def test_the_preload_leaves_an_index_of_an_unknown_form_alone(tmp_path):
    """One line that requires in another way, and the whole file is compiled as it is."""
    odd = INDEX + 'exports.two = Object.assign({}, require("./two"));\n'
    assert node(odd, tmp_path) == "loaded one\nloaded two\nuse\n"


def test_the_environment_is_put_back():
    """NODE_OPTIONS is for jsii's Node alone, not for what is started later."""
    environ = {"NODE_OPTIONS": "--max-old-space-size=512", "PATH": "/bin"}
    before = dict(environ)
    with fast_bindings(environ):
        assert environ["NODE_OPTIONS"].startswith("--max-old-space-size=512 --require ")
    assert before == environ


def run_node(environ: dict[str, str]) -> str:
    """Return what Node's list of preloads and a call that is deprecated print."""
    use = "console.log(process.execArgv, process.env.NODE_OPTIONS); new Buffer(1)"
    return subprocess.run(
        ["node", "-e", use],
        env=os.environ | environ,
        check=True,
        capture_output=True,
        text=True,
    ).stderr


@pytest.mark.parametrize("folder", ["Prüfung 測試", 'a "quoted" one', "back\\slash", "it's"])
def test_the_preload_may_be_in_any_folder(tmp_path, monkeypatch, folder):
    """Node finds it, whatever letters its path has."""
    preload = tmp_path / folder / "preload.cjs"
    preload.parent.mkdir()
    preload.write_text("console.error('preloaded')")
    monkeypatch.setattr(module, "PRELOAD", preload)
    environ: dict[str, str] = {}
    with fast_bindings(environ):
        # Neither is a warning of Node's about a deprecated call printed.
        assert run_node(environ) == "preloaded\n"


@pytest.mark.parametrize("name", ["missing.cjs", "not-utf-8-\udcff.cjs"])
def test_a_preload_that_node_cannot_read_steps_aside(tmp_path, monkeypatch, name):
    """Node would not even start."""
    preload = tmp_path / name
    if name != "missing.cjs":
        preload.write_text("")
    monkeypatch.setattr(module, "PRELOAD", preload)
    environ: dict[str, str] = {}
    with fast_bindings(environ):
        assert "NODE_OPTIONS" not in environ
