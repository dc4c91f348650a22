"""From the guard's ARNs to Terraform's references."""

import json
import re
from typing import Any

from stacks.cdk import literal


class References:
    """Renders the guard's texts for Terraform.

    Every text is escaped first, so that nothing in it, a setting of the user's least of all, is
    read as a template. Then each ARN of a resource of this stack is replaced by a reference to the
    resource: Terraform learns from it what depends on what. A resource is added when it has been
    created, so its own policy, which is rendered before, names it by its ARN.
    """

    def __init__(self, outer: "References | None" = None) -> None:
        self._known: dict[str, str] = dict(outer._known) if outer else {}
        self._pattern: re.Pattern[str] | None = None

    def add(self, text: str, reference: str) -> str:
        """From now on replace `text`, an ARN or a placeholder, by the reference; return that."""
        self._known[literal(text)] = reference
        self._pattern = None
        return reference

    def include(self, others: "References") -> None:
        """Also replace what others replace."""
        self._known |= others._known
        self._pattern = None

    def text(self, text: str) -> str:
        """Return a text as Terraform must read it."""
        if self._pattern is None:
            # The longest first, and none that is only the beginning of another resource's ARN.
            known = sorted(map(re.escape, self._known), key=len, reverse=True)
            self._pattern = re.compile(f"(?:{'|'.join(known)})(?![A-Za-z0-9_/-])")
        return self._pattern.sub(lambda found: self._known[found[0]], literal(text))

    def json(self, value: Any) -> str:
        """Return JSON as Terraform must read it."""
        return self.text(json.dumps(value))
