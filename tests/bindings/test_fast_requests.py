"""Requests that are sent ahead: nothing waits, and an answer that is not as expected is noticed."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import jsii
import pytest

import main
from stacks import account
from stacks.cdk import App, SnsTopic, TerraformStack, UnexpectedAnswer, creating_ahead
from stacks.fast_requests import Requests, send_ahead

KERNEL: Any = jsii.kernel
REQUESTS: Requests | None = getattr(KERNEL.provider._process, "requests", None)

pytestmark = pytest.mark.skipif(REQUESTS is None, reason="the fast loading is disabled")


@pytest.fixture
def requests() -> Iterator[Requests]:
    """Return the requests to a process that answers each line with the same line."""
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield Requests(process)


def test_more_is_sent_than_pipes_can_hold(requests):
    """Answers are read while requests are written: otherwise both processes wait for ever."""
    for number in range(300):
        line = f"{number} {'x' * 10_000}".encode()
        requests.send(line + b"\n", line)
    requests.finish()


def test_an_unexpected_answer_is_raised_once(requests):
    """The first one; the answers after it are read, so that others can follow."""
    for line, expected in (("a", "a"), ("b", "c"), ("d", "e")):
        requests.send(line.encode() + b"\n", expected.encode())
    with pytest.raises(UnexpectedAnswer, match=r"^b$"):
        requests.finish()
    assert requests.next_object is None
    requests.send(b"f\n", b"f")
    requests.finish()


def test_after_an_unexpected_answer_nothing_is_sent(requests):
    """As soon as it is known."""
    requests.send(b"a\n", b"b")
    requests.flush()
    while requests._unexpected is None:
        requests._read()
    with pytest.raises(UnexpectedAnswer, match=r"^a$"):
        requests.send(b"c\n", b"c")
    assert not requests._expected


def test_a_process_that_ends_is_noticed():
    """Node may have no memory left."""
    with subprocess.Popen(["true"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        requests = Requests(process)
        requests.expect(b"hello")
        with pytest.raises(UnexpectedAnswer, match="ended"):
            requests.finish()


def test_objects_that_are_created_ahead_are_those_that_node_creates(tmp_path):
    """Their numbers are right, whatever is asked in between."""
    with creating_ahead():
        app = App(outdir=str(tmp_path), skip_validation=True)
        stack = TerraformStack(app, "stack")
        first = SnsTopic(stack, "first", name="one")
        name = first.arn
        assert app.node.children  # objects that get numbers as well
        second = SnsTopic(stack, "second", name=name, depends_on=[first])
        app.synth()
    assert second.node.path == "stack/second"
    topics = json.loads((tmp_path / "stacks/stack/cdk.tf.json").read_text())["resource"]
    assert topics["aws_sns_topic"]["second"]["name"] == "${aws_sns_topic.first.arn}"


def create_twice(app: App) -> None:
    """Create a topic twice."""
    stack = TerraformStack(app, "stack")
    SnsTopic(stack, "topic")
    SnsTopic(stack, "topic")
    app.synth()


def test_an_error_of_an_object_that_is_created_ahead_is_raised_before_a_synthesis(tmp_path):
    """With what Node says. Outside the context jsii's own error is raised at once."""
    app = App(outdir=str(tmp_path))
    message = "already a Construct with name 'topic'"
    with pytest.raises(UnexpectedAnswer, match=message), creating_ahead():
        create_twice(app)
    assert not (tmp_path / "manifest.json").exists()
    with pytest.raises(RuntimeError, match=message):
        create_twice(App(outdir=str(tmp_path)))


def test_a_wrong_number_is_noticed(monkeypatch):
    """A reference to another object would be used otherwise."""
    app = App()
    monkeypatch.setattr(REQUESTS, "next_object", 1)
    with pytest.raises(UnexpectedAnswer, match=r"cdktf\.TerraformStack@"), creating_ahead():
        TerraformStack(app, "stack")


def test_the_app_reports_an_error_where_it_belongs(tmp_path, monkeypatch):
    """It synthesises once more, without creating ahead."""
    monkeypatch.setattr(account, "add_account", lambda app, *_: create_twice(app))
    settings: Any = SimpleNamespace(state=SimpleNamespace(backend="s3"))
    with pytest.raises(RuntimeError, match="already a Construct") as raised:
        main.synthesise([settings], tmp_path, into=tmp_path)
    assert "create_twice" in [entry.name for entry in raised.traceback]


@pytest.mark.parametrize("missing", ["PIPE_BUF", "JSII_RUNTIME"])
def test_where_it_cannot_work_jsii_starts_its_own_process(monkeypatch, missing):
    """On Windows, and with another runtime."""
    if missing == "PIPE_BUF":
        monkeypatch.delattr(select, missing)
    else:
        monkeypatch.setenv(missing, "runtime.js")
    providers = sys.modules["jsii._kernel.providers.process"]
    before = providers._NodeProcess
    send_ahead()
    assert providers._NodeProcess is before
