"""Reprieve's runbook: find the key, have Amazon's runbook rescue it, say what came of it.

It takes the key in whatever form (Amazon's runbook takes a bare id only), looks at its state before
it does anything, and publishes one message at its end, whatever the end is. An execution that did
not save a key that needed saving ends as Failed.
"""

from typing import Any

from reprieve.runbooks import CANCEL_KEY_DELETION

Document = dict[str, Any]
Step = dict[str, Any]

# Where the console of a partition is; elsewhere the message has the execution's id alone.
_CONSOLES = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
}

_PENDING = ("PendingDeletion", "PendingReplicaDeletion")
# States of a key whose deletion is not scheduled, or not any more.
_SAFE = ("Disabled", "Enabled", "PendingImport")

_KEY = "{{ DescribeKey.KeyArn }}"
_REGION = "{{ global:REGION }}"


def rescue_document(partition: str) -> Document:
    """Return the Automation document, schema 0.3, as the object that its JSON stands for."""
    return {
        "schemaVersion": "0.3",
        "description": "Reprieve: takes the scheduled deletion of a KMS key back, and tells.",
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
        },
        "mainSteps": _steps(partition),
    }


def _steps(partition: str) -> list[Step]:
    return [
        _describe_key("DescribeKey", on_failure="TellNotFound")
        | {
            "outputs": [
                _output("KeyId", "$.KeyMetadata.KeyId"),
                _output("KeyArn", "$.KeyMetadata.Arn"),
                _output("KeyState", "$.KeyMetadata.KeyState"),
            ]
        },
        {
            "name": "ChooseByState",
            "action": "aws:branch",
            "inputs": {
                "Choices": [
                    _when_state(_PENDING, "CancelKeyDeletion"),
                    _when_state(_SAFE, "TellSafe"),
                ],
                "Default": "RefuseState",
            },
        },
        {
            "name": "CancelKeyDeletion",
            "action": "aws:executeAutomation",
            "inputs": {
                "DocumentName": CANCEL_KEY_DELETION.name,
                "RuntimeParameters": {
                    "KeyId": ["{{ DescribeKey.KeyId }}"],
                    "AutomationAssumeRole": ["{{ AutomationAssumeRole }}"],
                },
            },
            "onFailure": "step:TellFailed",
        },
        # Not what the child says of itself, but what KMS says of the key.
        _assert_state("VerifyKey", _SAFE, on_failure="TellFailed"),
        _tell(
            "TellRescued",
            partition,
            "KMS key saved",
            f"The deletion of the KMS key {_KEY} was taken back.",
            "The key is disabled: what it encrypted is safe, and cannot be read meanwhile.",
            f"To enable it: aws kms enable-key --region {_REGION} --key-id {_KEY}",
        ),
        _tell(
            "TellSafe",
            partition,
            "KMS key needs no rescue",
            f"The deletion of the KMS key {_KEY} is not scheduled, or not any more.",
            "Its state is {{ DescribeKey.KeyState }}. Nothing was done.",
        ),
        # A step that fails on purpose: an execution that cannot rescue must not end as a success.
        _assert_state("RefuseState", _PENDING, on_failure="TellRefused"),
        _tell(
            "TellRefused",
            partition,
            "ACT NOW: KMS key NOT saved",
            f"The KMS key {_KEY} is in the state {{{{ DescribeKey.KeyState }}}}, in which no "
            "deletion can be cancelled. Look at it in the KMS console.",
        ),
        _tell(
            "TellFailed",
            partition,
            "ACT NOW: KMS key NOT saved",
            f"The deletion of the KMS key {_KEY} could NOT be taken back.",
            f"By hand: aws kms cancel-key-deletion --region {_REGION} --key-id {_KEY}",
            "If you are denied, the key's policy may forbid it: somebody whom the policy names "
            "must do it.",
        ),
        _tell(
            "TellNotFound",
            partition,
            "ACT NOW: KMS key NOT saved",
            "The KMS key {{ KeyId }} could not be looked at: it is gone already, or its policy "
            "does not let Reprieve see it.",
            f"By hand: aws kms cancel-key-deletion --region {_REGION} --key-id {{{{ KeyId }}}}",
        ),
    ]


def _describe_key(name: str, on_failure: str) -> Step:
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "inputs": {"Service": "kms", "Api": "DescribeKey", "KeyId": "{{ KeyId }}"},
        "onFailure": f"step:{on_failure}",
    }


def _assert_state(name: str, states: tuple[str, ...], on_failure: str) -> Step:
    step = _describe_key(name, on_failure) | {"action": "aws:assertAwsResourceProperty"}
    step["inputs"] |= {
        "PropertySelector": "$.KeyMetadata.KeyState",
        "DesiredValues": list(states),
    }
    return step


def _tell(name: str, partition: str, subject: str, *lines: str) -> Step:
    """Return a last step that publishes a message, and with it where to look closer."""
    lines = (*lines, "", "Region {{ global:REGION }}, account {{ global:ACCOUNT_ID }}")
    lines = (*lines, "Automation execution {{ automation:EXECUTION_ID }}")
    if console := _CONSOLES.get(partition):
        path = "systems-manager/automation/execution/{{ automation:EXECUTION_ID }}"
        lines = (*lines, f"https://{console}/{path}?region={_REGION}")
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "inputs": {
            "Service": "sns",
            "Api": "Publish",
            "TopicArn": "{{ TopicArn }}",
            "Subject": f"Reprieve: {subject} ({_REGION})",
            "Message": "\n".join(lines),
        },
        "isEnd": True,
    }


def _when_state(states: tuple[str, ...], next_step: str) -> dict[str, Any]:
    variable = "{{ DescribeKey.KeyState }}"
    return {
        "Or": [{"Variable": variable, "StringEquals": state} for state in states],
        "NextStep": next_step,
    }


def _output(name: str, selector: str) -> dict[str, str]:
    return {"Name": name, "Selector": selector, "Type": "String"}
