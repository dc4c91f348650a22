"""CloudTrail's records of KMS calls, and the trails that log them."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    EVENTS,
    REGION,
    ROOT,
    Account,
    allow,
    client_of_role,
    error_code_of,
    role_arn,
)


def records(sandbox):
    """Return KMS's events from the queue of `watched`."""
    account = Account(sandbox)
    sandbox.settle()
    return [json.loads(message["Body"]) for message in account.messages("kms")]


@pytest.fixture
def watched(sandbox):
    """Return a sandbox with a rule that sends all of KMS's events to a queue."""
    account = Account(sandbox)
    queue = account.make_queue("kms", allow("sqs:SendMessage", Principal=EVENTS))
    account.make_rule({"Id": "q", "Arn": queue}, pattern={"source": ["aws.kms"]})
    return sandbox


def test_a_write_call_is_recorded_as_cloudtrail_does_it(watched, kms):
    """The event has the envelope, the caller, the parameters and the response as in AWS."""
    key = kms.create_key()["KeyMetadata"]
    kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
    event = next(e for e in records(watched) if e["detail"]["eventName"] != "CreateKey")
    detail = event["detail"]
    assert (
        event["detail-type"],
        event["source"],
        event["resources"],
        event["region"],
        event["account"],
    ) == ("AWS API Call via CloudTrail", "aws.kms", [], REGION, ACCOUNT_ID)
    assert detail["requestParameters"] == {"keyId": key["KeyId"], "pendingWindowInDays": 7}
    shown = detail["responseElements"]
    assert (shown["keyId"], shown["keyState"]) == (key["Arn"], "PendingDeletion")
    assert shown["deletionDate"].endswith(("AM", "PM"))
    assert list(shown) == ["keyId", "keyState", "deletionDate"]
    assert detail["resources"] == [
        {"accountId": ACCOUNT_ID, "type": "AWS::KMS::Key", "ARN": key["Arn"]}
    ]
    assert detail["userIdentity"]["arn"] == f"arn:aws:iam::{ACCOUNT_ID}:root"
    assert (
        detail["readOnly"],
        detail["eventType"],
        detail["managementEvent"],
        detail["eventCategory"],
    ) == (False, "AwsApiCall", True, "Management")
    assert "errorCode" not in detail


def test_the_key_is_recorded_as_the_caller_named_it(watched, kms, key):
    """An ARN stays an ARN in requestParameters. The response always has the ARN."""
    arn = kms.describe_key(KeyId=key)["KeyMetadata"]["Arn"]
    kms.disable_key(KeyId=arn)
    detail = next(e["detail"] for e in records(watched) if e["detail"]["eventName"] == "DisableKey")
    expected = {"keyId": arn}
    assert (detail["requestParameters"], detail["responseElements"]) == (expected, expected)


def test_a_primary_is_recorded_without_a_date(watched, kms):
    """PendingReplicaDeletion has the window instead of the date."""
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    kms.replicate_key(KeyId=key, ReplicaRegion="us-east-1")
    arn = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=8)["KeyId"]
    detail = next(
        e["detail"] for e in records(watched) if e["detail"]["eventName"] == "ScheduleKeyDeletion"
    )
    expected = {"keyId": arn, "keyState": "PendingReplicaDeletion", "pendingWindowInDays": 8}
    assert detail["responseElements"] == expected


def test_failed_and_denied_calls_are_recorded_too(watched, kms, key):
    """Such a record has errorCode and errorMessage, a null response and the role's session."""
    worker = client_of_role(watched)
    error_code_of(worker.schedule_key_deletion, KeyId=key)
    error_code_of(kms.schedule_key_deletion, KeyId="alias/none")
    error_code_of(kms.cancel_key_deletion, KeyId=key)
    found = {
        e["detail"]["errorCode"]: e["detail"]
        for e in records(watched)
        if "errorCode" in e["detail"]
    }
    assert set(found) == {"AccessDenied", "NotFoundException", "KMSInvalidStateException"}
    assert all(detail["responseElements"] is None for detail in found.values())
    identity = found["AccessDenied"]["userIdentity"]
    assert identity["arn"] == f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/shift"
    assert identity["sessionContext"]["sessionIssuer"]["arn"] == role_arn("worker")


