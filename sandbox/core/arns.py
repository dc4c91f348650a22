"""ARNs that more than one service reads."""

from __future__ import annotations

import re

_AUTOMATION = re.compile(
    r"arn:[\w-]+:ssm:[\w-]+:(?P<account>\d{12})?:automation-definition/(?P<name>[\w.\-]+)"
    r"(?::(?P<version>\$DEFAULT|\$LATEST|\d+))?"
)


def match_automation_definition(arn: str) -> re.Match[str] | None:
    """Match an automation-definition ARN: `account`, `name` and `version`. None for others."""
    return _AUTOMATION.fullmatch(arn)
