"""Fingerprints of deployed resources: short texts that differ when anything in them differs."""

import hashlib
import json
import re
from collections.abc import Iterable
from typing import Any

# The hash at the end of the name of the patrol's document. The patrol of each Region knows the
# guard of the next one, so their hashes would depend on each other in a ring.
_PATROL_HASH = re.compile(r"(:automation-definition/[a-z0-9-]+-patrol-)[0-9a-f]{8}(?=:)")


def fingerprint(value: Any, accounts: Iterable[str], key_arn: str | None = None) -> str:
    """Return twelve hexadecimal digits that depend on every part of a JSON value.

    The order in lists does not count. `accounts` are account ids that stand for this account, and
    `key_arn` is the key of the alerts, whose id KMS chose.
    """
    text = json.dumps(ordered(value), sort_keys=True)
    if key_arn:
        text = text.replace(key_arn, "KEY")
    for account in sorted(accounts):
        text = text.replace(account, "ACCOUNT")
    text = _PATROL_HASH.sub(r"\1HASH", text)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def rule_facts(rule: dict[str, Any], targets: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what counts of a rule and its targets, in the shapes of EventBridge's API."""
    pattern = rule.get("EventPattern")
    return {
        "State": rule.get("State"),
        "Schedule": rule.get("ScheduleExpression"),
        "Pattern": json.loads(pattern) if pattern else None,
        "Targets": [{name: value for name, value in target.items() if value} for target in targets],
    }


def policy_facts(policy: str | dict[str, Any]) -> dict[str, Any]:
    """Return a policy in one form of the several that AWS may give back for it."""
    parsed: dict[str, Any] = json.loads(policy) if isinstance(policy, str) else policy
    return {"Statement": unlisted(parsed.get("Statement", []))}


def unlisted(value: Any) -> Any:
    """Return JSON in which a list of one stands for its element."""
    if isinstance(value, dict):
        return {name: unlisted(each) for name, each in value.items()}
    if isinstance(value, list):
        items = [unlisted(each) for each in value]
        return items[0] if len(items) == 1 else items
    return value


def ordered(value: Any) -> Any:
    """Return JSON whose lists are in an order that depends only on their elements."""
    if isinstance(value, dict):
        return {name: ordered(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted(
            (ordered(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True)
        )
    return value
