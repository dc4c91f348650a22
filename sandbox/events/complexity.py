"""How complex an event pattern is: EventBridge refuses those that would match too slowly.

EventBridge User Guide, "Or matching" and "Wildcard matching". For wildcards the guide gives no
number. aws/event-ruler, the library that EventBridge uses, counts how many beginnings of wildcards
one input matches at once (`MachineComplexityEvaluator`); EventBridge refuses more than ten.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod
from typing import Any

MAX_COMBINATIONS = 1000
MAX_BEGINNINGS = 10

# What is left to match of one wildcard: its number, its tokens, and whether any were matched yet.
Rest = tuple[int, tuple[str, ...], bool]


def combinations(pattern: Any) -> int:
    """Return how many patterns without $or a valid pattern stands for."""
    if not isinstance(pattern, dict):
        return 1
    return prod(
        sum(combinations(branch) for branch in value) if name == "$or" else combinations(value)
        for name, value in pattern.items()
    )


def is_too_complex(wildcards: Iterable[Iterable[str]]) -> bool:
    """Return whether the wildcards of one field, each as its tokens, are too complex."""
    start = frozenset(
        each
        for number, tokens in enumerate(wildcards)
        for each in _with_empty_star((number, tuple(tokens), False))
    )
    known = {start}
    unexplored = [start]
    while unexplored:
        rests = unexplored.pop()
        # A star may match nothing, so what follows it counts too.
        following = {token for _, tokens, _ in rests for token in tokens[:2]} - {"*"}
        for character in (*following, None):
            matched = frozenset(each for rest in rests for each in _matched(rest, character))
            if sum(begun for _, _, begun in matched) > MAX_BEGINNINGS:
                return True
            if matched not in known:
                known.add(matched)
                unexplored.append(matched)
    return False


def _matched(rest: Rest, character: str | None) -> Iterator[Rest]:
    """Yield what is left after a character; None is one that no wildcard names."""
    number, tokens, _ = rest
    if not tokens:
        return
    if tokens[0] == "*":
        # The star stays: it may match more. What follows it may begin with this character, too.
        yield number, tokens, True
        if len(tokens) > 1 and tokens[1] == character:
            yield from _with_empty_star((number, tokens[2:], True))
    elif tokens[0] == character:
        yield from _with_empty_star((number, tokens[1:], True))


def _with_empty_star(rest: Rest) -> Iterator[Rest]:
    """Yield what is left, and, where a star follows, also what is left if it matches nothing."""
    yield rest
    number, tokens, begun = rest
    if begun and tokens and tokens[0] == "*":
        yield number, tokens[1:], begun
