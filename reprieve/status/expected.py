"""What the settings make of a Region, to compare with what is deployed there."""

from dataclasses import dataclass, replace
from typing import Any

from reprieve.aws.account import Account
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.resources import RegionalGuard, Rule
from reprieve.guard.tags import tags_of
from reprieve.location import Location
from reprieve.names import Names
from reprieve.settings.schema import Settings


@dataclass(frozen=True)
class ExpectedRegion:
    """A watched Region of an account, and the guard that the settings define there."""

    account: Account
    settings: Settings
    guard: RegionalGuard

    @property
    def region(self) -> str:
        """The code of the Region."""
        return self.guard.location.region

    @property
    def names(self) -> Names:
        """The names of the deployment's resources."""
        return self.settings.resource_names

    @property
    def tags(self) -> dict[str, str]:
        """The tags of every resource that takes tags."""
        return tags_of(self.settings)

    def client(self, service: str) -> Any:
        """Return a client of a service in the Region."""
        return self.account.client(service, self.region)


def expected_in(account: Account, settings: Settings, region: str) -> ExpectedRegion:
    """Return what the settings define in a Region of an account."""
    location = _location(account, settings, region)
    guard = regional_guard(settings, location)
    if guard.key:
        # KMS chose the id of the key that Reprieve made; only the topic knows it.
        key_arn = _key_of_topic(account, location, guard.topics[0].arn)
        guard = regional_guard(settings, location, key_arn)
    return ExpectedRegion(account, settings, guard)


def rules_in(account: Account, settings: Settings, region: str) -> tuple[Rule, ...]:
    """Return the rules that the settings define in a Region, watched or not, without asking AWS."""
    location = _location(account, settings, region)
    if region in settings.regions.watched:
        return regional_guard(settings, location).rules
    return relay_rules(settings, location)


def relay_in(account: Account, settings: Settings, region: str) -> ExpectedRegion | None:
    """Return what the settings define in a Region that only forwards events: its rules alone.

    Its queue is that of a watched Region, and counts for nothing. None if it forwards nothing, or
    is watched.
    """
    rules = rules_in(account, settings, region)
    if region in settings.regions.watched or not rules:
        return None
    guard = regional_guard(settings, _location(account, settings, settings.regions.watched[0]))
    relay = replace(
        guard,
        location=_location(account, settings, region),
        key_arn=None,
        key=None,
        topics=(),
        documents=(),
        rules=rules,
        alarms=(),
        service_setting=None,
        buses=(),
    )
    return ExpectedRegion(account, settings, relay)


def _location(account: Account, settings: Settings, region: str) -> Location:
    return Location(settings.regions.partition, region, account.id)


def _key_of_topic(account: Account, location: Location, topic_arn: str) -> str | None:
    """Return the key that encrypts a topic; None if there is no such topic or key."""
    try:
        answer = account.client("sns", location.region).get_topic_attributes(TopicArn=topic_arn)
    except Exception:
        return None  # the check of the topic reports why
    key: str | None = answer["Attributes"].get("KmsMasterKeyId")
    return key
