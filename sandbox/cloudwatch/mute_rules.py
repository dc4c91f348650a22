"""Mute rules of alarms, which moto does not know.

The sandbox keeps such a rule and lists it. It does not mute alarms by it: that would need the
windows of its schedule. So a rule is never `ACTIVE`: it is `SCHEDULED` until it expires.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from sandbox.core.account import current_account
from sandbox.core.errors import SandboxCannot
from sandbox.core.patching import add

# The attribute of moto's backend that holds the rules by their names, so that a snapshot has them.
_ATTRIBUTE = "alarm_mute_rules"
_PAGE = 50


def hook() -> Callable[[], None]:
    """Add the calls of mute rules. Return a function that removes them."""
    calls = {
        "put_alarm_mute_rule": _put,
        "get_alarm_mute_rule": _get,
        "delete_alarm_mute_rule": _delete,
        "list_alarm_mute_rules": _list,
    }
    return add(CloudWatchResponse, calls)


def _rules(response: Any) -> dict[str, dict[str, Any]]:
    rules: dict[str, dict[str, Any]] = vars(response.cloudwatch_backend).setdefault(_ATTRIBUTE, {})
    return rules


def _put(response: Any) -> EmptyResult:
    """Create a rule or replace it. Every alarm that it names must exist (API, MuteTargets)."""
    name = response._get_param("Name")
    alarms = (response._get_param("MuteTargets") or {}).get("AlarmNames") or []
    if unknown := [each for each in alarms if each not in response.cloudwatch_backend.alarms]:
        raise CloudWatchException("ValidationError", f"There are no alarms {', '.join(unknown)}.")
    if response._get_param("Tags"):
        raise SandboxCannot("PutAlarmMuteRule with Tags")
    _rules(response)[name] = {
        "Name": name,
        "AlarmMuteRuleArn": (
            f"arn:aws:cloudwatch:{response.region}:{current_account()}:alarm-mute-rule:{name}"
        ),
        "Rule": response._get_param("Rule"),
        "MuteTargets": {"AlarmNames": alarms},
        "ExpireDate": response._get_param("ExpireDate"),
        "LastUpdatedTimestamp": datetime.now(UTC),
    }
    return EmptyResult()


def _get(response: Any) -> ActionResult:
    name = response._get_param("AlarmMuteRuleName")
    if name not in _rules(response):
        raise CloudWatchException("ResourceNotFoundException", f"There is no mute rule {name}.")
    return ActionResult(_shown(_rules(response)[name]))


def _delete(response: Any) -> EmptyResult:
    _rules(response).pop(response._get_param("AlarmMuteRuleName"), None)
    return EmptyResult()


def _list(response: Any) -> ActionResult:
    alarm, statuses = response._get_param("AlarmName"), response._get_param("Statuses")
    rules = [_shown(each) for _, each in sorted(_rules(response).items())]
    found = [
        each
        for each in rules
        if (alarm is None or alarm in each["MuteTargets"]["AlarmNames"])
        and (not statuses or each["Status"] in statuses)
    ]
    start = int(response._get_param("NextToken") or 0)
    end = start + int(response._get_param("MaxRecords") or _PAGE)
    following = {"NextToken": str(end)} if end < len(found) else {}
    return ActionResult({"AlarmMuteRuleSummaries": found[start:end], **following})


def _shown(rule: dict[str, Any]) -> dict[str, Any]:
    expires = rule["ExpireDate"]
    # moto reads times without their zone, which is UTC.
    expired = expires is not None and expires.replace(tzinfo=UTC) <= datetime.now(UTC)
    shown = {name: each for name, each in rule.items() if each is not None}
    return shown | {"Status": "EXPIRED" if expired else "SCHEDULED"}
