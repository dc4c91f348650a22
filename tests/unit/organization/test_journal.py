"""A run that was interrupted continues, and nothing else is taken for it."""

import stat
from datetime import timedelta

import pytest

from reprieve.organization.journal import MAX_AGE, Page, cache_folder, open_journal
from tests.unit.organization.fakes import NOW


def interrupted(folder, key="key"):
    """Return the journal of a run that was interrupted after two pages."""
    journal = open_journal(key, resume=False, now=NOW, folder=folder)
    journal.add("accounts", Page([{"id": "1"}], "token", NOW))
    journal.add("accounts", Page([{"id": "2"}], None, NOW + timedelta(minutes=1)))
    journal.file.close()
    return journal


def test_the_pages_of_a_former_run_are_known(tmp_path):
    """With the time when the oldest was read."""
    interrupted(tmp_path)
    found = open_journal("key", resume=True, now=NOW + timedelta(minutes=5), folder=tmp_path)
    assert found.resumed
    assert found.began == NOW
    assert found.known("accounts") == Page([{"id": "1"}, {"id": "2"}], None, NOW)
    assert found.known("units") is None


@pytest.mark.parametrize(
    ("key", "resume", "age"),
    [
        ("other", True, timedelta(minutes=1)),
        ("key", False, timedelta(minutes=1)),
        ("key", True, MAX_AGE + timedelta(seconds=1)),
        ("key", True, -timedelta(seconds=1)),
    ],
)
def test_another_run_begins_anew(tmp_path, key, resume, age):
    """One that reads something else, that is too old, or that does not want to continue."""
    interrupted(tmp_path)
    found = open_journal(key, resume=resume, now=NOW + age, folder=tmp_path)
    assert not found.resumed
    assert found.known("accounts") is None


def test_a_line_that_was_not_written_to_its_end_is_dropped(tmp_path):
    """What follows is written after the last complete line."""
    path = interrupted(tmp_path).path
    path.write_text(path.read_text()[:-5])
    found = open_journal("key", resume=True, now=NOW, folder=tmp_path)
    assert found.known("accounts") == Page([{"id": "1"}], "token", NOW)
    found.add("accounts", Page([{"id": "3"}], None, NOW))
    again = open_journal("key", resume=True, now=NOW, folder=tmp_path)
    assert again.known("accounts") == Page([{"id": "1"}, {"id": "3"}], None, NOW)


@pytest.mark.parametrize("text", ["", "no JSON\n", "[]\n", '{"version": 1}\n', "{}\n", "7\n"])
def test_a_file_that_is_no_journal_is_replaced(tmp_path, text):
    """Whatever it has."""
    path = interrupted(tmp_path).path
    path.write_text(text)
    assert not open_journal("key", resume=True, now=NOW, folder=tmp_path).resumed


def test_a_forgotten_list_stays_forgotten(tmp_path):
    """Also for the run after the next one."""
    interrupted(tmp_path)
    open_journal("key", resume=True, now=NOW, folder=tmp_path).forget("accounts")
    assert open_journal("key", resume=True, now=NOW, folder=tmp_path).known("accounts") is None


def test_only_the_user_may_read_the_file_and_a_link_is_not_followed(tmp_path):
    """The file has the names of all accounts."""
    target = tmp_path / "precious"
    target.write_text("precious")
    (tmp_path / "organization.jsonl").symlink_to(target)
    path = interrupted(tmp_path).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert target.read_text() == "precious"


def test_where_nothing_can_be_written_a_run_cannot_be_continued(tmp_path):
    """It goes on all the same."""
    (tmp_path / "file").write_text("")
    journal = open_journal("key", resume=False, now=NOW, folder=tmp_path / "file")
    journal.add("accounts", Page([{"id": "1"}], None, NOW))
    assert journal.known("accounts") == Page([{"id": "1"}], None, NOW)
    journal.done()
    assert not open_journal("key", resume=True, now=NOW, folder=tmp_path / "file").resumed


def test_a_complete_run_leaves_no_file(tmp_path):
    """It is no cache."""
    journal = open_journal("key", resume=False, now=NOW, folder=tmp_path)
    journal.done()
    assert list(tmp_path.iterdir()) == []


def test_the_folder_is_that_of_the_user(monkeypatch, tmp_path):
    """As the XDG specification says; a relative path has no effect."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "reprieve"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "reprieve"
