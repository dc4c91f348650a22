"""What a reviewer has to know about a plan."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from reprieve.diff.differences import between, parsed
from reprieve.diff.grouping import Group, Guards, Regions, grouped, guards, regions_of
from reprieve.diff.plan import MALFORMED, Change, Plan, PlanError, created_topics
from reprieve.diff.runbooks import differences_of, follows_document, without_hash
from reprieve.diff.weakenings import Weakening, weakenings_of
from reprieve.errors import ExitCode

# The order of a report: deletions first.
_ORDER = ("delete", "forget", "replace", "create-forget", "update", "create")


# A deprecated attribute of a rule, and the attribute that the provider writes together with it.
_LEADERS: Final = {"is_enabled": "state"}


@dataclass(frozen=True)
class Review:
    """What a plan changes, and how it weakens protection."""

    plan: Plan

    @cached_property
    def regions(self) -> Regions:
        """The Regions by what happens to their guards."""
        return regions_of(self.plan)

    @cached_property
    def guards(self) -> tuple[Guards, ...]:
        """The guards that are deleted, or created, as a whole."""
        return (
            *guards(self.plan, self.regions.leaving, "delete"),
            *guards(self.plan, self.regions.joining, "create"),
        )

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All other changes, grouped: deletions first."""
        whole = {*self.regions.leaving, *self.regions.joining}
        changes = [each for each in self.plan.changes if each.place not in whole]
        moved = [each for each in changes if self._only_follows(each)]
        rest = [each for each in changes if each not in moved]
        return tuple(
            sorted(
                (_with_targets(each, moved) for each in grouped(rest, self.regions.staying)),
                key=lambda g: _ORDER.index(g.action) if g.action in _ORDER else len(_ORDER),
            )
        )

    @cached_property
    def weakenings(self) -> tuple[Weakening, ...]:
        """How the plan weakens protection; lost guards first."""
        unknown = self._unknown_to_the_state()
        return (*unknown, *self._lost_guards(), *self._by_changes(self.plan.changes))

    @property
    def is_first(self) -> bool:
        """Whether the plan creates everything: it assumes that no guard is deployed."""
        return bool(created_topics(self.plan))

    @cached_property
    def put_back(self) -> tuple[Group, ...]:
        """The changes outside of Terraform that this plan reverts."""
        return grouped([back for back, _ in self._drift if back], self.regions.staying)

    @cached_property
    def left(self) -> tuple[Group, ...]:
        """The changes outside of Terraform that this plan does not revert."""
        return grouped([left for _, left in self._drift if left], self.regions.staying)

    @cached_property
    def left_weakened(self) -> tuple[Weakening, ...]:
        """How the changes that this plan does not revert weaken protection."""
        return self._by_changes([left for _, left in self._drift if left])

    @property
    def counts(self) -> dict[str, int]:
        """How many resources are created, updated, replaced, deleted, and no longer managed."""
        found = dict.fromkeys(("create", "update", "replace", "delete", "forget"), 0)
        for each in self.plan.changes:
            if each.is_replacement:
                found["replace"] += 1
            else:
                for action in each.actions:
                    found[action] = found.get(action, 0) + 1
        return {action: count for action, count in found.items() if count}

    @property
    def code(self) -> ExitCode:
        """The exit code."""
        if self.plan.errored:
            return ExitCode.FAILED
        if self.weakenings or self.left_weakened:
            return ExitCode.WEAKENS
        if self.plan.changes or self.plan.outputs or self.plan.deferred or self.put_back:
            return ExitCode.CHANGES
        return ExitCode.OK

    def evaluate(self) -> None:
        """Compute everything that a view shows; each part is kept."""
        _ = (self.code, self.counts, self.guards, self.groups, self.put_back, self.left)
        _ = (self.weakenings, self.left_weakened)

    def _only_follows(self, change: Change) -> bool:
        """Whether a target only moves to the document that replaces its own."""
        siblings = [each for each in self.plan.changes if each.place == change.place]
        return follows_document(change, siblings) and [
            each.path for each in differences_of(change)
        ] == ["arn"]

    def _unknown_to_the_state(self) -> list[Weakening]:
        text = (
            "exists in the account, but the state of this plan does not contain it: Terraform "
            "would create a deployed guard again. Check [state], the credentials and the workspace"
        )
        return [
            Weakening("state-lost", f"topic {name}", text, region, "")
            for region, name in created_topics(self.plan).items()
            if region in self.plan.existing
        ]

    def _lost_guards(self) -> list[Weakening]:
        found = []
        for place in self.regions.leaving:
            members = [each for each in self.plan.changes if each.place == place]
            text = (
                f"the whole guard is deleted ({len(members)} resources): "
                "no alert is sent and no deletion is cancelled there any more"
            )
            found.append(Weakening("guard-lost", place, text, place, ""))
        return found

    def _by_changes(self, changes: Sequence[Change]) -> tuple[Weakening, ...]:
        by_place: dict[str, list[Change]] = defaultdict(list)
        for each in changes:
            by_place[each.place].append(each)
        return tuple(
            weakening
            for each in changes
            if each.place not in self.regions.leaving
            for weakening in weakenings_of(each, tuple(by_place[each.place]), self.plan.resources)
            if not self._only_restores(each, weakening)
        )

    def _only_restores(self, change: Change, weakening: Weakening) -> bool:
        """Whether it only reverts what somebody removed outside of Terraform."""
        drift = self._drift_of.get(change.address)
        if drift is None or weakening.kind != "policy-widened":
            return False
        if drift.after is None:
            return change.before is None
        former = replace(change, before={**(change.before or {}), **(drift.before or {})})
        return weakening.text not in [each.text for each in weakenings_of(former)] and (
            "no longer denies" not in weakening.text
        )

    @cached_property
    def _drift_of(self) -> dict[str, Change]:
        return {each.address: each for each in self.plan.drift}

    @cached_property
    def _drift(self) -> tuple[tuple[Change | None, Change | None], ...]:
        planned = {each.address: each for each in self.plan.resources}
        return tuple(self._split(each, planned.get(each.address)) for each in self.plan.drift)

    def _split(self, drift: Change, planned: Change | None) -> tuple[Change | None, Change | None]:
        """Return the part of a drift that the plan reverts, and the part that stays."""
        if planned and planned.actions == ("delete",):
            return None, None
        if drift.before is None or drift.after is None:
            return (drift if planned and planned.is_change else None), None
        names = [
            name
            for name in dict.fromkeys([*drift.before, *drift.after])
            if between({name: drift.before.get(name)}, {name: drift.after.get(name)})
            and not self._is_of_another(drift, name, drift.after.get(name))
        ]
        after = (planned.after if planned and planned.is_change else None) or drift.after
        back = [
            name
            for name in names
            if between({name: drift.after.get(name)}, {name: after.get(name)})
        ]
        back += [name for name in names if name not in back and _LEADERS.get(name) in back]
        return _only(drift, back), _only(drift, [name for name in names if name not in back])

    def _is_of_another(self, drift: Change, name: str, now: Any) -> bool:
        """Whether an attribute only mirrors another resource of the plan.

        A topic shows the policy of `aws_sns_topic_policy`, a role the policies of
        `aws_iam_role_policy`. The first refresh after their creation reports them as changed.
        """
        if (drift.type, name) == ("aws_iam_role", "inline_policy"):
            own = {
                (v.get("name"), _canonical(v.get("policy")))
                for v in self._values("aws_iam_role_policy")
            }
            return all((e.get("name"), _canonical(e.get("policy"))) in own for e in now or [])
        if (drift.type, name) == ("aws_sns_topic", "policy"):
            arn = (drift.after or {}).get("arn")
            # A change of the policy itself is reported as the policy's own drift.
            return any(v.get("arn") == arn for v in self._values("aws_sns_topic_policy"))
        if (drift.type, name) == ("aws_sqs_queue", "policy"):
            url = (drift.after or {}).get("url")
            return any(v.get("queue_url") == url for v in self._values("aws_sqs_queue_policy"))
        if (drift.type, name) == ("aws_iam_role", "managed_policy_arns"):
            own_arns = {v.get("policy_arn") for v in self._values("aws_iam_role_policy_attachment")}
            return all(arn in own_arns for arn in now or [])
        return False

    def _values(self, type: str) -> list[dict[str, Any]]:
        """Return the attributes of the plan's resources of a type: before, and after."""
        return [
            values
            for each in self.plan.resources
            if each.type == type
            for values in (each.before, each.after)
            if values
        ]


