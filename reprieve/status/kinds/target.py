"""The attributes of a rule's target."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.events.transformer import Transformer
from reprieve.guard.resources import Target
from reprieve.status.attributes import Attributes, Json, attributes_of

NOT_COMPARED: Final = {
    "document": "the target's ARN names it",
    "message": "the text is made of it",
}


def expected(target: Target) -> Attributes:
    """Return what the settings make of a target."""
    return attributes_of(target, NOT_COMPARED, transformer=_transformer)


def _transformer(transformer: Transformer | None) -> Attributes:
    if transformer is None:
        return {}
    return {"set of input paths": Json(transformer.paths), "text": transformer.template}


def deployed(answer: Mapping[str, Any]) -> Attributes:
    """Return what is deployed: `answer` is of ListTargetsByRule (EventBridge API, Target).

    A parameter of another kind of target, `RunCommandParameters`, is an attribute by its name.
    """
    rest = dict(answer)
    transformer = rest.pop("InputTransformer", None) or {}
    retries = rest.pop("RetryPolicy", None) or {}
    paths = transformer.get("InputPathsMap")
    attributes: Attributes = {
        "id": rest.pop("Id", None),
        "ARN": rest.pop("Arn", None),
        "role ARN": rest.pop("RoleArn", None),
        "input": rest.pop("Input", None),
        "input path": rest.pop("InputPath", None),
        "set of input paths": None if paths is None and not transformer else Json(paths or {}),
        "text": transformer.get("InputTemplate"),
        "dead letter ARN": (rest.pop("DeadLetterConfig", None) or {}).get("Arn"),
        "maximum event age": retries.get("MaximumEventAgeInSeconds"),
        "maximum retries": retries.get("MaximumRetryAttempts"),
    }
    return attributes | {name: Json(value) for name, value in rest.items()}
