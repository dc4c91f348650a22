"""What to change in the settings before Reprieve is deployed beside the pattern."""

from collections.abc import Iterator, Sequence
from typing import Final

from reprieve.adopt.adopt import Adoption
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from reprieve.guard.remediation import roles_of
from reprieve.guard.topics import all_topic_names
from reprieve.location import Location
from reprieve.text import printable

_NAMED: Final = 8
"""How many accounts a sentence names."""


def changes_of(adoptions: Sequence[Adoption]) -> tuple[str, ...]:
    """Return a sentence for each change that the replacement needs; none if it needs none."""
    found = [text for each in adoptions for text in _changes(each)]
    return tuple(dict.fromkeys([*found, *_unknown_accounts(adoptions)]))


def _changes(adoption: Adoption) -> Iterator[str]:
    settings = adoption.settings
    unwatched = [each.region for each in adoption.regions if not each.is_watched]
    if unwatched:
        yield f"regions.watch: add {', '.join(unwatched)}, which the old deployment guards."
    yield from _colliding_topics(adoption)
    yield from _colliding_roles(adoption)
    if KEY_DELETION_SCHEDULED.name not in settings.notify.threats:
        yield f"notify.threats: add {KEY_DELETION_SCHEDULED.name}."
    if adoption.cancels and not settings.remediation.enabled:
        yield "remediation.enabled: set it to true. The old deployment cancels deletions."
    yield from _recipients(adoption)


def _colliding_topics(adoption: Adoption) -> Iterator[str]:
    """Yield the names of topics that Reprieve would share with the old deployment.

    CreateTopic returns a topic that exists already, or fails if its attributes differ (SNS API
    reference). Shared, it is deleted together with the old stack. If it is shared already, a new
    name makes Terraform delete it, and the old deployment notifies nobody.
    """
    own = all_topic_names(adoption.settings)
    beginning = adoption.settings.resource_names.beginning
    for region in adoption.regions:
        old = {topic.name for each in region.placed for topic in each.deployment.topics}
        old |= {
            each.deployment.stack.parameters.get("SNSTopicName", "")
            for each in region.placed
            if each.deployment.stack
        }
        for name in sorted(old & {*own}):
            if name == adoption.settings.notify.topic_name:
                yield (
                    f"notify.topic_name: choose another name than {name}, which the old topic has. "
                    "One topic cannot serve both: it is deleted together with the old deployment."
                )
                if any(
                    publisher.startswith(beginning)
                    for each in region.placed
                    for topic in each.deployment.topics
                    for publisher in topic.publishers
                    if topic.name == name
                ):
                    yield (
                        f"Reprieve already uses the topic {name} in {region.region}, so Terraform "
                        "would delete it with the change of its name, and nobody is notified until "
                        "the new topic is confirmed. First make Terraform forget the topic, its "
                        "policy and its subscriptions with `terraform state rm`, as docs/adopt.md "
                        "shows. They then stay until the old deployment is deleted."
                    )
            else:
                yield (
                    f"names.prefix: choose another prefix. The old topic has the name {name}, and "
                    "is deleted together with the old deployment."
                )


def _colliding_roles(adoption: Adoption) -> Iterator[str]:
    """Yield the roles of old stacks that Reprieve uses, or has to create under the same name."""
    settings, account = adoption.settings, adoption.account.id
    location = Location(settings.regions.partition, settings.regions.home, account)
    created = {each.name for each in roles_of(settings, location)}
    used = settings.remediation.automation_role_arn
    for region in adoption.regions:
        for each in region.placed:
            stack = each.deployment.stack
            for name in stack.ids_of("AWS::IAM::Role") if stack else ():
                shown = printable(name)
                if used and used.rpartition("/")[2] == name:
                    yield (
                        f"remediation.automation_role_arn: remove it. The old stack made the role "
                        f"{shown}, and deletes it; Reprieve then creates a role of its own."
                    )
                elif name in created:
                    yield f"names.prefix: choose another one. An old stack has the role {shown}."


def _recipients(adoption: Adoption) -> Iterator[str]:
    """Yield whom the old deployment notifies, or what it watches, and the settings do not."""
    for region in adoption.regions:
        for each in region.placed:
            for finding in each.findings:
                if finding.hint and finding.kind.name == "UNGUARDED":
                    yield f"{finding.problem} {finding.hint}"


def _unknown_accounts(adoptions: Sequence[Adoption]) -> Iterator[str]:
    """Yield the accounts of stack sets that nothing of Reprieve is for."""
    known = {each.account.id for each in adoptions}
    known |= {account for each in adoptions for account, _ in each.members}
    how = "add [accounts.NAME] for each, or open it with --profile or --role-arn"
    if any(each.settings.has_stack_set for each in adoptions):
        how = (
            "deploy Reprieve's stack sets to them, with their units in "
            "organization.organizational_units, or add [accounts.NAME] for each"
        )
    for adoption in adoptions:
        for stack_set in adoption.stack_sets:
            others = list(
                dict.fromkeys(
                    each.account for each in stack_set.instances if each.account not in known
                )
            )
            if others:
                more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
                yield (
                    f"The stack set {printable(stack_set.name)} also guards "
                    f"{', '.join(others[:_NAMED])}{more}: {how}. Its stacks there stay until then."
                )
