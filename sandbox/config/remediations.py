"""The remediation configurations of AWS Config's rules, which moto lacks. None of them runs.

Source: AWS Config API reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.config.models import ConfigBackend
from moto.config.responses import ConfigResponse

from sandbox.core.patching import add

_KEPT = "sandbox_remediations"


def hook() -> Callable[[], None]:
    """Add the two calls to moto. Return a function that removes them."""
    calls = {
        "put_remediation_configurations": _put,
        "describe_remediation_configurations": _describe,
    }
    return add(ConfigResponse, calls)


def _remediations(backend: ConfigBackend) -> dict[str, dict[str, Any]]:
    """Return those of an account and Region by their rule. moto's reset forgets them too."""
    kept: dict[str, dict[str, Any]] = backend.__dict__.setdefault(_KEPT, {})
    return kept


def _put(response: ConfigResponse) -> str:
    for each in response._get_param("RemediationConfigurations"):
        _remediations(response.config_backend)[each["ConfigRuleName"]] = each
    return json.dumps({"FailedBatches": []})


def _describe(response: ConfigResponse) -> str:
    names = response._get_param("ConfigRuleNames")
    kept = _remediations(response.config_backend)
    found = [each for name, each in kept.items() if name in names]
    return json.dumps({"RemediationConfigurations": found})
