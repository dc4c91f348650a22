"""Checks whether the change of an alarm weakens it.

An alarm measures one metric, by attributes of its own, or sums several, by metric queries.
"""

import json
from typing import Any, Final

from reprieve.diff.check import AttributeCheck, CheckResult, first
from reprieve.diff.differences import between, is_empty, shown
from reprieve.diff.labels import tail, value
from reprieve.diff.plan import UNKNOWN, Change

ONE_METRIC: Final = ("dimensions", "metric_name", "namespace", "period", "statistic")
"""The attributes that name the one metric of an alarm."""

# How a metric query names the same.
_OF_A_QUERY: Final = ("dimensions", "metric_name", "namespace", "period", "stat")


def actions(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the topics that an alarm notifies. Some topics of `after` may be unknown."""
    # Some topics may be known only after the apply: the others are still compared.
    gone = [each for each in before or [] if each not in (after or [])]
    if gone:
        yield "alarm-weakened", f"no longer notifies {', '.join(map(tail, gone))}"


def measure(name: str) -> AttributeCheck:
    """Return the check of an attribute that says what an alarm measures, and when it is raised."""

    def check(change: Change, before: Any, after: Any) -> CheckResult:
        # The provider stores 0 for a number that is not set.
        if (before or None) != (after or None):
            yield "alarm-weakened", f"{name} is {_value(after)} instead of {_value(before)}"

    return check


def threshold(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare thresholds. A lower one raises an alarm sooner that has to be exceeded."""
    sooner = all(
        str((values or {}).get("comparison_operator")).startswith("GreaterThan")
        for values in (change.before, change.after)
    )
    if not (sooner and (after or 0) < (before or 0)):
        yield from measure("threshold")(change, before, after)


def _value(value: Any) -> str:
    return "nothing" if is_empty(value) else value if isinstance(value, str) else json.dumps(value)


def still_measures(change: Change) -> bool:
    """Whether the one metric of an alarm became one of the sum that it measures, or the reverse."""
    before, after = (_metrics(values) for values in (change.before, change.after))
    one_before, one_after = (_one_metric(values) for values in (change.before, change.after))
    if one_before is None:
        return one_after in before
    return one_after is None and one_before in after


def lost_metrics(change: Change, siblings: tuple[Change, ...]) -> list[str] | None:
    """Return sentences about the metrics that an alarm no longer counts; None if not known.

    A metric of a rule that is deleted as well is not lost.
    """
    before, after = _queries(change.before), _queries(change.after)
    if before is None or after is None:
        return None
    gone_rules = {
        value(each, "name")
        for each in siblings
        if each.type == "aws_cloudwatch_event_rule" and each.actions == ("delete",)
    }
    texts, counted = [], _metrics(change.after)
    for name, query in before.items():
        was, now = query.get("expression"), after.get(name, {}).get("expression")
        if name not in after:
            is_sum = is_empty(query.get("metric")) and counted
            is_gone = _rule(query) in gone_rules
            if not (is_sum or is_gone or _metric(query) in counted):
                texts.append(f"no longer counts {name}")
        elif was != now and not (is_empty(was) and is_empty(now)):
            texts.append(f"computes {now or 'nothing'} instead of {was or 'nothing'}")
        elif found := between(_what(query), _what(after[name])):
            texts.append(f"measures something else as {name}: {', '.join(map(shown, found))}")
    return texts


def _metrics(values: dict[str, Any] | None) -> list[str]:
    """Return every metric that an alarm measures, each in one form."""
    found = [_metric(query) for query in (_queries(values) or {}).values() if query.get("metric")]
    one = _one_metric(values)
    return [*found, *([one] if one else [])]


def _one_metric(values: dict[str, Any] | None) -> str | None:
    found = [(values or {}).get(name) for name in ONE_METRIC]
    return None if is_empty(found[1]) else json.dumps(found, sort_keys=True, default=str)


def _metric(query: dict[str, Any]) -> str:
    metric = first(query.get("metric"))
    found = [metric.get(name) for name in _OF_A_QUERY]
    return json.dumps(found, sort_keys=True, default=str)


def _queries(values: dict[str, Any] | None) -> dict[str, dict[str, Any]] | None:
    """Return an alarm's metric queries by their ids; None if they are not known."""
    found = (values or {}).get("metric_query") or []
    return None if _has_unknown(found) else {each["id"]: each for each in found}


def _has_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(_has_unknown(each) for each in value)
    return value is UNKNOWN


def _rule(query: dict[str, Any]) -> Any:
    """Return the rule whose metric a query is about."""
    dimensions = first(query.get("metric")).get("dimensions")
    return dimensions.get("RuleName") if isinstance(dimensions, dict) else None


def _what(query: dict[str, Any]) -> dict[str, Any]:
    """Return what a query measures, without what is not set: the provider stores "" or 0 for it.

    The expression is compared by itself.
    """
    found = {**query, "metric": _set_only(first(query.get("metric")))}
    return {n: each for n, each in _set_only(found).items() if n not in ("label", "expression")}


def _set_only(values: dict[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in values.items() if each}
