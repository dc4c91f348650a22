"""Pictures of terminals and mailboxes, and the ones in docs/pictures/."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from demo import svg
from demo.pictures import PICTURES, normalised
from sandbox.deployment import PROJECT

FILES = {file.name: file.read_text(encoding="utf-8") for file in PICTURES.glob("*.svg")}


def texts(picture):
    """Return the texts of a picture, in order."""
    root = ElementTree.fromstring(picture)  # noqa: S314 - made here
    found = root.iter("{http://www.w3.org/2000/svg}text")
    return [(each.text or "").replace("\xa0", " ") for each in found]


def test_a_terminal_keeps_text_and_colours_in_both_modes():
    """Red is another red in the dark; what looks like markup is text."""
    picture = svg.terminal("reprieve status", "\x1b[1;31m✘ <b> & [red]x[/]\x1b[0m plain", 40)
    assert texts(picture)[:2] == ["reprieve status", "✘ <b> & [red]x[/]"]
    light, dark = picture.split("prefers-color-scheme: dark")
    assert "fill: #cf222e;font-weight: bold" in light
    assert "fill: #ff7b72;font-weight: bold" in dark


def test_a_terminal_wraps_what_is_too_long():
    """No character is lost."""
    assert texts(svg.terminal("curl", f"{'x' * 50}\n", 40))[1:] == ["x" * 40, "x" * 10]


def test_a_mail_is_wrapped_as_in_a_mailbox():
    """Its headers come first."""
    body = f"{'one ' * 8}two\n\nfour"
    picture = svg.mail({"From": "a@example.com", "Subject": "Alert"}, body, 32)
    title, *heads, one, two, four = [text.rstrip() for text in texts(picture)]
    assert (title, one, two, four) == ("Alert", " ".join(["one"] * 8), "two", "four")
    assert "a@example.com" in "".join(heads)


def test_two_runs_differ_in_nothing_but_durations():
    """Ids, dates and the port are examples, each id another one, with the same width."""
    key = "0123abcd-0123-0123-0123-0123456789ab"
    other = key.replace("0123abcd", "aaaaaaaa")
    text = (
        f"{key} {other} {key} at 2026-11-28T11:30:55Z, Dec 5, 2026 11:30:55 AM, 11-28 11:30, 0:52"
    )
    assert normalised(f"{text} http://127.0.0.1:37461/x 2026-11-28") == (
        "1234abcd-12ab-34cd-56ef-1234567890ab 1234abcd-12ab-34cd-56ef-1234567890ac "
        "1234abcd-12ab-34cd-56ef-1234567890ab at 2026-01-15T03:01:17Z, Jan 22, 2026 3:01:17 AM, "
        "01-15 03:01, 0:52 http://127.0.0.1:5000/x 2026-01-15"
    )


def test_each_picture_is_shown():
    """In the README, or on a page that it links."""
    pages = [PROJECT / "README.md", *(PROJECT / "docs").glob("*.md")]
    shown = {
        name
        for page in pages
        for name in re.findall(r"pictures/([\w-]+\.svg)", page.read_text(encoding="utf-8"))
    }
    assert shown == set(FILES)


@pytest.mark.parametrize("name", FILES)
def test_a_picture_loads_nothing_and_names_no_machine(name):
    """It is small, has a style for dark mode, and shows the accounts of examples only."""
    picture = FILES[name]
    assert len(picture.encode()) < 150_000
    assert "prefers-color-scheme: dark" in picture
    assert re.findall(r"@import|@font-face|url\(|href", picture) == []
    assert set(re.findall(r"\b\d{12}\b", picture)) <= {"111122223333"}
    assert re.findall(r"/home/|/root/|/Users/|/work/|/tmp/", picture) == []
    assert texts(picture)
