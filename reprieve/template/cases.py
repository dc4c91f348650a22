"""In which cases a resource or a value is needed: in which Regions, with which parameters."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

REGIONS: Final = "Regions"
"""The mapping that says in which Regions a condition is true."""


class Case(NamedTuple):
    """A Region, and the variant of the guard that the parameters select: the name of a condition.

    Without parameters there is one variant, whose name is empty.
    """

    region: str
    variant: str = ""


class Conditions:
    """Makes the conditions of a template. `names` are names for sets of Regions."""

    def __init__(
        self,
        regions: Sequence[str],
        variants: Sequence[str],
        names: Mapping[frozenset[str], str],
    ) -> None:
        self._regions = frozenset(regions)
        self._order = regions
        self._variants = variants
        self._names = names
        self._sets: dict[frozenset[str], str] = {}
        self._body: dict[str, Any] = {}

    def of(self, cases: Iterable[Case]) -> str | None:
        """Return the name of the condition that is true in these cases; None in all of them."""
        by_variant: dict[str, set[str]] = {}
        for case in cases:
            by_variant.setdefault(case.variant, set()).add(case.region)
        by_regions: dict[frozenset[str], list[str]] = {}
        for variant, regions in by_variant.items():
            by_regions.setdefault(frozenset(regions), []).append(variant)
        alternatives = [
            self.both(self._of_variants(variants), self._of_regions(regions))
            for regions, variants in by_regions.items()
        ]
        return None if None in alternatives else self._join("Or", alternatives)

    def both(self, one: str | None, other: str | None) -> str | None:
        """Return the name of the condition that both are true."""
        if one is None or other is None:
            return one or other
        return self._join("And", [one, other])

    @property
    def body(self) -> dict[str, Any]:
        """The conditions by their names."""
        regional = {
            name: {
                "Fn::Equals": [{"Fn::FindInMap": [REGIONS, {"Ref": "AWS::Region"}, name]}, "true"]
            }
            for name in self._sets.values()
        }
        return regional | self._body

    @property
    def mapping(self) -> dict[str, dict[str, str]]:
        """The mapping `Regions`: whether each condition on the Region is true."""
        if not self._sets:
            return {}
        return {
            region: {
                name: "true" if region in regions else "false"
                for regions, name in self._sets.items()
            }
            for region in self._order
        }

    def _of_regions(self, regions: frozenset[str]) -> str | None:
        if regions == self._regions:
            return None
        if regions not in self._sets:
            self._sets[regions] = self._names.get(regions, f"InRegions{len(self._sets) + 1}")
        return self._sets[regions]

    def _of_variants(self, variants: list[str]) -> str | None:
        if len(variants) == len(self._variants):
            return None
        return self._join("Or", variants)

    def _join(self, word: str, names: Sequence[str | None]) -> str:
        given = [str(name) for name in names]
        if len(given) == 1:
            return given[0]
        joined = word.join(given)
        self._body[joined] = {f"Fn::{word}": [{"Condition": name} for name in given]}
        return joined
