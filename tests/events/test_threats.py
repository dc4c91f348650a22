"""Events of each threat, and similar ones: which ones match, and the alerts about them."""

from typing import Any

import pytest

from reprieve.events.guard_events import FORWARDED, alert_key_endangered
from reprieve.events.patterns import pattern_errors
from reprieve.events.threat import pattern_json
from reprieve.events.threats import BY_NAME, CATALOGUE
from reprieve.messages.alerts import alert
from reprieve.messages.other_alerts import alert_key_alert, watch_alert
from reprieve.runbooks.runbook import ENABLE_KEY, RESCUE_KEY
from sandbox.events.matching import matches
from tests.events.envelopes import delivered, envelope

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STORE = "cks-1234567890abcdef0"
ALIAS = "alias/payments"
MATERIAL = "0b7fd7ddbac6eef27907413567cad8c810e2883dc8a7534067a82ee1142fc1e6"


def call(name: str, *, error: str | None = None, key: str = KEY, **parameters: Any) -> dict:
    """Return the event of a KMS call, as CloudTrail sends it; with `error`, of a failed one."""
    about_key = "CustomKeyStore" not in name
    detail: dict[str, Any] = {
        "eventSource": "kms.amazonaws.com",
        "eventName": name,
        "eventTime": "2026-01-31T12:00:00Z",
        "eventID": "3c4226b0-1e81-48a8-a333-7fa5f3cbd118",
        "eventType": "AwsApiCall",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": 'aws-cli"\nREPRIEVE: all is well',
        "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/alice"},
        "requestParameters": ({"keyId": key} if about_key else {}) | parameters,
        "responseElements": {"keyId": key} if about_key else None,
    }
    if about_key:
        detail["resources"] = [{"type": "AWS::KMS::Key", "ARN": key}]
    if error:
        detail |= {"errorCode": error, "responseElements": None}
    return envelope("AWS API Call via CloudTrail", detail)


def own(detail_type: str) -> dict:
    """Return an event that KMS itself sends."""
    return envelope(detail_type, {"key-id": KEY.rpartition("/")[2]}, resources=[KEY])


# Events, each with the names of the threats that it matches.
EVENTS = {
    "deletion": (call("ScheduleKeyDeletion"), {"key-deletion-scheduled"}),
    "disabled": (call("DisableKey"), {"key-disabled"}),
    "material deleted": (
        call("DeleteImportedKeyMaterial", keyMaterialId=MATERIAL),
        {"key-material-deleted"},
    ),
    "material that expires": (
        call("ImportKeyMaterial", expirationModel="KEY_MATERIAL_EXPIRES", validTo="Feb 1, 2026"),
        {"key-material-expiring"},
    ),
    "material that expires, unsaid": (
        call("ImportKeyMaterial", validTo="Feb 1, 2026"),
        {"key-material-expiring"},
    ),
    "material that stays": (
        call("ImportKeyMaterial", expirationModel="KEY_MATERIAL_DOES_NOT_EXPIRE"),
        set(),
    ),
    "material expired": (own("KMS Imported Key Material Expiration"), {"key-material-expired"}),
    "store disconnected": (
        call("DisconnectCustomKeyStore", customKeyStoreId=STORE),
        {"key-store-disconnected"},
    ),
    "store deleted": (call("DeleteCustomKeyStore", customKeyStoreId=STORE), {"key-store-deleted"}),
    "store connected": (call("ConnectCustomKeyStore", customKeyStoreId=STORE), set()),
    "policy bypassed": (
        call("PutKeyPolicy", bypassPolicyLockoutSafetyCheck=True),
        {"key-policy-bypassed"},
    ),
    "key created, policy bypassed": (
        call("CreateKey", bypassPolicyLockoutSafetyCheck=True),
        {"key-policy-bypassed"},
    ),
    "key replicated, policy bypassed": (
        call("ReplicateKey", bypassPolicyLockoutSafetyCheck=True, replicaRegion="eu-west-2"),
        {"key-policy-bypassed"},
    ),
    "key created": (call("CreateKey", bypassPolicyLockoutSafetyCheck=False), set()),
    "policy checked": (
        call("PutKeyPolicy", bypassPolicyLockoutSafetyCheck=False),
        {"key-policy-changed"},
    ),
    "policy": (call("PutKeyPolicy", policyName="default"), {"key-policy-changed"}),
    "alias deleted": (call("DeleteAlias", aliasName=ALIAS), {"alias-deleted"}),
    "alias made": (call("CreateAlias", aliasName=ALIAS), set()),
    "gone": (own("KMS CMK Deletion"), {"key-gone"}),
    "rotated": (own("KMS CMK Rotation"), set()),
    "enabled": (call("EnableKey"), set()),
}


