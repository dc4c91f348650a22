"""Whatever is in a plan's JSON, `reprieve diff` reports it or says in a sentence why it cannot."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reprieve.cli.common import print_json
from reprieve.diff.json_report import as_json
from reprieve.diff.markdown_report import markdown
from reprieve.diff.plan_reader import parse
from reprieve.diff.review import code_of, review_plans
from reprieve.diff.text_report import laid_out, text_lines
from reprieve.errors import ExitCode, ReprieveError
from tests.unit.diff.plan_making import plan_json

pytestmark = pytest.mark.slow

PLANS = {name: plan_json(name) for name in ("tampered", "strict", "storm-raised", "applied")}
POLICY = '{"Statement": [{"Effect": 1, "Action": {}, "Principal": [], "Resource": null}]}'
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**4000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["\x1b[2J\u202e", "arn:aws:", "[", "{}", "[1]", POLICY, "\ud800", "${a.arn}"]),
    st.sampled_from([[], [[]], [None], [{}], ["update"], ["create", "read"], [1, "a", None]]),
    st.sampled_from([{}, {"a": None}, {"Statement": 1}, {"name": []}, {"change": {"actions": 1}}]),
    st.integers(1, 950).map(lambda levels: json.loads("[" * levels + "]" * levels)),
    st.integers(1, 950).map(lambda levels: "[" * levels + "]" * levels),
)


def containers(value: Any) -> list[Any]:
    """Return every object and array in a value that is not empty, the value first."""
    found, rest = [], [value]
    while rest:
        each = rest.pop()
        if isinstance(each, dict | list) and each:
            found.append(each)
            rest += each.values() if isinstance(each, dict) else each
    return found


def changed(plan: Any) -> list[Any]:
    """Return the entries of a plan that change something, so far as it still has any."""
    lists = (plan.get(name) for name in ("resource_changes", "resource_drift"))
    found = [each for entries in lists if isinstance(entries, list) for each in entries]
    return [
        each
        for each in found
        if isinstance(each, dict)
        and isinstance(change := each.get("change"), dict)
        and change.get("actions") != ["no-op"]
    ]


@st.composite
def damaged(draw):
    """Return a real plan with a few values replaced, removed, or written twice."""
    plan = copy.deepcopy(PLANS[draw(st.sampled_from(sorted(PLANS)))])
    for _ in range(draw(st.integers(1, 4))):
        # Most of a plan is resources that stay as they are, which little is read of.
        inside = containers(draw(st.sampled_from([plan, *changed(plan)])))
        container = inside[draw(st.integers(0, len(inside) - 1))]
        places = sorted(container) if isinstance(container, dict) else range(len(container))
        place = places[draw(st.integers(0, len(places) - 1))]
        if draw(st.integers(0, 4)):
            container[place] = copy.deepcopy(draw(JUNK))
        elif isinstance(container, list) and draw(st.booleans()):
            container.append(container[place])
        else:
            del container[place]
    return plan


def report(plan):
    """Print a plan in every format."""
    reviews = review_plans([parse(json.dumps(plan).encode(), "plan.json")])
    for width in (None, 80):
        for line in text_lines(reviews, labels=True):
            assert all(part.isprintable() for part in laid_out(line, width))
    assert markdown(reviews, labels=True).encode()
    print_json(as_json(reviews))
    return code_of(reviews)


@pytest.mark.parametrize("name", sorted(PLANS))
def test_the_plans_are_reported_as_they_are(name):
    """The other test damages them."""
    assert report(PLANS[name]) in set(ExitCode)


@settings(suppress_health_check=list(HealthCheck))
@given(damaged())
def test_a_damaged_plan_is_reported_or_refused(plan):
    """Only errors of exit code 2 are raised, however deep, large or odd a value is."""
    refused = None
    try:
        report(plan)
    except ReprieveError as error:
        refused = error
    if refused:
        assert refused.exit_code == ExitCode.USAGE
        assert refused.report.startswith("plan.json ")
