"""The plan that replaces the pattern by Reprieve: ordered steps with exact commands.

Reprieve guards before anything old is changed. The old rules are disabled before they are removed:
that can be undone at once, and the drill then proves that Reprieve alone rescues and notifies.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from reprieve.adopt.adopt import Adoption
from reprieve.adopt.commands import Command
from reprieve.adopt.preparation import changes_of
from reprieve.adopt.removal import Removals, removals_of
from reprieve.environment.cdk import deploy_command
from reprieve.guard.layout import deploy_target


@dataclass(frozen=True)
class Step:
    """A step of the plan: its title, sentences, and commands to run in their order."""

    title: str
    text: tuple[str, ...]
    commands: tuple[Command, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the step as `--format json` prints it; docs/adopt.md has the shape."""
        return asdict(self)


_MEMBERS: Final = Command("reprieve status --organization")
"""Shows whether the accounts of Reprieve's own stack set have their guard."""


def plan_of(adoptions: Sequence[Adoption]) -> tuple[Step, ...]:
    """Return the steps that replace everything that was found; none if nothing was."""
    if all(each.is_empty for each in adoptions):
        return ()
    removals = removals_of(adoptions)
    steps = (_preparing(adoptions), _proving(adoptions, removals), _removing(removals))
    return (*(step for each in steps for step in each), _last())


def _preparing(adoptions: Sequence[Adoption]) -> Iterator[Step]:
    if changes := changes_of(adoptions):
        yield Step(
            "Change the settings",
            changes,
            (Command("reprieve validate"), Command("reprieve adopt")),
        )
    targets = dict.fromkeys(deploy_target(each.settings) for each in adoptions)
    yield Step(
        "Deploy Reprieve beside the old deployment",
        (*_guarded(adoptions), *_meanwhile(adoptions)),
        (Command("reprieve diff"), *(Command(deploy_command(each)) for each in targets)),
    )


def _guarded(adoptions: Sequence[Adoption]) -> Iterator[str]:
    """Yield where Reprieve's rule is already, so that people see how far they are."""
    regions = [each for one in adoptions for each in one.regions]
    guarded = sum(each.is_guarded for each in regions)
    if regions and guarded == len(regions):
        yield "Reprieve's rule is already enabled wherever the old deployment is."
    elif guarded:
        yield (
            f"Reprieve's rule is enabled in {guarded} of the {len(regions)} Regions of the old "
            "deployment."
        )


def _meanwhile(adoptions: Sequence[Adoption]) -> Iterator[str]:
    """Yield what happens while both are deployed."""
    settings = [each.settings for each in adoptions]
    # What a stack set does in accounts that were not read is not known: it may cancel.
    if not any(each.cancels or each.stack_sets for each in adoptions):
        yield "While both are deployed, each scheduled deletion sends two alerts."
        return
    yield (
        "While both are deployed, each scheduled deletion sends two alerts, and both cancel it. "
        "That is harmless: the second finds a key that is not pending deletion any more."
    )
    if any(each.remediation.runbook == "aws" for each in settings):
        yield (
            "Amazon's runbook then fails if it is the second, for Reprieve too: with "
            'remediation.runbook = "aws" you may get alerts of failed rescues until the old '
            "deployment is removed."
        )
    else:
        yield (
            "Amazon's runbook fails if it is the second. Reprieve's runbook then reports that "
            "the key is safe."
        )
    if any(each.exempt.principals or each.exempt.keys or each.exempt.tags for each in settings):
        yield (
            "The old deployment knows no exemptions: until it is disabled, it cancels exempt "
            "deletions too."
        )
    if any(each.remediation.re_enable for each in settings):
        yield "Reprieve enables a key again only if its own runbook was the first."


def _proving(adoptions: Sequence[Adoption], removals: Removals) -> Iterator[Step]:
    has_members = any(each.settings.has_stack_set for each in adoptions)
    yield Step(
        "Confirm the subscriptions",
        (
            "SNS sends an e-mail to each address for each new topic, and each has to be confirmed: "
            "a confirmation of an old topic does not count. `reprieve status` has to pass before "
            "you continue: until then people rely on the alerts of the old rules.",
        ),
        (Command("reprieve status"), *([_MEMBERS] if has_members else [])),
    )
    yield Step(
        "Test that Reprieve notifies",
        ("The drill has to pass before you continue. The old deployment reacts to it too.",),
        (Command("reprieve drill"),),
    )
    if removals.disable:
        yield Step(
            "Disable the old rules",
            (
                "From here Reprieve alone reacts. To undo it, write enable-rule for disable-rule. "
                "CloudFormation reports the change as drift, which does no harm.",
            ),
            removals.disable,
        )
        yield Step(
            "Test that Reprieve rescues alone",
            ("If the drill does not pass, enable the old rules again.",),
            (Command("reprieve drill"),),
        )
    if removals.member_notes:
        yield Step("Test one of the accounts that have no drill", removals.member_notes)


def _removing(removals: Removals) -> Iterator[Step]:
    if removals.stacks or removals.stack_notes:
        yield Step("Delete the stacks", removals.stack_notes, removals.stacks)
    if removals.sets or removals.set_notes:
        yield Step("Delete the stack sets", removals.set_notes, removals.sets)
    if removals.by_hand:
        yield Step(
            "Remove the rules that no stack has",
            (
                "If Terraform, the CDK or another tool made them, remove them there: otherwise it "
                "makes them again.",
            ),
            removals.by_hand,
        )
    if removals.left or removals.left_notes:
        yield Step("Delete what is left", removals.left_notes, removals.left)


def _last() -> Step:
    return Step(
        "Check the result",
        ("`reprieve adopt` finds nothing any more and ends with 0.",),
        (Command("reprieve adopt"), Command("reprieve status")),
    )
