"""Each message in each form, whatever the event holds."""

import json
from typing import Any

import pytest

from reprieve.events.severity import Severity
from reprieve.messages import forms
from reprieve.messages.alarm_messages import alarm_message
from reprieve.messages.message import Message
from reprieve.messages.other_alerts import rescue_failed_alert
from reprieve.messages.result_messages import result_message
from reprieve.names import Names
from reprieve.regions import partitions
from tests.events.envelopes import envelope, transformed
from tests.events.test_first_lines import CALLERS, FAILURE, KEY, KINDS, OTHERS, TYPICAL, event_of
from tests.support.forms import checked_chat, checked_json, checked_sms

HOSTILE_TEXT = 'could NOT: "denied"\n\\ see {}'
RESULT = envelope(
    "Reprieve Result",
    {
        "kind": "rescue",
        "severity": "info",
        "subject": "KMS key saved",
        "lines": [HOSTILE_TEXT],
        "lines-up-to": 3,
        "key": KEY,
        "region": "eu-west-1",
        "account": "111122223333",
        "execution": "0b7fd7dd",
        "thread": KEY,
        "text": json.dumps(HOSTILE_TEXT)[1:-1],
    },
    source="reprieve",
)
ALARM = envelope(
    "CloudWatch Alarm State Change",
    {
        "alarmName": "reprieve-storm",
        "state": {"value": "ALARM", "reason": 'Threshold "crossed"'},
        "configuration": {"description": "ACT NOW: more than 10 keys."},
    },
    source="aws.cloudwatch",
)
MESSAGES: dict[str, tuple[Message, dict[str, Any]]] = {
    **{kind: (message, event_of(name)) for kind, (name, message) in KINDS.items()},
    **{kind: (message, event_of("key-disabled")) for kind, message in OTHERS.items()},
    "failed rescue": (rescue_failed_alert(Names()), FAILURE),
    "result": (result_message(Severity.INFO), RESULT),
    "alarm": (alarm_message(Severity.CRITICAL), ALARM),
}
HOSTILE = {
    **TYPICAL,
    "arn": 'arn:aws:iam::111122223333:role/a"b\\c/{}/decommissioner',
    "principalId": 'AROA:"}],"severity":"info',
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_in_the_machine_form_fulfils_the_schema(kind):
    """It has the event itself, and what the message says of it."""
    message, event = MESSAGES[kind]
    found = checked_json(transformed(forms.machine(message, "aws"), event))
    assert found["event"] == event
    assert (found["id"], found["region"], found["account"]) == (
        event["id"],
        "eu-west-1",
        "111122223333",
    )
    kind = {"<kind>": "rescue", "<alarm>": "reprieve-storm"}.get(message.kind, message.kind)
    assert (found["kind"], found["severity"]) == (kind, message.severity)


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_message_for_chat_has_the_form_that_aws_shows(kind):
    """Its title begins with the severity."""
    message, event = MESSAGES[kind]
    found = checked_chat(transformed(forms.chat(message, "aws"), event))
    assert found["content"]["title"].startswith(f"{message.severity.upper()}: ")


@pytest.mark.parametrize("kind", MESSAGES)
def test_a_text_message_is_one_line_with_the_account(kind):
    """Two parts at most: SNS charges for each."""
    message, event = MESSAGES[kind]
    sms = checked_sms(json.loads(transformed(forms.short(message), event)))
    assert sms.endswith(" (account 111122223333)")
    assert len(sms) <= 2 * 153


@pytest.mark.slow
@pytest.mark.parametrize("partition", partitions)
@pytest.mark.parametrize("kind", MESSAGES)
def test_no_event_breaks_the_json(kind, partition):
    """Neither what a caller chose, nor what a record lacks."""
    message, event = MESSAGES[kind]
    hostile = json.loads(json.dumps(event))
    bare = event | {"detail": {}}
    hostile["detail"] |= {"userAgent": '"}\n\\', "userIdentity": HOSTILE}
    # Reprieve's own events and CloudWatch's never lack a field.
    for each in (hostile, bare) if message.type == "alert" else (hostile,):
        assert (
            checked_json(transformed(forms.machine(message, partition), each))["severity"]
            == message.severity
        )
        found = json.loads(transformed(forms.chat(message, partition), each))
        assert found["content"]["title"]


@pytest.mark.parametrize("caller", CALLERS)
def test_the_machine_form_names_every_kind_of_caller(caller):
    """The root user and AWS's services have no name."""
    identity = CALLERS[caller][0]
    message, _ = MESSAGES["key-deletion-scheduled, rescued"]
    event = event_of("key-deletion-scheduled", identity)
    found = checked_json(transformed(forms.machine(message, "aws"), event))
    assert found["caller"]["type"] == identity["type"]
    assert found["caller"]["account"] == identity.get("accountId", "")
    assert found["source_ip"] == "192.0.2.7"


def test_the_alert_of_a_deletion_is_complete_for_programs():
    """What a program needs to act, without reading the event."""
    message, _ = MESSAGES["key-deletion-scheduled, rescued"]
    answer = {
        "keyId": "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "deletionDate": "Feb 7, 2026 12:00:00 PM",
    }
    event = event_of("key-deletion-scheduled", responseElements=answer)
    found = checked_json(transformed(forms.machine(message, "aws"), event))
    del found["event"], found["next_steps"]
    assert found == {
        "schema_version": "1.0",
        "id": event["id"],
        "time": "2026-01-31T12:00:01Z",
        "type": "alert",
        "kind": "key-deletion-scheduled",
        "severity": "critical",
        "account": "111122223333",
        "region": "eu-west-1",
        "partition": "aws",
        "summary": "Reprieve: a KMS key was scheduled for deletion in eu-west-1",
        "key": answer["keyId"],
        "resource": "1234abcd-12ab-34cd-56ef-1234567890ab",
        "call": "DisableKey",
        "caller": {"type": "AssumedRole", "name": "decommissioner", "account": ""},
        "source_ip": "192.0.2.7",
        "deletion_date": answer["deletionDate"],
        "action": "cancel-deletion",
        "console_url": "https://console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1#/events/"
        "3c4226b0-1e81-48a8-a333-7fa5f3cbd118",
    }


def test_the_text_of_a_result_arrives_as_it_was():
    """With the quotation marks and lines of an error."""
    message, event = MESSAGES["result"]
    chat = checked_chat(transformed(forms.chat(message, "aws"), event))
    assert chat["content"]["description"].startswith(HOSTILE_TEXT)
    assert chat["metadata"]["threadId"] == KEY
    found = checked_json(transformed(forms.machine(message, "aws"), event))
    assert found["event"]["detail"]["lines"] == [HOSTILE_TEXT]


def test_an_approved_deletion_is_an_info_and_nothing_is_done():
    """Channels that select what is critical do not get it."""
    message, event = MESSAGES["key-deletion-scheduled, exempt"]
    found = checked_json(transformed(forms.machine(message, "aws"), event))
    assert (found["kind"], found["severity"], found["action"]) == (
        "key-deletion-approved",
        "info",
        "none",
    )
