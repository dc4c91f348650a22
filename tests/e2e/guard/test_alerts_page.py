"""docs/alerts.md shows what people get."""

import itertools

import pytest

from demo.alerts import PAGE, normalised, page
from reprieve.events.threats import BY_NAME

pytestmark = pytest.mark.long


def test_the_page_shows_each_kind_as_it_is_delivered(sandbox, tmp_path):
    """`make docs` would change only ids and dates."""
    found = page(sandbox, tmp_path)
    assert normalised(found) == normalised(PAGE.read_text(encoding="utf-8"))
    assert [name for name in BY_NAME if f"## `{name}`" not in found] == []


def test_no_kind_is_without_a_message():
    """A heading is followed by what was delivered."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line]
    for line, following in itertools.pairwise(lines):
        if line.startswith("## "):
            assert following.startswith(("```text", "Subject: "))
