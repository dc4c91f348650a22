"""Where long lines are broken, and that none ends with spaces."""

import io

import pytest
from rich.console import Console
from rich.text import Text

from reprieve.cli.views.layout import marked, show_table, table

COMMAND = "`npx cdktf deploy reprieve`"
ARN = "arn:aws:ssm:eu-west-1:111122223333:automation-definition/reprieve-patrol-4c1aeb29:1"


def printed(show, width):
    """Return the lines on a terminal, with the spaces at their ends."""
    file = io.StringIO()
    show(Console(file=file, width=width, force_terminal=True, color_system=None, highlight=False))
    return file.getvalue().splitlines()


def lines(text, width):
    """Return the lines of a text after a mark."""
    return printed(lambda out: out.print(marked("→ ", Text(text))), width)


@pytest.mark.parametrize("before", range(1, 59))
def test_a_command_stays_whole_where_it_fits(before):
    """Whatever stands before it."""
    found = lines(f"{'x' * before} shows it, {COMMAND}. Then wait.", 60)
    assert any(f"{COMMAND}." in line for line in found)
    assert max(map(len, found)) <= 60
    assert " ".join(" ".join(found).split()) == f"→ {'x' * before} shows it, {COMMAND}. Then wait."


def test_a_command_that_is_longer_than_a_line_is_broken_between_words():
    """It fills the line that it begins on."""
    assert lines("Run `aws sqs receive-message --region eu-west-1`.", 26) == [
        "→ Run `aws sqs",
        "  receive-message --region",
        "  eu-west-1`.",
    ]


@pytest.mark.parametrize("before", range(1, 120))
def test_an_arn_is_not_broken_within_a_name(before):
    """It stays whole where it fits, and is broken after its slash where it does not."""
    text = f"{'a ' * before}{ARN}, not x."
    assert any(ARN in line for line in lines(text, len(ARN) + 3))
    found = lines(text, 80)
    assert any("reprieve-patrol-4c1aeb29:1," in line for line in found)
    assert any(
        "arn:aws:ssm:eu-west-1:111122223333:automation-definition/" in line for line in found
    )
    assert max(map(len, found)) <= 80


def test_what_has_no_place_to_break_is_broken_anywhere():
    """No line is longer than the terminal, and nothing is lost."""
    assert lines("x" * 25, 12) == ["→ xxxxxxxxxx", "  xxxxxxxxxx", "  xxxxx"]
    assert lines("", 12) == ["→"]


def test_wide_characters_count_twice():
    """As a terminal shows them."""
    assert lines("日本語 日本語", 12) == ["→ 日本語", "  日本語"]


def test_no_line_ends_with_spaces():
    """On a terminal too: its lines are copied."""
    content = table("NAME", "COLOUR")
    content.add_row("a", "red")
    content.add_row("long name", "")
    found = printed(lambda out: show_table(content, out), 80)
    assert found == ["NAME       COLOUR", "a          red", "long name"]
    assert [line for line in lines("word " * 50, 40) if line.endswith(" ")] == []
