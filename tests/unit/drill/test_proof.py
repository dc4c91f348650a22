"""Which keys are proved to be an earlier drill's."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reprieve.drill.policy import drill_key_policy
from reprieve.drill.proof import CHECKS, DESCRIPTION, Candidate, reject
from reprieve.drill.result import RejectedKey
from tests.unit.drill.fakes import ACCOUNT_ID, ARN, FakeClient, failure

POLICY = drill_key_policy("aws", ACCOUNT_ID)
TEXT = json.dumps(POLICY)
OPEN = json.dumps(drill_key_policy("aws", "444455556666"))
CREATED = datetime(2026, 11, 24, 12, tzinfo=UTC)
METADATA = {
    "Arn": ARN,
    "Description": DESCRIPTION,
    "KeyState": "Disabled",
    "KeyManager": "CUSTOMER",
    "Origin": "AWS_KMS",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": False,
    "CreationDate": CREATED,
}
UNUSED = {"KeyLastUsage": {}, "KeyCreationDate": CREATED, "TrackingStartDate": CREATED}
RECORD: dict[str, Any] = {
    "eventSource": "kms.amazonaws.com",
    "eventName": "CreateKey",
    "requestParameters": {"description": DESCRIPTION, "policy": TEXT},
    "resources": [{"ARN": ARN}],
}
CHANGE = RECORD | {"eventName": "PutKeyPolicy"}


def tagged(value):
    """Return what ListResourceTags answers for a key of a run."""
    return {
        "Tags": [{"TagKey": "team", "TagValue": "a"}]
        + [{"TagKey": "reprieve-drill-run", "TagValue": each} for each in [value] if each]
    }


def candidate(*, metadata=None, aliases=("alias/reprieve-drill-1",), history=(RECORD,), **answers):
    """Return a key that is a drill's but for what the arguments say."""
    kms = {
        "list_resource_tags": tagged("1"),
        "list_grants": {"Grants": []},
        "get_key_policy": {"Policy": TEXT},
        "get_key_last_usage": UNUSED,
    }

    def lookup_events(**asked):
        (attribute,) = asked["LookupAttributes"]
        name = attribute["AttributeValue"]
        found = [each for each in history if name in (each["eventName"], ARN)]
        return {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in found]}

    cloudtrail = {"lookup_events": lookup_events}
    for method, answer in answers.items():
        (cloudtrail if method == "lookup_events" else kms)[method] = answer
    return Candidate(
        FakeClient(**kms),
        FakeClient(**cloudtrail),
        ARN,
        aliases,
        "alias/reprieve-drill-",
        POLICY,
        METADATA | (metadata or {}),
    )


def created(**changes):
    """Return a history in which the key was created with other parameters."""
    return [RECORD | {"requestParameters": RECORD["requestParameters"] | changes}]


@pytest.mark.parametrize(
    "proved",
    [
        {},
        {"metadata": {"KeyState": "Enabled"}},
        {"list_resource_tags": [tagged(None), tagged("1")]},
        {"history": [RECORD, CHANGE | {"errorCode": "AccessDenied"}]},
        {"history": [RECORD, CHANGE | {"resources": [{"ARN": f"{ARN}0"}]}]},
        {"get_key_last_usage": UNUSED | {"KeyCreationDate": CREATED + timedelta(seconds=1)}},
    ],
)
def test_a_key_that_a_drill_created_is_proved(proved):
    """Enabled or disabled; calls that failed, and calls on other keys, do not count."""
    assert reject(candidate(**proved)) is None


@pytest.mark.parametrize(
    ("forged", "check"),
    [
        ({"metadata": {"Description": "orders"}}, "description"),
        ({"metadata": {"KeyState": "Unavailable"}}, "state"),
        ({"metadata": {"KeyManager": "AWS"}}, "kind"),
        ({"metadata": {"Origin": "EXTERNAL"}}, "kind"),
        ({"metadata": {"KeySpec": "HMAC_256"}}, "kind"),
        ({"metadata": {"KeyUsage": "SIGN_VERIFY"}}, "kind"),
        ({"metadata": {"MultiRegion": True}}, "kind"),
        ({"list_resource_tags": tagged(None)}, "alias"),
        ({"list_resource_tags": tagged("2")}, "alias"),
        ({"aliases": ("alias/orders", "alias/reprieve-drill-1")}, "alias"),
        ({"list_grants": {"Grants": [{"GrantId": "1"}]}}, "grants"),
        ({"get_key_policy": {"Policy": OPEN}}, "policy"),
        ({"get_key_last_usage": UNUSED | {"KeyLastUsage": {"Operation": "Encrypt"}}}, "use"),
        (
            {"get_key_last_usage": UNUSED | {"TrackingStartDate": CREATED + timedelta(seconds=1)}},
            "use",
        ),
        ({"history": []}, "creation"),
        ({"history": [CHANGE]}, "creation"),
        ({"history": created(description="orders")}, "creation"),
        ({"history": created(policy=OPEN)}, "creation"),
        ({"history": created(policy=None)}, "creation"),
        ({"history": [RECORD | {"requestParameters": None}]}, "creation"),
        ({"history": [RECORD | {"errorCode": "AccessDenied"}]}, "creation"),
        ({"history": [RECORD | {"resources": [{"ARN": f"{ARN}0"}]}]}, "creation"),
        ({"history": [RECORD | {"eventSource": "other.example.com"}]}, "creation"),
        ({"history": [RECORD, CHANGE]}, "policy_changes"),
    ],
)
def test_a_key_that_fails_one_check_is_rejected(forged, check):
    """However well it passes all the others."""
    rejected = reject(candidate(**forged))
    assert rejected is not None
    assert (rejected.key, rejected.check) == (ARN, check)


@pytest.mark.parametrize(
    ("method", "check"),
    [
        ("list_resource_tags", "alias"),
        ("list_grants", "grants"),
        ("get_key_policy", "policy"),
        ("get_key_last_usage", "use"),
        ("lookup_events", "creation"),
    ],
)
def test_a_check_that_cannot_be_made_rejects_the_key(method, check):
    """The reason is AWS's."""
    throttled = failure("Operation", "ThrottlingException")
    expected = RejectedKey(ARN, check, "Operation: ThrottlingException: No.")
    assert reject(candidate(**{method: throttled})) == expected


def test_cloudtrail_is_asked_last_and_about_a_short_time():
    """A key in use has many events, and two look-ups a second are allowed."""
    forged = candidate(get_key_policy={"Policy": OPEN})
    reject(forged)
    assert forged.cloudtrail.calls == []
    proved = candidate()
    reject(proved)
    by_key, by_name = (parameters for _, parameters in proved.cloudtrail.calls)
    assert by_key["EndTime"] - by_key["StartTime"] == timedelta(minutes=10)
    assert by_key["StartTime"] < CREATED < by_key["EndTime"]
    assert by_name["StartTime"] < CREATED


def test_the_cheapest_checks_come_first():
    """Those that need no further call, then KMS, then CloudTrail."""
    assert list(CHECKS)[:3] == ["description", "state", "kind"]
    assert list(CHECKS)[-2:] == ["creation", "policy_changes"]
