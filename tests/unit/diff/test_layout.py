"""How `reprieve diff` looks at each width, and in a pipe."""

import pytest

from reprieve.diff.markdown_report import markdown
from reprieve.diff.text_report import laid_out, text_lines
from tests.unit.diff.plan_making import review


def laid(name, width):
    """Return a plan's report as it is on a terminal of this width; None is a pipe."""
    lines = text_lines([review(name)], labels=True)
    return [part for line in lines for part in laid_out(line, width)]


@pytest.mark.parametrize("width", [80, 100, 120, 200, None])
@pytest.mark.parametrize("name", ["tampered", "region-leaves", "strict"])
def test_each_width(snapshot, name, width):
    """Every word is there, and no line is longer than the terminal."""
    found = laid(name, width)
    assert "\n".join(found) == snapshot
    assert not width or max(map(len, found)) <= width
    assert "".join("".join(found).split()) == "".join("".join(laid(name, None)).split())


def test_markdown_has_the_same_headings(snapshot):
    """What is restored is not among the changes."""
    found = markdown([review("tampered")], labels=False)
    assert found.partition("<details>")[0] == snapshot
