"""The result of a check."""

from typing import NamedTuple


class Check(NamedTuple):
    """One thing that was looked for.

    `found` is the version, or a sentence that says what is wrong; `hint` is the sentence that says
    what to do. A check that passed has no hint.
    """

    name: str
    found: str
    hint: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing has to be done."""
        return not self.hint

    @property
    def report(self) -> str:
        """What to print of a check that failed: one line."""
        return f"{self.found} {self.hint}"
