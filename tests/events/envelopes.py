"""Events as EventBridge gets them, and the texts that it makes of them."""

import json
from typing import Any

from reprieve.events.transformer import Transformer
from reprieve.messages.forms import text
from reprieve.messages.message import Message
from sandbox.events.transformer import check_target, transform


def envelope(detail_type: str, detail: dict, **more: Any) -> dict:
    """Return an event in EventBridge's format."""
    return {
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": "aws.kms",
        "account": "111122223333",
        "time": "2026-01-31T12:00:01Z",
        "region": "eu-west-1",
        "resources": [],
        "detail": detail,
    } | more


def delivered(message: Message, event: dict) -> list[str]:
    """Return the lines of an e-mail that EventBridge makes of an event, without quotation marks."""
    return [json.loads(line) for line in transformed(text(message), event).splitlines()]


def transformed(transformer: Transformer, event: dict) -> str:
    """Return what EventBridge makes of an event; refuse a transformer that it would refuse."""
    target = {
        "Id": "target",
        "Arn": "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts",
        "InputTransformer": {
            "InputPathsMap": transformer.paths,
            "InputTemplate": transformer.template,
        },
    }
    check_target(target)
    rule = "arn:aws:events:eu-west-1:111122223333:rule/reprieve-rule"
    return transform(target, event, rule)
