"""Systems Manager's service setting for adaptive concurrency, in the shapes of AWS's API.

Source: Systems Manager API reference, GetServiceSetting and its siblings; User Guide, "Allowing
Automation to adapt to your concurrency needs". Other settings are not supported.
"""

from __future__ import annotations

import time
from typing import Any

from moto.ssm.models import ssm_backends
from moto.utilities.utils import get_partition

from sandbox.core.account import current_account
from sandbox.core.errors import AwsError, SandboxCannot
from sandbox.iam.principals import Caller

Json = dict[str, Any]

ADAPTIVE = "/ssm/automation/enable-adaptive-concurrency"
_DEFAULT = "False"
_VALUES = ("True", "False")
# An attribute of moto's backend, so that a reset and a snapshot of the account include it.
_KEPT = "sandbox_adaptive_concurrency"


def is_adaptive(region: str) -> bool:
    """Tell whether adaptive concurrency is on in a Region."""
    kept = vars(ssm_backends[current_account()][region]).get(_KEPT)
    return kept is not None and kept["SettingValue"] == "True"


def get(given: Json, region: str) -> Json:
    """Answer GetServiceSetting. A setting that nobody changed has the status Default."""
    _check_id(given, region)
    kept = vars(ssm_backends[current_account()][region]).get(_KEPT)
    default = {
        "SettingId": ADAPTIVE,
        "SettingValue": _DEFAULT,
        "LastModifiedDate": 0,
        "LastModifiedUser": "System",
        "ARN": setting_arn(region),
        "Status": "Default",
    }
    return {"ServiceSetting": kept or default}


def update(given: Json, region: str, caller: Caller) -> Json:
    """Answer UpdateServiceSetting."""
    _check_id(given, region)
    value = given["SettingValue"]
    if value not in _VALUES:
        raise AwsError("ValidationException", f"{ADAPTIVE} is True or False, not {value!r}.")
    vars(ssm_backends[current_account()][region])[_KEPT] = {
        "SettingId": ADAPTIVE,
        "SettingValue": value,
        "LastModifiedDate": time.time(),
        "LastModifiedUser": caller.arn,
        "ARN": setting_arn(region),
        "Status": "Customized",
    }
    return {}


def reset(given: Json, region: str) -> Json:
    """Answer ResetServiceSetting with the setting as it is afterwards."""
    _check_id(given, region)
    vars(ssm_backends[current_account()][region]).pop(_KEPT, None)
    return get(given, region)


def setting_arn(region: str) -> str:
    """Return the ARN of the setting, which the API accepts as its id too."""
    return f"arn:{get_partition(region)}:ssm:{region}:{current_account()}:servicesetting{ADAPTIVE}"


def _check_id(given: Json, region: str) -> None:
    if given["SettingId"] not in (ADAPTIVE, setting_arn(region)):
        raise SandboxCannot(f"the service setting {given['SettingId']}")
