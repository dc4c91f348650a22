"""The parameters that rules give to runbooks: EventBridge input transformers."""

import json

from reprieve.events.threat import Threat
from reprieve.events.threats import KEY_DISABLED
from reprieve.events.transformer import CALLER, Transformer


def cancel_key_deletion_input(automation_role_arn: str) -> Transformer:
    """Return the parameters of Amazon's runbook. Systems Manager requires each value in a list.

    KeyId is the key as the caller named it: the runbook accepts only an id, and no other field of
    the event contains the id alone.
    """
    return _parameters("$.detail.requestParameters.keyId", AutomationAssumeRole=automation_role_arn)


def runbook_input(threat: Threat, automation_role_arn: str, topic_arn: str | None) -> Transformer:
    """Return the parameters of Reprieve's runbooks for one key: KeyId is its ARN, or its id.

    Without a topic the result is an event.
    """
    # No record lacks these: some of DisableKey lack the ARN.
    (key,) = threat.named[1] if threat.name == KEY_DISABLED.name else (dict(threat.facts)["Key"],)
    given = _parameters(
        key,
        AutomationAssumeRole=automation_role_arn,
        **({"TopicArn": topic_arn} if topic_arn else {}),
        CalledAt="<at>",
        # Not the caller's ARN: the path of a user or role may hold quotation marks, which would
        # make the input invalid, and the rescue would not start.
        CalledBy="<type>:<caller-account>:<role><user>",
    )
    caller = {
        "at": "$.detail.eventTime",
        "caller-account": "$.detail.userIdentity.accountId",
    }
    return Transformer(given.paths | CALLER | caller, given.template)


def patrol_input(role_arn: str, *, remind: bool) -> Transformer:
    """Return the parameters of the patrol's runbook, for an event of a schedule."""
    parameters = {
        "AutomationAssumeRole": [role_arn],
        "Remind": ["true" if remind else "false"],
        "StartedAt": ["<at>"],
    }
    return Transformer(paths={"at": "$.time"}, template=json.dumps(parameters))


def _parameters(key_path: str, **values: str) -> Transformer:
    parameters = {"KeyId": "<key>"} | values
    return Transformer(
        paths={"key": key_path},
        template=json.dumps({name: [value] for name, value in parameters.items()}),
    )
