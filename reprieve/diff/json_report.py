"""A review of plans as JSON."""

from collections.abc import Sequence
from typing import Any

from reprieve.diff.differences import ABSENT, Difference, plain
from reprieve.diff.grouping import Group
from reprieve.diff.review import Review, code_of
from reprieve.diff.text_report import merge_by_resource
from reprieve.diff.weakenings import Weakening

JSON_FORMAT = 1


def as_json(reviews: Sequence[Review]) -> dict[str, Any]:
    """Return the reviews as the object that docs/diff.md describes.

    `format` rises when a field is renamed or removed, not when one is added.
    """
    return {
        "format": JSON_FORMAT,
        "exit_code": code_of(reviews),
        "plans": [_plan_json(review) for review in reviews],
    }


def _plan_json(review: Review) -> dict[str, Any]:
    return {
        "plan": review.plan.label,
        "exit_code": review.code,
        "errored": review.plan.errored,
        "complete": review.plan.complete,
        "counts": review.counts,
        "first": review.is_first,
        "regions": {
            "staying": list(review.regions.staying),
            "joining": list(review.regions.joining),
            "leaving": list(review.regions.leaving),
        },
        "weakenings": _weak_json(review.weakenings),
        "guards": [
            {"action": g.action, "places": list(g.places), "resources": g.kinds}
            for g in review.guards
        ],
        "changes": [_group_json(group) for group in review.groups],
        "drift": {
            "put_back": [_group_json(group) for group in review.put_back],
            "left": [_group_json(group) for group in review.left],
            "weakenings": _weak_json(review.left_weakened),
        },
        "outputs": list(review.plan.outputs),
        "deferred": [{"address": a, "reason": r} for a, r in review.plan.deferred],
    }


def _weak_json(weakenings: Sequence[Weakening]) -> list[dict[str, Any]]:
    return [
        {
            "kind": each.kind,
            "resource": each.subjects[0],
            "text": each.text,
            "places": list(each.places),
            "addresses": list(each.addresses),
        }
        for each in merge_by_resource(weakenings)
    ]


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "action": group.action,
        "resource": group.text,
        "type": group.members[0].type,
        "places": list(group.places),
        "missing": list(group.missing),
        "deviates": group.deviates,
        "addresses": sorted(each.address for each in group.members),
        "differences": [_difference_json(each) for each in group.lines],
    }


def _difference_json(each: Difference) -> dict[str, Any]:
    """Return a difference, without `before` or `after` where there is no value."""
    found: dict[str, Any] = {"path": each.path}
    if each.before is not ABSENT:
        found["before"] = plain(each.before)
    if each.after is not ABSENT:
        found["after"] = plain(each.after)
    return found
