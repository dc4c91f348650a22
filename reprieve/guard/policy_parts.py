"""Parts that the policies of the guard's resources and of its roles share."""

from typing import Any

from reprieve.guard.resources import Policy, own_rules
from reprieve.location import Location
from reprieve.names import Names


def policy(*statements: dict[str, Any]) -> Policy:
    """Return a policy with the statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def from_source(location: Location, source_arn: str | list[str]) -> dict[str, Any]:
    """Return the condition that a service acts for this account and this source."""
    return {
        "StringEquals": {"aws:SourceAccount": location.account},
        "ArnLike": {"aws:SourceArn": source_arn},
    }


def rules_arn(location: Location, names: Names, bus: str | None = None) -> str | list[str]:
    """Return the ARNs of Reprieve's rules: on the default bus, and on a custom one."""
    arns = [location.arn("events", each) for each in own_rules(names, bus)]
    return arns if bus else arns[0]
