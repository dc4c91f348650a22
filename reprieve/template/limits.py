"""The limits of CloudFormation (CloudFormation user guide, "Understand CloudFormation quotas")."""

from typing import Any, Final

from reprieve.errors import ExitCode, ReprieveError

MAX_DIRECT_BYTES: Final = 51_200
"""Of a template that is part of a call; a larger one is read from a bucket of S3."""
MAX_BYTES: Final = 1_000_000
MAX_RESOURCES: Final = 500
MAX_PARAMETERS: Final = 200
MAX_MAPPINGS: Final = 200
MAX_ATTRIBUTES: Final = 200
"""Of each key of a mapping, and keys of a mapping."""
MAX_NAME: Final = 255
"""Characters of the names of resources, parameters, mappings and their attributes."""
MAX_DESCRIPTION_BYTES: Final = 1_024


class TemplateError(ReprieveError):
    """The guard of these settings cannot be a CloudFormation template."""

    exit_code = ExitCode.USAGE


_FEWER: Final = (
    "Watch fewer Regions or events: shorten regions.watch, notify.threats or [[watch]]. Or deploy "
    "with Terraform, which has no such limit."
)


_DYNAMIC: Final = "{{resolve:"
"""What CloudFormation replaces by a value of Systems Manager or Secrets Manager (CloudFormation
user guide, "Get values stored in other services using dynamic references"). It cannot be escaped.
"""


def check_limits(body: dict[str, Any], text: str) -> None:
    """Refuse a template that CloudFormation would refuse for its size, or change.

    Raises:
        TemplateError: It exceeds a limit; the message names all that it exceeds. Or it has a
            dynamic reference.
    """
    if _DYNAMIC in text:
        raise TemplateError(
            f"A text of the settings contains {_DYNAMIC}. CloudFormation would put a value of "
            "another service in its place.",
            "Remove it from the settings.",
        )
    mappings: dict[str, Any] = body.get("Mappings", {})
    attributes = [len(each) for mapping in mappings.values() for each in mapping.values()]
    sections = ("Resources", "Parameters", "Mappings", "Conditions")
    names = [name for section in sections for name in body.get(section, {})]
    sizes = {
        "bytes": (len(text.encode()), MAX_BYTES),
        "bytes of its description": (len(body["Description"].encode()), MAX_DESCRIPTION_BYTES),
        "resources": (len(body["Resources"]), MAX_RESOURCES),
        "parameters": (len(body.get("Parameters", {})), MAX_PARAMETERS),
        "mappings": (len(mappings), MAX_MAPPINGS),
        "keys of a mapping": (max(map(len, mappings.values()), default=0), MAX_ATTRIBUTES),
        "attributes of a key of a mapping": (max(attributes, default=0), MAX_ATTRIBUTES),
        "characters of a name": (max(map(len, names), default=0), MAX_NAME),
    }
    if exceeded := [
        f"{what}: {size:,} of at most {limit:,}"
        for what, (size, limit) in sizes.items()
        if size > limit
    ]:
        raise TemplateError(
            f"The template exceeds limits of CloudFormation: {'; '.join(exceeded)}.", _FEWER
        )
