"""Which calls a trail leaves out."""

from typing import Any

import pytest

from reprieve.runbooks.scripts.trails import trail_gap

KMS = "kms.amazonaws.com"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
CALLS = [(KMS, "ScheduleKeyDeletion"), (KMS, "DisableKey"), (CLOUDTRAIL, "StopLogging")]
ALL = "ScheduleKeyDeletion, DisableKey, StopLogging"


def advanced(*selectors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return advanced event selectors for management events, each with more conditions."""
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    return {
        "AdvancedEventSelectors": [{"FieldSelectors": [management, *each]} for each in selectors]
    }


def name_is(operator: str, *values: str) -> dict[str, Any]:
    """Return a condition on the name of the call."""
    return {"Field": "eventName", operator: list(values)}


def leaves_out(names: str) -> str:
    """Return the reason of a trail with advanced event selectors."""
    return f"its advanced event selectors leave out {names}"


GAPS: dict[str, tuple[dict[str, Any], str | None]] = {
    "no selectors": ({}, None),
    "all management events": ({"EventSelectors": [{"IncludeManagementEvents": True}]}, None),
    "writes only": ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, None),
    "reads only": ({"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}, "it logs read calls only"),
    "data only": (
        {"EventSelectors": [{"IncludeManagementEvents": False}]},
        "it excludes management events",
    ),
    "without KMS": (
        {"EventSelectors": [{"ExcludeManagementEventSources": [KMS]}]},
        f"it excludes {KMS}",
    ),
    "without RDS's data API": (
        {"EventSelectors": [{"ExcludeManagementEventSources": ["rdsdata.amazonaws.com"]}]},
        None,
    ),
    "two selectors, one of which is enough": (
        {"EventSelectors": [{"ReadWriteType": "ReadOnly"}, {"ReadWriteType": "WriteOnly"}]},
        None,
    ),
    "two selectors, neither enough": (
        {
            "EventSelectors": [
                {"ReadWriteType": "ReadOnly"},
                {"ExcludeManagementEventSources": [KMS]},
            ]
        },
        f"it logs read calls only; it excludes {KMS}",
    ),
    "advanced, everything": (advanced([]), None),
    "advanced, writes": (advanced([{"Field": "readOnly", "Equals": ["false"]}]), None),
    "advanced, reads": (
        advanced([{"Field": "readOnly", "Equals": ["true"]}]),
        leaves_out(ALL),
    ),
    "advanced, data events": (
        {
            "AdvancedEventSelectors": [
                {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}
            ]
        },
        leaves_out(ALL),
    ),
    "advanced, without one call": (
        advanced([name_is("NotEquals", "DisableKey")]),
        leaves_out("DisableKey"),
    ),
    "advanced, without calls that begin so": (
        advanced([name_is("NotStartsWith", "S")]),
        leaves_out("ScheduleKeyDeletion, StopLogging"),
    ),
    "advanced, calls that end so": (
        advanced([name_is("EndsWith", "Deletion", "Key")]),
        leaves_out("StopLogging"),
    ),
    "advanced, selectors that complete each other": (
        advanced([name_is("NotEquals", "DisableKey")], [name_is("StartsWith", "Disable")]),
        None,
    ),
    "advanced, one service": (
        advanced([{"Field": "eventSource", "Equals": [KMS]}]),
        leaves_out("StopLogging"),
    ),
    "advanced, without KMS": (
        advanced([{"Field": "eventSource", "NotEquals": [KMS]}]),
        leaves_out("ScheduleKeyDeletion, DisableKey"),
    ),
    "advanced, without one caller": (
        advanced([{"Field": "userIdentity.arn", "NotEquals": ["arn:x"]}]),
        leaves_out(ALL),
    ),
}


@pytest.mark.parametrize(("selectors", "expected"), GAPS.values(), ids=GAPS)
def test_a_trail_leaves_out_what_its_selectors_say(selectors, expected):
    """With the reason, and with the calls by name where the selectors choose by name."""
    assert trail_gap({"IsLogging": True}, selectors, CALLS) == expected


@pytest.mark.parametrize("status", [{"IsLogging": False}, {}])
def test_a_trail_that_was_stopped_logs_nothing(status):
    """Whatever its selectors say."""
    assert trail_gap(status, {}, CALLS) == "its logging is stopped"


@pytest.mark.parametrize("selectors", [{}, advanced([])])
def test_a_trail_without_global_services_does_not_log_iam(selectors):
    """Whatever its selectors say. It logs the calls of other services; without the field, all."""
    status, iam = {"IsLogging": True}, [(KMS, "DisableKey"), ("iam.amazonaws.com", "")]
    without = status | {"IncludeGlobalServiceEvents": False}
    assert trail_gap(without, selectors, iam) == (
        "it leaves out global services, such as IAM (IncludeGlobalServiceEvents)"
    )
    assert trail_gap(without, selectors, CALLS) is None
    assert trail_gap(status | {"IncludeGlobalServiceEvents": True}, selectors, iam) is None
    assert trail_gap(status, selectors, iam) is None


def test_a_trail_without_calls_to_log_has_no_gap():
    """Where only KMS's own events are watched."""
    assert trail_gap({"IsLogging": True}, advanced([name_is("Equals", "x")]), []) is None


EVENTS = "events.amazonaws.com"
ANY: dict[str, tuple[dict[str, Any], str | None]] = {
    "everything": (advanced([]), None),
    "another service": (advanced([{"Field": "eventSource", "NotEquals": [KMS]}]), None),
    "without the service": (
        advanced([{"Field": "eventSource", "NotEquals": [EVENTS]}]),
        leaves_out(f"calls of {EVENTS}"),
    ),
    # Which calls change something of Reprieve's is not known.
    "without some names": (
        advanced([name_is("NotEquals", "DisableRule")]),
        leaves_out(f"calls of {EVENTS}"),
    ),
    "without the service, basic": (
        {"EventSelectors": [{"ExcludeManagementEventSources": [EVENTS]}]},
        f"it excludes {EVENTS}",
    ),
}


@pytest.mark.parametrize(("selectors", "expected"), ANY.values(), ids=ANY)
def test_a_trail_must_log_all_calls_of_a_service(selectors, expected):
    """A call without a name stands for them."""
    assert trail_gap({"IsLogging": True}, selectors, [(EVENTS, "")]) == expected
