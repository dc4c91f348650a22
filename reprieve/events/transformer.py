"""What EventBridge makes of an event for a target: an input transformer."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Transformer:
    """An EventBridge input transformer: JSON paths by variable name, and the template.

    EventBridge replaces `<name>` in the template by the value at the path of that name, and does
    not escape it (EventBridge user guide, "input transformation"). It accepts 100 paths and a
    template of 8,192 characters (EventBridge API reference, InputTransformer).
    """

    paths: dict[str, str]
    template: str


CALLER: Final = {
    "type": "$.detail.userIdentity.type",
    # A session of a role has the first, an IAM user the second, and the root user neither.
    "role": "$.detail.userIdentity.sessionContext.sessionIssuer.userName",
    "user": "$.detail.userIdentity.userName",
}
"""The names of a caller in CloudTrail's records, as AWS writes and validates them.

IAM names have letters, digits and `+=,.@_-` only (IAM user guide, "IAM name requirements"). Only
the federation calls of STS have a `userName` that somebody else chose (CloudTrail user guide,
"userIdentity element").
"""


def text_of(paths: dict[str, str], lines: Iterable[str]) -> Transformer:
    """Return a transformer that makes lines of text, with only those paths that they use.

    EventBridge requires each line in its own quotation marks.
    """
    template = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    return Transformer(used_paths(paths, template), template)


def used_paths(paths: Mapping[str, str], template: str) -> dict[str, str]:
    """Return only those paths whose variables the template uses."""
    return {name: path for name, path in paths.items() if f"<{name}>" in template}
