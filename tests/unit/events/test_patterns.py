"""The check of event patterns: what EventBridge accepts and refuses."""

import json

import pytest

from reprieve.events.patterns import MAX_PATTERN_LENGTH, pattern_errors
from tests.support.event_patterns import CASES


def reprieve_accepts(case):
    """Tell whether Reprieve has to accept a pattern: its check may be stricter than AWS's."""
    return case.accepted and case.reprieve != "stricter"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_reprieve_has_awss_verdict_on_a_pattern_or_is_stricter_on_purpose(case):
    """The table that the sandbox's own check is tested with too."""
    assert (not pattern_errors(case.pattern)) == reprieve_accepts(case), pattern_errors(
        case.pattern
    )


def test_where_reprieve_is_stricter_the_table_says_why():
    """And AWS accepts those patterns."""
    stricter = [case for case in CASES if case.reprieve == "stricter"]
    assert stricter
    assert all(case.accepted and case.why for case in stricter)


@pytest.mark.parametrize(
    "filters",
    [
        ["text", 1, -0.5, True, None],
        [{"prefix": "a"}, {"suffix": "z"}],
        [{"prefix": {"equals-ignore-case": "A"}}],
        [{"suffix": {"equals-ignore-case": "A"}}],
        [{"equals-ignore-case": "A"}],
        [{"wildcard": "a*b\\*c\\\\d*"}],
        [{"exists": False}],
        [{"cidr": "10.0.0.0/24"}, {"cidr": "2001:db8::/32"}],
        [{"numeric": [">", 0]}, {"numeric": [">=", 0, "<", 5e9]}, {"numeric": ["=", 3]}],
        [{"anything-but": "a"}, {"anything-but": ["a", "b"]}, {"anything-but": [1, 2]}],
        [{"anything-but": {"prefix": "a"}}, {"anything-but": {"suffix": ["a", "b"]}}],
        [{"anything-but": {"equals-ignore-case": ["a"]}}, {"anything-but": {"wildcard": "a*"}}],
    ],
)
def test_every_documented_operator_is_valid(filters):
    """In every form of the documentation."""
    assert pattern_errors(json.dumps({"detail": {"field": filters}})) == []


def test_or_of_two_patterns_is_valid():
    """With other fields beside it."""
    pattern = {"source": ["a"], "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [2]}}]}
    assert pattern_errors(json.dumps(pattern)) == []


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "not valid JSON"),
        ("{'a': 1}", "not valid JSON"),
        ('{"a": [NaN]}', "NaN is not a JSON value"),
        ('{"a": [1], "a": [2]}', "an object has the field a twice"),
        ('["a"]', "not a JSON object"),
        ("{}", "empty"),
        ('{"source": "aws.kms"}', 'source: a value must be in an array, like ["aws.kms"]'),
        ('{"detail": {"eventName": "x"}}', "detail.eventName: a value must be in an array"),
        ('{"detail": {}}', "detail: an empty object"),
        ('{"a": []}', "a: an empty array"),
        ('{"a": [["b"]]}', "a: an array inside an array"),
        ('{"a": [{}]}', "a: a filter has exactly one operator, not 0"),
        ('{"a": [{"prefix": "x", "suffix": "y"}]}', "a: a filter has exactly one operator, not 2"),
        ('{"a": [{"starts-with": "x"}]}', "a: 'starts-with' is not an operator"),
        ('{"a": [{"prefix": 1}]}', "a.prefix: the value must"),
        ('{"a": [{"prefix": ["x"]}]}', "a.prefix: the value must"),
        ('{"a": [{"prefix": {"wildcard": "x"}}]}', "a.prefix: only equals-ignore-case"),
        (
            '{"a": [{"suffix": {"equals-ignore-case": 1}}]}',
            "a.suffix.equals-ignore-case: the value must",
        ),
        (
            '{"a": [{"equals-ignore-case": ["x"]}]}',
            "a.equals-ignore-case: the value must",
        ),
        ('{"a": [{"exists": "true"}]}', "a.exists: the value must be true or false"),
        ('{"a": [{"wildcard": "x**"}]}', "a.wildcard: two *"),
        ('{"a": [{"wildcard": "x\\\\y"}]}', "a.wildcard: a backslash"),
        ('{"a": [{"cidr": "10.0.0.0"}]}', "a.cidr: the value must be an address block"),
        ('{"a": [{"cidr": "10.0.0.0/33"}]}', "a.cidr: the value must be an address block"),
        ('{"a": [{"numeric": [">", "0"]}]}', "a.numeric: write one comparison"),
        ('{"a": [{"numeric": ["<", 5, ">", 0]}]}', "a.numeric: write one comparison"),
        ('{"a": [{"numeric": [">", 5, "<", 5]}]}', "a.numeric: the lower bound 5 is not below 5"),
        ('{"a": [{"numeric": [">", 5000000001]}]}', "a.numeric: the number 5000000001"),
        ('{"a": [5000000001]}', "a: the number 5000000001"),
        ('{"a": [{"anything-but": []}]}', "a.anything-but: an empty array"),
        ('{"a": [{"anything-but": ["x", 1]}]}', "a.anything-but: the values must be strings only"),
        ('{"a": [{"anything-but": {"cidr": "x"}}]}', "a.anything-but: one of prefix, suffix"),
        (
            '{"a": [{"anything-but": {"prefix": 1}}]}',
            "a.anything-but.prefix: the value must",
        ),
        ('{"a": [{"anything-but": {"wildcard": "x**"}}]}', "a.anything-but.wildcard: two *"),
        ('{"$or": [{"a": [1]}]}', "$or: $or needs an array of at least two"),
        ('{"$or": [{"a": [1]}, {"b": []}]}', "$or[1].b: an empty array"),
        ('{"$or": [{"a": [1]}, "b"]}', "$or[1]: an entry of $or must be an object"),
    ],
)
def test_an_invalid_pattern_is_one_sentence_with_its_path(pattern, words):
    """The sentence says what is wrong there."""
    (error,) = pattern_errors(pattern)
    assert words in error


def test_every_error_is_reported():
    """Not only the first one."""
    assert len(pattern_errors('{"a": [], "b": 1}')) == 2


@pytest.mark.parametrize(("length", "errors"), [(MAX_PATTERN_LENGTH, 0), (2049, 1)])
def test_a_pattern_has_at_most_2048_characters(length, errors):
    """One more character is an error."""
    empty = '{"a": [""]}'
    pattern = empty.replace('""', '"' + "x" * (length - len(empty)) + '"')
    assert (len(pattern), len(pattern_errors(pattern))) == (length, errors)
