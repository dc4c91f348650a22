"""The tags of a deployed resource, as attributes to compare.

Tags that the settings do not define mean nothing: tag policies, cost allocation and other tools add
their own. Reprieve's own tags do count, no matter who set them.
"""

from collections.abc import Iterable, Mapping

from reprieve.names import TAG_NAMESPACES
from reprieve.status.attributes import Attributes


def expected_tags(tags: Mapping[str, str]) -> Attributes:
    """Return the tags of the settings as attributes."""
    return {f"tag {key}": value for key, value in tags.items()}


def deployed_tags(
    wanted: Mapping[str, str], answer: Iterable[Mapping[str, str]] | Mapping[str, str]
) -> Attributes:
    """Return those tags of a resource that count, of a list of Key and Value, or of a mapping."""
    found = answer if isinstance(answer, Mapping) else {tag["Key"]: tag["Value"] for tag in answer}
    return {
        f"tag {key}": value
        for key, value in found.items()
        if key in wanted or key.startswith(TAG_NAMESPACES)
    }
