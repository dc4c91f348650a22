"""Whether a topic got so many messages that SNS may have suspended a subscription."""

from datetime import UTC, datetime, timedelta

import pytest

from reprieve.status.suspension import may_be_suspended


class CloudWatch:
    """Answers GetMetricStatistics of one value, at one moment; records what was asked for."""

    def __init__(self, value, age):
        self.value = value
        self.at = datetime.now(UTC) - age
        self.asked = []

    def get_metric_statistics(self, **parameters):
        """Return the value if the moment is asked for."""
        self.asked.append(parameters)
        inside = parameters["StartTime"] <= self.at < parameters["EndTime"]
        return {"Datapoints": [{"Sum": self.value}] if inside else []}


CASES = {
    "ten": (10, timedelta(0), False),
    "eleven": (11, timedelta(0), True),
    "eleven, a month ago": (11, timedelta(days=30), True),
    "eleven, long ago": (11, timedelta(days=40), False),
}


@pytest.mark.parametrize(("value", "age", "expected"), CASES.values(), ids=CASES)
def test_only_many_messages_at_once_may_have_suspended_anybody(value, age, expected):
    """Within the time that SNS keeps a subscription that is not confirmed."""
    assert may_be_suspended(CloudWatch(value, age), "reprieve-alerts") is expected


def test_no_answer_is_larger_than_cloudwatch_allows():
    """It refuses a request for more than 1,440 values."""
    cloudwatch = CloudWatch(0, timedelta(0))
    may_be_suspended(cloudwatch, "reprieve-alerts")
    values = {
        (each["EndTime"] - each["StartTime"]).total_seconds() / each["Period"]
        for each in cloudwatch.asked
    }
    assert {count <= 1440 for count in values} == {True}
