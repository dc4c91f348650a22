"""From the resources of each Region to one template for all of them.

What is equal stays. A resource of some Regions gets a condition. A text that differs is looked up
in a mapping by the Region, and values of another form are selected by Fn::If.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from reprieve.template.limits import MAX_ATTRIBUTES
from reprieve.template.resource import Reference, Resource
from reprieve.template.texts import Lookup, Marks, merge_texts, render, shape

Regional = Mapping[str, Mapping[str, Resource]]
"""The resources of each Region, by their logical ids."""

REGIONS: Final = "Regions"
"""The mapping that says in which Regions a condition is true."""

_TEXTS: Final = "Texts"
_MISSING: Final = object()
_NO_VALUE: Final = {"Ref": "AWS::NoValue"}
_ELSEWHERE: Final = "none"
"""In a mapping: the text of a Region that does not have the resource."""


@dataclass
class Merger:
    """Merges the resources of Regions. `names` are names of conditions, by their Regions.

    Every Region is a key of the mapping `Regions`: CloudFormation refuses to deploy the template in
    any other one.
    """

    regions: Sequence[str]
    names: Mapping[frozenset[str], str] = field(default_factory=dict)
    marks: Marks = field(default_factory=Marks)

    def __post_init__(self) -> None:
        self._sets: dict[frozenset[str], str] = {}
        self._texts: dict[tuple[str, ...], tuple[str, str]] = {}

    def resources(self, regional: Regional) -> dict[str, Any]:
        """Return the resources as the template has them."""
        ids = dict.fromkeys(id for found in regional.values() for id in found)
        merged = {}
        for id in ids:
            found = {
                region: resources[id] for region, resources in regional.items() if id in resources
            }
            merged[id] = self._resource(found)
        # A dependency of one Region may be a resource that no Region has.
        for body in merged.values():
            if depends := [each for each in body.pop("DependsOn", ()) if each in merged]:
                body["DependsOn"] = depends
        return merged

    @property
    def conditions(self) -> dict[str, Any]:
        """The conditions that the resources need."""
        return {
            name: {"Fn::Equals": [_find(REGIONS, name), "true"]} for name in self._sets.values()
        }

    @property
    def mappings(self) -> dict[str, Any]:
        """The mappings that the resources and the conditions need."""
        found: dict[str, dict[str, dict[str, str]]] = {}
        for regions, name in self._sets.items():
            for region in self.regions:
                within = found.setdefault(REGIONS, {}).setdefault(region, {})
                within[name] = "true" if region in regions else "false"
        for values, (mapping, attribute) in self._texts.items():
            for region, value in zip(self.regions, values, strict=True):
                found.setdefault(mapping, {}).setdefault(region, {})[attribute] = value
        return found

    def _resource(self, found: Mapping[str, Resource]) -> dict[str, Any]:
        first = next(iter(found.values()))
        body: dict[str, Any] = {"Type": first.type}
        if len(found) < len(self.regions):
            body["Condition"] = self._condition(frozenset(found))
        depends = dict.fromkeys(each for resource in found.values() for each in resource.depends_on)
        body["DependsOn"] = list(depends)
        if first.deletion_policy:
            body["DeletionPolicy"] = first.deletion_policy
            body["UpdateReplacePolicy"] = first.deletion_policy
        body["Properties"] = self._value({key: each.properties for key, each in found.items()})
        return body

    def _value(self, values: Mapping[str, Any]) -> Any:
        """Return one value for those of several Regions."""
        first = next(iter(values.values()))
        if all(isinstance(each, dict) for each in values.values()):
            keys = dict.fromkeys(key for each in values.values() for key in each)
            return {
                key: self._value({name: each.get(key, _MISSING) for name, each in values.items()})
                for key in keys
            }
        if all(isinstance(each, str) for each in values.values()):
            tokens = merge_texts(values, self.marks)
            return self._choice(values) if tokens is None else render(tokens, self._lookup)
        if len({self._shape(each) for each in values.values()}) > 1:
            return self._choice(values)
        if isinstance(first, list):
            return [
                self._value(dict(zip(values, each, strict=True)))
                for each in zip(*values.values(), strict=True)
            ]
        if first is _MISSING:
            return _NO_VALUE
        return first.value if isinstance(first, Reference) else first

    def _shape(self, value: Any) -> Any:
        """Return what two values have in common that can be merged."""
        if isinstance(value, str):
            return shape(self.marks.tokens(value))
        if isinstance(value, list):
            return ("list", len(value))
        if isinstance(value, dict):
            return "dict"
        return ("value", value)

    def _choice(self, values: Mapping[str, Any]) -> Any:
        """Return functions that select by the Region among values of different forms."""
        groups: dict[Any, dict[str, Any]] = {}
        for region, value in values.items():
            groups.setdefault(self._shape(value), {})[region] = value
        *others, last = sorted(groups.values(), key=len)
        selected = self._value(last)
        for group in reversed(others):
            condition = self._condition(frozenset(group))
            selected = {"Fn::If": [condition, self._value(group), selected]}
        return selected

    def _condition(self, regions: frozenset[str]) -> str:
        if regions not in self._sets:
            self._sets[regions] = self.names.get(regions, f"InRegions{len(self._sets) + 1}")
        return self._sets[regions]

    def _lookup(self, lookup: Lookup) -> dict[str, Any]:
        by_region = dict(lookup.values)
        values = tuple(by_region.get(region, _ELSEWHERE) for region in self.regions)
        if values not in self._texts:
            number, within = divmod(len(self._texts), MAX_ATTRIBUTES)
            mapping = f"{_TEXTS}{number + 1}" if number else _TEXTS
            self._texts[values] = (mapping, f"Text{within + 1}")
        return _find(*self._texts[values])


def _find(mapping: str, attribute: str) -> dict[str, Any]:
    return {"Fn::FindInMap": [mapping, {"Ref": "AWS::Region"}, attribute]}
