"""Whether a CloudTrail trail logs the calls that endanger keys: without one, no rule sees them."""

from collections.abc import Callable, Mapping
from typing import Any

# Such a record as a trail must let through, by the field names of advanced event selectors.
_WRITE = {
    "eventCategory": "Management",
    "readOnly": "false",
    "eventType": "AwsApiCall",
}
_TESTS: dict[str, Callable[[str, str], bool]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def trail_gap(
    status: Mapping[str, Any], selectors: Mapping[str, Any], calls: list[tuple[str, str]]
) -> str | None:
    """Return why a trail misses some of these calls, each a source and a name; None if it does not.

    `status` is the answer of GetTrailStatus, with what DescribeTrails says of the trail: a trail of
    one Region may leave out global services. Without a name it has to log all calls of the source.
    A condition on the name leaves out some.
    CloudTrail user guide, "Logging management events": a trail without selectors logs them all.
    """
    if not status.get("IsLogging"):
        return "its logging is stopped"
    is_local = status.get("IncludeGlobalServiceEvents") is False
    if is_local and "iam.amazonaws.com" in dict(calls):
        return "it leaves out global services, such as IAM (IncludeGlobalServiceEvents)"
    if advanced := selectors.get("AdvancedEventSelectors"):
        missed = [call for call in calls if not any(_selects(each, *call) for each in advanced)]
        if not missed:
            return None
        names = ", ".join(name or f"calls of {source}" for source, name in missed)
        return f"its advanced event selectors leave out {names}"
    basic = selectors.get("EventSelectors")
    if not basic:
        return None
    reasons = [_selector_gap(each, calls) for each in basic]
    return None if None in reasons else "; ".join(dict.fromkeys(map(str, reasons)))


def _selector_gap(selector: dict[str, Any], calls: list[tuple[str, str]]) -> str | None:
    if not selector.get("IncludeManagementEvents", True):
        return "it excludes management events"
    if selector.get("ReadWriteType", "All") == "ReadOnly":
        return "it logs read calls only"
    excluded = {source for source, _ in calls} & set(
        selector.get("ExcludeManagementEventSources", [])
    )
    return f"it excludes {', '.join(sorted(excluded))}" if excluded else None


def _selects(selector: dict[str, Any], source: str, name: str) -> bool:
    record = _WRITE | {"eventSource": source, "eventName": name or None}
    return all(field_selects(field, record) for field in selector["FieldSelectors"])


def field_selects(field: Mapping[str, Any], record: Mapping[str, str | None]) -> bool:
    """Say whether a condition holds for a call; one on another field may not, for some callers."""
    actual = record.get(field["Field"])
    if actual is None:
        return False
    for operator, test in _TESTS.items():
        wanted, refused = field.get(operator) or [], field.get(f"Not{operator}") or []
        if wanted and not any(test(actual, each) for each in wanted):
            return False
        if any(test(actual, each) for each in refused):
            return False
    return True
