"""Which stacks an account has, and what is in each: `state.split`.

Between stacks there are no references: a stack names what is in another one by its ARN. So the
order in which they are deployed is stated here.
"""

from dataclasses import dataclass
from typing import Final

from reprieve.guard.chat import chat_configurations
from reprieve.guard.forwarding import relay_region
from reprieve.guard.topology import has_hub
from reprieve.location import Location
from reprieve.regions import known_regions
from reprieve.settings.organization import set_stack
from reprieve.settings.schema import Settings
from reprieve.settings.split import ACCOUNT, CHAT, part_of, part_stack

LAST: Final = 2
"""The rank of the stack that is deployed when all others are."""


@dataclass(frozen=True)
class Part:
    """A stack with the guards of some Regions, or with the chat channels of the account.

    `regions` are the watched Regions, the hub first. `relay` is the Region that only forwards.
    `all_regions` are those that could be in this part: Terraform needs the provider of a Region
    once more to destroy the guard there. Stacks of a lower `rank` are deployed before.
    """

    stack: str
    rank: int
    regions: tuple[str, ...] = ()
    relay: str | None = None
    all_regions: tuple[str, ...] = ()

    @property
    def is_chat(self) -> bool:
        """Whether it is the stack of the chat channels."""
        return self.rank == LAST


def parts_of(settings: Settings) -> tuple[Part, ...]:
    """Return the parts of an account besides its base stack, in the order of the deployment.

    None with `state.split = "account"`: all is in the base stack then. A Region in
    `regions.exclude` keeps its part, which is empty: deploying it destroys the guard.
    """
    split = settings.state.split
    if split == ACCOUNT:
        return ()
    relay = relay_region(settings)
    known = known_regions(settings.regions.partition)
    watched = hub_first(settings)
    present = {*watched, *settings.regions.exclude, *([relay] if relay else [])}
    parts = []
    for name in dict.fromkeys(part_of(split, each) for each in known if each in present):
        members = tuple(each for each in known if part_of(split, each) == name)
        guarded = tuple(each for each in watched if each in members)
        parts.append(
            Part(
                part_stack(settings.stack, str(name)),
                0 if any(has_hub(settings, each) for each in guarded) else 1,
                guarded,
                relay if relay in members else None,
                members,
            )
        )
    if chat_configurations(settings, Location(settings.regions.partition, settings.regions.home)):
        parts.append(Part(part_stack(settings.stack, CHAT), LAST))
    return tuple(sorted(parts, key=lambda each: each.rank))


def stacks_of(settings: Settings) -> tuple[str, ...]:
    """Return the names of all stacks of an account, in the order of the deployment."""
    organization = (set_stack(settings.stack),) if settings.has_stack_set else ()
    return (settings.stack, *(each.stack for each in parts_of(settings)), *organization)


def hub_first(settings: Settings) -> tuple[str, ...]:
    """Return the watched Regions, the hub first: what others forward to has to be there."""
    return tuple(sorted(settings.regions.watched, key=lambda each: not has_hub(settings, each)))


def deploy_target(settings: Settings) -> str:
    """Return what to write after `deploy` for all stacks of an account."""
    several = len(stacks_of(settings)) > 1
    return f"'{settings.stack}*' --parallelism 1" if several else settings.stack
