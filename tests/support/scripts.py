"""A runbook of one step that runs a script, for the tests of the sandbox."""

import json

from tests.support.emulated_account import role_arn


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
