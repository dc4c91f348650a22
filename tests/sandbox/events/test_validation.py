"""The sandbox accepts and refuses event patterns as EventBridge does."""

import pytest

from sandbox.events.matching import matches
from sandbox.events.patterns import errors_in
from tests.support.event_patterns import CASES


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_sandbox_has_awss_verdict_on_a_pattern(case):
    """The cases that AWS documents, or that the library of EventBridge decides."""
    assert (not errors_in(case.pattern)) == case.accepted, errors_in(case.pattern)


def test_the_last_of_two_fields_with_one_name_counts():
    """As in EventBridge."""
    assert not matches('{"a": ["x"], "a": ["y"]}', {"a": "x"})
    assert matches('{"a": ["x"], "a": ["y"]}', {"a": "y"})


def test_a_repeated_match_expression_is_refused():
    """One operator is allowed, even if both have the same name."""
    (error,) = errors_in('{"a": [{"prefix": "x", "prefix": "y"}]}')
    assert error == "Only one key allowed in match expression, not 2"


def test_every_sentence_of_a_refusal_names_the_reason():
    """PutRule puts it into its answer."""
    assert errors_in('{"a": "x"}') == ['"a" must be an object or an array']
    assert errors_in("{") == [
        "Event pattern is not JSON: Expecting property name enclosed in double quotes: "
        "line 1 column 2 (char 1)"
    ]
