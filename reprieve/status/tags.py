"""The tags of a deployed resource, as attributes to compare.

Tags that the settings do not define mean nothing: tag policies, cost allocation and other tools add
their own. Reprieve's own tags do count, no matter who set them.
"""

from collections.abc import Iterable, Iterator, Mapping

from reprieve.names import TAG_NAMESPACES
from reprieve.status.attributes import Attributes
from reprieve.status.compare import compare
from reprieve.status.findings import Finding

Tags = Iterable[Mapping[str, str]] | Mapping[str, str]
"""The tags in an answer of AWS: a list of Key and Value, or a mapping."""


def compare_tagged(
    title: str,
    name: str,
    expected: Attributes,
    deployed: Attributes,
    wanted: Mapping[str, str],
    found: Tags,
) -> Iterator[Finding]:
    """Compare a resource with its tags: `wanted` are those of the settings, `found` its own."""
    given = found if isinstance(found, Mapping) else {tag["Key"]: tag["Value"] for tag in found}
    counting = {
        key: value
        for key, value in given.items()
        if key in wanted or key.startswith(TAG_NAMESPACES)
    }
    yield from compare(title, name, expected | _as_tags(wanted), deployed | _as_tags(counting))


def _as_tags(tags: Mapping[str, str]) -> Attributes:
    return {f"tag {key}": value for key, value in tags.items()}
