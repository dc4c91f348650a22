"""Cancel the deletion of one key, verify its state, and send the result."""

from datetime import datetime, timedelta
from typing import Any

from reprieve.runbooks.scripts.calls import SCRIPT_SECONDS, Calls, code_of, is_temporary
from reprieve.runbooks.scripts.exemptions import exemption_of_call, tags_of
from reprieve.runbooks.scripts.keys import PENDING, cancel_deletion, settled_state
from reprieve.runbooks.scripts.messages import printable, send_result
from reprieve.runbooks.scripts.past import was_disabled

# How long to look for the key's former state: an automation that waits keeps others waiting.
_LOOK_BACK_SECONDS = 60
# How much of that may follow the time of the script: the result needs REPORT_SECONDS after it, and
# Systems Manager stops the script after 600 seconds.
_LATE_SECONDS = 30


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Rescue a key, send the result, and return it.

    Outcome: Saved, Safe (not pending deletion any more), Left (exempt, or Reprieve's own key) or
    Failed. Reason: the message.
    """
    return send_result(events, *_rescue(Calls(events["Region"], SCRIPT_SECONDS), events))


def _rescue(calls: Calls, events: dict[str, Any]) -> tuple[str, str, list[str]]:
    kms, named = calls.client("kms"), events["KeyId"]
    by_hand = f"aws kms cancel-key-deletion --region {events['Region']} --key-id {named}"
    try:
        metadata = settled_state(calls, kms, named)
        key, state = metadata["Arn"], metadata["KeyState"]
        is_late = state not in PENDING
        if not is_late:
            if left := _reason_to_leave(calls, kms, key, events, by_hand):
                return left
            state = cancel_deletion(calls, kms, key)["KeyState"]
    except Exception as error:
        if is_temporary(error):
            raise  # the runbook runs this script again
        return _failed(named, error, by_hand)
    return _saved(calls, key, state, events, is_late)


def _reason_to_leave(
    calls: Calls, kms: Any, key: str, events: dict[str, Any], by_hand: str
) -> tuple[str, str, list[str]] | None:
    """Return the result for a key whose deletion stands; None for the others."""
    tags = tags_of(calls, kms, key)
    # The tag alone would not do: anybody who may tag a key could have it lost.
    if events["CalledBy"] in events["Deployers"] and events["OwnKeyTag"] in tags():
        return _left(key, by_hand)
    exempt = exemption_of_call(events, key, tags)
    return _exempt(key, exempt, by_hand) if exempt else None


def _saved(
    calls: Calls, key: str, state: str, events: dict[str, Any], is_late: bool
) -> tuple[str, str, list[str]]:
    """Enable the key again where the settings want it; return the result.

    A key that `is_late` was not pending deletion. Perhaps an earlier attempt of this script saved
    it, and failed before its result was sent.
    """
    outcome, subject = ("Safe", "KMS key safe") if is_late else ("Saved", "KMS key saved")
    done = f"Reprieve cancelled the deletion of the KMS key {key}. The key is safe."
    if is_late:
        done = f"The KMS key {key} is not pending deletion (any more)."
    enable = f"aws kms enable-key --region {events['Region']} --key-id {key}"
    if events["ReEnable"] and state == "Disabled":
        try:
            if _enable_again(calls, key, events, is_late):
                again = f"{done} It is enabled again, because nobody had disabled it before."
                return outcome, f"{subject} and enabled again" if is_late else subject, [again]
        except Exception as error:
            lines = [
                f"{done} But Reprieve could NOT enable it again. Enable it yourself:",
                enable,
                f"Reason: {printable(error)}",
            ]
            return outcome, f"{subject}, NOT enabled", lines
    meaning = _MEANINGS.get(state)
    if meaning:
        subject = "KMS key needs no rescue" if is_late else subject
        return outcome, subject, [f"{done} Its state is {state}: {meaning}"]
    done = f"{done} Its state is {state}."
    if is_late:
        subject = f"{subject} and disabled"
        done = f"{done} An earlier attempt of Reprieve may have cancelled the deletion."
    return outcome, subject, [f"{done} To use it again, enable it:", enable]


def _enable_again(calls: Calls, key: str, events: dict[str, Any], is_late: bool) -> bool:
    """Enable a key that nobody had disabled before; return whether it did.

    If it `is_late`, then only if Reprieve may have cancelled its deletion, and only if nobody has
    disabled it since.
    """
    calls = Calls(events["Region"], min(_LOOK_BACK_SECONDS, calls.seconds_left + _LATE_SECONDS))
    kms, before = calls.client("kms"), _time(events["CalledAt"])
    if is_late and (not before or _reason_to_leave(calls, kms, key, events, "")):
        return False
    if was_disabled(calls, key, before, also_since=is_late):
        return False
    calls.make(kms.enable_key, KeyId=key)
    return True


# What the state of a saved key means, if nobody can simply enable it.
_MEANINGS = {
    "Enabled": "it can be used.",
    "Unavailable": "to use it, connect its custom key store.",
    "PendingImport": "to use it, import its key material again.",
}


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
