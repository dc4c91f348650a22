"""Whether a CloudTrail trail logs the calls that endanger keys: without one, no rule sees them."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from reprieve.aws.account import Account, explain
from reprieve.status.findings import Check, Finding, Kind, Verdict, check_of

Trail = Mapping[str, Any]

# Such a record as a trail must let through, by the field names of advanced event selectors.
_WRITE: Final = {
    "eventCategory": "Management",
    "readOnly": "false",
    "eventSource": "kms.amazonaws.com",
    "eventType": "AwsApiCall",
    "eventName": "ScheduleKeyDeletion",
}
_TESTS: Final[dict[str, Callable[[str, str], bool]]] = {
    "Equals": str.__eq__,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def trails_of(account: Account, region: str) -> dict[str, Trail]:
    """Return the trails that cover a Region, by their ARNs; others' homes may be elsewhere."""
    client = account.client("cloudtrail", region)
    found = client.describe_trails(includeShadowTrails=True)["trailList"]
    return {trail["TrailARN"]: trail for trail in found}


def blindness(account: Account, trail: Trail) -> str | None:
    """Return why a trail misses KMS's write calls, None if it does not; reads its home Region."""
    client, arn = account.client("cloudtrail", trail["HomeRegion"]), trail["TrailARN"]
    return _blindness(client.get_trail_status(Name=arn), client.get_event_selectors(TrailName=arn))


def trail_check(trails: Iterable[Trail], why: Mapping[str, str | Exception | None]) -> Check:
    """Check the trails that cover a Region by what `blindness` returned, or raised, for each."""
    reasons: list[str] = []
    unknown = False
    for trail in trails:
        reason = why[trail["TrailARN"]]
        if reason is None:
            return Check("trail", "logs")
        if isinstance(reason, Exception):
            # An organization's trail may be closed to its member accounts.
            unknown, reason = True, f"it cannot be read. {explain(reason)}"
        reasons.append(f"{trail['Name']}: {reason}")
    if not reasons:
        problem = "There is no CloudTrail trail: Reprieve sees no call at all."
        return check_of("trail", "NONE", [_finding(Kind.MISSING, problem, _CREATE)])
    problem = f"No trail is known to log KMS's write calls ({'; '.join(reasons)})."
    if unknown:
        return Check("trail", "?", (_finding(Kind.UNKNOWN, problem, _ASK),), Verdict.UNKNOWN)
    blind = _finding(Kind.DIFFERENT, f"{problem} Reprieve is blind.", _START)
    return check_of("trail", "BLIND", [blind])


def _finding(kind: Kind, problem: str, hint: str) -> Finding:
    return Finding("trail", kind, problem, hint)


_CREATE = (
    "Create a trail for all Regions that logs management events: "
    "`aws cloudtrail create-trail --is-multi-region-trail ...`, then `start-logging`."
)
_START = (
    "Start it with `aws cloudtrail start-logging`, or have it log write management events, "
    "those of KMS among them: `aws cloudtrail put-event-selectors`."
)
_ASK = "Ask those who own the trail whether it logs KMS's write calls; `reprieve drill` proves it."


def _blindness(status: Mapping[str, Any], selectors: Mapping[str, Any]) -> str | None:
    """Return why a trail misses KMS's write calls, None if it does not.

    CloudTrail user guide, "Logging management events": a trail without selectors logs them all.
    """
    if not status.get("IsLogging"):
        return "its logging is stopped"
    if advanced := selectors.get("AdvancedEventSelectors"):
        if any(_selects(selector) for selector in advanced):
            return None
        return "none of its advanced event selectors selects them"
    basic = selectors.get("EventSelectors")
    if not basic:
        return None
    reasons = [_selector_gap(selector) for selector in basic]
    return None if None in reasons else "; ".join(dict.fromkeys(map(str, reasons)))


def _selector_gap(selector: Mapping[str, Any]) -> str | None:
    if not selector.get("IncludeManagementEvents", True):
        return "it excludes management events"
    if selector.get("ReadWriteType", "All") == "ReadOnly":
        return "it logs read calls only"
    if "kms.amazonaws.com" in selector.get("ExcludeManagementEventSources", []):
        return "it excludes KMS"
    return None


def _selects(selector: Mapping[str, Any]) -> bool:
    return all(_field_selects(field) for field in selector["FieldSelectors"])


def _field_selects(field: Mapping[str, Any]) -> bool:
    """Say whether a condition holds for KMS's write calls; one on another field may not."""
    actual = _WRITE.get(field["Field"])
    if actual is None:
        return False
    for operator, test in _TESTS.items():
        wanted, refused = field.get(operator) or [], field.get(f"Not{operator}") or []
        if wanted and not any(test(actual, each) for each in wanted):
            return False
        if any(test(actual, each) for each in refused):
            return False
    return True
