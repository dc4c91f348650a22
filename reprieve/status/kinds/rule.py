"""The attributes of an EventBridge rule."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import DEFAULT_BUS, Rule
from reprieve.status.attributes import Attributes, Json, attributes_of
from reprieve.status.json_compare import parsed

NOT_COMPARED: Final = {
    "id": "it is Terraform's address; the name has it too",
    "group": "it says which alarm the rule shares; the alarm's metrics are compared",
    "targets": "they are resources of their own: `kinds.target`",
}


def expected(rule: Rule) -> Attributes:
    """Return what the settings make of a rule."""
    return {"state": "ENABLED"} | attributes_of(rule, NOT_COMPARED, pattern=_pattern)


def _pattern(text: str | None) -> Json | None:
    return Json(parsed(text)) if text else None


def deployed(answer: Mapping[str, Any]) -> Attributes:
    """Return what is deployed: `answer` is a rule of ListRules (EventBridge API, Rule)."""
    return {
        "state": answer.get("State"),
        "name": answer.get("Name"),
        "ARN": answer.get("Arn"),
        "description": answer.get("Description"),
        "pattern": _pattern(answer.get("EventPattern")),
        "schedule": answer.get("ScheduleExpression"),
        "role ARN": answer.get("RoleArn"),
        "bus": answer.get("EventBusName", DEFAULT_BUS),
        "managing service": answer.get("ManagedBy"),
    }
