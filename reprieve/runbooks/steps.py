"""Steps of Automation documents (schema 0.3), from which Reprieve's runbooks are built."""

from typing import Any

Document = dict[str, Any]
Step = dict[str, Any]

# The console of each partition. In other partitions the message only has the execution's id.
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}

KEY = "{{ DescribeKey.KeyArn }}"
STATE = "{{ DescribeKey.KeyState }}"
REGION = "{{ global:REGION }}"


def document(description: str, steps: list[Step]) -> Document:
    """Return an Automation document with the parameters of all Reprieve's runbooks."""
    return {
        "schemaVersion": "0.3",
        "description": f"Reprieve: {description}",
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": {
            "KeyId": {
                "type": "String",
                "description": "The key: its id or its ARN.",
                "allowedPattern": "^[A-Za-z0-9:/_-]{1,2048}$",
            },
            "AutomationAssumeRole": {
                "type": "AWS::IAM::Role::Arn",
                "description": "The role that the runbook acts as.",
            },
            "TopicArn": {
                "type": "String",
                "description": "The SNS topic that hears what came of it.",
            },
            "CalledAt": {
                "type": "String",
                "description": "When the key was endangered, like 2026-01-31T12:00:00Z.",
                "default": "",
                "allowedPattern": "^[0-9TZ:.-]{0,32}$",
            },
        },
        "mainSteps": steps,
    }


def find_key(on_failure: str) -> Step:
    """Return the step DescribeKey: it reads the id, ARN and state of the key."""
    return call("DescribeKey", "DescribeKey", on_failure, KeyId="{{ KeyId }}") | {
        "outputs": [
            _output("KeyId", "$.KeyMetadata.KeyId"),
            _output("KeyArn", "$.KeyMetadata.Arn"),
            _output("KeyState", "$.KeyMetadata.KeyState"),
        ]
    }


def read_state(name: str, on_failure: str) -> Step:
    """Return a step that reads the current state of the key; its output is KeyState."""
    return call(name, "DescribeKey", on_failure, KeyId="{{ KeyId }}") | {
        "outputs": [_output("KeyState", "$.KeyMetadata.KeyState")]
    }


def call(name: str, api: str, on_failure: str, **inputs: str) -> Step:
    """Return a step that calls KMS."""
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "inputs": {"Service": "kms", "Api": api, **inputs},
        "onFailure": f"step:{on_failure}",
    }


def assert_state(name: str, states: tuple[str, ...], on_failure: str) -> Step:
    """Return a step that fails unless the key is in one of the states."""
    step = call(name, "DescribeKey", on_failure, KeyId="{{ KeyId }}")
    step["action"] = "aws:assertAwsResourceProperty"
    step["inputs"] |= {
        "PropertySelector": "$.KeyMetadata.KeyState",
        "DesiredValues": list(states),
    }
    return step


def choose(name: str, variable: str, choices: dict[str, tuple[str, ...]], default: str) -> Step:
    """Return a step that continues at the step whose values include the variable's value."""
    return {
        "name": name,
        "action": "aws:branch",
        "inputs": {
            "Choices": [
                {
                    "Or": [{"Variable": variable, "StringEquals": value} for value in values],
                    "NextStep": following,
                }
                if len(values) > 1
                else {"Variable": variable, "StringEquals": values[0], "NextStep": following}
                for following, values in choices.items()
            ],
            "Default": default,
        },
    }


def run_script(name: str, script: str, output: str, on_failure: str, **payload: str) -> Step:
    """Return a step that runs `handler` of a Python script; `output` names the text it returns."""
    return {
        "name": name,
        "action": "aws:executeScript",
        "inputs": {
            "Runtime": "python3.11",
            "Handler": "handler",
            "InputPayload": payload,
            "Script": script,
        },
        "outputs": [_output(output, f"$.Payload.{output}")],
        "onFailure": f"step:{on_failure}",
    }


def publish(name: str, partition: str, subject: str, *lines: str) -> Step:
    """Return a last step that publishes a message, with a link to the execution."""
    lines = (*lines, "", f"Region {REGION}, account {{{{ global:ACCOUNT_ID }}}}")
    lines = (*lines, "Automation execution {{ automation:EXECUTION_ID }}")
    if console := _CONSOLES.get(partition):
        path = "systems-manager/automation/execution/{{ automation:EXECUTION_ID }}"
        lines = (*lines, f"https://{console}/{path}?region={REGION}")
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "inputs": {
            "Service": "sns",
            "Api": "Publish",
            "TopicArn": "{{ TopicArn }}",
            "Subject": f"Reprieve: {subject} ({REGION})",
            "Message": "\n".join(lines),
        },
        "isEnd": True,
    }


def publish_not_found(partition: str, by_hand: str) -> Step:
    """Return the last step for a key that does not exist, or that DescribeKey is denied."""
    return publish(
        "TellNotFound",
        partition,
        "ACT NOW: KMS key NOT saved",
        "The KMS key {{ KeyId }} could not be looked at: it is gone already, or its policy "
        "does not let Reprieve see it.",
        f"By hand: aws kms {by_hand} --region {REGION} --key-id {{{{ KeyId }}}}",
    )


def _output(name: str, selector: str) -> dict[str, str]:
    return {"Name": name, "Selector": selector, "Type": "String"}
