"""The first line of each alert: phones show only that."""

import re
from typing import Any

import pytest

from reprieve.events.threats import BY_NAME
from reprieve.messages.alerts import alert
from reprieve.messages.message import Message
from reprieve.messages.other_alerts import alert_key_alert, rescue_failed_alert, watch_alert
from reprieve.names import Names
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION, ENABLE_KEY, RESCUE_KEY
from tests.events.envelopes import delivered, envelope
from tests.support.words import bad_words

ACCOUNT = "111122223333"
KEY_ID = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY_ID}"
STORE = "cks-1234567890abcdef0"
CALLS = "AWS API Call via CloudTrail"


def session(issuer: dict[str, Any]) -> dict[str, Any]:
    """Return the session context of an identity."""
    return {"sessionContext": {"sessionIssuer": issuer, "attributes": {"mfaAuthenticated": "true"}}}


# By kind, the identity in CloudTrail's record and the end of the first line (CloudTrail user guide,
# "userIdentity element").
CALLERS: dict[str, tuple[dict[str, Any], str]] = {
    "root": (
        {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT},
        "by Root ",
    ),
    "root with an account alias": (
        {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root", "userName": "my-company"},
        "by Root my-company",
    ),
    "IAM user": (
        {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "userName": "alice"},
        "by IAMUser alice",
    ),
    "IAM user with MFA": (
        {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "userName": "alice"}
        | session({}),
        "by IAMUser alice",
    ),
    "role": (
        {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/decommissioner/alice",
            **session({"type": "Role", "userName": "decommissioner"}),
        },
        "by AssumedRole decommissioner",
    ),
    "federated user": (
        {
            "type": "FederatedUser",
            "arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob",
            **session({"type": "IAMUser", "userName": "alice"}),
        },
        "by FederatedUser alice",
    ),
    "service": (
        {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"},
        "by AWSService ",
    ),
    "other account": ({"type": "AWSAccount", "accountId": "444455556666"}, "by AWSAccount "),
    "SAML user": (
        {"type": "SAMLUser", "identityProvider": "idp", "userName": "alice@example.com"},
        "by SAMLUser alice@example.com",
    ),
    "web identity": (
        {"type": "WebIdentityUser", "userName": "123.apps.example.com"},
        "by WebIdentityUser 123.apps.example.com",
    ),
}
TYPICAL = CALLERS["role"][0]

PARAMETERS = {
    "key-store-disconnected": {"customKeyStoreId": STORE},
    "key-store-deleted": {"customKeyStoreId": STORE},
    "alias-deleted": {"aliasName": "alias/payments"},
    "guard-changed": {"name": "reprieve-key-deletion-scheduled"},
    "trail-changed": {"name": "management-events"},
}
NAMED = {
    "key-store-disconnected": f"Store {STORE}",
    "key-store-deleted": f"Store {STORE}",
    "alias-deleted": "Alias alias/payments",
    "guard-changed": "Call DisableRule",
    "trail-changed": "Trail management-events",
}
CALLED = {"guard-changed": "DisableRule", "trail-changed": "StopLogging"}


def event_of(name: str, caller: dict[str, Any] = TYPICAL, **more: Any) -> dict[str, Any]:
    """Return an event of a threat; `more` are fields of its record."""
    if not BY_NAME[name].is_call:
        detail_type = BY_NAME[name].event_pattern["detail-type"][0]
        return envelope(detail_type, {"key-id": KEY_ID}, resources=[KEY])
    detail = {
        "eventName": CALLED.get(name, "DisableKey"),
        "eventTime": "2026-01-31T12:00:00Z",
        "eventID": "3c4226b0-1e81-48a8-a333-7fa5f3cbd118",
        "sourceIPAddress": "192.0.2.7",
        "userIdentity": caller,
        "requestParameters": PARAMETERS.get(name, {"keyId": KEY_ID}),
        "responseElements": {"keyId": KEY},
        "resources": [{"type": "AWS::KMS::Key", "ARN": KEY}],
    }
    return envelope(CALLS, detail | more)


KINDS: dict[str, tuple[str, Message]] = {
    **{name: (name, alert(threat)) for name, threat in BY_NAME.items()},
    **{
        f"{name}, {how}": (name, alert(BY_NAME[name], runbook, approved=approved))
        for name, how, runbook, approved in (
            ("key-deletion-scheduled", "rescued", RESCUE_KEY, False),
            ("key-deletion-scheduled", "rescued by Amazon's runbook", CANCEL_KEY_DELETION, False),
            ("key-deletion-scheduled", "exempt", None, True),
            ("key-disabled", "enabled", ENABLE_KEY, False),
            ("key-disabled", "exempt", None, True),
        )
    },
}
"""Every alert of a threat, with the threat's name."""

OTHERS = {
    "alert key": alert_key_alert(),
    "watch of calls": watch_alert("w", "a bucket was deleted", f'{{"detail-type": ["{CALLS}"]}}'),
    "watch": watch_alert("w", "a bucket was deleted", '{"source": ["aws.s3"]}'),
}
FAILURE = envelope(
    "EC2 Automation Execution Status-change Notification",
    {
        "Definition": "reprieve-rescue-key-0123abcd",
        "Status": "Failed",
        "ExecutionId": "0b7fd7dd-bac6-4ef2-a907-413567cad8c8",
    },
)
# What is left of a sentence whose value is missing. A line may end with a space.
HOLE = re.compile(r" \.| ,|,,|\(\)| {2}|: *\.")


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_line_says_what_happened_where_and_what_to_do_to_what_and_by_whom(kind):
    """In this order, within 160 characters, which is what one text message takes."""
    name, message = KINDS[kind]
    threat = BY_NAME[name]
    first = delivered(message, event_of(name))[0]
    by = ", by AssumedRole decommissioner" if threat.is_call else ""
    named = NAMED.get(name, f"Key {KEY_ID}")
    begin = f"Reprieve: {threat.summary} in eu-west-1. "
    assert (first.startswith(begin), first.endswith(f" {named}{by}")) == (True, True)
    act = first.removeprefix(begin).removesuffix(f" {named}{by}")
    assert re.fullmatch(r"[A-Z][A-Za-z' ,]+\.", act)
    assert len(first) <= 160


@pytest.mark.parametrize("caller", CALLERS)
def test_the_first_line_reads_well_whoever_called(caller):
    """The name comes last, since some callers have none."""
    identity, end = CALLERS[caller]
    for name, message in KINDS.values():
        if BY_NAME[name].is_call:
            lines = delivered(message, event_of(name, identity))
            assert lines[0].endswith(f", {end}")
            assert [line for line in lines if HOLE.search(line)] == []
    first = delivered(OTHERS["alert key"], event_of("key-disabled", identity))[0]
    assert first.endswith(f". Call DisableKey, {end}")
    assert HOLE.search(first) is None


@pytest.mark.parametrize("caller", CALLERS)
def test_a_watch_sets_off_the_name_of_the_caller(caller):
    """It may be on STS: there somebody else than AWS chooses the name of a federated user."""
    identity, end = CALLERS[caller]
    first = delivered(OTHERS["watch of calls"], event_of("key-disabled", identity))[0]
    kind, _, name = end.removeprefix("by ").partition(" ")
    assert first.endswith(f" Check whether this was planned. By {kind} [{name}]")


@pytest.mark.parametrize("kind", [kind for kind, (name, _) in KINDS.items() if name not in NAMED])
def test_the_first_line_names_the_key_of_a_record_without_resources(kind):
    """As the caller named it, by its id or its ARN; no command has a hole."""
    name, message = KINDS[kind]
    if not BY_NAME[name].is_call:
        return
    for named in (KEY_ID, KEY):
        event = event_of(name, resources=[], requestParameters={"keyId": named})
        lines = delivered(message, event)
        assert f" Key {named}, by AssumedRole decommissioner" in lines[0]
        assert [line for line in lines if re.search(r"--key-id( --|$)", line)] == []


def test_the_first_line_names_a_key_that_the_call_created():
    """The caller of CreateKey could not name it."""
    created = {"keyMetadata": {"keyId": KEY_ID, "arn": KEY}}
    event = event_of("key-policy-bypassed", requestParameters={}, responseElements=created)
    lines = delivered(alert(BY_NAME["key-policy-bypassed"]), event)
    assert f" Key {KEY_ID}, by " in lines[0]
    assert any(f"--key-id {KEY_ID} " in line for line in lines)


def test_the_other_alerts_have_such_a_first_line_too():
    """The failed rescue, whose event has neither key nor caller, and the key of the alerts."""
    first = delivered(rescue_failed_alert(Names()), FAILURE)[0]
    assert first == (
        "Reprieve: ACT NOW: a rescue in eu-west-1 failed. A KMS key may be lost. Run 'reprieve "
        "sweep' to find it."
    )
    first = delivered(alert_key_alert(), event_of("key-disabled"))[0]
    assert first == (
        "Reprieve: ACT NOW: restore the key that encrypts the alerts in eu-west-1. Other alerts "
        "may not arrive. Call DisableKey, by AssumedRole decommissioner"
    )
    assert len(first) <= 160


@pytest.mark.parametrize("kind", [*KINDS, *OTHERS, "failed rescue"])
def test_no_alert_has_words_that_must_be_read_twice(kind):
    """In any of its lines."""
    message = KINDS[kind][1] if kind in KINDS else OTHERS.get(kind, rescue_failed_alert(Names()))
    assert bad_words("\n".join(message.lines)) == []
