"""What a change of a policy gives away, and what it takes."""

import pytest

from reprieve.diff.policy_diff import compare, statements_of, wildcard_covers
from reprieve.guard.policies import dead_letter_policy, eventbridge_trust, topic_policy
from reprieve.location import Location

LOCATION = Location("aws", "eu-west-1", "111122223333")
TOPIC = "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts"


def policy(**statement):
    """Return a policy of one statement that lets EventBridge publish, changed as it says."""
    plain = {
        "Sid": "A",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
    }
    return {"Statement": [{k: v for k, v in {**plain, **statement}.items() if v is not None}]}


def effects(old, new):
    """Return whether a change widens a policy, takes from it, and denies."""
    found = compare(old, new)
    return bool(found.widened), bool(found.taken), bool(found.denied)


SAME = (False, False, False)
WIDER, NARROWER = (True, False, False), (False, True, False)
SOURCE = {"ArnLike": {"aws:SourceArn": "arn:aws:events:eu-west-1:111122223333:rule/reprieve-*"}}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ({"Principal": "*"}, WIDER),
        ({"Principal": {"Service": ["events.amazonaws.com", "s3.amazonaws.com"]}}, WIDER),
        ({"Action": "sns:*"}, WIDER),
        ({"Action": ["sns:Publish", "sns:Subscribe"]}, WIDER),
        ({"Resource": "*"}, WIDER),
        ({"Condition": SOURCE}, NARROWER),
        ({"Principal": {"Service": "s3.amazonaws.com"}}, (True, True, False)),
        ({"Sid": "B"}, SAME),
        ({"Sid": None}, SAME),
        ({"Action": ["SNS:publish"]}, SAME),
        ({"Resource": [TOPIC, TOPIC]}, SAME),
    ],
)
def test_each_element_of_a_statement(statement, expected):
    """Another writing of the same is the near miss; undone, what was given is taken."""
    assert effects(policy(), policy(**statement)) == expected
    widened, taken, _ = expected
    assert effects(policy(**statement), policy()) == (taken, widened, False)


def conditions(old, new):
    """Return whether a change of the condition loosens, and whether it tightens."""
    found = compare(policy(Condition=old), policy(Condition=new))
    return bool(found.widened), bool(found.taken)


@pytest.mark.parametrize(
    ("loose", "strict"),
    [
        ({"StringEquals": {"k": ["a", "b"]}}, {"StringEquals": {"k": "a"}}),
        ({"ArnLike": {"k": "arn:x:*"}}, {"ArnLike": {"k": "arn:x:rule/*"}}),
        ({"StringNotEquals": {"k": "a"}}, {"StringNotEquals": {"k": ["a", "b"]}}),
        ({"BoolIfExists": {"k": "true"}}, {"Bool": {"k": "true"}}),
        ({"Bool": {"k": "true"}}, {"Bool": {"k": "true"}, "StringEquals": {"j": "a"}}),
    ],
)
def test_a_looser_condition_widens_and_a_stricter_one_narrows(loose, strict):
    """Each way round."""
    assert conditions(strict, loose) == (True, False)
    assert conditions(loose, strict) == (False, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Bool": {"k": "true"}}, {"Bool": {"K": True}}),
        ({"StringEquals": {"k": ["a", "b"]}}, {"StringEquals": {"k": ["b", "a"]}}),
    ],
)
def test_a_condition_that_says_the_same_changes_nothing(one, other):
    """Keys have no case, booleans two writings, values no order."""
    assert conditions(one, other) == (False, False)


def test_conditions_that_cannot_be_compared_count_as_both():
    """A proof that is missing is missing in both directions."""
    one, other = {"DateLessThan": {"k": "2026-01-01"}}, {"DateLessThan": {"k": "2027-01-01"}}
    assert conditions(one, other) == (True, True)


def test_a_deny_that_goes_widens_and_one_that_comes_denies():
    """But that of what comes without TLS denies nothing that is needed."""
    deny = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC}
    without = policy()
    with_deny = {"Statement": [*without["Statement"], deny]}
    tls = {**deny, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    with_tls = {"Statement": [*without["Statement"], tls]}
    assert effects(with_deny, without) == (True, False, False)
    assert effects(without, with_deny) == (False, False, True)
    assert effects(with_tls, without) == (True, False, False)
    assert effects(without, with_tls) == SAME


@pytest.mark.parametrize("element", ["NotAction", "NotPrincipal", "NotResource"])
def test_what_is_said_by_exclusion_is_covered_by_the_same_only(element):
    """Whatever is excluded, all else is given."""
    positive = element.removeprefix("Not")
    excluding = policy(**{element: "x", positive: None})
    assert compare(policy(), excluding).widened
    assert effects(excluding, excluding) == SAME


def test_reprieves_own_policies():
    """Strict narrows the topic's; the order of statements is nothing."""
    loose = topic_policy(TOPIC, LOCATION)
    strict = topic_policy(TOPIC, LOCATION, strict=True)
    found = compare(loose, strict)
    assert found.widened == ()
    ((statement, text),) = found.taken
    assert statement.services == ("events.amazonaws.com",)
    assert text.startswith("statement EventBridgePublishes no longer allows events.amazonaws.com")
    assert compare(strict, loose).widened
    assert effects(loose, {"Statement": loose["Statement"][::-1]}) == SAME
    queue = dead_letter_policy(LOCATION)
    assert effects(queue, queue) == SAME


def test_a_statement_without_a_sid_is_told_by_its_number():
    """A role's trust has none."""
    trust = eventbridge_trust(LOCATION)
    (text,) = compare(trust, {"Statement": [{**trust["Statement"][0], "Condition": {}}]}).widened
    assert text.startswith("statement 1 now allows events.amazonaws.com sts:AssumeRole without")


@pytest.mark.parametrize("invalid", [{}, {"Statement": ["x"]}, {"Statement": [{"Action": "x"}]}])
def test_what_is_no_policy_is_refused(invalid):
    """And not taken for an empty one."""
    with pytest.raises(ValueError, match="not a policy"):
        statements_of(invalid)


@pytest.mark.parametrize(
    ("wide", "narrow", "expected"),
    [
        ("a*", "ab", True),
        ("a*", "a*b", True),
        ("a?", "ab", True),
        ("a?", "a*", False),
        ("ab", "a*", False),
        ("a.c", "abc", False),
        ("*", "?", True),
    ],
)
def test_one_wildcard_covers_another(wide, narrow, expected):
    """If it matches all that the other matches."""
    assert wildcard_covers(wide, narrow) == expected
