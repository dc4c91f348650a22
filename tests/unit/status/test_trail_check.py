"""Which calls a trail leaves out, and what the check says of it."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from reprieve.events.threats import BY_NAME
from reprieve.events.watched_calls import WatchedCall, watched_calls
from reprieve.guard.guard import regional_guard
from reprieve.guard.patrol import expectations
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.status.expected import rules_in
from reprieve.status.findings import Kind, Verdict
from reprieve.status.trail_check import Logging, logging_of, trail_check

KMS = "kms.amazonaws.com"
SCHEDULE = WatchedCall(KMS, "ScheduleKeyDeletion", "AwsApiCall")
DISABLE = WatchedCall(KMS, "DisableKey", "AwsApiCall")
STOP = WatchedCall("cloudtrail.amazonaws.com", "StopLogging", "AwsApiCall")
GONE = WatchedCall(KMS, "DeleteKey", "AwsServiceEvent")
CALLS = (SCHEDULE, DISABLE, STOP, GONE)
NONE_SELECTS = "none of its advanced event selectors selects them"


def calls_of(rules, region):
    """Return the calls that rules wait for, each a source and a name."""
    calls = watched_calls((json.loads(each.pattern or "{}") for each in rules), in_region(region))
    return {(each.source, each.name or "") for each in calls}


def in_region(region):
    """Return a Region of an account."""
    return Location("aws", region, "111122223333")


def trail(name):
    """Return what DescribeTrails says of a trail."""
    return {"Name": name, "TrailARN": f"arn:{name}", "HomeRegion": "eu-west-1"}


def advanced(*selectors):
    """Return what a trail logs that has these advanced event selectors, each a list of fields."""
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    given = [{"FieldSelectors": [management, *fields]} for fields in selectors]
    return Logging({"IsLogging": True}, {"AdvancedEventSelectors": given})


def basic(**selector):
    """Return what a trail logs that has one basic event selector."""
    return Logging({"IsLogging": True}, {"EventSelectors": [selector]})


def name_is(operator, *values):
    """Return a condition on the name of the call."""
    return {"Field": "eventName", operator: list(values)}


GAPS = {
    "everything": (Logging({"IsLogging": True}, {}), {}),
    "stopped": (
        Logging({"IsLogging": False}, {}),
        dict.fromkeys(CALLS, "its logging is stopped"),
    ),
    "without KMS": (
        basic(ExcludeManagementEventSources=[KMS]),
        dict.fromkeys([SCHEDULE, DISABLE, GONE], f"it excludes {KMS}"),
    ),
    "data only": (
        basic(IncludeManagementEvents=False),
        dict.fromkeys(CALLS, "it excludes management events"),
    ),
    "reads only": (
        basic(ReadWriteType="ReadOnly"),
        dict.fromkeys(CALLS, "it logs read calls only"),
    ),
    "writes, advanced": (advanced([{"Field": "readOnly", "Equals": ["false"]}]), {}),
    "reads, advanced": (
        advanced([{"Field": "readOnly", "Equals": ["true"]}]),
        dict.fromkeys(CALLS, NONE_SELECTS),
    ),
    "not one call": (advanced([name_is("NotEquals", "DisableKey")]), {DISABLE: NONE_SELECTS}),
    "not calls that begin so": (
        advanced([name_is("NotStartsWith", "S")]),
        dict.fromkeys([SCHEDULE, STOP], NONE_SELECTS),
    ),
    "two selectors together": (
        advanced([name_is("NotEquals", "DisableKey")], [name_is("EndsWith", "Key")]),
        {},
    ),
    "one service": (
        advanced([{"Field": "eventSource", "Equals": [KMS]}]),
        {STOP: NONE_SELECTS},
    ),
    "calls only": (
        advanced([{"Field": "eventType", "NotEquals": ["AwsServiceEvent"]}]),
        {GONE: NONE_SELECTS},
    ),
    "not one caller": (
        advanced([{"Field": "userIdentity.arn", "NotEquals": ["arn:x"]}]),
        dict.fromkeys(CALLS, "its advanced event selectors exclude some by userIdentity.arn"),
    ),
}


@pytest.mark.parametrize(("logging", "expected"), GAPS.values(), ids=GAPS)
def test_a_trail_leaves_out_what_its_selectors_say(logging, expected):
    """Call by call, with the reason."""
    assert {call: logging.gap(call) for call in CALLS if logging.gap(call)} == expected


@pytest.mark.parametrize("advanced_ones", [[], advanced([]).selectors["AdvancedEventSelectors"]])
def test_a_trail_without_global_services_does_not_log_iam(advanced_ones):
    """As a trail of one Region may be: DescribeTrails says so, not GetTrailStatus."""
    client = SimpleNamespace(
        get_trail_status=lambda **_: {"IsLogging": True},
        get_event_selectors=lambda **_: {"AdvancedEventSelectors": advanced_ones},
    )
    account: Any = SimpleNamespace(client=lambda *_: client)
    logging = logging_of(account, trail("a") | {"IncludeGlobalServiceEvents": False})
    iam = WatchedCall("iam.amazonaws.com", None, "AwsApiCall")
    assert logging.gap(DISABLE) is None
    assert logging.gap(iam) == (
        "it leaves out global services, such as IAM (IncludeGlobalServiceEvents)"
    )


def check(trails, calls=CALLS):
    """Check trails by their names; a value is what a trail logs, or why it cannot be read."""
    logging = {f"arn:{name}": each for name, each in trails.items()}
    return trail_check([trail(name) for name in trails], logging, calls)


def test_trails_complete_each_other():
    """What one leaves out, another may log."""
    names = [call.name for call in CALLS[:2]]
    trails = {
        "a": advanced([name_is("Equals", *names)]),
        "b": advanced([name_is("NotEquals", *names)]),
    }
    assert check(trails).verdict is Verdict.OK


def test_what_no_trail_logs_is_named():
    """With each trail's reason."""
    found = check(
        {
            "a": advanced([name_is("NotEquals", "DisableKey")]),
            "b": basic(IncludeManagementEvents=False),
        }
    )
    (finding,) = found.findings
    assert (found.text, finding.kind, finding.problem) == (
        "PARTLY",
        Kind.DIFFERENT,
        f"No trail is known to log DisableKey (a: {NONE_SELECTS}; b: it excludes management "
        "events). Reprieve does not see those calls.",
    )


