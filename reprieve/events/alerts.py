"""The alerts for people and the parameters for runbooks: EventBridge input transformers.

EventBridge replaces `<name>` by the value at a JSON path of the event, and does not escape it
(EventBridge user guide, "input transformation"). Use only values that AWS writes or validates, so
that no caller can forge or break an alert. Never use the user agent, for example: it is free text.
The path of a user or role may hold any printable character but a space, so brackets set off the ARN
of the caller.
"""

import json
from dataclasses import dataclass

from reprieve.events.threat import Threat
from reprieve.events.threats import KEY_DELETION_SCHEDULED, KEY_DISABLED, NAMED_KEY
from reprieve.runbooks.runbook import Runbook


@dataclass(frozen=True)
class Transformer:
    """An EventBridge input transformer: JSON paths by variable name, and the template.

    EventBridge accepts 100 paths and a template of 8,192 characters (EventBridge API reference,
    InputTransformer).
    """

    paths: dict[str, str]
    template: str


# The variables of any event, of a call that CloudTrail records, and of a service's own event.
_PLACE = {"account": "$.account", "region": "$.region"}
_CALL = _PLACE | {
    "at": "$.detail.eventTime",
    "principal": "$.detail.userIdentity.arn",
    "service": "$.detail.userIdentity.invokedBy",
    "address": "$.detail.sourceIPAddress",
    "event": "$.detail.eventID",
}
_EVENT = _PLACE | {"at": "$.time", "event": "$.id"}
# The variables in the texts of threats, by the labels of their facts.
_VARIABLES = {
    "Key": "key",
    NAMED_KEY: "named",
    "Custom key store": "store",
    "Alias": "alias",
}

_DESCRIBE = "aws kms describe-key --region <region> --key-id <key>"


def alert(threat: Threat, runbook: Runbook | None = None, *, approved: bool = False) -> Transformer:
    """Return the alert of a threat. `runbook` remediates it, if any does.

    With `approved` the settings exempt the event, and no runbook starts.

    EventBridge leaves out the value of a path that the event lacks. Each label must make sense
    without its value: a default waiting period, or a deletion date that depends on replicas.
    """
    facts = {
        _VARIABLES.get(label, f"fact-{index}"): (label, path)
        for index, (label, path) in enumerate(threat.facts)
    }
    origin: tuple[str, ...]
    if threat.is_call:
        paths, origin = _CALL, ("By: [<principal>] <service>", "From: <address>")
    else:
        paths, origin = _EVENT, ()
    # EventBridge leaves the paths empty that a call does not have.
    resources = {f"resource-{index}": path for index, path in enumerate(threat.resource)}
    resource_line = "".join(f"<{name}>" for name in resources)
    return Transformer(
        paths=paths | {name: path for name, (_, path) in facts.items()} | resources,
        template=_lines(
            f"REPRIEVE: {threat.summary}",
            f"Severity: {threat.severity}",
            *(f"{label}: <{name}>" for name, (label, _) in facts.items()),
            *([f"Resource: {resource_line}"] if resources else []),
            "Region: <region>",
            "Account: <account>",
            *origin,
            "At: <at>",
            threat.meaning,
            *_what_to_do(threat, runbook, approved=approved),
            f"{'CloudTrail event' if threat.is_call else 'Event'}: <event>",
        ),
    )


def _what_to_do(threat: Threat, runbook: Runbook | None, *, approved: bool) -> tuple[str, ...]:
    """Return the lines about what Reprieve does, and what the reader can do."""
    if threat.name not in _REMEDIATIONS:
        return ("WHAT TO DO:", *threat.undo)
    doing, done, state = _REMEDIATIONS[threat.name]
    if approved:
        return (f"APPROVED, NOT {done}: the settings exempt it. If it should not be:", *threat.undo)
    if runbook is None:
        return (f"NOT BEING {done}: the settings say so. By hand:", *threat.undo)
    by_hand = f"If the state is not {state} within five minutes, do it by hand:"
    if runbook.is_amazons:
        asked = (
            f"{doing}: Systems Manager was asked to run {runbook.name}. It refuses a key that was "
            "named by its ARN, so check:"
        )
    else:
        asked = f"{doing}: a second message will say what came of it. If none comes, check:"
    describe = _DESCRIBE.replace("<key>", f"<{_VARIABLES[_surest_key(threat)]}>")
    return (asked, describe, by_hand, *threat.undo)


