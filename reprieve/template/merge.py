"""From the resources of each Region to one template for all of them.

What is equal stays. A resource of some Regions gets a condition. A text that differs is looked up
in a mapping by the Region, and values of another form are selected by Fn::If.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reprieve.template.cases import REGIONS, Case, Conditions
from reprieve.template.limits import MAX_ATTRIBUTES
from reprieve.template.resource import Either, Reference, Resource
from reprieve.template.texts import Lookup, Marks, merge_texts, render, shape

Cases = Mapping[Case, Mapping[str, Resource]]
"""The resources of each case, by their logical ids."""

_TEXTS: Final = "Texts"
_MISSING: Final = object()
_NO_VALUE: Final = {"Ref": "AWS::NoValue"}
_ELSEWHERE: Final = "none"
"""In a mapping: the text of a Region that does not have the resource."""


class Merger:
    """Merges the resources of several cases.

    Args:
        regions: Every Region of the template. CloudFormation refuses to deploy it in any other one,
            which is no key of the mappings.
        names: Names for conditions, by the Regions in which they are true.
        marks: What stands for something that CloudFormation knows when it deploys.
        variants: The names of the conditions that select a variant: one of them is true.
    """

    def __init__(
        self,
        regions: Sequence[str],
        names: Mapping[frozenset[str], str] | None = None,
        marks: Marks | None = None,
        variants: Sequence[str] = ("",),
    ) -> None:
        self._regions = regions
        self._variants = variants
        self._marks = marks or Marks()
        self._conditions = Conditions(regions, variants, names or {})
        self._texts: dict[tuple[str, ...], tuple[str, str]] = {}

    def resources(self, cases: Cases) -> dict[str, Any]:
        """Return the resources as the template has them."""
        ids = dict.fromkeys(id for found in cases.values() for id in found)
        merged = {
            id: self._resource({case: found[id] for case, found in cases.items() if id in found})
            for id in ids
        }
        # A dependency of one case may be a resource that no case has.
        for body in merged.values():
            if depends := [each for each in body.pop("DependsOn", ()) if each in merged]:
                body["DependsOn"] = depends
        return merged

    @property
    def conditions(self) -> dict[str, Any]:
        """The conditions that the resources need."""
        return self._conditions.body

    @property
    def mappings(self) -> dict[str, Any]:
        """The mappings that the resources and the conditions need."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        if regional := self._conditions.mapping:
            found[REGIONS] = regional
        for values, (mapping, attribute) in self._texts.items():
            for region, value in zip(self._regions, values, strict=True):
                found.setdefault(mapping, {}).setdefault(region, {})[attribute] = value
        return found

    def _resource(self, found: Mapping[Case, Resource]) -> dict[str, Any]:
        first = next(iter(found.values()))
        body: dict[str, Any] = {"Type": first.type}
        if condition := self._conditions.both(first.condition, self._conditions.of(found)):
            body["Condition"] = condition
        depends = dict.fromkeys(each for resource in found.values() for each in resource.depends_on)
        body["DependsOn"] = list(depends)
        if first.deletion_policy:
            body["DeletionPolicy"] = first.deletion_policy
            body["UpdateReplacePolicy"] = first.deletion_policy
        body["Properties"] = self._value({case: each.properties for case, each in found.items()})
        return body

    def _value(self, values: Mapping[Case, Any]) -> Any:
        """Return one value for those of several cases."""
        first = next(iter(values.values()))
        if all(isinstance(each, dict) for each in values.values()):
            keys = dict.fromkeys(key for each in values.values() for key in each)
            return {
                key: self._value({case: each.get(key, _MISSING) for case, each in values.items()})
                for key in keys
            }
        if all(isinstance(each, str) for each in values.values()):
            tokens = merge_texts(values, self._marks)
            return self._choice(values) if tokens is None else render(tokens, self._lookup)
        if len({self._shape(each) for each in values.values()}) > 1:
            return self._choice(values)
        if isinstance(first, list):
            return [
                self._value(dict(zip(values, each, strict=True)))
                for each in zip(*values.values(), strict=True)
            ]
        if isinstance(first, Either):
            otherwise = {case: each.otherwise for case, each in values.items()}
            return {"Fn::If": [first.condition, first.then.value, self._value(otherwise)]}
        if first is _MISSING:
            return _NO_VALUE
        return first.value if isinstance(first, Reference) else first

    def _shape(self, value: Any) -> Any:
        """Return what two values have in common that can be merged."""
        if isinstance(value, str):
            return shape(self._marks.tokens(value))
        if isinstance(value, list):
            return ("list", len(value))
        if isinstance(value, dict):
            return "dict"
        if isinstance(value, Either):
            return (value.condition, value.then)
        return ("value", value)

    def _choice(self, values: Mapping[Case, Any]) -> Any:
        """Return functions that select by the case among values of different forms."""
        groups: dict[Any, dict[Case, Any]] = {}
        for case, value in values.items():
            groups.setdefault(self._shape(value), {})[case] = value
        *others, last = sorted(groups.values(), key=len)
        selected = self._value(last)
        for group in reversed(others):
            selected = {"Fn::If": [self._conditions.of(group), self._value(group), selected]}
        return selected

    def _lookup(self, lookup: Lookup) -> Any:
        """Return the function that returns the text of the case."""
        texts = dict(lookup.values)
        found: dict[str, Any] = {}
        for variant in self._variants:
            of_regions = [
                (region, text)
                for region in self._regions
                if (text := texts.get(Case(region, variant))) is not None
            ]
            if of_regions:
                found[variant] = self._of_region(dict(of_regions))
        *others, last = found
        selected = found[last]
        for variant in reversed(others):
            if found[variant] != selected:
                selected = {"Fn::If": [variant, found[variant], selected]}
        return selected

    def _of_region(self, texts: Mapping[str, str]) -> Any:
        """Return a text that is the same in all Regions, or the function that looks it up."""
        if len(set(texts.values())) == 1:
            return next(iter(texts.values()))
        values = tuple(texts.get(region, _ELSEWHERE) for region in self._regions)
        if values not in self._texts:
            number, within = divmod(len(self._texts), MAX_ATTRIBUTES)
            mapping = f"{_TEXTS}{number + 1}" if number else _TEXTS
            self._texts[values] = (mapping, f"Text{within + 1}")
        mapping, attribute = self._texts[values]
        return {"Fn::FindInMap": [mapping, {"Ref": "AWS::Region"}, attribute]}