def test_many_calls_are_not_all_named():
    """Eight are, and how many more."""
    calls = [WatchedCall(KMS, f"Call{index}", "AwsApiCall") for index in range(10)]
    found = check({"a": advanced([name_is("Equals", "Call9")])}, calls)
    assert (
        "log Call0, Call1, Call2, Call3, Call4, Call5, Call6, Call7 and 1 more ("
        in found.findings[0].problem
    )


def test_a_trail_that_cannot_be_read_may_log_the_rest():
    """So it is unknown, which is not healthy."""
    found = check({"a": Logging({"IsLogging": False}, {}), "b": ValueError("\x1b")})
    assert (found.text, found.verdict) == ("?", Verdict.UNKNOWN)
    assert r"b: it cannot be read. ValueError: \x1b" in found.findings[0].problem


def test_without_a_trail_nothing_is_seen():
    """No list of calls."""
    found = check({})
    assert (found.text, found.findings[0].kind) == ("NONE", Kind.MISSING)


CALL = "AWS API Call via CloudTrail"
PATTERNS = {
    "a call": (
        {"detail-type": [CALL], "detail": {"eventSource": [KMS], "eventName": ["DisableKey"]}},
        (DISABLE,),
    ),
    "alternatives": (
        {
            "detail-type": [CALL],
            "detail": {
                "eventSource": [KMS],
                "$or": [{"eventName": ["DisableKey"]}, {"eventName": ["ScheduleKeyDeletion"]}],
            },
        },
        (DISABLE, SCHEDULE),
    ),
    "a service event": (
        {
            "detail-type": ["AWS Service Event via CloudTrail"],
            "detail": {"eventSource": [KMS], "eventName": ["DeleteKey"]},
        },
        (GONE,),
    ),
    "any call of a service": (
        {"detail-type": [CALL], "detail": {"eventSource": [KMS]}},
        (WatchedCall(KMS, None, "AwsApiCall"),),
    ),
    "a call that reads": (
        {"detail-type": [CALL], "detail": {"eventSource": [KMS], "eventName": ["ListKeys"]}},
        (),
    ),
    "no call": ({"source": ["aws.kms"], "detail-type": ["KMS CMK Deletion"]}, ()),
}


@pytest.mark.parametrize(("pattern", "expected"), PATTERNS.values(), ids=PATTERNS)
def test_the_calls_of_a_pattern_are_read_from_it(pattern, expected):
    """Each once, however many rules wait for it."""
    assert watched_calls([pattern, pattern], in_region("eu-west-1")) == expected


@pytest.mark.parametrize(
    ("location", "arrives"),
    [
        (in_region("eu-west-1"), False),
        (in_region("us-east-1"), True),
        (Location("aws-us-gov", "us-gov-east-1"), False),
        (Location("aws-us-gov", "us-gov-west-1"), True),
        (Location("aws-cn", "cn-north-1"), True),
    ],
)
def test_the_calls_of_iam_arrive_in_one_region_of_a_partition(location, arrives):
    """So no trail of another Region has to log them."""
    pattern = {"detail-type": [CALL], "detail": {"eventSource": [KMS, "iam.amazonaws.com"]}}
    sources = [each.source for each in watched_calls([pattern], location)]
    assert sources == [KMS, *(["iam.amazonaws.com"] if arrives else [])]


@pytest.mark.parametrize("watched", [["eu-west-1", "us-east-1"], ["eu-west-1", "eu-west-2"]])
@pytest.mark.parametrize(
    "notify", [{}, {"topology": "hub", "hub": {"region": "eu-west-1"}}], ids=["regional", "hub"]
)
def test_the_patrol_asks_for_the_same_calls(watched, notify):
    """In each Region that has rules, also in the one that only forwards."""
    given = {"emails": ["security@example.com"], "threats": list(BY_NAME), **notify}
    settings = Settings.model_validate(
        {"notify": given, "regions": {"watch": watched}, "account": {"id": "111122223333"}}
    )
    account: Any = SimpleNamespace(id="111122223333")
    by_status = {
        region: calls_of(rules_in(account, settings, region), region)
        for region in sorted({*watched, "us-east-1"})
    }
    by_patrol = {
        where: {(source, name) for source, names in calls.items() for name in names}
        for region in watched
        for where, calls in expectations(settings, regional_guard(settings, in_region(region)))[
            "Trails"
        ]
    }
    assert by_patrol == by_status


def test_the_command_names_the_trail_if_there_is_one():
    """Of several, the reader has to choose."""
    logging = {f"arn:{name}": Logging({"IsLogging": False}, {}) for name in "ab"}
    (one,) = trail_check([trail("a")], logging, CALLS).findings
    assert "`aws cloudtrail start-logging --region eu-west-1 --name arn:a`" in one.hint
    (two,) = trail_check([trail("a"), trail("b")], logging, CALLS).findings
    assert "`aws cloudtrail start-logging --region HOME_REGION --name TRAIL_ARN`" in two.hint
