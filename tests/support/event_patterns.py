"""Event patterns with AWS's verdicts. Reprieve's check and the sandbox's are both tested with them.

The two checks share no code, so that one error cannot be in both. A verdict comes from one of:

- GUIDE: EventBridge User Guide, "Event patterns" and "Comparison operators";
- QUOTAS: EventBridge User Guide, "Amazon EventBridge quotas";
- RULER: aws/event-ruler, the library that EventBridge uses (JsonRuleCompiler, CIDR, Constants,
  MachineComplexityEvaluator);
- OBSERVED: reported by people who created such rules.
"""

import json
from dataclasses import dataclass
from typing import Literal

GUIDE, QUOTAS, RULER, OBSERVED = "user guide", "quotas", "event-ruler", "observed"


@dataclass(frozen=True)
class Case:
    """One pattern (JSON text), and whether AWS accepts it according to `source`.

    `reprieve` compares Reprieve's check with AWS: the `same` verdict, or `stricter`, on purpose,
    for the reason in `why`.
    """

    pattern: str
    accepted: bool
    source: str
    reprieve: Literal["same", "stricter"] = "same"
    why: str = ""

    def __str__(self):
        """Return a short name for test reports."""
        return self.pattern[:60]


def _filters(accepted, source, *filters, **comparison):
    """Return a case for each filter, as the only value of the field detail.a."""
    return [
        Case(json.dumps({"detail": {"a": [each]}}), accepted, source, **comparison)
        for each in filters
    ]


def _texts(accepted, source, *patterns, **comparison):
    """Return a case for each pattern."""
    return [Case(pattern, accepted, source, **comparison) for pattern in patterns]


def of_length(length):
    """Return a pattern that AWS accepts if it is not too long."""
    empty = '{"a": [""]}'
    return empty.replace('""', '"' + "x" * (length - len(empty)) + '"')


def of_alternatives(*numbers):
    """Return a pattern with several $or, which have these numbers of alternatives."""
    return json.dumps(
        {
            chr(ord("a") + index): {"$or": [{"x": [each]} for each in range(number)]}
            for index, number in enumerate(numbers)
        },
        separators=(",", ":"),
    )


