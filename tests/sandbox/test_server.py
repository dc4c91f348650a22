"""The sandbox's server: reset, settle, environment, and what it shows as JSON."""

import json
from http.client import HTTPConnection
from threading import Event

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox
from tests.support.emulated_account import (
    PUBLISH,
    REGION,
    RUNBOOK,
    TOPIC_TARGET,
    Account,
)


def ask(sandbox, method, path):
    """Return the sandbox's answer to a request that is no AWS call."""
    connection = HTTPConnection(sandbox.endpoint.removeprefix("http://"))
    connection.request(method, path)
    answer = connection.getresponse().read()
    connection.close()
    return answer


def test_deliveries_and_executions_are_available_as_json(sandbox):
    """Their paths begin with /_sandbox/."""
    account = Account(sandbox)
    account.make_roles()
    account.make_rule(account.automation_target())
    account.schedule()
    seen = {
        name: json.loads(ask(sandbox, "GET", f"/_sandbox/{name}"))
        for name in ("deliveries", "executions")
    }
    assert seen["deliveries"][0]["target_id"] == "rescue"
    assert seen["executions"][0]["document"] == RUNBOOK


def test_a_reset_empties_the_account_and_creates_a_new_trail(sandbox):
    """The reset over moto's API does the same."""
    account = Account(sandbox)
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET)
    account.schedule()
    ask(sandbox, "POST", "/moto-api/reset")
    assert (sandbox.deliveries, account.client("events").list_rules()["Rules"]) == ([], [])
    account.make_topic(PUBLISH)
    account.make_rule(TOPIC_TARGET)
    account.schedule()
    assert [delivery.error for delivery in sandbox.deliveries] == [None]


def test_a_second_sandbox_in_one_process_is_refused(sandbox):
    """moto has one state per process."""
    with pytest.raises(RuntimeError, match="has a sandbox already"):
        Sandbox().start()


def test_settle_raises_an_error_for_a_job_that_does_not_end(sandbox):
    """The error says how many jobs are left."""
    ended = Event()
    sandbox._services.work.submit(ended.wait)
    with pytest.raises(TimeoutError, match="1 deliveries or automations"):
        sandbox.settle(timeout=0.05)
    ended.set()
    sandbox.settle()


def test_every_access_key_belongs_to_the_sandboxs_account(sandbox):
    """So does a key that moto has not created."""
    client = sandbox._clients.make("sts", REGION, "AKIAIOSFODNN7EXAMPLE", "x")
    assert client.get_caller_identity()["Account"] == ACCOUNT_ID


def test_the_environment_makes_programs_use_the_sandbox_only(sandbox):
    """It has the endpoint, which no proxy is used for."""
    environment = sandbox.environment()
    assert environment["AWS_ENDPOINT_URL"] == sandbox.endpoint
    assert sandbox.endpoint.startswith("http://127.0.0.1:")
    assert "127.0.0.1" in environment["NO_PROXY"]
