"""A process that has boto3 loaded, and forks a child for each script of a runbook.

Importing boto3 takes longer than most scripts. `sandbox.ssm.script` runs this file as a program of
its own, with a socket as standard input. The socket carries a byte in return once boto3 is loaded.
For each script it carries the end of another socket, on which the request arrives: the length of a
JSON object in eight bytes, and the object with `directory`, `environment`, `script`, `handler` and
`payload`. The answer is the text of a JSON object, with `Payload` or `error`, or nothing. A NUL and
the exit code follow. If the other side closes a script's socket, the script is killed. If it closes
standard input, all of them are.

This file imports nothing of the sandbox: scripts must not see it.
"""

from __future__ import annotations

import gc
import json
import os
import selectors
import signal
import socket
import traceback
from typing import Any, NoReturn

# The clients that scripts of a guard use. A client of another service takes longer.
_LOADED = ("cloudtrail", "events", "kms", "sns", "sqs", "ssm", "sts")


def answer_of(script: str, handler: str, payload: Any) -> str:
    """Run a script's handler. Return JSON: its result, or the text of what ended it."""
    try:
        names: dict[str, Any] = {"__name__": "script"}
        exec(compile(script, "script", "exec"), names)  # noqa: S102
        if handler not in names:
            raise NameError("the script has no function " + handler)
        return json.dumps({"Payload": names[handler](payload, {})})
    except BaseException as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        return json.dumps({"error": text})


class _Zygote:
    """The scripts that run now, by their process, and the sockets that they answer on."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control
        self._scripts: dict[int, socket.socket] = {}
        self._ended, wake = socket.socketpair()
        self._wake = wake
        wake.setblocking(False)
        self._ended.setblocking(False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        self._selector = selectors.DefaultSelector()
        for each in (control, self._ended):
            self._selector.register(each, selectors.EVENT_READ)

    def serve(self) -> None:
        """Run scripts until the other side closes the socket. Then kill those that still run."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ended:
                    self._reap()
                elif key.fileobj is not self._control:
                    self._abandon(key.fileobj)
                elif not self._accept():
                    for pid in self._scripts:
                        _kill(pid)
                    return

    def _accept(self) -> bool:
        """Start a script. Return False if there will be no more."""
        data, (*descriptors,), _, _ = socket.recv_fds(self._control, 1, 1)
        if not data:
            return False
        connection = socket.socket(fileno=descriptors[0])
        request = _read(connection)
        if request is None:
            connection.close()
            return True
        pid = os.fork()
        if pid == 0:
            self._run(connection, json.loads(request))
        _lead_group(pid)
        self._scripts[pid] = connection
        self._selector.register(connection, selectors.EVENT_READ)
        return True

    def _run(self, connection: socket.socket, request: dict[str, Any]) -> NoReturn:
        """Run a script in this process, which is the child."""
        try:
            _lead_group(0)
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for each in (self._control, self._ended, self._wake, *self._scripts.values()):
                each.close()
            self._selector.close()
            os.chdir(request["directory"])
            os.environ.clear()
            os.environ.update(request["environment"])
            answer = answer_of(request["script"], request["handler"], request["payload"])
            connection.sendall(answer.encode())
        finally:
            os._exit(0)

    def _reap(self) -> None:
        self._ended.recv(4096)
        while self._scripts:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            connection = self._scripts.pop(pid)
            if connection in self._selector.get_map():
                self._selector.unregister(connection)
            _finish(connection, os.waitstatus_to_exitcode(status))

    def _abandon(self, connection: Any) -> None:
        """Kill a script whose answer nobody waits for any more."""
        self._selector.unregister(connection)
        for pid, each in self._scripts.items():
            if each is connection:
                _kill(pid)


def _finish(connection: socket.socket, code: int) -> None:
    """Send the exit code, and end the answer, even if a process of the script holds the socket."""
    with connection:
        try:
            connection.sendall(b"\0%d" % code)
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # Nobody waits for it any more.


def _read(connection: socket.socket) -> bytes | None:
    """Return a request. None if the other side closed the socket before its end."""
    header = _receive(connection, 8)
    return None if header is None else _receive(connection, int.from_bytes(header, "big"))


def _receive(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            return None
        data += part
    return data


def _lead_group(pid: int) -> None:
    """Give a script a process group. Parent and child both do it, since either may be first."""
    try:
        os.setpgid(pid, pid)
    except OSError:
        return  # It has one already, or it has ended.


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _load() -> None:
    """Import boto3, and read the service descriptions into its default session.

    The session reads the environment when a client is made, so each script has its own credentials
    and Region. Nothing that is loaded now is copied when the garbage collector runs in a child.
    """
    import boto3

    for service in _LOADED:
        boto3.client(
            service,
            region_name="us-east-1",
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106
        )
    gc.collect()
    gc.freeze()


def main() -> None:
    """Serve the socket that is standard input."""
    control = socket.socket(fileno=os.dup(0))
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nothing, descriptor)
    os.close(nothing)
    _load()
    control.sendall(b".")
    _Zygote(control).serve()


if __name__ == "__main__":
    main()
