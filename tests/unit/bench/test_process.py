"""What a measured command took, and that nothing of it is left running."""

import json
import os
import sys

import pytest

from bench.memory import is_available
from bench.process import Usage, base_environment, measure, summary
from sandbox.processes import CommandFailed

pytestmark = pytest.mark.slow

MEGABYTE = 2**20


def python(code, directory, **options):
    """Measure Python code."""
    return measure([sys.executable, "-c", code], directory, os.environ, **options)


def test_the_time_of_processors_includes_child_processes(tmp_path):
    """The child computes, and its parent only waits."""
    child = "import time\nwhile time.process_time() < 0.5: pass"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    used = python(parent, tmp_path)
    assert used.cpu_seconds >= 0.5


def test_memory_is_measured_only_where_it_is_asked_for(tmp_path):
    """Samples take time themselves."""
    assert python("", tmp_path, sampled=False).memory is None
    held = python(f"data = b'x' * {32 * MEGABYTE}; import time; time.sleep(1)", tmp_path)
    assert (held.memory or 0) >= (32 * MEGABYTE if is_available() else 0)


def test_a_command_that_fails_shows_its_output(tmp_path):
    """The exit code alone would help nobody."""
    with pytest.raises(CommandFailed, match=r"(?s)exit code 3.*the reason"):
        python("import sys; print('the reason'); sys.exit(3)", tmp_path)
    assert python("import sys; sys.exit(3)", tmp_path, exit_codes=(3,)).seconds > 0


def test_an_interrupt_ends_the_command(tmp_path, monkeypatch):
    """The command has a session of its own, so Ctrl-C in the terminal does not reach it."""
    started = []

    def interrupt(process, options):
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "wait4", interrupt)
    with pytest.raises(KeyboardInterrupt):
        python("import time; time.sleep(3600)", tmp_path)
    with pytest.raises(ProcessLookupError):
        os.kill(started[0], 0)


def test_a_summary_has_the_median_and_the_peak():
    """One slow run does not move the median; the peak is the largest."""
    usages = [Usage(1.0, 0.5, 10, 1), Usage(9.0, 0.7, 30, 3), Usage(2.0, 0.6, 20, 2)]
    expected = {"runs": 3, "seconds": 2.0, "cpu_seconds": 0.6, "memory": 30, "processes": 3}
    assert summary(usages) == json.loads(json.dumps(expected))


@pytest.mark.parametrize(
    "name", ["REPRIEVE_STOCK_BINDINGS", "NODE_OPTIONS", "PYTHONDONTWRITEBYTECODE"]
)
def test_the_callers_settings_stay_out(monkeypatch, name):
    """They would change what is synthesised, or how long it takes."""
    monkeypatch.setenv(name, "1")
    assert name not in base_environment()