@pytest.mark.parametrize("what", EVENTS)
def test_an_event_matches_its_threats_and_no_others(what):
    """Compare each event with the whole catalogue."""
    event, expected = EVENTS[what]
    found = {
        threat.name for threat in CATALOGUE if matches(pattern_json(threat.event_pattern), event)
    }
    assert found == expected


def test_each_threat_has_an_event_here_and_a_valid_pattern():
    """A new threat needs a test: test_guard_events has those of the guard itself."""
    about_keys = set(BY_NAME) - {each.name for each in FORWARDED}
    assert set.union(*(names for _, names in EVENTS.values())) == about_keys
    assert [
        error for each in CATALOGUE for error in pattern_errors(pattern_json(each.event_pattern))
    ] == []


@pytest.mark.parametrize("what", [what for what, (_, names) in EVENTS.items() if names])
def test_a_failed_call_and_an_imitation_match_no_threat(what):
    """A call that was denied, and an event that another source sent."""
    event, _ = EVENTS[what]
    imitated = event | {"source": "com.example.kms"}
    denied = event | {"detail": event["detail"] | {"errorCode": "AccessDenied"}}
    for threat in CATALOGUE:
        assert not matches(pattern_json(threat.event_pattern), imitated)
        assert not (threat.is_call and matches(pattern_json(threat.event_pattern), denied))


@pytest.mark.parametrize("what", [what for what, (_, names) in EVENTS.items() if names])
def test_an_alert_names_the_endangered_resource_and_contains_no_free_text(what):
    """Key, store or alias; Region, account and caller; every variable is filled."""
    event, (name,) = EVENTS[what][0], EVENTS[what][1]
    lines = delivered(alert(BY_NAME[name]), event)
    assert lines[0].startswith(f"Reprieve: {BY_NAME[name].summary} in eu-west-1. ")
    assert lines[1] in (f"Key: {KEY}", f"Store: {STORE}", f"Alias: {ALIAS}")
    assert f"Severity: {BY_NAME[name].impact}" in lines
    if name == "key-material-deleted":
        assert f"Key material (empty if it is the current one): {MATERIAL}" in lines
    assert "Region: eu-west-1, account: 111122223333" in lines
    text = "\n".join(lines)
    assert "<" not in text
    assert "all is well" not in text
    assert ("alice" in text) == BY_NAME[name].is_call


