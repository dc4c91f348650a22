"""How errors end a command: message, hint, exit code; the traceback with --debug only."""

import pytest

from reprieve.cli import threats
from reprieve.errors import ReprieveError


class AnError(ReprieveError):
    """An error of the default exit code."""


def raise_in_threats(monkeypatch, error):
    """Let `reprieve threats` raise an error."""

    def raise_error():
        raise error

    monkeypatch.setattr(threats, "load", raise_error)


def test_an_error_prints_its_message_and_its_hint_and_ends_with_its_exit_code(reprieve):
    """On stderr, without a traceback; nothing on stdout."""
    result = reprieve("sweep", "--region", "eu-wst-1")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "--region eu-wst-1: Unknown Region.\n→ Did you mean eu-west-1?\n"


def test_a_region_that_is_not_watched_is_no_mistake_in_writing(reprieve):
    """The hint does not suggest another Region, but what to do."""
    settings = '[notify]\nemails = ["a@example.com"]\n[regions]\nwatch = ["eu-west-1"]\n'
    result = reprieve("drill", "--region", "eu-central-1", settings=settings)
    assert (result.exit_code, result.stderr) == (
        2,
        "--region eu-central-1: The settings do not watch this Region.\n"
        "→ Use one of eu-west-1, or add it to regions.watch and deploy.\n",
    )


def test_an_error_without_a_hint_prints_its_message_alone(reprieve, monkeypatch):
    """With the exit code of its class."""
    raise_in_threats(monkeypatch, AnError("It failed."))
    result = reprieve("threats")
    assert (result.exit_code, result.stderr) == (1, "It failed.\n")


@pytest.mark.parametrize("command", ["threats", "status", "drill", "sweep"])
def test_every_command_reports_errors_of_the_settings(reprieve, command):
    """All errors at once, no traceback, nothing on stdout."""
    result = reprieve(command, settings='[notify]\nemails = ["x"]\ntopic = "y"\n')
    assert result.exit_code == 2
    assert "notify.emails[0]" in result.stderr
    assert "notify.topic" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_diff_uses_the_same_handler(reprieve, tmp_path):
    """A plan that does not exist: a message and no traceback."""
    result = reprieve("diff", str(tmp_path / "plan.json"))
    assert result.exit_code == 2
    assert "plan.json" in result.stderr
    assert "Traceback" not in result.stderr


def test_debug_shows_the_traceback_too(reprieve):
    """Before the message."""
    result = reprieve("--debug", "sweep", "--region", "eu-wst-1")
    assert result.exit_code == 2
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert result.stderr.endswith("Unknown Region.\n→ Did you mean eu-west-1?\n")


def test_an_unexpected_error_is_a_message_too(reprieve, monkeypatch):
    """It says how to get the traceback."""
    raise_in_threats(monkeypatch, ZeroDivisionError("division by zero"))
    result = reprieve("threats")
    assert result.exit_code == 1
    assert result.stderr == (
        "Unexpected error: ZeroDivisionError: division by zero\n"
        "→ This is an error in Reprieve. `reprieve --debug threats` shows the traceback: "
        "report it.\n"
    )


def test_debug_shows_the_traceback_of_an_unexpected_error(reprieve, monkeypatch):
    """With the line that raised it."""
    raise_in_threats(monkeypatch, ZeroDivisionError("division by zero"))
    result = reprieve("--debug", "threats")
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback (most recent call last):\n")
    assert "\nZeroDivisionError: division by zero\n" in result.stderr


def test_unprintable_characters_of_an_error_are_escaped(reprieve, monkeypatch):
    """Messages quote what others wrote; line breaks of the message itself stay."""
    raise_in_threats(monkeypatch, AnError("first\nsecond \x1b[2J", "hint \u202e"))
    assert reprieve("threats").stderr == "first\nsecond \\x1b[2J\n→ hint \\u202e\n"


def test_wrong_use_ends_with_2(reprieve):
    """An option, a command and a policy that do not exist."""
    assert reprieve("threats", "--pattern").exit_code == 2
    assert reprieve("treats").exit_code == 2
    result = reprieve("policy", "sweep --cancle")
    assert result.exit_code == 2
    assert result.stderr.endswith("→ Did you mean sweep --cancel?\n")


@pytest.mark.parametrize(
    "arguments", [["drill"], ["sweep", "--cancel"], ["sweep", "--enable", "--yes", "--json"]]
)
def test_a_change_needs_a_terminal_or_yes(reprieve, account, arguments):
    """Without either the command ends before it changes anything."""
    result = reprieve(*arguments)
    confirmed = "--yes" in arguments
    assert result.exit_code == (1 if confirmed else 2)
    assert ("→ Use --yes" in result.stderr) is not confirmed


@pytest.mark.parametrize(
    "arguments",
    [
        ["drill", "--yes"],
        ["sweep", "--cancel", "--yes"],
        ["sweep", "--enable", "--yes"],
        ["move-state", "--from", "area", "--yes"],
    ],
)
def test_what_changes_something_is_refused_if_the_roles_only_read(
    reprieve, account, monkeypatch, arguments
):
    """Before anything is done; also if the account has no role."""
    monkeypatch.setenv("REPRIEVE_READ_ONLY", "1")
    result = reprieve(*arguments)
    words = [each for each in arguments if each not in ("--yes", "--from", "area")]
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"REPRIEVE_READ_ONLY is 1: `reprieve {' '.join(words)}` changes something, so nothing was "
        "done.\n→ Unset the variable to run the command.\n"
    )


def test_a_sweep_that_only_lists_works_with_the_roles_that_only_read(
    reprieve, account, monkeypatch
):
    """Neither --cancel nor --enable is given."""
    monkeypatch.setenv("REPRIEVE_READ_ONLY", "1")
    assert "REPRIEVE_READ_ONLY" not in reprieve("sweep").stderr


def test_an_exempt_principal_cannot_drill(reprieve, account):
    """The guard does not cancel its deletions; the hint says what to do."""
    user = "arn:aws:iam::111122223333:user/alice"
    result = reprieve("drill", "--yes", settings=f'exempt.principals = ["{user}"]\n{_NOTIFY}')
    assert result.exit_code == 2
    assert result.stderr.endswith("→ Run the drill as another principal.\n")


def test_a_drill_needs_its_alert(reprieve):
    """The settings leave it out: the message names the setting, the hint says what to add."""
    threats = 'notify.threats = ["key-disabled"]\nremediation.enabled = false\n'
    result = reprieve("drill", "--yes", settings=f"{_NOTIFY}{threats}")
    assert result.exit_code == 2
    assert "notify.threats does not include key-deletion-scheduled" in result.stderr
    assert "→ Add key-deletion-scheduled to notify.threats and deploy." in result.stderr


_NOTIFY = 'notify.emails = ["security@example.com"]\n'


def test_an_unknown_format_is_reported_without_the_words_of_a_library(reprieve):
    """With those that there are."""
    result = reprieve("threats", "--format", "xml")
    assert result.exit_code == 2
    assert "'--format': 'xml' is not one of 'table', 'json', 'csv'." in result.stderr
