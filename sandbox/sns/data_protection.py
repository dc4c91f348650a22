"""The data protection policy of a topic, which moto does not have. It is kept, and not applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sns.responses import SNSResponse

_KEPT = "data_protection_policy"


def hook() -> Callable[[], None]:
    """Make SNS answer GetDataProtectionPolicy and PutDataProtectionPolicy.

    SNS API reference: a topic without a policy answers with none, and an empty one removes it.
    Return a function that undoes it.
    """
    calls = {"get_data_protection_policy": _get, "put_data_protection_policy": _put}
    for name, call in calls.items():
        setattr(SNSResponse, name, call)

    def undo() -> None:
        for name in calls:
            delattr(SNSResponse, name)

    return undo


def _get(response: Any) -> ActionResult:
    topic = response.backend.get_topic(response._get_param("ResourceArn"))
    return ActionResult({"DataProtectionPolicy": getattr(topic, _KEPT, "")})


def _put(response: Any) -> ActionResult:
    topic = response.backend.get_topic(response._get_param("ResourceArn"))
    setattr(topic, _KEPT, response._get_param("DataProtectionPolicy"))
    return EmptyResult()
