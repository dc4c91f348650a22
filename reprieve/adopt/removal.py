"""The commands that disable and remove the pattern, for what the settings guard.

Nothing is removed where Reprieve would not guard: in a Region that the settings do not watch, and
in an account that was not read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reprieve.adopt.adopt import Adoption, OldRegion
from reprieve.adopt.commands import Command, aws
from reprieve.adopt.found import Deployment, Made
from reprieve.adopt.set_removal import (
    Orphan,
    member_notes,
    orphan_notes,
    orphans_of,
    set_commands,
    set_notes,
)
from reprieve.text import counted, printable


@dataclass(frozen=True)
class Removals:
    """The commands by step, and the sentences that explain them."""

    disable: tuple[Command, ...] = ()
    stacks: tuple[Command, ...] = ()
    stack_notes: tuple[str, ...] = ()
    sets: tuple[Command, ...] = ()
    set_notes: tuple[str, ...] = ()
    member_notes: tuple[str, ...] = ()
    by_hand: tuple[Command, ...] = ()
    left: tuple[Command, ...] = ()
    left_notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Place:
    """A deployment that the settings let Reprieve replace, and where it is."""

    adoption: Adoption
    region: OldRegion
    deployment: Deployment

    def aws(self, *words: str) -> Command:
        return aws(self.adoption.account, self.region.region, *words)


def removals_of(adoptions: Sequence[Adoption]) -> Removals:
    """Return what removes everything that was found and that Reprieve guards instead."""
    places = [
        _Place(one, region, each.deployment)
        for one in adoptions
        for region in one.regions
        if region.is_watched
        for each in region.placed
    ]
    stacks = [each for each in places if each.deployment.made is Made.STACK]
    candidates = [
        Orphan(each.adoption, each.region.region, each.deployment.stack)
        for each in places
        if each.deployment.stack and each.deployment.stack.set_name
    ]
    orphans = orphans_of(adoptions, candidates)
    by_hand = [each for each in places if each.deployment.made is Made.BY_HAND]
    return Removals(
        disable=tuple(_disabling(places)),
        stacks=tuple(command for each in stacks for command in _deleting(each)),
        stack_notes=tuple(dict.fromkeys(note for each in stacks for note in _stack_notes(each))),
        sets=tuple(set_commands(adoptions)),
        set_notes=tuple(dict.fromkeys([*set_notes(adoptions), *orphan_notes(orphans)])),
        member_notes=tuple(member_notes(adoptions)),
        by_hand=tuple(command for each in by_hand for command in _removing(each)),
        left=tuple(_topics_left(by_hand)),
        left_notes=tuple(dict.fromkeys(_left_notes(places, by_hand))),
    )


def _disabling(places: Sequence[_Place]) -> Iterator[Command]:
    for place in places:
        for rule in place.deployment.rules:
            if rule.is_enabled:
                yield place.aws("events", "disable-rule", "--name", rule.name, *rule.on_bus)


def _deleting(place: _Place) -> Iterator[Command]:
    stack = place.deployment.stack
    if stack is None or stack.root or stack.others:
        return
    if stack.is_protected:
        yield place.aws(
            "cloudformation",
            "update-termination-protection",
            "--no-enable-termination-protection",
            "--stack-name",
            stack.name,
        )
    named = ("--stack-name", stack.name)
    yield place.aws("cloudformation", "delete-stack", *named)
    yield place.aws("cloudformation", "wait", "stack-delete-complete", *named)


def _stack_notes(place: _Place) -> Iterator[str]:
    stack = place.deployment.stack
    if stack is None:
        return
    name = f"{printable(stack.name)} in {place.region.region}"
    if stack.root:
        root = stack.root.partition(":stack/")[2].partition("/")[0] or stack.root
        yield f"{name} is nested: remove it from the template of {printable(root)}."
    elif stack.others:
        kinds = ", ".join(dict.fromkeys(each.type for each in stack.others))
        yield (
            f"{name} also has {counted(len(stack.others), 'other resource')} ({kinds}). Do not "
            "delete it: remove the pattern's resources from its template, and update it."
        )


def _removing(place: _Place) -> Iterator[Command]:
    for rule in place.deployment.rules:
        if ids := [each.id for each in rule.targets]:
            yield place.aws(
                "events", "remove-targets", "--rule", rule.name, *rule.on_bus, "--ids", *ids
            )
        yield place.aws("events", "delete-rule", "--name", rule.name, *rule.on_bus)


def _topics_left(places: Sequence[_Place]) -> Iterator[Command]:
    """Yield the deletion of each topic that only rules of the pattern publish to."""
    seen = set()
    rules = {rule.name for one in places for rule in one.deployment.rules}
    for place in places:
        for topic in place.deployment.topics:
            shared = {*topic.publishers} - rules
            if topic.attributes is not None and topic.arn not in seen and not shared:
                seen.add(topic.arn)
                yield place.aws("sns", "delete-topic", "--topic-arn", topic.arn)


def _left_notes(places: Sequence[_Place], by_hand: Sequence[_Place]) -> Iterator[str]:
    if any(place.deployment.topics for place in by_hand):
        yield "First make sure that only these rules publish to these topics."
    own = {rule.name for one in places for rule in one.deployment.rules}
    for place in places:
        for topic in place.deployment.topics:
            others = sorted({*topic.publishers} - own)
            if others:
                rules = ", ".join(map(printable, others))
                what = "stays" if place in by_hand else "is deleted with its stack"
                yield (
                    f"The topic {printable(topic.name)} in {place.region.region} {what}. These "
                    f"rules publish to it too: {rules}."
                )
        stack = place.deployment.stack
        if stack and stack.retained:
            kept = ", ".join(map(printable, stack.retained))
            yield (
                f"DeletionPolicy keeps {kept} of the stack {printable(stack.name)}. `reprieve "
                "adopt` then finds a rule that was kept, and prints how to remove it."
            )
        for arn in _roles_left(place.deployment):
            yield f"The role {printable(arn)} stays. Delete it if nothing else uses it."


def _roles_left(deployment: Deployment) -> Iterator[str]:
    """Yield the roles of the targets that no stack deletes."""
    made = deployment.stack.ids_of("AWS::IAM::Role") if deployment.stack else ()
    for arn in deployment.role_arns:
        if arn.rpartition("/")[2] not in made:
            yield arn
