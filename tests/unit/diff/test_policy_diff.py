"""Whether a change of a policy widens it or narrows it."""

import pytest

from reprieve.diff.policy_diff import compare, statements_of, wildcard_covers
from reprieve.guard.policies import dead_letter_policy, topic_policy
from reprieve.guard.role_policies import eventbridge_trust
from reprieve.location import Location
from reprieve.names import Names

LOCATION = Location("aws", "eu-west-1", "111122223333")
TOPIC = "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts"


def policy(**statement):
    """Return a policy of one statement: EventBridge may publish, with these elements changed."""
    plain = {
        "Sid": "A",
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": TOPIC,
    }
    return {"Statement": [{k: v for k, v in {**plain, **statement}.items() if v is not None}]}


def effects(old, new):
    """Return whether a change widens a policy, narrows it, and denies more."""
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
def test_each_element_of_a_statement_widens_or_narrows_the_policy(statement, expected):
    """The opposite change has the opposite effect. Another way to write the same has none."""
    assert effects(policy(), policy(**statement)) == expected
    widened, taken, _ = expected
    assert effects(policy(**statement), policy()) == (taken, widened, False)


def conditions(old, new):
    """Return whether a change of the condition widens, and whether it narrows."""
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
    """In both directions."""
    assert conditions(strict, loose) == (True, False)
    assert conditions(loose, strict) == (False, True)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Bool": {"k": "true"}}, {"Bool": {"K": True}}),
        ({"StringEquals": {"k": ["a", "b"]}}, {"StringEquals": {"k": ["b", "a"]}}),
    ],
)
def test_a_condition_with_the_same_meaning_changes_nothing(one, other):
    """The case of keys, the order of values and the type of booleans do not matter."""
    assert conditions(one, other) == (False, False)


def test_conditions_that_cannot_be_compared_count_as_both():
    """Neither direction can be proven."""
    one, other = {"DateLessThan": {"k": "2026-01-01"}}, {"DateLessThan": {"k": "2027-01-01"}}
    assert conditions(one, other) == (True, True)


def test_a_removed_deny_widens_and_a_new_one_denies():
    """A new deny of calls without TLS does not count: the guard needs no such call."""
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
def test_an_element_that_excludes_is_covered_only_by_the_same_element(element):
    """It allows everything else."""
    positive = element.removeprefix("Not")
    excluding = policy(**{element: "x", positive: None})
    assert compare(policy(), excluding).widened
    assert effects(excluding, excluding) == SAME


def test_the_strict_policy_narrows_reprieves_own_topic_policy():
    """The order of statements does not matter."""
    loose = topic_policy(TOPIC, LOCATION, Names())
    strict = topic_policy(TOPIC, LOCATION, Names(), strict=True)
    found = compare(loose, strict)
    assert found.widened == ()
    ((statement, text),) = found.taken
    assert statement.services == ("events.amazonaws.com",)
    assert text.startswith("statement EventBridgePublishes no longer allows events.amazonaws.com")
    assert compare(strict, loose).widened
    assert effects(loose, {"Statement": loose["Statement"][::-1]}) == SAME
    queue = dead_letter_policy(LOCATION, Names())
    assert effects(queue, queue) == SAME


def test_a_statement_without_a_sid_is_named_by_its_number():
    """The statement of a role's trust policy has no Sid."""
    trust = eventbridge_trust(LOCATION, Names())
    (text,) = compare(trust, {"Statement": [{**trust["Statement"][0], "Condition": {}}]}).widened
    assert text.startswith("statement 1 now allows events.amazonaws.com sts:AssumeRole without")


@pytest.mark.parametrize("invalid", [{}, {"Statement": ["x"]}, {"Statement": [{"Action": "x"}]}])
def test_a_value_that_is_not_a_policy_is_an_error(invalid):
    """It does not count as an empty policy."""
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
def test_a_pattern_covers_another_if_it_matches_all_that_the_other_matches(wide, narrow, expected):
    """Both may contain * and ?."""
    assert wildcard_covers(wide, narrow) == expected
