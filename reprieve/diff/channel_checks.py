"""Checks whether the change of an attribute of a channel weakens protection."""

from typing import Any, Final

from reprieve.diff.check import CheckResult
from reprieve.diff.differences import is_empty, parsed
from reprieve.diff.labels import tail
from reprieve.diff.plan import Change

# Minutes by which AWS User Notifications delays a notification, to put several together.
_DELAYS: Final = {"NONE": 0, "SHORT": 5, "LONG": 12 * 60}


def filtered(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the filters of a subscription."""
    if is_empty(after):
        return
    was, now = _severities(before), _severities(after)
    if was and now:
        if lost := sorted(was - now):
            yield "subscription-filtered", f"no longer receives what is {' or '.join(lost)}"
    else:
        yield "subscription-filtered", f"receives only the messages that match its filter: {after}"


def scope(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the part of a message that the filter of a subscription is about."""
    if is_empty((change.before or {}).get("filter_policy")) or not has_filter(change):
        return
    # SNS API reference, "SetSubscriptionAttributes": the attributes by default.
    was, now = (each or "MessageAttributes" for each in (before, after))
    if was != now:
        yield "subscription-filtered", f"applies its filter to {now} instead of {was}"


def has_filter(change: Change) -> bool:
    """Whether a subscription has a filter after the change."""
    return not is_empty((change.after or {}).get("filter_policy"))


def _severities(policy: Any) -> set[str]:
    """Return the severities that a filter selects; an empty set if it is another filter."""
    value = parsed(policy) if isinstance(policy, str) else None
    chosen = value.get("severity") if isinstance(value, dict) and set(value) == {"severity"} else ()
    return {each for each in chosen or () if isinstance(each, str)}


def redrive(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare where a subscription leaves what cannot be delivered."""
    if is_empty(after):
        yield "dead-letters-dropped", "messages that cannot be delivered are no longer kept"
    elif not is_empty(before) and parsed(before) != parsed(after):
        # A replaced subscription has the JSON of the configuration, with other spaces than AWS's.
        yield "dead-letters-dropped", "messages that cannot be delivered go elsewhere"


def topics(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the topics of a chat channel."""
    if lost := _lost(before, after):
        names = ", ".join(f"{tail(arn)} in {arn.split(':')[3]}" for arn in lost if ":" in arn)
        yield "subscription-filtered", f"no longer receives what these topics send: {names}"


def fewer_regions(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare the Regions whose events cause notifications."""
    if lost := _lost(before, after):
        yield "pattern-narrowed", f"no longer matches events of {', '.join(lost)}"


def delayed(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare for how long notifications wait for others."""
    was, now = (_DELAYS.get(str(each or "NONE")) for each in (before, after))
    if was is None or now is None or now > was:
        text = f"aggregation is {after or 'NONE'} instead of {before or 'NONE'}"
        yield "notifications-delayed", f"sends notifications later: {text}"


def guardrails(change: Change, before: Any, after: Any) -> CheckResult:
    """Compare what limits people in a chat channel."""
    if lost := _lost(before, after):
        text = f"people in the channel are no longer limited by {', '.join(map(tail, lost))}"
        yield "policy-widened", text


def _lost(before: Any, after: Any) -> list[str]:
    """Return what a list no longer has."""
    return sorted({str(each) for each in before or ()} - {str(each) for each in after or ()})
