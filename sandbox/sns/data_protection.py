"""Data protection policies of topics, which moto does not know.

The sandbox keeps such a policy and shows it. It does not judge messages by it: that would need
Amazon's own definitions of sensitive data.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sns.exceptions import InvalidParameterValue
from moto.sns.responses import SNSResponse

from sandbox.core.patching import add

# The attribute of moto's topics that holds the policy, so that a snapshot has it.
_ATTRIBUTE = "data_protection_policy"


def hook() -> Callable[[], None]:
    """Add PutDataProtectionPolicy and GetDataProtectionPolicy. Return a function that undoes it."""
    calls = {"put_data_protection_policy": _put, "get_data_protection_policy": _get}
    return add(SNSResponse, calls)


def _put(response: Any) -> EmptyResult:
    """Set the policy of a topic. An empty text removes it (SNS API, PutDataProtectionPolicy)."""
    topic = response.backend.get_topic(response._get_param("ResourceArn"))
    policy = response._get_param("DataProtectionPolicy") or ""
    if policy:
        _check(policy)
    setattr(topic, _ATTRIBUTE, policy)
    return EmptyResult()


def _get(response: Any) -> ActionResult:
    topic = response.backend.get_topic(response._get_param("ResourceArn"))
    return ActionResult({"DataProtectionPolicy": getattr(topic, _ATTRIBUTE, "")})


def _check(policy: str) -> None:
    try:
        document = json.loads(policy)
    except ValueError:
        document = None
    if not isinstance(document, dict) or "Statement" not in document:
        raise InvalidParameterValue("Invalid parameter: DataProtectionPolicy")
