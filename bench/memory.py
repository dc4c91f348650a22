"""The memory of a process and of all that it started.

The measure is the proportional set size (PSS): the pages that only one process has count fully, and
the pages that several share, such as a library's code, are divided among them. So the sum over a
tree counts no page twice, as a sum of resident set sizes would. Linux only: proc(5),
`/proc/PID/smaps_rollup`.
"""

import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

PROC: Final = Path("/proc")
INTERVAL: Final = 0.05
"""Seconds between two samples."""
_SHARE: Final = 0.1
"""The part of the time that sampling may take: a sample of a large tree takes some 50 ms."""


@dataclass(frozen=True)
class Sample:
    """What a tree of processes had at one moment, or at most: bytes, and number of processes."""

    memory: int = 0
    processes: int = 0

    def most(self, other: "Sample") -> "Sample":
        """Return the larger memory and the larger number of both, which may be of two moments."""
        return Sample(max(self.memory, other.memory), max(self.processes, other.processes))


def is_available() -> bool:
    """Return whether this system says how much memory a process has."""
    return (PROC / "self" / "smaps_rollup").is_file()


def sample(root: int) -> Sample:
    """Return the memory of the process `root` and its descendants, and how many they are.

    A process that has ended, or belongs to another user, has no memory here. One whose parent has
    ended is no descendant any more.
    """
    sizes = [_memory(each) for each in _tree(root)]
    return Sample(sum(sizes), sum(size > 0 for size in sizes))


class Sampler:
    """Takes samples of a tree of processes in the background, until the context ends.

    `peak` is the most that any sample had. A peak between two samples is not seen. The samples of a
    large tree are less frequent, so that they do not slow down what they measure.
    """

    def __init__(self, root: int, interval: float = INTERVAL) -> None:
        self.peak = Sample()
        self._root = root
        self._interval = interval
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        """Take the first sample, and start to take more."""
        self._take()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the last sample, and stop."""
        self._ended.set()
        self._thread.join()
        self._take()

    def _run(self) -> None:
        pause = self._interval
        while not self._ended.wait(pause):
            pause = max(self._interval, self._take() / _SHARE)

    def _take(self) -> float:
        """Take a sample; return how many seconds that took."""
        started = time.perf_counter()
        self.peak = self.peak.most(sample(self._root))
        return time.perf_counter() - started


def _tree(root: int) -> list[int]:
    """Return `root` and the ids of its descendants."""
    children: dict[int, list[int]] = {}
    for folder in PROC.iterdir():
        # A process may end at any moment.
        with suppress(OSError):
            if folder.name.isdecimal():
                # "PID (NAME) STATE PPID …", where the name may hold any character.
                stat = (folder / "stat").read_bytes()
                parent = int(stat.rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(folder.name))
    found = [root]
    for each in found:
        found.extend(children.get(each, ()))
    return found


def _memory(process: int) -> int:
    """Return a process's PSS in bytes; 0 if it has ended."""
    with suppress(OSError):
        for line in (PROC / str(process) / "smaps_rollup").read_bytes().splitlines():
            if line.startswith(b"Pss:"):  # "Pss:     1234 kB"
                return int(line.split()[1]) * 1024
    return 0
