"""A review of plans as text; `markdown_report` and `json_report` have the other formats."""

import json
import textwrap
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from reprieve.diff.differences import shown
from reprieve.diff.grouping import Group, Guards, merge_regions
from reprieve.diff.labels import NOUNS
from reprieve.diff.plan import ACCOUNT, UNKNOWN_PLACE
from reprieve.diff.review import Review
from reprieve.diff.weakenings import Weakening
from reprieve.text import printable

_NAMED = 6
# How many lines of differences a change has at most.
_LINES = 12
SIGNS = {"delete": "-", "create": "+", "update": "~", "replace": "±", "forget": "×"}
_DONE = {
    "create": "created",
    "update": "updated",
    "replace": "replaced",
    "delete": "deleted",
    "forget": "no longer managed",
}


@dataclass(frozen=True)
class Line:
    """A line of text: `style` is rich's, `hang` the indent of its continuation."""

    text: str
    style: str = ""
    hang: int = 0


def headline(review: Review) -> str:
    """Return the plan in one line."""
    if review.plan.errored:
        return "This plan FAILED: it is incomplete and cannot be applied"
    counts = ", ".join(f"{count} {_DONE[action]}" for action, count in review.counts.items())
    if not counts:
        outputs = ", ".join(review.plan.outputs)
        found = f"only outputs change: {outputs}" if outputs else "no changes"
        return found if not review.left_weakened else f"{found}, but protection is weakened"
    if review.only_restored:
        counts += f" ({review.only_restored} restored)"
    weak = len(merge_weakenings(review.weakenings)) + len(merge_weakenings(review.left_weakened))
    if review.is_first and not weak:
        return f"{counts}; this plan assumes that no guard is deployed yet"
    ways = {0: "nothing weakens protection", 1: "protection is weakened in 1 way"}
    return f"{counts}; {ways.get(weak, f'protection is weakened in {weak} ways')}"


@dataclass(frozen=True)
class MergedWeakening:
    """A weakening of one resource or several, in one Region or several."""

    kind: str
    subjects: tuple[str, ...]
    text: str
    places: tuple[str, ...]
    addresses: tuple[str, ...]

    def sentence(self, review: Review) -> str:
        """Return it in one line."""
        where = places(self.places, review)
        if self.kind == "guard-lost":
            return f"{where}: {self.text}"
        return f"{join_subjects(self.subjects)}: {self.text} [{where}]"


def merge_weakenings(weakenings: Sequence[Weakening]) -> tuple[MergedWeakening, ...]:
    """Return the weakenings; those of several resources or Regions once."""
    merged: dict[tuple[object, ...], list[MergedWeakening]] = defaultdict(list)
    for each in merge_by_resource(weakenings):
        merged[each.kind, _noun(each.subjects[0]), each.text, each.places].append(each)
    return tuple(
        MergedWeakening(
            same[0].kind,
            tuple(subject for each in same for subject in each.subjects),
            same[0].text,
            same[0].places,
            tuple(address for each in same for address in each.addresses),
        )
        for same in merged.values()
    )


def join_subjects(subjects: Sequence[str]) -> str:
    """Return the names of resources of one kind, with the kind once: `alarm a, b`."""
    first, *others = subjects
    return _listed([first, *(each.removeprefix(f"{_noun(first)} ") for each in others)])


def merge_groups(groups: Sequence[Group]) -> list[Group]:
    """Merge groups that differ only in the names of their resources."""
    found: dict[tuple[object, ...], list[Group]] = defaultdict(list)
    for each in groups:
        lines = tuple(shown(line) for line in each.lines)
        same = (each.action, _noun(each.text), lines, each.places, each.missing, each.deviates)
        found[same].append(each)
    return [
        replace(same[0], text=join_subjects([each.text for each in same]))
        for same in found.values()
    ]


def _noun(subject: str) -> str:
    return max((n for n in NOUNS.values() if subject.startswith(f"{n} ")), key=len, default=subject)


def merge_by_resource(weakenings: Sequence[Weakening]) -> tuple[MergedWeakening, ...]:
    """Return the weakenings by resource; those of many Regions once."""

    def text(each: Weakening) -> str:
        return json.dumps([each.kind, each.subject, each.text], ensure_ascii=False)

    found = []
    for words, same in merge_regions(weakenings, text, lambda each: each.place):
        kind, subject, said = json.loads(words)
        found.append(
            MergedWeakening(
                kind,
                (subject,),
                said,
                tuple(sorted({each.place for each in same})),
                tuple(sorted({each.address for each in same if each.address})),
            )
        )
    return tuple(found)


