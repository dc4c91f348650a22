"""Systems Manager's quotas: executions at the same time, the queue, time limits and stopping."""

import json
import time

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from sandbox.core.quotas import Quotas
from tests.support.emulated_account import REGION, Account, allow, role_arn

SETTING = "/ssm/automation/enable-adaptive-concurrency"


@pytest.fixture
def account(sandbox):
    """Return an account whose automation role may start automations. Its quotas are AWS's again."""
    account = Account(sandbox)
    account.kms_statements += [allow(["ssm:StartAutomationExecution", "iam:PassRole"])]
    account.make_roles()
    return account


@pytest.fixture
def ssm(sandbox, account):
    """Return a client of the account. Afterwards nothing runs, and the quotas are AWS's again."""
    ssm = account.client("ssm")
    yield ssm
    for each in sandbox.executions:
        if each.status in ("Pending", "InProgress") and each.region == REGION:
            stop(ssm, each.execution_id)
    sandbox.settle()
    sandbox.quotas = Quotas()


def create(ssm, name, *steps):
    """Create a document with these steps."""
    content = {"schemaVersion": "0.3", "assumeRole": role_arn("automation"), "mainSteps": steps}
    ssm.create_document(
        Name=name, DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )


def sleep(duration, **more):
    """Return a step that sleeps."""
    return {"name": "sleep", "action": "aws:sleep", "inputs": {"Duration": duration}, **more}


def child(name, **more):
    """Return a step that runs another document."""
    inputs = {"DocumentName": name}
    return {"name": "child", "action": "aws:executeAutomation", "inputs": inputs, **more}


def start(ssm, name, count=1):
    """Start a document several times. Return the ids of the executions."""
    return [
        ssm.start_automation_execution(DocumentName=name)["AutomationExecutionId"]
        for _ in range(count)
    ]


def stop(ssm, execution_id):
    """Stop an execution."""
    ssm.stop_automation_execution(AutomationExecutionId=execution_id)


def statuses(ssm, ids):
    """Return the statuses that Systems Manager lists for executions."""
    status = {
        each["AutomationExecutionId"]: each["AutomationExecutionStatus"]
        for page in ssm.get_paginator("describe_automation_executions").paginate()
        for each in page["AutomationExecutionMetadataList"]
    }
    return [status[execution_id] for execution_id in ids]


def test_more_executions_than_slots_wait_and_run_in_order(sandbox, ssm):
    """They are Pending, and begin in the order of their starts when the slot becomes free."""
    sandbox.quotas = Quotas(running_automations=1)
    create(ssm, "Nap", sleep("PT10S"))
    create(ssm, "Short", sleep("PT0S"))
    (first,) = start(ssm, "Nap")
    others = start(ssm, "Short", 4)
    assert statuses(ssm, [first, *others]) == ["InProgress"] + ["Pending"] * 4
    assert [e.steps for e in sandbox.executions[1:]] == [[]] * 4
    stop(ssm, first)
    sandbox.settle()
    assert statuses(ssm, others) == ["Success"] * 4
    begun = {e.execution_id: e.steps[0].started for e in sandbox.executions}
    assert sorted(others, key=lambda each: begun[each]) == others


def test_a_child_needs_a_slot_while_its_parent_keeps_its_own(sandbox, ssm):
    """With one slot, the child of the only parent never begins."""
    sandbox.quotas = Quotas(running_automations=1)
    create(ssm, "Nap", sleep("PT0S"))
    create(ssm, "Parent", child("Nap", timeoutSeconds=0.2))
    start(ssm, "Parent")
    sandbox.settle()
    parent, waited = sandbox.executions
    assert (parent.status, waited.status) == ("TimedOut", "Cancelled")
    assert parent.failure == "step child timed out: Nap was Pending after 0.2 seconds"
    assert waited.steps == []


def test_the_default_time_limit_of_a_step_is_a_quota(sandbox, ssm):
    """It applies to a step without timeoutSeconds. With two slots the child runs."""
    sandbox.quotas = Quotas(running_automations=1, default_step_timeout=0.1)
    create(ssm, "Nap", sleep("PT0S"))
    create(ssm, "Parent", child("Nap"))
    start(ssm, "Parent")
    sandbox.settle()
    sandbox.quotas = Quotas(running_automations=2)
    start(ssm, "Parent")
    sandbox.settle()
    parents = [e.status for e in sandbox.executions if e.document == "Parent"]
    assert parents == ["TimedOut", "Success"]


def test_a_step_that_is_not_critical_may_time_out(sandbox, ssm):
    """The execution goes on and succeeds. The step itself is TimedOut."""
    sandbox.quotas = Quotas(running_automations=1)
    create(ssm, "Nap", sleep("PT0S"))
    step = child("Nap", timeoutSeconds=0.1, isCritical=False, onFailure="Continue")
    create(ssm, "Parent", step, sleep("PT0S"))
    start(ssm, "Parent")
    sandbox.settle()
    parent = sandbox.executions[0]
    assert [step.status for step in parent.steps] == ["TimedOut", "Success"]
    assert parent.status == "Success"


def test_a_critical_step_that_timed_out_ends_the_execution_so_after_a_later_step(sandbox, ssm):
    """The failing path runs to its end. Only then the execution is TimedOut."""
    sandbox.quotas = Quotas(running_automations=1)
    create(ssm, "Nap", sleep("PT0S"))
    create(
        ssm,
        "Parent",
        child("Nap", timeoutSeconds=0.1, onFailure="step:tell", isEnd=True),
        sleep("PT0S", name="tell"),
    )
    start(ssm, "Parent")
    sandbox.settle()
    parent = sandbox.executions[0]
    assert [step.name for step in parent.steps] == ["child", "tell"]
    assert parent.status == "TimedOut"


