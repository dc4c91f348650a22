"""What a run has read so far, in a file: so a run that was interrupted can continue.

The file has a line of JSON for each page that was read, so a line is lost at most. It is deleted as
soon as a run is complete: it is no cache, and no run shows what another one has read, except the
one that continues it.
"""

import io
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TextIO

MAX_AGE: Final = timedelta(hours=1)
"""For how long a run can be continued, since it began."""

_VERSION: Final = 1
_CACHE_VARIABLE: Final = "XDG_CACHE_HOME"


@dataclass(frozen=True)
class Page:
    """A page of a list, or all of its pages together. `token` is AWS's for the next one, if any."""

    items: list[Any]
    token: str | None
    read: datetime


@dataclass
class Journal:
    """The pages of a run, by the name of their list. `began` is when its first page was read."""

    path: Path | None
    began: datetime
    file: TextIO = field(repr=False)
    resumed: bool = False
    pages: dict[str, list[Page]] = field(default_factory=dict)

    def known(self, name: str) -> Page | None:
        """Return what is read of a list already, as one page; None if nothing is."""
        pages = self.pages.get(name)
        if not pages:
            return None
        items = [item for page in pages for item in page.items]
        return Page(items, pages[-1].token, pages[0].read)

    def add(self, name: str, page: Page) -> None:
        """Keep a page."""
        self.pages.setdefault(name, []).append(page)
        self.write(
            {
                "list": name,
                "items": page.items,
                "token": page.token,
                "read": page.read.isoformat(),
            }
        )

    def forget(self, name: str) -> None:
        """Forget a list, since it has to be read again."""
        self.pages.pop(name, None)
        self.write({"list": name, "forget": True})

    def done(self) -> None:
        """Delete the file: the run is complete."""
        with suppress(OSError):
            self.file.close()
            if self.path:
                self.path.unlink(missing_ok=True)

    def read_at(self) -> dict[str, datetime]:
        """Return when the first page of each list was read, by the name of the list."""
        return {name: pages[0].read for name, pages in self.pages.items() if pages}

    def write(self, line: Mapping[str, Any]) -> None:
        """Write a line. The file stays open, so two runs at once do not write into one file.

        A file that cannot be written ends at its last whole line: the run itself goes on.
        """
        with suppress(OSError):
            self.file.write(json.dumps(line) + "\n")


def open_journal(key: str, *, resume: bool, now: datetime, folder: Path | None = None) -> Journal:
    """Return the journal of a run; with `resume` that of the former one, if there is one.

    `key` says what is read: a run with another key cannot be continued. Without a former run, or
    with one that is older than `MAX_AGE`, the journal is empty.
    """
    folder = folder or cache_folder()
    path = folder / "organization.jsonl"
    if resume and (found := _read(path, key, now)):
        return found
    try:
        file: TextIO = _new_file(path)
    except OSError:  # without a home or on a read-only disk, a run cannot be continued
        return Journal(None, now, io.StringIO())
    journal = Journal(path, now, file)
    journal.write({"version": _VERSION, "key": key, "began": now.isoformat()})
    return journal


def _new_file(path: Path) -> TextIO:
    """Return a new file that only the user may read: it has the names of all accounts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.unlink(missing_ok=True)  # the old one may be a link
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    return os.fdopen(descriptor, "w", buffering=1, encoding="utf-8")


def cache_folder() -> Path:
    """Return the folder for files that may be lost: the user's, of the XDG specification."""
    given = os.environ.get(_CACHE_VARIABLE, "")
    return (Path(given) if Path(given).is_absolute() else Path.home() / ".cache") / "reprieve"


def _read(path: Path, key: str, now: datetime) -> Journal | None:
    """Return the journal in a file; None if it is of something else, too old or unreadable."""
    try:
        lines = [json.loads(line) for line in _complete_lines(path)]
        header = lines[0]
        began = datetime.fromisoformat(header["began"]).astimezone(UTC)
        if (header["version"], header["key"]) != (_VERSION, key):
            return None
        if not timedelta() <= now - began <= MAX_AGE:
            return None
        pages: dict[str, list[Page]] = {}
        for line in lines[1:]:
            if line.get("forget"):
                pages.pop(line["list"], None)
                continue
            page = Page(line["items"], line["token"], datetime.fromisoformat(line["read"]))
            pages.setdefault(line["list"], []).append(page)
    except (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError):
        return None
    file = path.open("a", buffering=1, encoding="utf-8")
    return Journal(path, began, file, resumed=True, pages=pages)


def _complete_lines(path: Path) -> list[str]:
    """Return the lines of the file, and cut off one that was not written to its end."""
    with path.open("r+", encoding="utf-8") as file:
        text = file.read()
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            file.seek(0)
            file.write(whole)
            file.truncate()
    return whole.splitlines()
