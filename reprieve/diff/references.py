"""Fills in what Terraform leaves unknown although the plan says it.

A text or a list with one new resource in it is completely unknown to Terraform. The configuration
still has its parts: texts, and references to other resources.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from reprieve.diff.plan import UNKNOWN

# What CDKTF writes for the ARN of another resource, and for the account's id.
_ARN_OF: Final = re.compile(r"\$\{([\w.-]+)\.arn\}")
_ACCOUNT_ID: Final = "${data.aws_caller_identity.account.account_id}"


class References:
    """What the references of a plan's configuration stand for.

    `changes` are the entries of `resource_changes`.
    """

    def __init__(self, changes: Iterable[Mapping[str, Any]]) -> None:
        self._arns: dict[str, str] = {}
        roles = {}
        for each in changes:
            after = each["change"].get("after") or {}
            if isinstance(after.get("arn"), str):
                self._arns[each["address"]] = after["arn"]
            elif each.get("type") == "aws_iam_role" and after.get("name"):
                roles[each["address"]] = f"{after.get('path') or '/'}{after['name']}"
        fields = [arn.split(":") for arn in self._arns.values() if arn.count(":") >= 5]
        places = {(field[1], field[4]) for field in fields if field[4]}
        self._account = None
        if len(places) == 1:
            ((partition, self._account),) = places
            # The ARN of a role says nothing that is not known before (IAM user guide, "IAM ARNs").
            for address, path in roles.items():
                self._arns[address] = f"arn:{partition}:iam::{self._account}:role{path}"

    def resolved(self, value: Any, expression: Any) -> Any:
        """Return an unknown text, or list of texts, with what is known filled in.

        A text with a reference that is not known stays unknown, also as an item of a list.
        """
        found = expression.get("constant_value") if isinstance(expression, dict) else None
        if value is not UNKNOWN:
            return value
        if isinstance(found, str):
            return self._text(found)
        if isinstance(found, list) and all(isinstance(item, str) for item in found):
            return [self._text(item) for item in found]
        return value

    def _text(self, text: str) -> Any:
        known = _ARN_OF.sub(lambda found: self._arns.get(found[1], found[0]), text)
        if self._account:
            known = known.replace(_ACCOUNT_ID, self._account)
        return UNKNOWN if "${" in known or "%{" in known else known
