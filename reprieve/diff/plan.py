"""A Terraform plan: its resources, what the plan does to each, and where each is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from reprieve.errors import ExitCode, ReprieveError

ACCOUNT = "account-wide"
"""Where IAM's resources are: they have no Region."""
UNKNOWN_PLACE = "Region not in the plan"
"""Where a resource is if the plan does not say its Region."""

MAX_NESTING: Final = 100
"""How many levels deep the JSON of a plan may be nested, and JSON in a text of it."""

MALFORMED: Final = (AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError)
"""What reading a plan raises where the plan's JSON has an unexpected form."""


class PlanError(ReprieveError):
    """The input is not a plan that can be read."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Unknown:
    """Stands for a value that Terraform knows only after the apply."""


@dataclass(frozen=True)
class Sensitive:
    """Holds a value that is never shown. Two of them can be compared."""

    value: Any


UNKNOWN = Unknown()


@dataclass(frozen=True)
class Change:
    """What is done, or was done, to one resource.

    `place` is a Region, `ACCOUNT` or `UNKNOWN_PLACE`. `actions` are Terraform's: `("update",)`,
    `("delete", "create")`. `before` and `after` are the attributes, None where there is no
    resource. In them, UNKNOWN and Sensitive stand for values that cannot or may not be shown.
    `configured` holds the attributes that the configuration sets, or None if it no longer contains
    the resource. `replace_because` holds the attributes that force a replacement.
    """

    address: str
    type: str
    name: str
    place: str
    actions: tuple[str, ...]
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    configured: frozenset[str] | None = None
    replace_because: tuple[str, ...] = ()

    @property
    def is_change(self) -> bool:
        """Whether the resource changes. Reading a data source is no change."""
        return self.actions not in (("no-op",), ("read",))

    @property
    def is_deletion(self) -> bool:
        """Whether the resource is deleted, and not created again."""
        return self.actions == ("delete",)

    @property
    def is_replacement(self) -> bool:
        """Whether the resource is deleted and created again, in either order."""
        return set(self.actions) == {"create", "delete"}


@dataclass(frozen=True)
class Plan:
    """One plan. `label` is its name; `resources` includes unchanged ones."""

    label: str
    resources: tuple[Change, ...]
    drift: tuple[Change, ...]
    outputs: tuple[str, ...]
    """Names of the outputs that change."""
    deferred: tuple[tuple[str, str], ...]
    """(address, reason) of each change that Terraform defers to a later plan."""
    errored: bool
    complete: bool
    error_output: str = ""
    """What Terraform printed on stderr where the plan errored."""
    existing: frozenset[str] = frozenset()
    """The Regions where the account has the topic that the plan creates."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The resources that change."""
        return tuple(each for each in self.resources if each.is_change)


def created_topics(plan: Plan) -> dict[str, str]:
    """Return the name of a topic by Region, for each Region in which the plan creates everything.

    It then assumes that no guard is deployed there: the state does not contain one.
    """
    others = {each.place for each in plan.resources if each.actions != ("create",)}
    return {
        each.place: str((each.after or {}).get("name"))
        for each in reversed(plan.resources)
        if each.type == "aws_sns_topic" and each.place not in others
    }


def merge_plans(label: str, plans: Sequence[Plan]) -> Plan:
    """Return the plans of the stacks of an account as one.

    A right in one stack may be about a resource in another.
    """
    if len(plans) == 1:
        return replace(plans[0], label=label)

    def every(name: str) -> tuple[Any, ...]:
        return tuple(item for plan in plans for item in getattr(plan, name))

    return Plan(
        label=label,
        resources=tuple(sorted(every("resources"), key=lambda each: each.address)),
        drift=every("drift"),
        outputs=tuple(sorted(every("outputs"))),
        deferred=every("deferred"),
        errored=any(each.errored for each in plans),
        complete=all(each.complete for each in plans),
        error_output="\n".join(each.error_output for each in plans if each.error_output),
        existing=frozenset(every("existing")),
    )


def is_too_deep(value: Any) -> bool:
    """Whether a value of JSON is nested more than MAX_NESTING levels deep."""
    level = [value]
    for _ in range(MAX_NESTING + 1):
        level = [
            child
            for each in level
            for child in (
                each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
            )
        ]
        if not level:
            return False
    return True
