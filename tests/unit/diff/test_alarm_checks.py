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


def summing_with(metric=None, **values):
    """Return a sum of one rule's metric in which some values are others."""
    found = summing("a")
    query = found["metric_query"][0]
    query["metric"][0] |= metric or {}
    query |= values
    return found


@pytest.mark.parametrize(
    ("after", "difference"),
    [
        (summing_with({"stat": "Average"}), "metric.stat: Sum → Average"),
        (summing_with({"metric_name": "Invocations"}), "metric.metric_name: MatchedEvents → Inv"),
        (summing_with({"period": 86400}), "metric.period: 60 → 86400"),
        (summing_with({"namespace": "Other"}), "metric.namespace: AWS/Events → Other"),
        (summing_with({"unit": "Bytes"}), "metric.unit: + Bytes"),
        (summing_with({"dimensions": {"RuleName": "b"}}), "metric.dimensions.RuleName: a → b"),
        (summing_with(return_data=True), "return_data: + true"),
        (summing_with(account_id="222233334444"), "account_id: + 222233334444"),
    ],
)
def test_a_query_that_measures_something_else(after, difference):
    """Each of its values says what the alarm measures."""
    (text,) = texts(summing("a"), after)
    assert text.startswith(f"measures something else as a: {difference}")


def test_a_query_with_unset_values_measures_the_same():
    """The provider stores some as an empty text, or as 0; a label is only shown."""
    unset = summing_with({"unit": ""}, account_id="", label="A", period=0, return_data=False)
    assert texts(summing("a"), unset) == []
    assert texts(unset, summing_with({"unit": None}, period=None)) == []


def test_a_sum_that_is_no_longer_what_the_alarm_measures():
    """The expression stays, and another query is the alarm's."""
    before, after = summing("a"), summing("a")
    before["metric_query"][1]["return_data"] = True
    after["metric_query"][0]["return_data"] = True
    assert texts(before, after) == [
        "measures something else as a: return_data: + true",
        "measures something else as total: return_data: - true",
    ]
