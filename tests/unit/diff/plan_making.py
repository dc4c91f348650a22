"""Plans for the tests of `reprieve diff`: the real ones of plans/, and changes of them."""

import copy
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reprieve.diff.plan import Change
from reprieve.diff.plan_reader import parse
from reprieve.diff.review import Review
from reprieve.diff.text_report import laid_out, text_lines
from reprieve.regions import alias

PLANS = Path(__file__).parent / "plans"
Json = dict[str, Any]


def plan_json(name: str) -> Json:
    """Return a plan as terraform printed it, so far as it is kept."""
    found: Json = json.loads((PLANS / f"{name}.json").read_text())
    return found


def review(plan: Json | str) -> Review:
    """Return the review of a plan, or of the one of this name."""
    found = plan_json(plan) if isinstance(plan, str) else plan
    return Review(parse(json.dumps(found).encode(), "plan.json"))


def text(plan: Json | str) -> list[str]:
    """Return what people get of a plan, line by line, as it is when piped."""
    return [part for line in text_lines([review(plan)], labels=False) for part in
            laid_out(line, None)]  # fmt: skip


def kinds(plan: Json | str) -> set[str]:
    """Return the kinds of what a plan weakens."""
    return {each.kind for each in review(plan).weakenings}


def in_regions(plan: Json, regions: Sequence[str]) -> Json:
    """Return a plan with what it has for us-east-1 in each of these Regions, and nowhere else.

    CDKTF's hash at the end of an address is another one in each, as it is in fact.
    """
    found = copy.deepcopy(plan)
    for place in (found, found["configuration"]["root_module"]):
        for name in ("resource_changes", "resource_drift", "resources"):
            if name in place:
                place[name] = [copied for each in place[name] for copied in _copies(each, regions)]
    providers = found["configuration"]["provider_config"]
    for region in regions:
        providers[f"aws.{alias(region)}"] = {
            "name": "aws",
            "alias": alias(region),
            "expressions": {"region": {"constant_value": region}},
        }
    return found


def _copies(resource: Json, regions: Sequence[str]) -> list[Json]:
    if "eu-west-1" in resource["address"]:
        return []
    if "us-east-1" not in resource["address"]:
        return [resource]
    copies = []
    for region in regions:
        as_text = json.dumps(resource).replace("us-east-1", region)
        as_text = as_text.replace("us_east_1", alias(region))
        for name in {resource["name"].replace("us-east-1", region)}:
            other = f"{name[:-8]}{hash_of(name)}"
            as_text = as_text.replace(name, other)
        copies.append(json.loads(as_text))
    return copies


def hash_of(name: str) -> str:
    """Return eight digits that depend on a name, as CDKTF's do on a path."""
    return f"{sum(ord(char) * 31**index for index, char in enumerate(name)) % 16**8:08X}"


def edit(plan: Json, type: str, region: str, change: Callable[[Json], object]) -> Json:
    """Return a plan in which the `change` of the first resource of a type in a Region is edited."""
    found = copy.deepcopy(plan)
    resource = next(
        each
        for each in found["resource_changes"]
        if each["type"] == type and f".{region}_" in each["address"]
    )
    change(resource["change"])
    return found


def change(
    type: str, before: Json | None, after: Json | None, *actions: str, place: str = "eu-west-1"
) -> Change:
    """Return a change of one resource; what is done follows from what was and what is."""
    done = actions or (
        ("create",) if before is None else ("delete",) if after is None else ("update",)
    )
    return Change(f"{type}.it", type, "it", place, done, before, after)
