"""What the documentation tells to run is there, and its links lead somewhere."""

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from reprieve.cli.main import app

PROJECT = Path(__file__).resolve().parents[2]
PAGES = {
    str(path.relative_to(PROJECT)): path.read_text()
    for path in [*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")]
}
COMMANDS = sorted(
    {
        (page, line[2:].partition("  #")[0].strip())
        for page, text in PAGES.items()
        for block in re.findall(r"^ *```console\n(.*?)```", text, re.MULTILINE | re.DOTALL)
        for line in re.sub(r"\\\n", " ", block).replace("\n   $ ", "\n$ ").splitlines()
        if line.lstrip().startswith("$ ")
        for line in [line.lstrip()]
    }
)
OTHERS = (".venv/bin/python", "aws", "cat", "cd", "cp", "git", "jq", "source", "terraform")


def test_there_are_commands():
    """The other test is about something."""
    assert len(COMMANDS) > 20


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_a_command_of_the_documentation_is_there(page, command):
    """A make target, a script with execute permission, a command of reprieve with its options."""
    words = [word for word in shlex.split(command) if not re.fullmatch(r"\w+=.*", word)]
    program, argument = words[0], (words[1:] or [""])[0]
    if program == "make":
        assert re.search(rf"^{argument}:", (PROJECT / "Makefile").read_text(), re.MULTILINE)
    elif program.startswith(".ci/"):
        assert os.access(PROJECT / program, os.X_OK)
        assert_options(words, (PROJECT / program).read_text())
    elif program == "reprieve":
        known: Any = get_command(app)
        for word in words[1:]:
            if word not in getattr(known, "commands", {}):
                break
            known = known.commands[word]
        options = [option for each in known.params for option in (*each.opts, *each.secondary_opts)]
        assert not hasattr(known, "commands"), f"{page} names no command in: {command}"
        assert_options(words, [*options, "--help"])
    elif program == "npx":
        assert words[1:2] in (["cdktf"], ["cdktn"])
        assert words[2] in ("deploy", "diff", "destroy", "synth")
    else:
        assert program in OTHERS


def assert_options(words, known):
    """Check that each option among the words is known."""
    for word in words:
        if word.startswith("--"):
            assert word.partition("=")[0] in known


def anchors(text):
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    """To a file of this repository, and to a heading in it."""
    for target in re.findall(r"\]\(([^)\s]+)\)", PAGES[page]):
        if re.match(r"https?:|mailto:", target):
            continue
        file, _, anchor = target.partition("#")
        path = (PROJECT / page).parent / file if file else PROJECT / page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path.read_text()), target