def test_read_only_calls_make_no_event(watched, kms, key):
    """DescribeKey, ListKeys and Encrypt do not reach the bus."""
    kms.describe_key(KeyId=key)
    kms.list_keys()
    kms.encrypt(KeyId=key, Plaintext=b"x")
    assert [e["detail"]["eventName"] for e in records(watched)] == ["CreateKey"]


def select(cloudtrail, **selector):
    """Set the one event selector of the trail."""
    cloudtrail.put_event_selectors(TrailName="sandbox", EventSelectors=[selector])


def select_advanced(cloudtrail, *fields):
    """Set the one advanced selector of the trail."""
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    selector = {"Name": "s", "FieldSelectors": [management, *fields]}
    cloudtrail.put_event_selectors(TrailName="sandbox", AdvancedEventSelectors=[selector])


KMS = "kms.amazonaws.com"


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda c: c.stop_logging(Name="sandbox"), False),
        (lambda c: select(c, ReadWriteType="WriteOnly"), True),
        (lambda c: select(c, ReadWriteType="ReadOnly"), False),
        (lambda c: select(c, IncludeManagementEvents=False), False),
        (lambda c: select(c, ExcludeManagementEventSources=[KMS]), False),
        (lambda c: select(c, ExcludeManagementEventSources=["rdsdata.amazonaws.com"]), True),
        (lambda c: select_advanced(c), True),
        (lambda c: select_advanced(c, {"Field": "readOnly", "Equals": ["true"]}), False),
        (lambda c: select_advanced(c, {"Field": "eventSource", "NotEquals": [KMS]}), False),
        (lambda c: c.update_trail(Name="sandbox", IsMultiRegionTrail=False), False),
    ],
)
def test_only_calls_that_a_trail_logs_become_events(watched, kms, change, seen):
    """A trail may be stopped, log reads only, exclude KMS, or cover another Region."""
    change(watched.client("cloudtrail", "us-east-1"))
    kms.create_key()
    assert bool(records(watched)) == seen


def test_basic_selectors_replace_advanced_ones(sandbox):
    """A trail never has both kinds of event selectors."""
    trail = sandbox.client("cloudtrail", "us-east-1")
    advanced = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]
    trail.put_event_selectors(TrailName="sandbox", AdvancedEventSelectors=advanced)
    basic = [{"ReadWriteType": "All", "IncludeManagementEvents": True}]
    trail.put_event_selectors(TrailName="sandbox", EventSelectors=basic)
    assert not trail.get_event_selectors(TrailName="sandbox").get("AdvancedEventSelectors")


@pytest.mark.parametrize(
    ("operator", "value", "seen"),
    [
        ("NotEquals", ROOT["AWS"], False),
        ("NotEquals", role_arn("worker"), True),
        ("NotStartsWith", f"arn:aws:iam::{ACCOUNT_ID}:", False),
        ("NotEndsWith", ":root", False),
        ("Equals", ROOT["AWS"], True),
        ("StartsWith", "arn:aws:sts::", False),
    ],
)
def test_a_selector_may_leave_out_the_calls_of_a_principal(watched, kms, operator, value, seen):
    """The field is the caller's own ARN. Here the caller is the root."""
    cloudtrail = watched.client("cloudtrail", "us-east-1")
    select_advanced(cloudtrail, {"Field": "userIdentity.arn", operator: [value]})
    kms.create_key()
    assert bool(records(watched)) == seen


def test_a_selector_sees_a_role_by_the_arn_of_its_session(watched):
    """CloudTrail's userIdentity.arn of a role is the session's."""
    session = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/worker/"
    cloudtrail = watched.client("cloudtrail", "us-east-1")
    select_advanced(cloudtrail, {"Field": "userIdentity.arn", "NotStartsWith": [session]})
    client_of_role(watched, allow("kms:CreateKey")).create_key()
    assert records(watched) == []
