"""Scripts of runbooks: they run as the automation's role, and they may fail."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

import pytest

from sandbox.core.quotas import Quotas
from sandbox.ssm.actions import StepCancelled, StepFailed
from sandbox.ssm.script import Scripts
from tests.support.emulated_account import Account
from tests.support.scripts import run, script_step


@pytest.fixture(scope="module")
def scripts():
    """Return what runs scripts."""
    scripts = Scripts()
    yield scripts
    scripts.stop()


def test_a_scripts_result_can_be_selected_and_is_an_output(sandbox):
    """A selector begins with `$.Payload`. The whole result is OutputPayload."""
    account = Account(sandbox)
    account.make_roles()
    outputs = [{"Name": "Key", "Selector": "$.Payload.key", "Type": "String"}]
    text = 'def handler(events, context):\n    return {"key": events["Key"]}\n'
    key, execution = run(account, script_step(text, outputs=outputs))
    assert execution.steps[0].outputs["Key"] == key
    assert json.loads(execution.outputs["run.OutputPayload"][0]) == {"Payload": {"key": key}}


def test_an_exception_of_a_script_fails_its_step(sandbox):
    """The failure has the whole text of the exception, even if it has two lines."""
    account = Account(sandbox)
    account.make_roles()
    text = 'def handler(events, context):\n    raise ValueError("no such key\\nat all")\n'
    _, execution = run(account, script_step(text))
    assert execution.status == "Failed"
    assert execution.failure == (
        "step run failed: the script failed: ValueError: no such key\nat all"
    )


def a_script(body, **more):
    """Return the inputs of a script with this handler."""
    text = f"import os, sys, time\ndef handler(events, context):\n    {body}\n"
    return {"Runtime": "python3.11", "Handler": "handler", "Script": text, **more}


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (a_script("sys.exit(0)"), "the script failed: SystemExit: 0"),
        (a_script("os._exit(3)"), "ended with status 3 and no answer"),
        (a_script("return {1, 2}"), "set is not JSON serializable"),
        (a_script("return [0] * 101"), "a list of more than 100 items"),
        (a_script("return 'x' * 103_000"), "more than 100 KB"),
        (a_script("return", Handler="other"), "the script has no function other"),
        (a_script("return", Runtime="python3.8"), "has no runtime python3.8"),
        (a_script("return", Attachment="script.zip"), "knows no input Attachment"),
        (a_script("return", InputPayload="key"), "InputPayload is not a map"),
    ],
)
def test_a_failing_script_fails_its_step_only(scripts, inputs, words):
    """Each failure has a sentence of its own. The sandbox continues."""
    with pytest.raises(StepFailed, match=words):
        scripts.run(inputs, {}, 30, Event())


def test_a_script_that_takes_too_long_is_stopped(scripts):
    """Otherwise its runbook would never end."""
    with pytest.raises(StepFailed, match=r"did not end within 0\.1 seconds"):
        scripts.run(a_script("time.sleep(60)"), {}, 0.1, Event())


def test_a_script_is_isolated_from_this_process(scripts, monkeypatch):
    """It does not see the environment. It may print, and it may return 100 items."""
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    body = "print(events); return [os.environ.get('AWS_PROFILE'), sys.flags.isolated] + [0] * 98"
    assert scripts.run(a_script(body), {}, 30, Event())["Payload"] == [None, 1, *[0] * 98]


def run_body(scripts, body, environment=None, timeout=30.0, stopping=None):
    """Run a script with this body. Return what its handler returns."""
    return scripts.run(a_script(body), environment or {}, timeout, stopping or Event())["Payload"]


def test_scripts_that_run_at_once_have_their_own_environment(scripts):
    """Also a client of boto3, which was loaded before. Random numbers differ."""
    body = (
        "import boto3, random, uuid; c = boto3.client('kms'); "
        "k = c._request_signer._credentials.access_key; "
        "return [c.meta.region_name, c.meta.endpoint_url, k, random.random(), uuid.uuid4().hex]"
    )

    def ask(number):
        return run_body(
            scripts,
            body,
            {
                "AWS_DEFAULT_REGION": f"eu-west-{number}",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{number}",
                "AWS_ACCESS_KEY_ID": f"key{number}",
                "AWS_SECRET_ACCESS_KEY": "s",
            },
        )

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(ask, (1, 2, 3)))
    assert [answer[:3] for answer in answers] == [
        [f"eu-west-{n}", f"http://127.0.0.1:{n}", f"key{n}"] for n in (1, 2, 3)
    ]
    assert len({answer[3] for answer in answers}) == 3
    assert len({answer[4] for answer in answers}) == 3


def test_a_script_leaves_nothing_to_the_next_one(scripts):
    """Each has a process and an empty directory of its own."""
    first = "open('left', 'w').close(); sys.left = 1; return [os.getpid(), os.getcwd()]"
    second = "return [os.getpid(), os.getcwd(), os.listdir(), hasattr(sys, 'left')]"
    before, after = run_body(scripts, first), run_body(scripts, second)
    assert after[2:] == [[], False]
    assert len({*before, *after[:2]}) == 4
    assert not Path(before[1]).exists()


def test_a_hundred_scripts_run_at_once(scripts):
    """Each waits until all have begun: a queue among them would end in a time-out."""
    with TemporaryDirectory() as name:
        body = (
            f"open('{name}/' + str(os.getpid()), 'w').close()\n"
            f"    while len(os.listdir('{name}')) < 100: time.sleep(0.01)\n"
            "    return 1"
        )
        with ThreadPoolExecutor(100) as pool:
            assert sum(pool.map(lambda _: run_body(scripts, body), range(100))) == 100


def has_ended(pid):
    """Tell whether a process has ended, or ends within some seconds."""
    for _ in range(1000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def endless(tmp_path):
    """Return the body of a script that never ends, and the file that it writes its process id to.

    A process that it starts itself is in the file too.
    """
    file = tmp_path / "pid"
    body = (
        "import subprocess; child = subprocess.Popen(['sleep', '600'])\n"
        f"    open('{file}.part', 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        f"    os.rename('{file}.part', '{file}')\n"
        "    time.sleep(600)"
    )
    return body, file


def pids_in(file):
    """Wait for the file of an endless script. Return the processes in it."""
    while not file.exists():
        time.sleep(0.01)
    return [int(pid) for pid in file.read_text().split()]


def test_a_stopped_execution_ends_its_script(scripts, endless):
    """With the processes that the script has started."""
    body, file = endless
    stopping = Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run_body, scripts, body, {"PATH": os.environ["PATH"]}, 60, stopping)
        pids = pids_in(file)
        stopping.set()
        with pytest.raises(StepCancelled):
            waiting.result()
    assert all(map(has_ended, pids))


def test_scripts_end_with_the_sandbox(endless):
    """And a later one starts the process that forks them again."""
    body, file = endless
    scripts = Scripts()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run_body, scripts, body, {"PATH": os.environ["PATH"]}, 60)
        pids = pids_in(file)
        scripts.stop()
        with pytest.raises(RuntimeError, match="has ended"):
            waiting.result()
    assert all(map(has_ended, pids))
    assert run_body(scripts, "return 1") == 1
    scripts.stop()


def test_the_time_limit_of_a_script_is_that_of_its_step(sandbox):
    """The execution is TimedOut."""
    account = Account(sandbox)
    account.make_roles()
    text = "import time\ndef handler(events, context):\n    time.sleep(600)\n"
    _, execution = run(account, script_step(text, timeoutSeconds=0.1))
    assert execution.status == "TimedOut"
    assert execution.failure == "step run timed out: the script did not end within 0.1 seconds"
    sandbox.quotas = Quotas(script_timeout=0.2)
    account.client("ssm").delete_document(Name="Own")
    _, execution = run(account, script_step(text, timeoutSeconds=900))
    assert execution.failure == "step run timed out: the script did not end within 0.2 seconds"
