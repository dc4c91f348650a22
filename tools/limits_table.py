"""The table of docs/settings.md: limits of AWS, and how Reprieve stays within them."""

from typing import Final

from reprieve.events.patterns import MAX_PATTERN_LENGTH
from reprieve.guard.channels import Form
from reprieve.settings.hub_quotas import (
    MAX_CHANNEL_HEARTBEATS,
    MAX_HEARTBEATS,
    MAX_RULES,
    MAX_WILDCARD_RULES,
)
from reprieve.settings.quotas import (
    MAX_ALARM_METRICS,
    MAX_CHANNEL_NAMES,
    MAX_CHANNEL_WATCHES,
    MAX_CHANNEL_WILDCARD_WATCHES,
    MAX_HUB_NAMES,
    MAX_NAMES,
    MAX_WATCHES,
    MAX_WILDCARD_WATCHES,
)

OWN_TARGETS: Final = 3
"""The most targets of a rule without channels: a failed rescue, to each of three topics."""


def limit_rows() -> list[list[str]]:
    """Return a row for each limit: the limit, what it is of, how Reprieve keeps it."""
    return [
        [
            f"{MAX_PATTERN_LENGTH:,} characters",
            "an event pattern",
            "it measures the patterns of `exempt`, including `exempt.deployers`, and of each "
            "`[[watch]]`, for every watched Region",
        ],
        [
            f"{MAX_RULES} rules",
            "an event bus",
            f"at most {MAX_WATCHES} `[[watch]]`; with any `[[channel]]`, {MAX_CHANNEL_WATCHES}. "
            f"At a hub, at most {MAX_RULES} different `[[watch]]` of all accounts, or "
            f"{MAX_RULES // 2}; and {MAX_HEARTBEATS} accounts, or {MAX_CHANNEL_HEARTBEATS}",
        ],
        [
            f"{MAX_WILDCARD_RULES} rules with wildcards",
            "an event bus; not adjustable",
            f"at most {MAX_WILDCARD_WATCHES} `[[watch]]` with a `wildcard`; with any "
            f"`[[channel]]`, {MAX_CHANNEL_WILDCARD_WATCHES}. At a hub, at most "
            f"{MAX_WILDCARD_RULES} different ones of all accounts, or {MAX_WILDCARD_RULES // 2}",
        ],
        [
            "1,000 combinations",
            "the alternatives of `$or` in an event pattern",
            "it multiplies those of each `[[watch]]`",
        ],
        [
            "complexity of wildcards",
            "one field of an event pattern",
            "AWS documents no number. Reprieve counts as EventBridge's own library does: one text "
            "must not match more than ten beginnings of the field's wildcards at the same time",
        ],
        [
            "5 targets",
            "a rule",
            f"a rule has at most {OWN_TARGETS} targets; a rule for channels at most {len(Form)}, "
            "one for each form of a message",
        ],
        [
            "100 variables, 8,192 characters",
            "the template of an alert",
            "the summary of a watch has at most 200 characters; the rest of the template is fixed",
        ],
        [
            f"{MAX_ALARM_METRICS} metrics",
            "a CloudWatch alarm",
            f"at most {MAX_ALARM_METRICS} `[[watch]]` with `reliability.alarms`",
        ],
        ["1 key", "a topic", "`notify.encryption` has one key for each watched Region"],
        [
            "256 KB",
            "an SNS message",
            "an alert contains single values of an event, never the whole event. The JSON of a "
            "channel contains the event: one that is too large goes to the dead-letter queue",
        ],
        [
            "64 KB",
            "an Automation document",
            f"addresses, watches and exemptions may take {MAX_NAMES:,} characters of the patrol's "
            f"runbook; with a hub, {MAX_HUB_NAMES:,}; with any `[[channel]]`, "
            f"{MAX_CHANNEL_NAMES:,}. A test measures the rest",
        ],
        [
            "100 automations, 500 with `adaptive_concurrency`",
            "a Region",
            "a rescue is one automation. EventBridge tries for 24 hours to start it",
        ],
        [
            "5 `CancelKeyDeletion` a second",
            "a Region",
            "the runbooks repeat throttled calls, with random pauses",
        ],
    ]