@pytest.mark.parametrize(
    ("threat", "runbook", "approved", "first", "reason"),
    [
        (
            "key-deletion-scheduled",
            RESCUE_KEY,
            False,
            "Reprieve is cancelling it. ",
            "Wait for the second message, which reports the result. If it does not arrive within 5 "
            "minutes, check the state of the key:",
        ),
        (
            "key-deletion-scheduled",
            None,
            True,
            "Exempt, so not cancelled. ",
            "Reprieve does not cancel the deletion, because the settings exempt the caller or the "
            "key. If that is wrong, do it yourself:",
        ),
        (
            "key-deletion-scheduled",
            None,
            False,
            "Cancel it yourself now. ",
            "Reprieve does not cancel the deletion, because the settings turn that off. Do it "
            "yourself, unless this was planned:",
        ),
        (
            "key-disabled",
            ENABLE_KEY,
            False,
            "Reprieve is enabling it. ",
            "Wait for the second message, which reports the result. If it does not arrive within 5 "
            "minutes, check the state of the key:",
        ),
        (
            "key-disabled",
            None,
            True,
            "Exempt, so not enabled. ",
            "Reprieve does not enable the key, because the settings exempt the caller or the key. "
            "If that is wrong, do it yourself:",
        ),
        (
            "key-disabled",
            None,
            False,
            "Enable it again, unless this was planned. ",
            "Reprieve does not enable the key, because the settings turn that off. Do it yourself, "
            "unless this was planned:",
        ),
    ],
)
def test_an_alert_says_what_reprieve_does(threat, runbook, approved, first, reason):
    """Remediation, exemption and no action have clearly different words."""
    event = call("ScheduleKeyDeletion")
    lines = delivered(alert(BY_NAME[threat], runbook, approved=approved), event)
    assert f" in eu-west-1. {first}Key " in lines[0]
    assert reason in lines


def test_an_alert_about_a_record_without_resources_has_no_command_with_a_hole():
    """The key is then named as the caller did: no record lacks that."""
    event = call("DisableKey")
    event["detail"] = event["detail"] | {"resources": [], "responseElements": None}
    lines = delivered(alert(BY_NAME["key-disabled"], ENABLE_KEY), event)
    assert f" Key {KEY}, by IAMUser " in lines[0]
    assert lines[1] == "Key: "
    commands = [line for line in lines if line.startswith("aws kms")]
    assert commands == [
        f"aws kms describe-key --region eu-west-1 --key-id {KEY} --query KeyMetadata.KeyState",
        f"aws kms enable-key --region eu-west-1 --key-id {KEY}",
    ]


def test_threats_to_the_alert_key_match_and_those_to_other_keys_do_not():
    """All four calls that can silence the alerts. A denied call does not match."""
    pattern = pattern_json(alert_key_endangered(KEY))
    assert pattern_errors(pattern) == []
    for name in ("ScheduleKeyDeletion", "DisableKey", "DeleteImportedKeyMaterial", "PutKeyPolicy"):
        assert matches(pattern, call(name))
        assert not matches(pattern, call(name, key=KEY.replace("1234abcd", "abcd1234")))
        assert not matches(pattern, call(name, error="AccessDenied"))
    assert not matches(pattern, call("EnableKey"))
    lines = delivered(alert_key_alert(), call("DisableKey"))
    assert " Call DisableKey, by IAMUser " in lines[0]
    assert lines[1] == f"Key: {KEY}"


CALLS = "AWS API Call via CloudTrail"
ROTATION = "KMS CMK Rotation"


@pytest.mark.parametrize(
    ("types", "first", "callers"),
    [
        ([CALLS], " By IAMUser []", ["By"]),
        ([ROTATION], "", []),
        ([CALLS, ROTATION], "", ["By (only for calls)"]),
        ([{"prefix": "AWS API"}], "", ["By (only for calls)"]),
        (None, "", ["By (only for calls)"]),
    ],
)
def test_the_alert_of_a_watch_names_a_caller_only_if_its_events_have_one(types, first, callers):
    """As far as the pattern says. Its name and its first line come from the settings."""
    pattern = {"source": ["aws.cloudtrail"]} | ({"detail-type": types} if types else {})
    message = watch_alert("trail-stopped", "a trail was stopped.", pattern_json(pattern))
    lines = delivered(message, call("StopLogging"))
    assert lines[0] == (
        f"Reprieve: a trail was stopped (Region eu-west-1). Check whether this was planned.{first}"
    )
    assert {"Watch: trail-stopped", f"Event: {CALLS} (aws.kms)"} <= set(lines)
    assert [line.partition(":")[0] for line in lines if line.startswith("By")] == callers
