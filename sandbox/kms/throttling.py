"""KMS's request quotas.

Source: KMS Developer Guide, "Request quotas" and "Throttling AWS KMS requests". Each call has a
quota of its own, per account and Region. The calls that are not listed here are not
throttled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError
from sandbox.core.quotas import Limits, Quotas

_RATES: Final[dict[str, Callable[[Quotas], float]]] = {
    "CancelKeyDeletion": lambda quotas: quotas.cancel_key_deletion_per_second,
    "ScheduleKeyDeletion": lambda quotas: quotas.schedule_key_deletion_per_second,
    "EnableKey": lambda quotas: quotas.enable_key_per_second,
    "DisableKey": lambda quotas: quotas.disable_key_per_second,
    "PutKeyPolicy": lambda quotas: quotas.put_key_policy_per_second,
    "DescribeKey": lambda quotas: quotas.describe_key_per_second,
    "ListKeys": lambda quotas: quotas.list_keys_per_second,
}


def check_rate(operation: str, region: str, limits: Limits) -> None:
    """Raise KMS's ThrottlingException if an operation is called too often in a Region.

    CloudTrail records such a call with this error code. Nothing else about it is checked first, so
    the record names no key.
    """
    rate = _RATES.get(operation)
    kind = "kms", operation, current_account(), region
    if rate and not limits.rates.admits(kind, rate(limits.quotas)):
        raise AwsError(
            "ThrottlingException",
            "You have exceeded the rate at which you may call KMS. Reduce the frequency of your "
            "calls.",
        )
