"""What the shell completes after an option. It asks AWS nothing, and never fails."""

import boto3

from reprieve.regions import every_region
from reprieve.settings.loader import load


def complete_regions(incomplete: str) -> list[str]:
    """Return the Regions of every partition that begin like this."""
    return [each for each in every_region() if each.startswith(incomplete)]


def complete_profiles(incomplete: str) -> list[str]:
    """Return the configured AWS profiles that begin like this."""
    try:
        names = boto3.Session().available_profiles
    except Exception:  # a configuration that cannot be read: complete nothing
        return []
    return [name for name in names if name.startswith(incomplete)]


def complete_accounts(incomplete: str) -> list[str]:
    """Return the names of the accounts in the settings that begin like this."""
    try:
        names = load().names
    except Exception:  # settings with errors: complete nothing
        return []
    return [name for name in names if name.startswith(incomplete)]