CASES = [
    # Values: strings, numbers, true, false and null, in arrays.
    *_filters(True, GUIDE, "text", "", 1, -0.5, 3.018e2, True, False, None),
    *_texts(
        True,
        GUIDE,
        '{"source": ["aws.ec2", "aws.fargate"]}',
        '{"detail": {"state": ["running"]}, "source": ["aws.ec2"]}',
        '{"a": [1, "b", {"prefix": "c"}]}',
    ),
    *_texts(
        False,
        GUIDE,
        "",
        "{'a': [1]}",
        '{"a": [NaN]}',
        '["a"]',
        '"a"',
        "{}",
        '{"source": "aws.kms"}',
        '{"detail": {"eventName": "x"}}',
        '{"a": 1}',
        '{"a": null}',
    ),
    *_texts(False, RULER, '{"detail": {}}', '{"a": []}', '{"a": [["b"]]}', '{"a": [{}]}'),
    # A match expression has one operator, and the operator exists.
    *_filters(
        False,
        RULER,
        {"prefix": "x", "suffix": "y"},
        {"starts-with": "x"},
        {"Prefix": "x"},
        {"regex": "x"},
    ),
    *_texts(False, RULER, '{"a": [{"prefix": "x", "prefix": "y"}]}'),
    # Prefix, suffix, equals-ignore-case.
    *_filters(True, GUIDE, {"prefix": "us-"}, {"suffix": ".png"}, {"equals-ignore-case": "alice"}),
    *_filters(
        True,
        GUIDE,
        {"prefix": {"equals-ignore-case": "EventB"}},
        {"suffix": {"equals-ignore-case": ".png"}},
    ),
    *_filters(True, RULER, {"prefix": ""}, {"suffix": ""}),
    *_filters(
        False,
        RULER,
        {"prefix": 1},
        {"prefix": ["x"]},
        {"prefix": {"wildcard": "x"}},
        {"prefix": {"equals-ignore-case": "x", "wildcard": "y"}},
        {"suffix": {"equals-ignore-case": 1}},
        {"suffix": None},
        {"equals-ignore-case": ["x"]},
        {"equals-ignore-case": 1},
    ),
    # Wildcard.
    *_filters(True, GUIDE, {"wildcard": "a*b\\*c\\\\d*"}, {"wildcard": "dir/*"}, {"wildcard": "*"}),
    *_filters(True, RULER, {"wildcard": "\\**"}, {"wildcard": "*\\*"}, {"wildcard": ""}),
    *_filters(
        False,
        GUIDE,
        {"wildcard": "x**"},
        {"wildcard": "**"},
        {"wildcard": "x\\y"},
        {"wildcard": "x\\"},
    ),
    *_filters(False, RULER, {"wildcard": ["x"]}, {"wildcard": 1}),
    # Exists.
    *_filters(True, GUIDE, {"exists": True}, {"exists": False}),
    *_filters(False, RULER, {"exists": "true"}, {"exists": 1}, {"exists": None}),
    # CIDR.
    *_filters(True, GUIDE, {"cidr": "10.0.0.0/24"}, {"cidr": "2001:db8::/32"}),
    *_filters(True, RULER, {"cidr": "10.0.0.9/24"}, {"cidr": "10.0.0.0/31"}, {"cidr": "0.0.0.0/0"}),
    *_filters(
        False,
        RULER,
        {"cidr": "10.0.0.0"},
        {"cidr": "10.0.0.0/33"},
        {"cidr": "10.0.0/24"},
        {"cidr": "10.0.0.0/-1"},
        {"cidr": "example.com/24"},
        {"cidr": 10},
        {"cidr": ["10.0.0.0/24"]},
    ),
    *_filters(
        False,
        RULER,
        {"cidr": "10.0.0.0/32"},
        {"cidr": "2001:db8::/128"},
        {"cidr": "10.0.0.0/255.255.255.0"},
    ),
    # Numeric.
    *_filters(
        True,
        GUIDE,
        {"numeric": [">", 0]},
        {"numeric": ["=", 3.018e2]},
        {"numeric": [">", 0, "<=", 5]},
        {"numeric": [">=", -5e9, "<", 5e9]},
        {"numeric": ["<", 10]},
        {"numeric": ["<=", 10]},
    ),
    *_filters(False, GUIDE, {"numeric": [">", 5000000001]}, {"numeric": ["<", -5000000001]}),
    *_filters(
        False,
        RULER,
        {"numeric": []},
        {"numeric": 5},
        {"numeric": [">"]},
        {"numeric": [">", "0"]},
        {"numeric": [">", True]},
        {"numeric": ["!=", 0]},
        {"numeric": ["<", 5, ">", 0]},
        {"numeric": ["=", 5, "<", 9]},
        {"numeric": [">", 0, ">", 5]},
        {"numeric": [">", 5, "<", 5]},
        {"numeric": [">", 6, "<", 5]},
        {"numeric": [">", 0, "<", 5, "<", 6]},
    ),
    # Anything-but.
    *_filters(
        True,
        GUIDE,
        {"anything-but": "initializing"},
        {"anything-but": 123},
        {"anything-but": ["stopped", "overloaded"]},
        {"anything-but": [100, 200, 300]},
        {"anything-but": {"prefix": "init"}},
        {"anything-but": {"suffix": ".txt"}},
        {"anything-but": {"equals-ignore-case": "initializing"}},
        {"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}},
        {"anything-but": {"wildcard": "*/lib/*"}},
        {"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}},
    ),
    *_filters(
        True,
        RULER,
        {"anything-but": ""},
        {"anything-but": {"prefix": ["a", "b"]}},
        {"anything-but": {"suffix": ["a", "b"]}},
        {"anything-but": {"equals-ignore-case": ""}},
    ),
    *_filters(
        False,
        RULER,
        {"anything-but": []},
        {"anything-but": ["x", 1]},
        {"anything-but": True},
        {"anything-but": None},
        {"anything-but": [None]},
        {"anything-but": [True]},
        {"anything-but": {}},
        {"anything-but": {"cidr": "10.0.0.0/24"}},
        {"anything-but": {"numeric": [">", 0]}},
        {"anything-but": {"prefix": 1}},
        {"anything-but": {"prefix": ["a", 1]}},
        {"anything-but": {"prefix": {"equals-ignore-case": "a"}}},
        {"anything-but": {"prefix": "a", "suffix": "b"}},
        {"anything-but": {"wildcard": "x**"}},
        {"anything-but": {"wildcard": ["ok*", "x\\y"]}},
    ),
    *_filters(
        False,
        RULER,
        {"anything-but": {"prefix": ""}},
        {"anything-but": {"suffix": ""}},
        {"anything-but": {"prefix": ["a", ""]}},
    ),
    # $or.
    *_texts(
        True,
        GUIDE,
        '{"source": ["a"], "$or": [{"detail": {"a": [1]}}, {"detail": {"b": [2]}}]}',
        '{"detail": {"$or": [{"a": [{"numeric": [">", 0]}]}, {"b": [{"exists": false}]}]}}',
    ),
    *_texts(True, RULER, '{"$or": [{"a": [1]}, {"$or": [{"b": [1]}, {"c": [1]}]}]}'),
    *_texts(
        False,
        RULER,
        '{"$or": []}',
        '{"$or": [{"a": [1]}]}',
        '{"$or": {"a": [1]}}',
        '{"$or": [{"a": [1]}, "b"]}',
        '{"$or": [{"a": [1]}, {"b": []}]}',
        '{"$or": [{"a": [1]}, {}]}',
    ),
    *_texts(True, RULER, '{"prefix": ["a"], "numeric": {"cidr": ["b"]}}'),
    *_texts(
        False,
        RULER,
        '{"$or": [{"prefix": ["a"]}, {"b": [1]}]}',
        '{"$or": [{"a": [1]}, {"b": {"numeric": [1]}}]}',
    ),
    # The alternatives of $or multiply: at most 1,000 combinations. Values do not count.
    *_texts(True, GUIDE, of_alternatives(10, 10, 10), of_alternatives(1000 // 20, 20)),
    *_texts(False, GUIDE, of_alternatives(10, 10, 11), of_alternatives(50, 21)),
    *_texts(True, GUIDE, '{"a": ' + json.dumps(list(range(150))) + ', "b": [1, 2, 3, 4, 5, 6, 7]}'),
    # Wildcards of one field: at most ten beginnings of them match a text at the same time.
    *_texts(
        True,
        OBSERVED,
        '{"a": [{"wildcard": "*.bif"}, {"wildcard": "*.tiff"}, {"wildcard": "*.tif"}, '
        '{"wildcard": "*.svs"}]}',
        '{"a": [{"wildcard": "*/datasync/*.bif"}, {"wildcard": "*/datasync/*.tif"}]}',
    ),
    *_texts(
        False,
        OBSERVED,
        '{"a": [{"wildcard": "*/datasync/*.bif"}, {"wildcard": "*/datasync/*.tiff"}, '
        '{"wildcard": "*/datasync/*.tif"}, {"wildcard": "*/datasync/*.svs"}]}',
    ),
    *_filters(
        True,
        RULER,
        {"wildcard": "*aaaaaaaaa"},
        {"wildcard": "aaaaaaaaaaaaaaaaaaaaaaaa*"},
        {"wildcard": "*" + "abcdefgh" * 9},
        {"wildcard": "*\\*\\*\\*"},
        {"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}},
    ),
    *_filters(
        False,
        RULER,
        {"wildcard": "*aaaaaaaaaaaaaaaa"},
        {"wildcard": "*a*a*a*a*a*a*a*a"},
        {"wildcard": "*" + "abcdefgh" * 20},
        {"anything-but": {"wildcard": ["*/lib/*", "*/bin/*", "*/etc/*", "*/var/*"]}},
    ),
    *_texts(True, RULER, '{"a": [{"wildcard": "*aaaaaaaaa"}], "b": [{"wildcard": "*aaaaaaaaa"}]}'),
    # Nested and dotted names are both allowed; they match the same fields.
    *_texts(True, RULER, '{"detail.a": [1]}', '{"detail": {"a.b": [1]}, "detail.a": {"b": [2]}}'),
    # The length counts in characters.
    *_texts(True, QUOTAS, of_length(2048)),
    *_texts(False, QUOTAS, of_length(2049)),
    # Reprieve refuses more, on purpose.
    *_texts(
        True,
        RULER,
        '{"a": [1], "a": [2]}',
        '{"detail": {"a": ["x"], "a": ["y"]}}',
        reprieve="stricter",
        why="AWS uses the last of two fields with one name, which is hardly what the author meant",
    ),
    *_filters(
        True,
        RULER,
        5000000001,
        123456789012,
        reprieve="stricter",
        why="the number may lie beyond the range in which EventBridge compares numbers",
    ),
]
