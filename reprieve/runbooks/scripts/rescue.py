"""Cancel the deletion of one key, verify its state, and send the result."""

from datetime import datetime, timedelta
from typing import Any

from reprieve.runbooks.scripts.calls import SCRIPT_SECONDS, Calls, code_of, is_temporary
from reprieve.runbooks.scripts.exemptions import exemption_of, tags_of, time_of
from reprieve.runbooks.scripts.keys import PENDING, cancel_deletion, has_tag, settled_state
from reprieve.runbooks.scripts.messages import printable, send_result
from reprieve.runbooks.scripts.past import was_disabled

# How long to look for the key's former state: an automation that waits keeps others waiting.
_LOOK_BACK_SECONDS = 60


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Rescue a key, send the result, and return it.

    Outcome: Saved, Safe (nothing to do), Left (exempt, or Reprieve's own key) or
    Failed. Reason: the message.
    """
    return send_result(events, *_rescue(Calls(events["Region"], SCRIPT_SECONDS), events))


def _rescue(calls: Calls, events: dict[str, Any]) -> tuple[str, str, list[str]]:
    kms, named = calls.client("kms"), events["KeyId"]
    by_hand = f"aws kms cancel-key-deletion --region {events['Region']} --key-id {named}"
    try:
        metadata = settled_state(calls, kms, named)
        key, state = metadata["Arn"], metadata["KeyState"]
        if state not in PENDING:
            return _safe(key, state)
        if _is_own(calls, kms, key, events):
            return _left(key, by_hand)
        exempt = exemption_of(
            events["Exemptions"],
            key,
            events["CalledBy"],
            time_of(events["CalledAt"]),
            tags_of(calls, kms, key),
        )
        if exempt:
            return _exempt(key, exempt, by_hand)
        state = cancel_deletion(calls, kms, key)["KeyState"]
    except Exception as error:
        if is_temporary(error):
            raise  # the runbook runs this script again
        return _failed(named, error, by_hand)
    return _saved(kms, key, state, events)


def _is_own(calls: Calls, kms: Any, key: str, events: dict[str, Any]) -> bool:
    """Return whether one of the deployers removes the key that encrypted Reprieve's alerts.

    The tag alone would not do: anybody who may tag a key could have it lost.
    """
    return bool(
        events["CalledBy"] in events["Deployers"] and has_tag(calls, kms, key, events["OwnKeyTag"])
    )


def _saved(kms: Any, key: str, state: str, events: dict[str, Any]) -> tuple[str, str, list[str]]:
    done = f"Reprieve cancelled the deletion of the KMS key {key}. The key is safe."
    enable = f"aws kms enable-key --region {events['Region']} --key-id {key}"
    if events["ReEnable"] and state == "Disabled":
        calls = Calls(events["Region"], _LOOK_BACK_SECONDS)
        try:
            if not was_disabled(calls, key, _time(events["CalledAt"])):
                calls.make(kms.enable_key, KeyId=key)
                again = f"{done} It is enabled again, because nobody had disabled it before."
                return "Saved", "KMS key saved", [again]
        except Exception as error:
            lines = [
                f"{done} But Reprieve could NOT enable it again. Enable it yourself:",
                enable,
                f"Reason: {printable(error)}",
            ]
            return "Saved", "KMS key saved, NOT enabled", lines
    meaning = _MEANINGS.get(state)
    if meaning:
        return "Saved", "KMS key saved", [f"{done} Its state is {state}: {meaning}"]
    lines = [f"{done} Its state is {state}. To use it again, enable it:", enable]
    return "Saved", "KMS key saved", lines


# What the state of a saved key means, if nobody can simply enable it.
_MEANINGS = {
    "Enabled": "it can be used.",
    "Unavailable": "to use it, connect its custom key store.",
    "PendingImport": "to use it, import its key material again.",
}


def _safe(key: str, state: str) -> tuple[str, str, list[str]]:
    lines = [
        f"The KMS key {key} is not pending deletion (any more). Its state is {state}. Reprieve "
        "changed nothing, and there is nothing to do.",
    ]
    return "Safe", "KMS key needs no rescue", lines


def _exempt(key: str, exempt: str, by_hand: str) -> tuple[str, str, list[str]]:
    lines = [
        f"Reprieve did NOT cancel the deletion of the KMS key {key}, because the settings exempt "
        f"{exempt}.",
        "If that is wrong, cancel the deletion:",
        by_hand,
    ]
    return "Left", "the deletion of an exempt KMS key stands", lines


def _left(key: str, by_hand: str) -> tuple[str, str, list[str]]:
    lines = [
        f"Reprieve did NOT cancel the deletion of the KMS key {key}, because one of "
        "exempt.deployers scheduled it.",
        "The key encrypted Reprieve's alerts. A deployment that turns notify.encryption off "
        "deletes it. If that was not intended, cancel the deletion:",
        by_hand,
    ]
    return "Left", "the former key of the alerts will be deleted", lines


def _failed(named: str, error: Exception, by_hand: str) -> tuple[str, str, list[str]]:
    if code_of(error) == "NotFoundException":
        lines = [
            f"Reprieve could NOT save the KMS key {named}: it does not exist any more.",
            "Nothing can restore it. Look for replicas in other Regions, and for backups.",
        ]
    else:
        lines = [
            f"Reprieve could NOT cancel the deletion of the KMS key {named}. Cancel it yourself "
            "now:",
            by_hand,
            f"Reason: {printable(error)}",
        ]
    if code_of(error) == "AccessDeniedException":
        lines.append(
            "Perhaps the key policy denies it to Reprieve. Then run the command as a principal "
            "that the key policy allows."
        )
    return "Failed", "ACT NOW: KMS key NOT saved", lines


def _time(text: str) -> datetime | None:
    """Return the time of the call; None if the event had none. CloudTrail counts whole seconds."""
    return datetime.fromisoformat(text) - timedelta(seconds=1) if text else None
