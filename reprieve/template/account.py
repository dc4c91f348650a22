"""The resources of an account: those of each Region, and those that it has once."""

from reprieve.guard.dashboard import dashboard_of
from reprieve.guard.forwarding import relay_region
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.remediation import roles_of
from reprieve.guard.resources import RegionalGuard
from reprieve.guard.tags import tags_of
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.template.cases import Case
from reprieve.template.resource import Resource
from reprieve.template.resources import Resources


def guard_regions(settings: Settings) -> tuple[str, ...]:
    """Return the Regions that have rules: the watched ones, and that of IAM's events."""
    relay = relay_region(settings)
    return tuple(sorted({*settings.regions.watched, *([relay] if relay else [])}))


def guard_resources(settings: Settings) -> dict[Case, dict[str, Resource]]:
    """Return the resources of the guards by Region and logical id."""
    made = Resources(tags_of(settings))
    found = {region: made.guard(guard) for region, guard in _guards(settings).items()}
    if relay := relay_region(settings):
        rules = relay_rules(settings, Location(settings.regions.partition, relay))
        found[relay] = made.rules(rules)
    return {Case(region): found[region] for region in guard_regions(settings)}


def account_resources(settings: Settings) -> dict[str, Resource]:
    """Return what an account has once, in its home Region, by logical id."""
    made = Resources(tags_of(settings))
    home = Location(settings.regions.partition, settings.regions.home)
    found = made.roles(roles_of(settings, home))
    # Only a dashboard has to know the guards.
    wanted = settings.reliability.dashboard
    dashboard = dashboard_of(settings, list(_guards(settings).values())) if wanted else None
    return found | (made.dashboard(dashboard) if dashboard else {})


def _guards(settings: Settings) -> dict[str, RegionalGuard]:
    partition = settings.regions.partition
    return {
        region: regional_guard(settings, Location(partition, region))
        for region in settings.regions.watched
    }
