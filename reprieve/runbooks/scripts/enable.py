"""Enable a key that was disabled, and send the result."""

import time
from typing import Any

from reprieve.runbooks.scripts.calls import SCRIPT_SECONDS, Calls, code_of, is_temporary
from reprieve.runbooks.scripts.exemptions import exemption_of_call, tags_of
from reprieve.runbooks.scripts.keys import PENDING, describe
from reprieve.runbooks.scripts.messages import printable, send_result

# How often to look at a key that was disabled and then scheduled for deletion: its rescue runs.
_LOOK_AGAIN_SECONDS = 5.0


def handler(events: dict[str, Any], context: Any) -> dict[str, str]:
    """Enable a key, send the result, and return it.

    Outcome: Enabled, Safe (it was enabled already), Left (it is exempt) or Failed. Reason: the
    message.
    """
    return send_result(events, *_enable(Calls(events["Region"], SCRIPT_SECONDS), events))


def _enable(calls: Calls, events: dict[str, Any]) -> tuple[str, str, list[str]]:
    kms, named = calls.client("kms"), events["KeyId"]
    by_hand = f"aws kms enable-key --region {events['Region']} --key-id {named}"
    try:
        metadata = describe(calls, kms, named)
        while metadata["KeyState"] in PENDING and calls.seconds_left > 0:
            time.sleep(_LOOK_AGAIN_SECONDS)
            metadata = describe(calls, kms, named)
        key, state = metadata["Arn"], metadata["KeyState"]
        if state == "Enabled":
            lines = [
                f"The KMS key {key} is enabled: there is nothing to do. An earlier attempt of "
                "Reprieve may have enabled it."
            ]
            return "Safe", "KMS key is enabled", lines
        if state != "Disabled":
            raise RuntimeError(f"the key is in the state {state}, in which it cannot be enabled")
        if exempt := exemption_of_call(events, key, tags_of(calls, kms, key)):
            lines = [
                f"Reprieve did NOT enable the KMS key {key}, because the settings exempt {exempt}.",
                "If that is wrong, enable it:",
                by_hand,
            ]
            return "Left", "an exempt KMS key stays disabled", lines
        calls.make(kms.enable_key, KeyId=key)
        state = describe(calls, kms, key)["KeyState"]
    except Exception as error:
        if is_temporary(error):
            raise  # the runbook runs this script again
        return _failed(named, error, by_hand)
    lines = [f"Reprieve enabled the KMS key {key} again. Its state is {state}."]
    return "Enabled", "KMS key enabled again", lines


def _failed(named: str, error: Exception, by_hand: str) -> tuple[str, str, list[str]]:
    lines = [
        f"Reprieve could NOT enable the KMS key {named}, which was disabled. Enable it yourself "
        "now:",
        by_hand,
        f"Reason: {printable(error)}",
    ]
    if code_of(error) == "AccessDeniedException":
        lines.append(
            "Perhaps the key policy denies it to Reprieve. Then run the command as a principal "
            "that the key policy allows."
        )
    return "Failed", "ACT NOW: KMS key NOT enabled", lines
