"""Scripts of runbooks: they run as the automation's role, and they may fail."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from sandbox.ssm import script
from sandbox.ssm.actions import StepFailed
from tests.support.emulated_account import Account, allow, role_arn

# Returns the script's identity, and the results of its calls to KMS and CloudTrail.
CALLING = """\
import boto3
from botocore.exceptions import ClientError


def result_of(call, **parameters):
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "done"


def handler(events, context):
    return {
        "Who": boto3.client("sts").get_caller_identity()["Arn"],
        "Seen": result_of(boto3.client("cloudtrail").lookup_events),
        "Disabled": result_of(boto3.client("kms").disable_key, KeyId=events["Key"]),
    }
"""


def script_step(text, **more):
    """Return a step that runs a script with the key as its payload."""
    return {
        "name": "run",
        "action": "aws:executeScript",
        "inputs": {
            "Runtime": "python3.11",
            "Handler": "handler",
            "InputPayload": {"Key": "{{ Key }}"},
            "Script": text,
        },
        **more,
    }


def run(account, step):
    """Run a runbook of one step with a new key. Return the key and the execution."""
    key = account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    content = {
        "schemaVersion": "0.3",
        "assumeRole": role_arn("automation"),
        "parameters": {"Key": {"type": "String"}},
        "outputs": ["run.OutputPayload"],
        "mainSteps": [step],
    }
    ssm = account.client("ssm")
    ssm.create_document(
        Name="Own", DocumentType="Automation", DocumentFormat="JSON", Content=json.dumps(content)
    )
    ssm.start_automation_execution(DocumentName="Own", Parameters={"Key": [key]})
    account.sandbox.settle()
    return key, account.sandbox.executions[-1]


@pytest.mark.parametrize(
    ("action", "seen", "disabled"),
    [
        ("cloudtrail:LookupEvents", "done", "AccessDeniedException"),
        ("kms:DisableKey", "AccessDeniedException", "done"),
    ],
)
def test_a_script_has_the_permissions_of_the_automations_role(sandbox, action, seen, disabled):
    """Each of its calls needs a permission of its own."""
    account = Account(sandbox)
    account.kms_statements = [allow(action)]
    account.make_roles()
    key, execution = run(account, script_step(CALLING))
    assert execution.failure is None
    answer = execution.steps[0].outputs["OutputPayload"]["Payload"]
    assert f":{ACCOUNT_ID}:assumed-role/automation/" in answer["Who"]
    assert (answer["Seen"], answer["Disabled"]) == (seen, disabled)
    assert account.state(key) == ("Disabled" if disabled == "done" else "Enabled")


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
def test_a_failing_script_fails_its_step_only(inputs, words):
    """Each failure has a sentence of its own. The sandbox continues."""
    with pytest.raises(StepFailed, match=words):
        script.run(inputs, {}, 30)


def test_a_script_that_takes_too_long_is_stopped():
    """Otherwise its runbook would never end."""
    with pytest.raises(StepFailed, match=r"did not end within 0\.1 seconds"):
        script.run(a_script("time.sleep(60)"), {}, 0.1)


def test_a_script_is_isolated_from_this_process(monkeypatch):
    """It does not see the environment. It may print, and it may return 100 items."""
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    body = "print(events); return [os.environ.get('AWS_PROFILE'), sys.flags.isolated] + [0] * 98"
    assert script.run(a_script(body), {}, 30)["Payload"] == [None, 1, *[0] * 98]