def test_a_full_queue_throttles_the_start(sandbox, ssm):
    """The execution that is refused does not exist."""
    sandbox.quotas = Quotas(running_automations=1, queued_automations=2)
    create(ssm, "Nap", sleep("PT10S"))
    start(ssm, "Nap", 3)
    with pytest.raises(ClientError) as raised:
        start(ssm, "Nap")
    response = raised.value.response
    assert response["Error"]["Code"] == "AutomationExecutionLimitExceededException"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert len(sandbox.executions) == 3


def test_another_region_has_its_own_slots(sandbox, ssm):
    """A full Region holds up no other."""
    sandbox.quotas = Quotas(running_automations=1, queued_automations=0)
    create(ssm, "Nap", sleep("PT10S"))
    start(ssm, "Nap")
    other = sandbox.client("ssm", "us-west-2")
    create(other, "Nap", sleep("PT0S"))
    (execution_id,) = start(other, "Nap")
    assert statuses(other, [execution_id]) != ["Pending"]


def test_an_execution_can_be_stopped_in_the_queue_and_while_it_runs(sandbox, ssm):
    """Both are Cancelled. The next one in the queue gets the slot."""
    sandbox.quotas = Quotas(running_automations=1)
    create(ssm, "Nap", sleep("PT10S"))
    create(ssm, "Short", sleep("PT0S"))
    first, second = start(ssm, "Nap", 2)
    (third,) = start(ssm, "Short")
    begun = time.monotonic()
    stop(ssm, second)
    assert statuses(ssm, [second]) == ["Cancelled"]
    stop(ssm, first)
    sandbox.settle()
    assert time.monotonic() - begun < 5
    assert statuses(ssm, [first, second, third]) == ["Cancelled", "Cancelled", "Success"]
    with pytest.raises(ClientError, match="InvalidAutomationStatusUpdateException"):
        stop(ssm, first)


def test_stopping_a_parent_stops_its_child(sandbox, ssm):
    """And the steps of both are Cancelled."""
    create(ssm, "Nap", sleep("PT10S"))
    create(ssm, "Parent", child("Nap", onFailure="step:tell"), sleep("PT0S", name="tell"))
    (parent,) = start(ssm, "Parent")
    while len(sandbox.executions) < 2 or not sandbox.executions[1].steps:
        time.sleep(0.01)
    stop(ssm, parent)
    sandbox.settle()
    assert [e.status for e in sandbox.executions] == ["Cancelled"] * 2
    assert [[s.status for s in e.steps] for e in sandbox.executions] == [["Cancelled"]] * 2


def test_a_hundred_executions_run_at_once(sandbox, ssm):
    """AWS's own quota: all hundred are in progress at the same time, the next one waits."""
    create(ssm, "Nap", sleep("PT5S"))
    ids = start(ssm, "Nap", 101)
    assert statuses(ssm, ids) == ["InProgress"] * 100 + ["Pending"]
    for execution_id in ids:
        stop(ssm, execution_id)
    sandbox.settle()
    assert {e.status for e in sandbox.executions} == {"Cancelled"}


def test_adaptive_concurrency_gives_more_slots_at_once(sandbox, ssm):
    """Executions that wait begin as soon as the service setting is on."""
    sandbox.quotas = Quotas(running_automations=1, adaptive_automations=3)
    create(ssm, "Nap", sleep("PT10S"))
    ids = start(ssm, "Nap", 4)
    assert statuses(ssm, ids) == ["InProgress"] + ["Pending"] * 3
    ssm.update_service_setting(SettingId=SETTING, SettingValue="True")
    assert statuses(ssm, ids) == ["InProgress"] * 3 + ["Pending"]


def test_wider_quotas_apply_at_once(sandbox, ssm):
    """Executions that wait begin as soon as the sandbox has the quotas."""
    sandbox.quotas = Quotas(running_automations=1)
    create(ssm, "Nap", sleep("PT10S"))
    ids = start(ssm, "Nap", 3)
    sandbox.quotas = Quotas(running_automations=2)
    assert statuses(ssm, ids) == ["InProgress"] * 2 + ["Pending"]


def test_the_service_setting_has_the_shape_of_aws(ssm):
    """It can be read by its path and by its ARN. A reset restores the default."""
    arn = f"arn:aws:ssm:{REGION}:{ACCOUNT_ID}:servicesetting{SETTING}"
    before = ssm.get_service_setting(SettingId=SETTING)["ServiceSetting"]
    ssm.update_service_setting(SettingId=arn, SettingValue="True")
    changed = ssm.get_service_setting(SettingId=arn)["ServiceSetting"]
    after = ssm.reset_service_setting(SettingId=SETTING)["ServiceSetting"]
    shown = [(each["SettingValue"], each["Status"]) for each in (before, changed, after)]
    assert shown == [("False", "Default"), ("True", "Customized"), ("False", "Default")]
    assert (changed["ARN"], changed["SettingId"]) == (arn, SETTING)
    assert changed["LastModifiedUser"] == f"arn:aws:iam::{ACCOUNT_ID}:root"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"SettingId": SETTING, "SettingValue": "yes"}, "ValidationException"),
        ({"SettingId": "/ssm/opsinsights/opscenter", "SettingValue": "x"}, "SandboxCannot"),
    ],
)
def test_other_settings_and_values_are_refused(ssm, given, code):
    """A value that AWS refuses, and a setting that the sandbox does not have."""
    with pytest.raises(ClientError, match=code):
        ssm.update_service_setting(**given)
