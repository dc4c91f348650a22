"""The attributes of a service setting of Systems Manager."""

from collections.abc import Mapping
from typing import Any, Final

from reprieve.guard.resources import ServiceSetting
from reprieve.status.attributes import Attributes, attributes_of

NOT_COMPARED: Final = {"id": "it is what Systems Manager is asked for"}


def expected(setting: ServiceSetting) -> Attributes:
    """Return what the settings make of a service setting."""
    return attributes_of(setting, NOT_COMPARED)


def deployed(answer: Mapping[str, Any]) -> Attributes:
    """Return what is deployed, of GetServiceSetting."""
    return {"value": answer.get("SettingValue")}
