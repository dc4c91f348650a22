"""Steps of Automation documents (schema 0.3), from which Reprieve's runbooks are built."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.regions import CONSOLES
from reprieve.runbooks.script_source import Results, script_source

Document = dict[str, Any]
Step = dict[str, Any]

REGION: Final = "{{ global:REGION }}"

SCRIPT_SECONDS: Final = 600
"""How long Systems Manager lets a script run (user guide, "aws:executeScript")."""

_ATTEMPTS: Final = 3
"""How often a script runs that could not finish: it was throttled all the time, say."""

ROLE_PARAMETER: Final = {
    "AutomationAssumeRole": {
        "type": "AWS::IAM::Role::Arn",
        "description": "The role that the runbook acts as.",
    }
}

KEY_PARAMETERS: Final = {
    "KeyId": {
        "type": "String",
        "description": "The key: its id or its ARN.",
        "allowedPattern": "^[A-Za-z0-9:/_-]{1,2048}$",
    },
    **ROLE_PARAMETER,
    "TopicArn": {
        "type": "String",
        "description": "The SNS topic that the result is sent to.",
    },
    "CalledAt": {
        "type": "String",
        "description": "When the key was endangered, like 2026-01-31T12:00:00Z.",
        "default": "",
        "allowedPattern": "^[0-9TZ:.-]{0,32}$",
    },
    "CalledBy": {
        "type": "String",
        "description": "Who did, like AssumedRole:111122223333:NAME; IAMUser for a user.",
        "default": "",
        "allowedPattern": "^[A-Za-z0-9:_+=,.@-]{0,128}$",
    },
}
"""The parameters of the runbooks for one key."""

TOPIC: Final = "{{ TopicArn }}"


def key_parameters(*, results: Results) -> dict[str, Any]:
    """Return the parameters of a runbook for one key; as events, results need no topic."""
    return {
        name: each
        for name, each in KEY_PARAMETERS.items()
        if results is not Results.EVENTS or name != "TopicArn"
    }


def destination(kind: str, topics: list[str], *, results: Results) -> Mapping[str, Any]:
    """Return the part of a script's payload that says where its results go.

    `kind` is the kind of runbook, for those who receive its results as events.
    """
    events = {} if results is Results.TOPICS else {"Kind": kind}
    return events | ({} if results is Results.EVENTS else {"Topics": topics})


def document(description: str, parameters: dict[str, Any], steps: list[Step]) -> Document:
    """Return an Automation document."""
    return {
        "schemaVersion": "0.3",
        "description": f"Reprieve: {description}",
        "assumeRole": "{{ AutomationAssumeRole }}",
        "parameters": parameters,
        "mainSteps": steps,
    }


def run_script(
    name: str,
    module: str,
    partition: str,
    *,
    outputs: tuple[str, ...],
    on_failure: str,
    attempts: int = _ATTEMPTS,
    results: Results = Results.TOPICS,
    **payload: Any,
) -> Step:
    """Return a step that runs `handler` of a module of `reprieve.runbooks.scripts`.

    `outputs` are the names of texts in the dictionary that it returns. Besides `payload` it gets
    where it runs: Region, Account, Execution, and the host of the Console. `results` says
    where it sends its results.
    """
    place = {
        "Region": REGION,
        "Account": "{{ global:ACCOUNT_ID }}",
        "Execution": "{{ automation:EXECUTION_ID }}",
        "Console": CONSOLES.get(partition, ""),
    }
    return {
        "name": name,
        "action": "aws:executeScript",
        "maxAttempts": attempts,
        "timeoutSeconds": SCRIPT_SECONDS,
        "onFailure": on_failure,
        # Stated: after a failed step with "Continue" an execution would otherwise end as Success
        # (Systems Manager user guide, "Properties shared by all actions").
        "isCritical": True,
        "inputs": {
            "Runtime": "python3.11",
            "Handler": "handler",
            "InputPayload": place | payload,
            "Script": script_source(module, results=results),
        },
        "outputs": [
            {"Name": output, "Selector": f"$.Payload.{output}", "Type": "String"}
            for output in outputs
        ],
    }


def choose(name: str, variable: str, choices: dict[str, str], default: str) -> Step:
    """Return a step that continues at the step that `choices` has for the variable's value."""
    return {
        "name": name,
        "action": "aws:branch",
        "inputs": {
            "Choices": [
                {"Variable": variable, "StringEquals": value, "NextStep": following}
                for value, following in choices.items()
            ],
            "Default": default,
        },
    }


def assert_state(name: str, states: tuple[str, ...]) -> Step:
    """Return a last step that fails unless the key is in one of the states."""
    return {
        "name": name,
        "action": "aws:assertAwsResourceProperty",
        "maxAttempts": 5,
        "inputs": {
            "Service": "kms",
            "Api": "DescribeKey",
            "KeyId": "{{ KeyId }}",
            "PropertySelector": "$.KeyMetadata.KeyState",
            "DesiredValues": list(states),
        },
        "isEnd": True,
    }


def fail(name: str, partition: str, reason: str) -> Step:
    """Return a last step that fails the execution for this reason."""
    step = run_script(
        name, "failing", partition, outputs=(), on_failure="Abort", attempts=1, Reason=reason
    )
    return step | {"isEnd": True}


def end(name: str) -> Step:
    """Return a last step that does nothing: a branch cannot end an execution."""
    return {
        "name": name,
        "action": "aws:sleep",
        "inputs": {"Duration": "PT1S"},
        "isEnd": True,
    }


def tell(name: str, kind: str, partition: str, subject: str, *lines: str, results: Results) -> Step:
    """Return a last step that sends a message about the key of the parameters."""
    if results is Results.TOPICS:
        return publish(name, partition, TOPIC, subject, *lines)
    step = run_script(
        name,
        "tell",
        partition,
        outputs=(),
        on_failure="Abort",
        results=results,
        **destination(kind, [TOPIC], results=results),
        KeyId="{{ KeyId }}",
        Subject=subject,
        Lines=list(lines),
    )
    return step | {"isEnd": True}


def publish(name: str, partition: str, topic: str, subject: str, *lines: str) -> Step:
    """Return a last step that sends a message, with a link to the execution."""
    lines = (*lines, "", f"Region {REGION}, account {{{{ global:ACCOUNT_ID }}}}")
    lines = (*lines, "Automation execution {{ automation:EXECUTION_ID }}")
    if console := CONSOLES.get(partition):
        path = "systems-manager/automation/execution/{{ automation:EXECUTION_ID }}"
        lines = (*lines, f"https://{console}/{path}?region={REGION}")
    return {
        "name": name,
        "action": "aws:executeAwsApi",
        "maxAttempts": 5,
        "inputs": {
            "Service": "sns",
            "Api": "Publish",
            "TopicArn": topic,
            "Subject": f"Reprieve: {subject} ({REGION})",
            "Message": "\n".join(lines),
        },
        "isEnd": True,
    }
