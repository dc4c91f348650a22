"""What a message of each form has to be, wherever it was delivered."""

import json
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from reprieve.messages.forms import LONGEST_DESCRIPTION, LONGEST_SMS, LONGEST_TITLE
from reprieve.messages.schema import AlertMessage
from tools.reference import DOCS, SCHEMA

_CHAT: dict[str, Any] = {
    # Amazon Q Developer in chat applications administrator guide, "Custom notifications".
    "type": "object",
    "required": ["version", "source", "content"],
    "additionalProperties": False,
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "id": {"type": "string", "minLength": 1},
        "content": {
            "type": "object",
            "required": ["description"],
            "additionalProperties": False,
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": {"type": "string", "minLength": 1, "maxLength": LONGEST_TITLE},
                "description": {
                    "type": "string",
                    "minLength": 1,
                    "maxLength": LONGEST_DESCRIPTION,
                },
                "nextSteps": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                "keywords": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "threadId": {"type": "string", "minLength": 1},
                "summary": {"type": "string", "minLength": 1},
                "eventType": {"type": "string", "minLength": 1},
                "relatedResources": {"type": "array", "items": {"type": "string"}},
                "additionalContext": {"type": "object"},
            },
        },
    },
}


def checked_json(text: str) -> dict[str, Any]:
    """Return a message of the machine form. It fulfils docs/alert-schema.json, and has no more."""
    message: dict[str, Any] = json.loads(text)
    schema = json.loads((DOCS / SCHEMA).read_text())
    assert validator_for(schema) is Draft202012Validator
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(message)
    AlertMessage.model_validate(message)
    return message


def checked_chat(text: str) -> dict[str, Any]:
    """Return a message of the form for chat, which AWS would show."""
    message: dict[str, Any] = json.loads(text)
    Draft202012Validator(_CHAT).validate(message)
    return message


def checked_sms(text: str) -> str:
    """Return a text message. It has one line, and SNS does not refuse it."""
    assert "\n" not in text
    assert 0 < len(text.encode()) <= LONGEST_SMS
    return text
