"""`make check` finds each word and phrase of .ci/words.txt, and suggests a better one."""

import subprocess
import sys
from pathlib import Path

from tests.support.words import WORDS

PROJECT = Path(__file__).resolve().parents[2]


def found_in(page: Path) -> list[str]:
    """Return the words that codespell reports in a file, with the project's configuration."""
    run = subprocess.run(
        [sys.executable, "-m", "codespell_lib", str(page)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not run.stderr
    return [line.rpartition(": ")[2].partition(" ==> ")[0] for line in run.stdout.splitlines()]


def test_each_word_is_found(tmp_path):
    """A phrase too, which needs to be in the regular expression of pyproject.toml."""
    page = tmp_path / "page.md"
    page.write_text("".join(f"It is {word}, here.\n" for word in WORDS), "utf-8")
    assert found_in(page) == WORDS


def test_a_misspelling_is_found(tmp_path):
    """In a string of Python too; a name with underscores is no prose."""
    page = tmp_path / "module.py"
    misspelled = "wierd"  # codespell:ignore
    page.write_text(f'text = "a {misspelled} word"  # anewer\nfor_good = taken_back\n', "utf-8")
    assert found_in(page) == [misspelled]


def test_plain_words_pass(tmp_path):
    """The near miss."""
    page = tmp_path / "page.md"
    page.write_text('An alert is "sent"; a good key, back again: nobody\'s fault.\n', "utf-8")
    assert found_in(page) == []
