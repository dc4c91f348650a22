"""The texts of results that arrive as events."""

from reprieve.events.results import LINES_UP_TO, result_alerts, results
from sandbox.events.transformer import check_target, transform

DETAIL = {
    "severity": "info",
    "subject": "KMS key saved",
    "lines": ["Reprieve cancelled it.", "enable it:"],
    "lines-up-to": 3,
    "region": "eu-west-1",
    "execution": "0b7fd7dd",
}


def test_the_text_of_a_result():
    """Its first line says what happened, and where."""
    alert = result_alerts()[3]
    target = {"InputTransformer": {"InputPathsMap": alert.paths, "InputTemplate": alert.template}}
    text = transform(target, {"account": "111122223333", "detail": DETAIL}, "arn:rule/x")
    assert text.split("\n") == [
        '"Reprieve: KMS key saved (eu-west-1)"',
        '"Region: eu-west-1, account: 111122223333"',
        '"Severity: info"',
        '"Automation execution: 0b7fd7dd"',
        '"Reprieve cancelled it."',
        '"enable it:"',
        '""',
    ]


def test_eventbridge_accepts_each_text():
    """At most 100 paths, and 8,192 characters."""
    for alert in result_alerts().values():
        transformer = {"InputPathsMap": alert.paths, "InputTemplate": alert.template}
        check_target({"Id": "x", "InputTransformer": transformer})


def test_patterns():
    """All results, or those of one size."""
    assert results() == {"source": ["reprieve"], "detail-type": ["Reprieve Result"]}
    assert [results(size)["detail"] for size in LINES_UP_TO] == [
        {"lines-up-to": [size]} for size in LINES_UP_TO
    ]
