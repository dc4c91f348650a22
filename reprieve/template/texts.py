"""Texts of a template: what is the same in all cases, what follows from the Region, what differs.

A text is a list of tokens: literal text, placeholders for what CloudFormation knows when it
deploys, and lookups of what differs. CloudFormation user guide, "Fn::Sub".
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from reprieve.location import ACCOUNT_REFERENCE
from reprieve.template.cases import Case


@dataclass(frozen=True)
class Placeholder:
    """A pseudo parameter, a parameter, or an attribute of a resource: `AlertKey.Arn`.

    `function` returns something else by this name, as JSON.
    """

    name: str
    function: str | None = None

    @property
    def value(self) -> dict[str, Any]:
        """The function that returns it."""
        if self.function:
            made: dict[str, Any] = json.loads(self.function)
            return made
        resource, dot, attribute = self.name.partition(".")
        return {"Fn::GetAtt": [resource, attribute]} if dot else {"Ref": self.name}


@dataclass(frozen=True)
class Lookup:
    """A text that differs by the case, with that of each case."""

    values: tuple[tuple[Case, str], ...]


Token = str | Placeholder | Lookup

REGION: Final = Placeholder("AWS::Region")
ACCOUNT: Final = Placeholder("AWS::AccountId")

# No setting has this character.
_REFERENCE: Final = r"\0[A-Za-z0-9]+\0"
# A code of a Region is one word, and so is a name that ends with a hash.
_WORD: Final = re.compile(r"([A-Za-z0-9]+(?:-[A-Za-z0-9]+)*)")
# In JSON: a list without objects or lists in it.
_LIST: Final = re.compile(r"(\[[^\[\]{}]*\])")
_LONGEST_BETWEEN: Final = 64
"""Characters between two differences that still become one lookup."""


def reference_to(id: str) -> str:
    """Return what stands in a text for what Ref returns of another resource."""
    return f"\0{id}\0"


class Marks:
    """Finds in texts what stands for something that CloudFormation knows when it deploys."""

    def __init__(self, marks: Mapping[str, Sequence[Token]] | None = None) -> None:
        self._marks: dict[str, Sequence[Token]] = {ACCOUNT_REFERENCE: (ACCOUNT,), **(marks or {})}
        # The longest first: the ARN of a key contains the account's id.
        longest = sorted(map(re.escape, self._marks), key=len, reverse=True)
        self._pattern = re.compile(f"({'|'.join([*longest, _REFERENCE])})")

    def tokens(self, text: str) -> list[Token]:
        """Return a text as words, what is between them, and placeholders."""
        found: list[Token] = []
        for part in self._pattern.split(text):
            if part in self._marks:
                found += self._marks[part]
            elif re.fullmatch(_REFERENCE, part):
                found.append(Placeholder(part.strip("\0")))
            else:
                found += filter(None, _WORD.split(part))
        return found


def merge_texts(texts: Mapping[Case, str], marks: Marks) -> list[Token] | None:
    """Return one text for several cases; None if they differ in placeholders.

    What all cases share stays, even if it is the name of a Region. A word that is each one's own
    Region becomes a placeholder, and other differences become lookups.
    """
    if len(set(texts.values())) == 1:
        return marks.tokens(next(iter(texts.values())))
    # Lists of different lengths, such as exempt keys, do not displace what follows.
    parts = {case: _LIST.split(text) for case, text in texts.items()}
    if len({len(each) for each in parts.values()}) > 1:
        parts = {case: [text] for case, text in texts.items()}
    merged: list[Token] = []
    for part in zip(*parts.values(), strict=True):
        if len(set(part)) == 1:
            merged += marks.tokens(part[0])
            continue
        tokens = _merge_tokens(
            {case: marks.tokens(text) for case, text in zip(texts, part, strict=True)}
        )
        if tokens is None:
            return None
        merged += tokens
    return _join_lookups(merged)


def shape(tokens: Iterable[Token]) -> tuple[str | None, ...]:
    """Return what two texts share that can be merged: the number of words, placeholders."""
    return tuple(each.name if isinstance(each, Placeholder) else None for each in tokens)


def render(tokens: list[Token], find: Callable[[Lookup], Any]) -> Any:
    """Return a text as the template has it: with Fn::Sub only where it is needed.

    `find` returns the function that returns the text of a lookup.
    """
    match tokens:
        case [Lookup() as lookup]:
            return find(lookup)
        case [Placeholder() as placeholder]:
            return placeholder.value
    if all(isinstance(each, str) for each in tokens):
        return "".join(map(str, tokens))
    variables: dict[str, Any] = {}
    text = ""
    for literal in _joined(tokens):
        if isinstance(literal, str):
            text += _escaped(literal)
        elif isinstance(literal, Placeholder):
            text += f"${{{literal.name}}}"
            if literal.function:
                variables[literal.name] = literal.value
        else:
            name = f"Text{len(variables) + 1}"
            variables[name] = find(literal)
            text += f"${{{name}}}"
    return {"Fn::Sub": [text, variables] if variables else text}


def _merge_tokens(texts: Mapping[Case, list[Token]]) -> list[Token] | None:
    if len({shape(each) for each in texts.values()}) == 1:
        return [
            _merge(dict(zip(texts, each, strict=True)))
            for each in zip(*texts.values(), strict=True)
        ]
    start = _common(list(zip(*texts.values(), strict=False)), list(texts))
    reverse = [each[start:][::-1] for each in texts.values()]
    end = _common(list(zip(*reverse, strict=False)), list(texts))
    between = {case: each[start : len(each) - end] for case, each in texts.items()}
    if any(isinstance(token, Placeholder) for each in between.values() for token in each):
        return None
    lookup = Lookup(tuple((case, "".join(map(str, tokens))) for case, tokens in between.items()))
    before = _merge_tokens({case: each[:start] for case, each in texts.items()})
    after = _merge_tokens({case: each[len(each) - end :] for case, each in texts.items()})
    return [*(before or []), lookup, *(after or [])]


def _common(tokens: Iterable[tuple[Token, ...]], cases: list[Case]) -> int:
    """Return how many tokens the cases share at the beginning."""
    count = 0
    for each in tokens:
        if isinstance(_merge(dict(zip(cases, each, strict=True))), Lookup):
            break
        count += 1
    return count


def _merge(tokens: dict[Case, Token]) -> Token:
    """Return one token for several cases."""
    values = list(tokens.values())
    if all(each == values[0] for each in values):
        return values[0]
    if all(case.region == token for case, token in tokens.items()):
        return REGION
    return Lookup(tuple((case, str(token)) for case, token in tokens.items()))


def _join_lookups(tokens: list[Token]) -> list[Token]:
    """Make one lookup of those that are close to each other: a mapping has few attributes."""
    found: list[Token] = []
    for token in _joined(tokens):
        match found, token:
            case [*_, Lookup() as before, str() as between], Lookup() as after if (
                len(between) <= _LONGEST_BETWEEN
            ):
                found[-2:] = [_concatenated(before, between, after)]
            case [*_, Lookup() as before], Lookup() as after:
                found[-1] = _concatenated(before, "", after)
            case _:
                found.append(token)
    return found


def _concatenated(before: Lookup, between: str, after: Lookup) -> Lookup:
    texts = dict(after.values)
    return Lookup(tuple((key, f"{value}{between}{texts[key]}") for key, value in before.values))


def _joined(tokens: Iterable[Token]) -> list[Token]:
    """Join literal texts that follow each other."""
    found: list[Token] = []
    for token in tokens:
        if found and isinstance(token, str) and isinstance(found[-1], str):
            found[-1] += token
        else:
            found.append(token)
    return found


def _escaped(text: str) -> str:
    """Escape what Fn::Sub would read as a placeholder."""
    return re.sub(r"\$\{(?=[^}]*\})", "${!", text)
