"""The description of the machine."""

import platform
import socket

from bench import machine as module
from bench.machine import machine, node_version
from tests.support.bench import measured


def test_it_describes_the_machine_without_its_name():
    """The JSON is published."""
    found = machine()
    assert found.keys() == measured({})["machine"].keys()
    assert found["python"] == platform.python_version()
    assert found["cores"] >= 1
    assert found["memory"] > 2**28
    assert socket.gethostname() not in (found["processor"], found["system"])


def test_the_model_of_the_processor(tmp_path, monkeypatch):
    """As /proc/cpuinfo names it; its architecture where it has no such name, as on some ARM."""
    monkeypatch.setattr(module, "CPUINFO", tmp_path / "cpuinfo")
    module.CPUINFO.write_text("processor\t: 0\nmodel name\t: Example CPU @ 3.00GHz\nflags\t: a\n")
    assert machine()["processor"] == "Example CPU @ 3.00GHz"
    module.CPUINFO.write_text("processor\t: 0\n")
    assert machine()["processor"] == platform.machine()


def test_a_path_without_node(tmp_path):
    """There may be none."""
    assert node_version(str(tmp_path)) is None
