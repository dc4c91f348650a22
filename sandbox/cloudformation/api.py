"""CloudFormation as the gateway sees it: every call that it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from moto.iam.models import iam_backends

from sandbox.cloudformation import (
    automatic,
    instance_calls,
    operation_calls,
    stack_calls,
    stack_reads,
    stack_set_calls,
    trust_calls,
)
from sandbox.cloudformation.service import Json, Machinery, Request
from sandbox.cloudformation.stacks import kept_by
from sandbox.core.account import current_account
from sandbox.core.background import Work
from sandbox.core.clients import Clients
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.core.quotas import Limits
from sandbox.iam.organization import Organization

OPERATIONS: Final = {
    **stack_calls.OPERATIONS,
    **stack_reads.OPERATIONS,
    **operation_calls.OPERATIONS,
    **trust_calls.OPERATIONS,
    **stack_set_calls.OPERATIONS,
    **instance_calls.OPERATIONS,
}
"""By name of the call: a function of the machinery and the request."""
_READS: Final = ("Describe", "Get", "List")


class CloudFormation:
    """The service, for all accounts."""

    def __init__(self, work: Work, clients: Clients, limits: Limits) -> None:
        self._machinery = Machinery(work, clients, limits)

    def answer(self, request: Request) -> Json:
        """Answer a call of the present account. Raise AwsError with CloudFormation's own code."""
        if request.operation not in OPERATIONS:
            raise SandboxCannot(f"cloudformation {request.operation}")
        limits = self._machinery.limits
        kind = "cloudformation", request.operation, current_account(), request.region
        if request.operation.startswith(_READS) and not limits.rates.admits(
            kind, limits.quotas.stack_set_reads_per_second
        ):
            raise AwsError("Throttling", "Rate exceeded")
        return OPERATIONS[request.operation](self._machinery, request)

    def cancel_all(self) -> None:
        """Stop all operations of stack sets after the stack that each one is working on."""
        for account in list(iam_backends):
            for stack_set in kept_by(str(account)).stack_sets.values():
                for operation in stack_set.operations.values():
                    if operation.is_open:
                        operation.stop()

    def account_moved(
        self,
        organization: Organization,
        account: str,
        before: Sequence[str],
        after: Sequence[str],
    ) -> None:
        """Start what follows from the move of an account between organizational units."""
        automatic.account_moved(self._machinery, organization, account, before, after)
