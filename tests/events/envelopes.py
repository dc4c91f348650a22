"""Events as EventBridge gets them, and the texts that it makes of them."""

import json
from typing import Any

from sandbox.events.transformer import transform


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


def delivered(transformer, event: dict) -> list[str]:
    """Return the lines that EventBridge makes of an event, without their quotation marks."""
    target = {
        "Id": "target",
        "Arn": "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts",
        "InputTransformer": {
            "InputPathsMap": transformer.paths,
            "InputTemplate": transformer.template,
        },
    }
    rule = "arn:aws:events:eu-west-1:111122223333:rule/reprieve-rule"
    return [json.loads(line) for line in transform(target, event, rule).splitlines()]
