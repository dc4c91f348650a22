"""The memory of a process tree, against trees whose memory is known."""

import os
import subprocess
import sys

import pytest

from bench import memory
from bench.memory import Sample, Sampler, is_available, sample

pytestmark = pytest.mark.slow

MEGABYTE = 2**20
# Every page is written, so the system has to provide it. Each process prints a line when it
# has its memory, and ends with its input.
CHILD = f"import sys; data = b'x' * {64 * MEGABYTE}; print('ready', flush=True); sys.stdin.read()"
PARENT = f"""
import subprocess, sys
data = b"x" * {32 * MEGABYTE}
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}])
child.wait()
"""


@pytest.fixture
def tree():
    """Return a process with 32 MB that has a child with 64 MB."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        yield process
        assert process.stdin
        process.stdin.close()


def test_a_tree_has_at_least_what_it_allocated(tree):
    """The child's memory counts too."""
    if not is_available():
        assert sample(tree.pid) == Sample()
        return
    found = sample(tree.pid)
    assert found.memory >= 96 * MEGABYTE
    assert found.processes == 2


def test_memory_that_is_shared_counts_once():
    """A fork has its parent's pages: two processes, but not twice the memory."""
    fork = f"""
import os
data = b"x" * {64 * MEGABYTE}
child = os.fork()
os.write(1, b"ready\\n")
os.read(0, 1)
if child:
    os.waitpid(child, 0)
"""
    with subprocess.Popen(
        [sys.executable, "-c", fork], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        found = sample(process.pid)
        process.communicate(b"..")
    assert lines == [b"ready\n"] * 2
    if is_available():
        assert found.processes == 2
        assert 64 * MEGABYTE <= found.memory < 128 * MEGABYTE


def test_the_sampler_keeps_the_peak(tree):
    """Memory that was freed before the end was needed nevertheless."""
    with Sampler(tree.pid) as sampler:
        before = sampler.peak
        tree.stdin.close()
        tree.wait()
    assert sample(tree.pid) == Sample()
    assert sampler.peak.memory >= before.memory
    assert sampler.peak.processes == before.processes


def test_the_sampler_sees_what_comes_later():
    """The samples go on until the context ends."""
    with subprocess.Popen(
        [sys.executable, "-c", f"input(); {CHILD}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        with Sampler(process.pid) as sampler:
            process.stdin.write(b"\n")
            process.stdin.flush()
            assert process.stdout.readline() == b"ready\n"
        process.communicate(b"\n")
    if is_available():
        assert sampler.peak.memory >= 64 * MEGABYTE


def test_the_names_of_processes_may_hold_anything(tmp_path, monkeypatch):
    """The name is in parentheses, and may itself hold some."""
    for pid, stat in {"7": b"7 (a) b) 1 (c) S 1 7", "8": b"8 (x) S 7 8", "9": b"9 (y) S 1"}.items():
        (tmp_path / pid).mkdir()
        (tmp_path / pid / "stat").write_bytes(stat)
        (tmp_path / pid / "smaps_rollup").write_bytes(b"Rss: 9 kB\nPss:   5 kB\nPss_Dirty: 1 kB\n")
    monkeypatch.setattr(memory, "PROC", tmp_path)
    assert sample(7) == Sample(memory=2 * 5 * 1024, processes=2)


def test_a_process_that_has_ended_has_no_memory():
    """It may end between two samples, or in one."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert sample(process.pid) == Sample()


def test_it_measures_its_own_process():
    """A measurement inside of the program that it measures."""
    if is_available():
        with Sampler(os.getpid()) as sampler:
            before = sampler.peak.memory
            data = b"x" * (64 * MEGABYTE)
        assert sampler.peak.memory - before >= len(data) // 2
