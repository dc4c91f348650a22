"""What the preload changes in the CDK and in jsii's program: the work, never the result."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stacks.cdk import App, AwsProvider, SnsTopic, TerraformStack
from stacks.fast_bindings import PRELOAD


@pytest.fixture
def app(tmp_path):
    """Return an app that writes to a temporary folder."""
    return App(outdir=str(tmp_path / "out"))


def stack_of(app: Any, name: str) -> Any:
    """Return a new stack that has a provider."""
    stack = TerraformStack(app, name)
    AwsProvider(stack, "aws", region="eu-west-1")
    return stack


def synthesised(app: Any, name: str) -> dict[str, Any]:
    """Synthesise; return the JSON of a stack."""
    app.synth()
    path = Path(app.outdir, "stacks", name, "cdk.tf.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_a_reference_to_another_stack_is_found(app):
    """It needs an output there, and its state here: with several stacks CDKTF looks for them."""
    first, second = stack_of(app, "first"), stack_of(app, "second")
    topic = SnsTopic(first, "topic")
    SnsTopic(second, "topic", name=topic.arn)
    found = synthesised(app, "second")
    assert list(found["data"]["terraform_remote_state"]) == ["cross-stack-reference-input-first"]
    assert "remote_state" in found["resource"]["aws_sns_topic"]["topic"]["name"]


def test_a_token_in_an_override_of_a_stack_is_resolved(app):
    """A plain override needs no further pass; this one does."""
    stack = stack_of(app, "stack")
    topic = SnsTopic(stack, "topic")
    stack.add_override("locals.topics", [{"arn": topic.arn}])
    found = synthesised(app, "stack")
    assert found["locals"] == {"topics": [{"arn": "${aws_sns_topic.topic.arn}"}]}


def test_a_plain_override_is_kept(app):
    """Also what JSON has beside texts."""
    stack = stack_of(app, "stack")
    value = [{"text": "a", "number": 1.5, "list": [], "yes": True}]
    stack.add_override("locals.value", value)
    assert synthesised(app, "stack")["locals"] == {"value": value}


# Connects the program that its arguments name with a socket, as file descriptor 3.
CONNECT = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.execvp(sys.argv[2], sys.argv[2:])
"""


@contextmanager
def started(program: Path, its: socket.socket) -> Iterator[subprocess.Popen[str]]:
    """Run a program in Node under the preload, as jsii does, until it ends.

    An error in the block kills it: nobody else would answer it, and it would wait for ever.
    """
    connect = [sys.executable, "-c", CONNECT, str(its.fileno())]
    with subprocess.Popen(
        [*connect, "node", "--require", PRELOAD, program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=[its.fileno()],
        text=True,
    ) as process:
        try:
            yield process
        except BaseException:
            process.kill()
            raise


# It reads from jsii's file descriptor once its standard input is closed.
PROGRAM = """
const fs = require('node:fs');
const answer = (line) => fs.writeSync(3, Buffer.from(`${line}\\n`), 0);
console.log(answer('a'), answer('ä'));
fs.readFileSync(0);
fs.readSync(3, Buffer.alloc(9), 0, 9, null);
answer('b');
"""


def test_answers_are_written_before_the_next_request_is_read(tmp_path):
    """Or when the program ends. Until then they are kept."""
    program = tmp_path / "lib" / "program.js"
    program.parent.mkdir()
    program.write_text(PROGRAM, encoding="utf-8")
    own, its = socket.socketpair()
    with own:
        with its, started(program, its) as process:
            assert process.stdin
            assert process.stdout
            assert process.stdout.readline() == "2 3\n"  # bytes
            with pytest.raises(BlockingIOError):
                own.recv(9, socket.MSG_DONTWAIT)
            process.stdin.close()
            own.settimeout(60)  # an answer that is not written fails the test
            assert own.recv(9) == "a\nä\n".encode()
            own.send(b"request\n")
        assert own.makefile(encoding="utf-8").read() == "b\n"  # and no more


def test_another_program_writes_at_once(tmp_path):
    """The near-miss: what it has as file descriptor 3 is no matter of jsii's."""
    program = tmp_path / "other.js"
    program.write_text(PROGRAM, encoding="utf-8")
    own, its = socket.socketpair()
    with own, its, started(program, its) as process:
        assert process.stdout
        assert process.stdout.readline() == "2 3\n"
        assert own.recv(9, socket.MSG_DONTWAIT) == "a\nä\n".encode()
        own.send(b"request\n")