def _surest_key(threat: Threat) -> str:
    """Return the label of the key that no record lacks: some lack the key's ARN."""
    return NAMED_KEY if NAMED_KEY in dict(threat.facts) else "Key"


# By threat that a runbook can remediate: the words during and after it, and the key's state then.
_REMEDIATIONS = {
    KEY_DELETION_SCHEDULED.name: ("BEING TAKEN BACK", "TAKEN BACK", "Disabled or Enabled"),
    KEY_DISABLED.name: ("BEING ENABLED AGAIN", "ENABLED AGAIN", "Enabled"),
}


def rescue_failed_alert() -> Transformer:
    """Return the alert about a failed runbook. Systems Manager writes every value of the event."""
    return Transformer(
        paths=_PLACE
        | {
            "runbook": "$.detail.Definition",
            "status": "$.detail.Status",
            "execution": "$.detail.ExecutionId",
        },
        template=_lines(
            "REPRIEVE: ACT NOW, a rescue did not end well",
            "The runbook <runbook> ended as <status>.",
            "Region: <region>",
            "Account: <account>",
            "Which key, and why:",
            "aws ssm get-automation-execution --region <region> "
            "--automation-execution-id <execution>",
            "If the key is still pending deletion, take it back by hand:",
            "aws kms cancel-key-deletion --region <region> --key-id KEY",
        ),
    )


def alert_key_alert() -> Transformer:
    """Return the alert that other alerts may not arrive; it goes to the unencrypted topic."""
    return Transformer(
        paths=_CALL | {"key": "$.detail.resources[0].ARN", "call": "$.detail.eventName"},
        template=_lines(
            "REPRIEVE: ACT NOW, the key that encrypts Reprieve's alerts is endangered",
            "While it cannot be used, NO OTHER ALERT of this Region reaches you.",
            "Key: <key>",
            "Call: <call>",
            "Region: <region>",
            "Account: <account>",
            "By: [<principal>] <service>",
            "From: <address>",
            "At: <at>",
            "Look at it, take a deletion back, and enable it:",
            _DESCRIBE,
            "aws kms cancel-key-deletion --region <region> --key-id <key>",
            "aws kms enable-key --region <region> --key-id <key>",
            "CloudTrail event: <event>",
        ),
    )


def watch_alert(name: str, summary: str) -> Transformer:
    """Return the alert of a `[[watch]]`; `name` and `summary` come from the settings.

    The settings accept only patterns of AWS services, so AWS writes all values of the event.
    """
    return Transformer(
        paths=_CALL
        | _EVENT
        | {"source": "$.source", "type": "$.detail-type", "call": "$.detail.eventName"},
        template=_lines(
            f"REPRIEVE: {summary}",
            f"Watch: {name}",
            "Event: <type> (<source>)",
            "Call: <call>",
            "Region: <region>",
            "Account: <account>",
            "By: [<principal>] <service>",
            "From: <address>",
            "At: <at>",
            "Event id: <event>",
        ),
    )


def cancel_key_deletion_input(automation_role_arn: str) -> Transformer:
    """Return the parameters of Amazon's runbook. Systems Manager requires each value in a list.

    KeyId is the key as the caller named it: the runbook accepts only an id, and no other field of
    the event contains the id alone.
    """
    return _parameters("$.detail.requestParameters.keyId", AutomationAssumeRole=automation_role_arn)


def runbook_input(threat: Threat, automation_role_arn: str, topic_arn: str) -> Transformer:
    """Return the parameters of Reprieve's runbooks for one key: KeyId is its ARN, or its id."""
    given = _parameters(
        dict(threat.facts)[_surest_key(threat)],
        AutomationAssumeRole=automation_role_arn,
        TopicArn=topic_arn,
        CalledAt="<at>",
        # Not the caller's ARN: the path of a user or role may hold quotation marks, which would
        # make the input invalid, and the rescue would not start.
        CalledBy="<type>:<caller-account>:<role><user>",
    )
    caller = {
        "at": _CALL["at"],
        "type": "$.detail.userIdentity.type",
        "caller-account": "$.detail.userIdentity.accountId",
        # A session has the first, a user the second.
        "role": "$.detail.userIdentity.sessionContext.sessionIssuer.userName",
        "user": "$.detail.userIdentity.userName",
    }
    return Transformer(given.paths | caller, given.template)


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


def _lines(*lines: str) -> str:
    """Return a text template: EventBridge requires each line in its own quotation marks."""
    return "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