def places(found: Sequence[str], review: Review) -> str:
    """Return where something is: `in all 17 Regions`, or in which of them, or in which not."""
    regions = sorted({*found} - {ACCOUNT, UNKNOWN_PLACE})
    scope = review.regions.staying
    if not {*regions} <= {*scope}:
        scope = review.regions.all
    missing = [region for region in scope if region not in regions]
    words = [place for place in (ACCOUNT, UNKNOWN_PLACE) if place in found]
    if len(regions) == 1:
        words.append(regions[0])
    elif regions and not missing:
        count = "in both Regions" if len(regions) == 2 else f"in all {len(regions)} Regions"
        some_leave = scope is review.regions.staying and review.regions.leaving
        words.append(f"{count} that stay" if some_leave else count)
    elif regions:
        count = f"in {len(regions)} of {len(scope)} Regions"
        by_absence = len(missing) < min(len(regions), _NAMED)
        words.append(f"{count}, not {_listed(missing)}" if by_absence else
                     f"{count}: {_listed(regions)}")  # fmt: skip
    return ", ".join(words)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)


def drift_sections(review: Review) -> tuple[tuple[str, tuple[Group, ...]], ...]:
    """Return the headings about what was changed outside of Terraform, and what is below them."""
    outside = "Changed outside of Terraform"
    return (
        ("Restored: changed outside of Terraform, put back by this plan", review.restored),
        (f"{outside}, overwritten by this plan", review.overwritten),
        (f"{outside}, not reverted by this plan", review.left),
    )


def guards_text(each: Guards) -> str:
    """Return what a created or deleted guard consists of."""
    kinds = ", ".join(
        f"{count} × {NOUNS.get(kind, kind).removesuffix(' of')}"
        for kind, count in each.kinds.items()
    )
    apiece = " each" if len(each.places) > 1 else ""
    return f"a whole guard, {sum(each.kinds.values())} resources{apiece}: {kinds}"


def notes(review: Review) -> Iterator[str]:
    """Yield notes about a whole plan."""
    plan = review.plan
    if not plan.complete and not plan.errored:
        yield "The plan is incomplete: more changes follow after the apply."
    for address, reason in plan.deferred:
        yield f"Deferred to a later plan: {address} ({reason})."


def text_lines(reviews: Sequence[Review], *, labels: bool) -> Iterator[Line]:
    """Yield a text for people; with `labels` each plan begins with its name."""
    for index, review in enumerate(reviews):
        if index:
            yield Line("")
        label = f"{review.plan.label}: " if labels else ""
        yield Line(f"{label}{headline(review)}", "bold")
        for note in notes(review):
            yield Line(note, "yellow")
        yield from _weak_lines("WEAKENS PROTECTION", review.weakenings, review)
        yield from _weak_lines(
            "WEAKENED OUTSIDE OF TERRAFORM, NOT REVERTED BY THIS PLAN",
            review.left_weakened,
            review,
        )
        if review.guards or review.intended:
            yield from (Line(""), Line("CHANGES", "bold"))
        for each in review.guards:
            style = "red" if each.action == "delete" else "green"
            where = places(each.places, review)
            yield Line(f"  {SIGNS[each.action]} {guards_text(each)} [{where}]", style, 4)
        for group in merge_groups(review.intended):
            yield from _group_lines(group, review)
        for title, groups in drift_sections(review):
            yield from _drift_lines(title.upper(), groups, review)


def _weak_lines(title: str, weakenings: Sequence[Weakening], review: Review) -> Iterator[Line]:
    if not weakenings:
        return
    yield from (Line(""), Line(title, "bold red"))
    for each in merge_weakenings(weakenings):
        yield Line(f"  ! {each.sentence(review)}", "red", 4)


def _group_lines(group: Group, review: Review) -> Iterator[Line]:
    style = {"delete": "red", "create": "green"}.get(group.action, "yellow")
    sign = SIGNS.get(group.action, "~")
    deviates = "DEVIATES from the other Regions: " if group.deviates else ""
    yield Line(f"  {sign} {deviates}{group.text} [{places(group.places, review)}]", style, 4)
    for difference in group.lines[:_LINES]:
        yield Line(f"      {shown(difference)}", hang=8)
    if len(group.lines) > _LINES:
        yield Line(f"      … and {len(group.lines) - _LINES} more differences", "dim", 8)
    if group.missing:
        text = f"      NOT in {_listed(group.missing)}, which "
        yield Line(f"{text}{'stays' if len(group.missing) == 1 else 'stay'} unchanged",
                   "bold yellow", 8)  # fmt: skip


def _drift_lines(title: str, groups: Sequence[Group], review: Review) -> Iterator[Line]:
    if groups:
        yield from (Line(""), Line(title, "bold"))
    for group in merge_groups(groups):
        yield from _group_lines(group, review)


def laid_out(line: Line, width: int | None) -> list[str]:
    """Return a line wrapped to the width, if any, with unprintable characters escaped."""
    text = printable(line.text)
    if not width or len(text) <= width:
        return [text]
    return textwrap.wrap(
        text,
        width,
        subsequent_indent=" " * line.hang,
        drop_whitespace=True,
        break_on_hyphens=False,
    )
