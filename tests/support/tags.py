"""The tags that a deployed resource has, for tests that delete one and create it again."""

from reprieve import __version__
from reprieve.guard.tags import VERSION_TAG

MAPPING = {VERSION_TAG: __version__}
LIST = [{"Key": key, "Value": value} for key, value in MAPPING.items()]
