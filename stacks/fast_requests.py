"""Sends jsii's requests to Node ahead of the answers, so that Python and Node work at once.

jsii (`jsii._kernel.providers.process`) waits for the answer to each request, though it needs few of
them: what loads a module is answered by its name, and what creates an object by a number that Node
counts up. Here both are only compared with what is expected when they come. Any other request waits
for all answers first. An answer that is not as expected raises UnexpectedAnswer, later than jsii
would: objects are created ahead only inside `creating_ahead`.

Requests are written in pieces that a pipe takes at once, and answers are read meanwhile: neither
process ever waits for the other to read.
"""

import importlib
import json
import os
import select
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from stacks.fast_checks import PLAIN

FIRST_OBJECT: Final = 10000
"""What Node counts its objects from."""
_AT_ONCE: Final = 1 << 14
"""How many bytes are collected before they are sent: each transfer wakes a process of jsii's."""
_READ: Final = 1 << 16


class UnexpectedAnswer(Exception):
    """Node answered a request that was sent ahead, but not as expected."""


class Requests:
    """The requests to a Node process that have no answer yet.

    `next_object` is the number of the next object that Node creates; None if it is unknown.
    `creates_ahead` is whether its answer need not be waited for.
    """

    def __init__(self, process: Any) -> None:
        self.creates_ahead = False
        self.next_object: int | None = FIRST_OBJECT
        self._in, self._out = process.stdin.fileno(), process.stdout.fileno()
        self._expected: deque[bytes] = deque()
        self._unexpected: bytes | None = None
        self._unsent = bytearray()
        self._received = b""

    def send(self, message: bytes, expected: bytes) -> None:
        """Send a line, whose answer is a line that begins with `expected`.

        Raises:
            UnexpectedAnswer: To an earlier request.
        """
        if self._unexpected is not None:
            self.finish()
        self.expect(expected)
        self._unsent += message
        if len(self._unsent) >= _AT_ONCE:
            self.flush()

    def expect(self, expected: bytes) -> None:
        """Expect a line that begins with `expected`, after those that are expected already."""
        self._expected.append(expected)

    def finish(self) -> None:
        """Wait for all answers.

        Raises:
            UnexpectedAnswer: The first one of them.
        """
        self.flush()
        while self._expected:
            self._read()
        if self._unexpected is not None:
            answer, self._unexpected, self.next_object = self._unexpected, None, None
            raise UnexpectedAnswer(answer.decode(errors="replace"))

    def flush(self) -> None:
        """Send what has not been sent, without waiting for its answers."""
        while self._unsent:
            readable, writable, _ = select.select([self._out], [self._in], [])
            if readable:
                self._read()
            if writable:
                # So much never blocks.
                written = os.write(self._in, self._unsent[: select.PIPE_BUF])
                del self._unsent[:written]

    def _read(self) -> None:
        data = os.read(self._out, _READ)
        if not data:
            self._expected.clear()
            self._unsent.clear()
            raise UnexpectedAnswer("Node.js has ended.")
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            expected = self._expected.popleft()
            if self._unexpected is None and not line.startswith(expected):
                self._unexpected = line


@contextmanager
def creating_ahead() -> Iterator[None]:
    """Inside this context, create objects without waiting for Node's answers.

    It does nothing if the fast loading is disabled.

    Raises:
        UnexpectedAnswer: Node has not created an object; what it says is the exception's text. At
            the latest this is raised by the next request that waits for Node, so nothing has been
            synthesised. Outside this context, jsii raises its own error where it belongs.
    """
    kernel = importlib.import_module("jsii").kernel
    requests: Requests | None = getattr(kernel.provider._process, "requests", None)
    if requests is None:
        yield
        return
    requests.creates_ahead = True
    try:
        yield
        requests.finish()
    finally:
        requests.creates_ahead = False


def send_ahead() -> None:
    """Let jsii start Node with a process of the class that sends ahead; do so before it starts."""
    if not hasattr(select, "PIPE_BUF") or os.environ.get("JSII_RUNTIME"):
        return  # Windows cannot wait for pipes; another runtime may have other answers
    providers: Any = importlib.import_module("jsii._kernel.providers.process")
    providers._NodeProcess = _process_class(providers)


def _process_class(providers: Any) -> type:
    class Process(providers._NodeProcess):
        """A Node process, as jsii knows it, that has `requests`."""

        requests: Requests

        def handshake(self) -> None:
            self.requests = Requests(self._process)
            version = providers.__jsii_runtime_version__
            self.requests.expect(_line({"hello": f"@jsii/runtime@{version}"}))

        def send(self, request: Any, response_type: Any) -> Any:
            if isinstance(request, providers.LoadRequest) and _is_installed(request.tarball):
                name = request.name
                message = _line(self._serializer.unstructure(request))
                self.requests.send(message + b"\n", _line({"ok": {"assembly": name}})[:-2])
                self.requests.flush()
                return providers.LoadResponse(assembly=name, types=0)  # nothing reads the number
            self.requests.finish()
            response = super().send(request, response_type)
            if not _is_plain(response):
                self.requests.next_object = None  # it may be an object, or contain some
            return response

    return Process


def _line(message: dict[str, Any]) -> bytes:
    """Return a message as Node writes it."""
    return json.dumps(message, separators=(",", ":")).encode()


def _is_installed(tarball: str) -> bool:
    """Return whether a package's archive stays where it is: it has been imported from a folder."""
    return Path(tarball).with_name("__init__.py").is_file()


def _is_plain(response: Any) -> bool:
    """Return whether a response is to a property or a method, and contains no object."""
    for name in ("value", "result"):
        if hasattr(response, name):
            return type(getattr(response, name)) in PLAIN
    return False
