"""Loads only those modules of the AWS bindings that a program names.

`cdktf-cdktf-provider-aws` is generated: a package of more than 2,000 modules whose `__init__`
imports every one of them, first in Python and then, through jsii, again in Node. That costs most of
a synth's time and memory. (`cdktn-provider-aws` imports them all in Node only.) These measures
avoid that, and repeated work for each resource:

* Python: the package is put into `sys.modules` without running its `__init__`, so that
  `from cdktf_cdktf_provider_aws.sns_topic import SnsTopic` runs that one module.
* Node: a preload (`lazy_bindings.cjs`) turns the bindings' `exports.x = require(…)` lines into
  getters, so that each module is read when it is first used. It also spares the CDK some work.
* Each constructor of the bindings checks the types of all its arguments: a check that has passed is
  not repeated (`fast_checks.py`).
* Each resource is a message to Node: it is encoded at once (`fast_create.py`), and the next one
  does not wait for its answer (`fast_requests.py`).

`main.py` adds another: it stops the garbage collector from searching everything that was imported.

None of them changes what is synthesised. If the package does not look as expected, the stock import
is used. REPRIEVE_STOCK_BINDINGS=1 disables all of them.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from pathlib import Path

from stacks.fast_checks import speed_up_checks
from stacks.fast_requests import send_ahead

SWITCH = "REPRIEVE_STOCK_BINDINGS"
PACKAGE = "cdktf_cdktf_provider_aws"
PROBE = "sns_topic"
PRELOAD = Path(__file__).with_name("lazy_bindings.cjs")

# jsii 1.x prints a banner of ten lines for each Node major that it no longer tests.
_QUIET = {
    "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "18,20,22,24",
    "JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION": "1",
    "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    # From Node 22 on: CDKTF's bundle calls what Node deprecates, which is no matter for users.
    "NODE_NO_WARNINGS": "1",
}


@contextmanager
def fast_bindings(
    environ: MutableMapping[str, str] = os.environ, package: str = PACKAGE
) -> Iterator[None]:
    """Import the CDK and its bindings inside this context; jsii starts Node at the first import.

    `package` is the one of the bindings. jsii copies the environment when it starts Node, so
    `environ` is as it was when this ends.
    """
    before = {name: environ.get(name) for name in (*_QUIET, "NODE_OPTIONS")}
    for name, value in _QUIET.items():
        environ.setdefault(name, value)
    fast = not environ.get(SWITCH)
    if fast:
        _preload_in_node(environ)
    try:
        if fast:
            _send_ahead()
            _skip_package_init(package)
        yield
        if fast:
            speed_up_checks(package)
            _speed_up_create()
    finally:
        for name, former in before.items():
            if former is None:
                environ.pop(name, None)
            else:
                environ[name] = former


def _preload_in_node(environ: MutableMapping[str, str]) -> None:
    if not _is_readable(PRELOAD):
        return  # Node would not start
    # Node reads NODE_OPTIONS like a shell line: in quotation marks, a backslash escapes.
    path = str(PRELOAD).replace("\\", "\\\\").replace('"', '\\"')
    options = [environ.get("NODE_OPTIONS", ""), f'--require "{path}"']
    environ["NODE_OPTIONS"] = " ".join(filter(None, options))


def _is_readable(path: Path) -> bool:
    """Return whether Node can read a file: Node takes every path for UTF-8."""
    try:
        str(path).encode()
        path.read_bytes()
    except (OSError, UnicodeEncodeError):
        return False
    return True


def _skip_package_init(package: str) -> None:
    """Put the package into sys.modules unexecuted, if a module of it can be imported that way."""
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None:
        return  # the import that follows reports what is missing
    sys.modules[package] = importlib.util.module_from_spec(spec)
    try:
        importlib.import_module(f"{package}.{PROBE}")
    except Exception:
        # Not the expected package: remove it and use the stock import.
        for name in [name for name in sys.modules if name.split(".")[0] == package]:
            del sys.modules[name]
        importlib.import_module(package)


def _send_ahead() -> None:
    try:
        send_ahead()
    except (ImportError, AttributeError):
        return  # another jsii, without the parts that this needs


def _speed_up_create() -> None:
    try:
        # jsii starts Node with the environment that it is imported in: not before.
        from stacks.fast_create import speed_up_create
    except ImportError:
        return  # another jsii, without the parts that this needs
    speed_up_create()
