"""What a reviewer has to know about a plan."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reprieve.diff.drift import Drifts
from reprieve.diff.grouping import Group, Guards, Regions, grouped, guards, regions_of
from reprieve.diff.plan import MALFORMED, Change, Plan, PlanError, created_topics
from reprieve.diff.runbooks import differences_of, follows_document, without_hash
from reprieve.diff.tags import only_tags, tags_group
from reprieve.diff.weakenings import Weakening, weakenings_of
from reprieve.errors import ExitCode

# The order of a report: deletions first.
_ORDER = ("delete", "forget", "replace", "create-forget", "update", "create")


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
        return self._grouped(self.plan.changes)

    @cached_property
    def intended(self) -> tuple[Group, ...]:
        """What the configuration changes of them: without what the plan only restores."""
        return self._grouped(self._drifts.intended(self.plan.changes))

    @cached_property
    def restored(self) -> tuple[Group, ...]:
        """What was changed outside of Terraform and is put back, as the plan changes it."""
        return self._drifted(each.restored for each in self._drifts.all)

    @cached_property
    def weakenings(self) -> tuple[Weakening, ...]:
        """How the plan weakens protection; lost guards first."""
        unknown = self._unknown_to_the_state()
        by_changes = self._by_changes(self.plan.changes, self._weakenings_of)
        return (*unknown, *self._lost_guards(), *by_changes)

    @property
    def is_first(self) -> bool:
        """Whether the plan creates everything: it assumes that no guard is deployed."""
        created = all(each.actions == ("create",) for each in self.plan.resources)
        return created and bool(created_topics(self.plan))

    @cached_property
    def put_back(self) -> tuple[Group, ...]:
        """The changes outside of Terraform that this plan reverts, or changes again."""
        return self._drifted(each.put_back for each in self._drifts.all)

    @cached_property
    def overwritten(self) -> tuple[Group, ...]:
        """Those of them that it changes to something else than what was there before."""
        return self._drifted(each.overwritten for each in self._drifts.all)

    @cached_property
    def left(self) -> tuple[Group, ...]:
        """The changes outside of Terraform that this plan does not revert."""
        return self._drifted(each.remaining for each in self._drifts.all)

    @cached_property
    def left_weakened(self) -> tuple[Weakening, ...]:
        """How the changes that this plan does not revert weaken protection."""
        left = [rest for each in self._drifts.all if (rest := each.remaining)]
        return self._by_changes(left, weakenings_of)

    @property
    def only_restored(self) -> int:
        """How many of the changed resources are only put back to what they were."""
        changes = self.plan.changes
        return len(changes) - len(list(self._drifts.intended(changes)))

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
        _ = (self.weakenings, self.left_weakened, self.intended, self.restored, self.overwritten)

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

    def _by_changes(
        self, changes: Sequence[Change], find: Callable[..., list[Weakening]]
    ) -> tuple[Weakening, ...]:
        by_place: dict[str, list[Change]] = defaultdict(list)
        for each in changes:
            by_place[each.place].append(each)
        return tuple(
            weakening
            for each in changes
            if each.place not in self.regions.leaving
            for weakening in find(each, tuple(by_place[each.place]), self.plan.resources)
        )

    def _weakenings_of(
        self, change: Change, siblings: tuple[Change, ...], everything: tuple[Change, ...]
    ) -> list[Weakening]:
        drift = self._drifts.of(change)
        find = drift.weakenings if drift else weakenings_of
        return find(change, siblings, everything)

    def _grouped(self, changes: Iterable[Change]) -> tuple[Group, ...]:
        """Return the changes of Regions that keep their guards, grouped: deletions first."""
        whole = {*self.regions.leaving, *self.regions.joining}
        changes = [each for each in changes if each.place not in whole]
        tagged = [each for each in changes if only_tags(each)]
        moved = [each for each in changes if self._only_follows(each)]
        rest = [each for each in changes if each not in moved and each not in tagged]
        groups = [_with_targets(each, moved) for each in grouped(rest, self.regions.staying)]
        return tuple(
            sorted(
                [*groups, *tags_group(tagged)],
                key=lambda g: _ORDER.index(g.action) if g.action in _ORDER else len(_ORDER),
            )
        )

    def _drifted(self, changes: Iterable[Change | None]) -> tuple[Group, ...]:
        return grouped([each for each in changes if each], self.regions.staying)

    @cached_property
    def _drifts(self) -> Drifts:
        return Drifts(self.plan)


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
