"""What the demo prints while it runs."""

import io
import re

from rich.console import Console

from demo import screen
from demo.rescue import Rescue
from demo.screen import Screen

LINES = ["Plan: 2 to add, 0 to change, 0 to destroy.", "a: Creation complete after 1s [id=a]"]


def streams(**options):
    """Return a screen, and the files that its two streams write to."""
    files = [io.StringIO(), io.StringIO()]
    consoles = [Console(file=file, width=100, highlight=False, **options) for file in files]
    return Screen(*consoles), *files


def test_progress_in_a_pipe_is_lines_without_control_characters(monkeypatch):
    """One at the start and more while it lasts; the result is on stdout."""
    monkeypatch.setattr(screen, "_SECONDS", 0.01)
    shown, out, err = streams(force_terminal=False)
    with shown.progress("cdktf deploy") as on_line:
        for line in LINES:
            on_line(line)
        while "1 of 2" not in err.getvalue():
            pass
    first, *_, last = err.getvalue().splitlines()
    assert first == "cdktf deploy: synth, init, plan, 0:00"
    assert re.fullmatch(r"cdktf deploy: 1 of 2 resources, 0:\d\d", last)
    assert re.fullmatch(r"✔ cdktf deploy +1 resources +0:\d\d\n", out.getvalue())
    assert re.search(r"[\x00-\x09\x0b-\x1f\x7f]", out.getvalue() + err.getvalue()) is None


def test_progress_on_a_terminal_disappears_and_the_result_stays():
    """What moves is on stderr, as in the commands."""
    shown, out, err = streams(force_terminal=True, color_system=None)
    with shown.progress("cdktf diff") as on_line:
        on_line("No changes.")
    assert "\x1b" in err.getvalue()
    assert re.fullmatch(r"✔ cdktf diff +done +0:\d\d\n", out.getvalue())


def test_the_table_of_rescues_is_printed_once():
    """On a terminal too, where it moves before."""
    for terminal in (False, True):
        shown, out, err = streams(force_terminal=terminal, color_system=None)
        rows = [Rescue("eu-west-1"), Rescue("us-east-1")]
        with shown.rescues(rows) as update:
            update()
            rows[0].states, rows[0].automation, rows[0].seconds = ("Disabled",), "Success", 0.5
            rows[0].alerted = ("security@example.com",)
            update()
        title, _, row, *_ = out.getvalue().splitlines()
        assert title.rstrip() == "1 of 2 keys rescued"
        assert row.split()[:3] == ["eu-west-1", "security@example.com", "Success"]
        assert terminal or err.getvalue().startswith("rescues: 0 of 2 keys\n")


def test_a_mail_is_printed_as_it_is():
    """No line is wrapped, and no text is a style or an emoji."""
    shown, out, _ = streams(force_terminal=False)
    text = f"[bold] :smile: {'x' * 200}"
    shown.print_mail("One alert", text)
    assert out.getvalue() == f"\nOne alert:\n\n  {text}\n"
