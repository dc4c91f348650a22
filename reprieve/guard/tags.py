"""The tags of every resource. Terraform's providers add them to whatever takes tags."""

from typing import Final

from reprieve import __version__
from reprieve.settings.schema import Settings

VERSION_TAG: Final = "reprieve:version"
"""The tag whose value is the version of Reprieve that deployed a resource."""


def tags_of(settings: Settings) -> dict[str, str]:
    """Return the tags by their keys. The key of the alerts has one more: see `resources.Key`."""
    return {**settings.resources.tags, VERSION_TAG: __version__}
