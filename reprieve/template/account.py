"""The resources of an account: those of each Region, and those that it has once."""

from reprieve.guard.dashboard import dashboard_of
from reprieve.guard.forwarding import relay_region
from reprieve.guard.guard import regional_guard, relay_rules
from reprieve.guard.remediation import roles_of
from reprieve.guard.resources import RegionalGuard
from reprieve.guard.tags import tags_of
from reprieve.guard.topics import KEY_REFERENCE
from reprieve.location import Location
from reprieve.settings.schema import Settings
from reprieve.template.limits import TemplateError
from reprieve.template.resource import Resource
from reprieve.template.resources import ALERT_KEY, Resources
from reprieve.template.texts import Placeholder


def guard_regions(settings: Settings) -> tuple[str, ...]:
    """Return the Regions that have rules: the watched ones, and that of IAM's events."""
    relay = relay_region(settings)
    return tuple(sorted({*settings.regions.watched, *([relay] if relay else [])}))


def guard_resources(settings: Settings) -> dict[str, dict[str, Resource]]:
    """Return the resources of the guards by Region and logical id.

    Raises:
        TemplateError: The settings want what CloudFormation has no type of resource for.
    """
    if settings.remediation.adaptive_concurrency:
        raise TemplateError(
            "remediation.adaptive_concurrency is true, and CloudFormation has no type of resource "
            "for a service setting of Systems Manager.",
            "Set it to false. To change the setting all the same, run `aws ssm "
            "update-service-setting` in each Region of each account.",
        )
    made = Resources(tags_of(settings))
    found = {region: made.guard(guard) for region, guard in _guards(settings).items()}
    if relay := relay_region(settings):
        rules = relay_rules(settings, Location(settings.regions.partition, relay))
        found[relay] = made.rules(rules)
    return {region: found[region] for region in guard_regions(settings)}


def account_resources(settings: Settings) -> dict[str, Resource]:
    """Return what an account has once, in its home Region, by logical id."""
    made = Resources(tags_of(settings))
    home = Location(settings.regions.partition, settings.regions.home)
    found = made.roles(roles_of(settings, home))
    # Only a dashboard has to know the guards.
    wanted = settings.reliability.dashboard
    dashboard = dashboard_of(settings, list(_guards(settings).values())) if wanted else None
    return found | (made.dashboard(dashboard) if dashboard else {})


def key_marks(settings: Settings) -> dict[str, Placeholder]:
    """Return what stands for the key of the alerts in the texts of each Region."""
    arn = Placeholder(f"{ALERT_KEY}.Arn")
    return {
        Location(settings.regions.partition, region).arn("kms", KEY_REFERENCE): arn
        for region in settings.regions.watched
    }


def _guards(settings: Settings) -> dict[str, RegionalGuard]:
    partition = settings.regions.partition
    return {
        region: regional_guard(settings, Location(partition, region))
        for region in settings.regions.watched
    }
