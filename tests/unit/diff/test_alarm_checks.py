"""An alarm that measures the same in another form, or is raised sooner, is not weakened."""

import pytest

from reprieve.diff.weakenings import weakenings_of
from tests.unit.diff.plan_making import change

ALARM = "aws_cloudwatch_metric_alarm"


def measuring(rule):
    """Return the attributes of an alarm on the metric of one rule."""
    return {
        "namespace": "AWS/Events",
        "metric_name": "MatchedEvents",
        "period": 60,
        "statistic": "Sum",
        "dimensions": {"RuleName": rule},
    }


def summing(*rules):
    """Return the attributes of an alarm that sums the metrics of rules."""
    queries = [
        {
            "id": rule,
            "metric": [
                {
                    "namespace": "AWS/Events",
                    "metric_name": "MatchedEvents",
                    "period": 60,
                    "stat": "Sum",
                    "dimensions": {"RuleName": rule},
                }
            ],
        }
        for rule in rules
    ]
    return {"metric_query": [*queries, {"id": "total", "expression": "SUM(METRICS())"}]}


def texts(before, after, *siblings):
    """Return in which ways an alarm is weakened."""
    alarm = change(ALARM, before, after)
    return [each.text for each in weakenings_of(alarm, (alarm, *siblings))]


def test_a_metric_that_becomes_one_of_a_sum_is_still_measured():
    """And the reverse, if the other rule is deleted."""
    assert texts(measuring("a"), summing("a", "b")) == []
    gone = change("aws_cloudwatch_event_rule", {"name": "b"}, None)
    assert texts(summing("a", "b"), measuring("a"), gone) == []


def test_a_metric_that_is_lost_on_the_way_is_reported():
    """In both directions."""
    assert "metric_name is nothing instead of MatchedEvents" in texts(
        measuring("a"), summing("b", "c")
    )
    assert texts(summing("a", "b"), measuring("a")) == ["no longer counts b"]


@pytest.mark.parametrize(
    ("operator", "lower_weakens", "higher_weakens"),
    [
        ("GreaterThanThreshold", False, True),
        ("GreaterThanOrEqualToThreshold", False, True),
        ("LessThanThreshold", True, True),
    ],
)
def test_a_lower_threshold_raises_the_alarm_sooner(operator, lower_weakens, higher_weakens):
    """If it has to be exceeded; otherwise any other threshold may be too late."""

    def weakens(threshold):
        before, after = (
            {"comparison_operator": operator, "threshold": each} for each in (10, threshold)
        )
        return texts(before, after) != []

    assert (weakens(1), weakens(1000)) == (lower_weakens, higher_weakens)
