"""A review of plans as Markdown that fits into a comment on a GitHub pull request."""

import re
from collections.abc import Iterator, Sequence

from reprieve.diff.grouping import Group
from reprieve.diff.review import Review
from reprieve.diff.text_report import (
    SIGNS,
    drift_sections,
    guards_text,
    headline,
    laid_out,
    merge_groups,
    merge_weakenings,
    notes,
    places,
    text_lines,
)
from reprieve.text import printable

MAX_SIZE = 60_000
"""In characters and in bytes: GitHub accepts 65,536 characters, and workflows add some."""

_CUT = "Shortened to fit into a comment. Run `reprieve diff` on the plan to see everything."
# Room for the end of a block, and for the sentence above.
_ROOM = 400
_FOLD = "<details><summary>The full report, with all differences</summary>"


def markdown(reviews: Sequence[Review], *, labels: bool) -> str:
    """Return a headline, the weakenings, the changes, and the full report folded."""
    lines: list[str] = []
    for review in reviews:
        lines += _plan(review, labels=labels)
    full = [part for line in text_lines(reviews, labels=labels) for part in laid_out(line, None)]
    fence = _fence("\n".join([*full, *lines]))
    lines = [line.replace(_FENCE, fence) for line in lines]
    kept, whole = _fitting(lines, MAX_SIZE * 2 // 3)
    if not whole:
        # Close a block that was cut: otherwise it would include what follows.
        if sum(line.startswith(fence) for line in kept) % 2:
            kept.append(fence)
        kept += ["", _CUT]
    head = "\n".join(kept)
    opening = ["", _FOLD, "", f"{fence}text"]
    room = MAX_SIZE - _size("\n".join([head, *opening])) - _ROOM
    shown, whole = _fitting(full, room)
    closing = [fence, *([] if whole else ["", _CUT]), "", "</details>", ""]
    return "\n".join([head, *opening, *shown, *closing])


# Replaced by the fence once its length is known.
_FENCE = "\x00fence\x00"


def _plan(review: Review, *, labels: bool) -> list[str]:
    label = f"{review.plan.label}: " if labels else ""
    lines = [f"### Reprieve: {_escaped(label + headline(review))}", ""]
    for note in notes(review):
        lines += [_escaped(note), ""]
    for title, weakenings in (
        ("Weakens protection", review.weakenings),
        ("Weakened outside of Terraform, not reverted by this plan", review.left_weakened),
    ):
        if weakenings:
            lines += [f"**{title}**", ""]
            lines += [
                f"- {_escaped(each.sentence(review))}" for each in merge_weakenings(weakenings)
            ]
            lines += [""]
    guards = [
        f"{SIGNS[each.action]} {guards_text(each)} [{places(each.places, review)}]"
        for each in review.guards
    ]
    lines += _block("Changes", [*guards, *_group_lines(review.intended, review)])
    for title, groups in drift_sections(review):
        lines += _block(title, list(_group_lines(groups, review)))
    return lines


def _group_lines(groups: Sequence[Group], review: Review) -> Iterator[str]:
    for group in merge_groups(groups):
        sign = SIGNS.get(group.action, "~")
        deviates = "DEVIATES from the other Regions: " if group.deviates else ""
        missing = f" NOT in {', '.join(group.missing)}" if group.missing else ""
        yield f"{sign} {deviates}{group.text} [{places(group.places, review)}]{missing}"


def _block(title: str, changes: Sequence[str]) -> list[str]:
    """Return a diff block with a title; nothing if there are no changes."""
    if not changes:
        return []
    # GitHub colours a diff block: "!" marks a line that is neither added nor deleted.
    coloured = [printable(re.sub(r"^[~±×]", "!", each)) for each in changes]
    return [f"**{title}**", "", f"{_FENCE}diff", *coloured, _FENCE, ""]


def _fitting(lines: Sequence[str], room: int) -> tuple[list[str], bool]:
    """Return as many lines as fit, and whether these are all."""
    kept: list[str] = []
    for line in lines:
        room -= _size(line) + 1
        if room < 0:
            return kept, False
        kept.append(line)
    return kept, True


def _size(text: str) -> int:
    """Return the size of a text in bytes, which is at least its number of characters."""
    return len(text.encode())


def _fence(text: str) -> str:
    """Return a fence that is longer than any in the text."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    return "`" * max(3, longest + 1)


def _escaped(text: str) -> str:
    """Escape a text for Markdown: it shows as it is, without markup, links or mentions."""
    text = re.sub(r"([\\`*_\[\]<>#|~$&])", r"\\\1", printable(text))
    return text.replace("@", "&#64;").replace("://", ":&#47;/")
