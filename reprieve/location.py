"""Where a resource is, and the ARN that it has there."""

from dataclasses import dataclass
from typing import Final

ACCOUNT_REFERENCE: Final = "${AWS::AccountId}"
"""Stands for the account's id in data that is made before the account is known.

It is CloudFormation's pseudo parameter of that name; stacks/ replaces it by Terraform's reference.
"""


@dataclass(frozen=True)
class Location:
    """A Region of an account. `account` is the id of 12 digits, or `ACCOUNT_REFERENCE`.

    `region` may be `*`, for the ARNs of policies that hold in every Region.
    """

    partition: str
    region: str
    account: str = ACCOUNT_REFERENCE

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this Region, such as `arn("sns", "reprieve-alerts")`."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource that the account has once: `global_arn("iam", "role/x")`."""
        return f"arn:{self.partition}:{service}::{self.account}:{resource}"

    @property
    def every_region(self) -> "Location":
        """The same account, in any Region."""
        return Location(self.partition, "*", self.account)