def review_plans(plans: Sequence[Plan]) -> list[Review]:
    """Review plans completely, so that no view fails half-way.

    Raises:
        PlanError: the attributes of a plan are not as the AWS provider writes them.
    """
    reviews = [Review(plan) for plan in plans]
    for review in reviews:
        try:
            review.evaluate()
        except MALFORMED as error:
            raise PlanError(
                f"{review.plan.label} has attributes that are not as the AWS provider writes them "
                f"({type(error).__name__}: {error}): it cannot be reviewed."
            ) from error
    return reviews


def code_of(reviews: Sequence[Review]) -> ExitCode:
    """Return the exit code of several plans: a failure, else the highest."""
    codes = [review.code for review in reviews]
    return ExitCode.FAILED if ExitCode.FAILED in codes else max(codes, default=ExitCode.OK)


def _only(drift: Change, names: Sequence[str]) -> Change | None:
    """Return a drift of these attributes only."""
    if not names or drift.before is None or drift.after is None:
        return None
    return replace(
        drift,
        configured=None,
        after={**drift.before, **{name: drift.after.get(name) for name in names}},
    )


def _with_targets(group: Group, moved: Sequence[Change]) -> Group:
    """Return a runbook's group with the targets that only move to its new document."""
    if group.members[0].type != "aws_ssm_document":
        return group
    name = group.text.partition(" ")[2]
    targets = [
        each
        for each in moved
        if each.place in group.places
        and without_hash(str((each.after or {}).get("arn"))).rpartition(":")[0].endswith(f"/{name}")
    ]
    if not targets:
        return group
    text = f"{group.text}, and the targets that start it"
    return replace(group, text=text, members=(*group.members, *targets))


def _canonical(policy: Any) -> str:
    return repr(_sorted(parsed(policy)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return sorted((name, _sorted(each)) for name, each in value.items())
    return value
