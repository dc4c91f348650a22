"""Which event of a drill a notification reports."""

import json

import pytest

from reprieve.drill.watch import event_of

KEY = "arn:aws:kms:eu-west-1:111122223333:key/48e3373b-816f-49dd-b6c4-7d981e5be380"
OTHER = KEY.replace("48e3373b", "00000000")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"Message": f"Key: {KEY}"}, "alert"),
        ({"Message": f"Key: {KEY}", "Subject": "Reprieve: rescued"}, "result_sent"),
        ({"Message": f"Key: {OTHER}"}, None),
        ({"Message": f"Key: {OTHER}", "Subject": "Reprieve: rescued"}, None),
        ({"Message": "No key", "Subject": KEY}, None),
    ],
)
def test_the_subject_tells_an_alert_from_a_result(fields, expected):
    """EventBridge sets no subject, the runbook does; messages about other keys do not count."""
    body = json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:…"} | fields)
    assert event_of(body, KEY) == expected
