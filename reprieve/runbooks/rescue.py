"""Reprieve's runbook: cancel a key's deletion, verify the key's state, send the result.

It accepts the id or the ARN of a key; Amazon's runbook accepts the id only. It is one automation:
one that started Amazon's runbook would hold two of Systems Manager's slots, and 100 such rescues
would wait for each other. If it cannot rescue a key, the execution ends as Failed.
"""

from collections.abc import Sequence
from typing import Any

from reprieve.names import ALERT_KEY_TAG
from reprieve.runbooks.script_source import Results
from reprieve.runbooks.steps import (
    REGION,
    TOPIC,
    Document,
    assert_state,
    choose,
    destination,
    document,
    end,
    fail,
    key_parameters,
    run_script,
    tell,
)

# Every state of a key that is not going to be deleted (KMS API reference, KeyState).
_SAFE = ("Disabled", "Enabled", "PendingImport", "Unavailable", "Creating", "Updating")


def rescue_document(
    partition: str,
    *,
    re_enable: bool = False,
    deployers: Sequence[str] = (),
    exemptions: Sequence[dict[str, Any]] = (),
    results: Results = Results.TOPICS,
) -> Document:
    """Return the Automation document (schema 0.3).

    With `re_enable` it also enables a key that was enabled before. `deployers` are the principals
    that may delete the key of Reprieve's alerts, each in the form of the parameter CalledBy.
    `exemptions` are those that it decides: see `guard.conditions`. `results` says where its result
    goes.
    """
    steps = [
        run_script(
            "Rescue",
            "rescue",
            partition,
            outputs=("Outcome", "Reason"),
            on_failure="step:TellFailed",
            results=results,
            KeyId="{{ KeyId }}",
            **destination("rescue", [TOPIC], results=results),
            CalledAt="{{ CalledAt }}",
            CalledBy="{{ CalledBy }}",
            Deployers=sorted(deployers),
            Exemptions=list(exemptions),
            OwnKeyTag=ALERT_KEY_TAG,
            ReEnable=re_enable,
        ),
        choose(
            "ChooseByOutcome",
            "{{ Rescue.Outcome }}",
            {"Left": "LeaveKey", "Failed": "FailRescue"},
            "VerifyKey",
        ),
        # The script has verified the state. This asks KMS again: no success without a safe key.
        assert_state("VerifyKey", _SAFE),
        end("LeaveKey"),
        fail("FailRescue", partition, "{{ Rescue.Reason }}"),
        tell(
            "TellFailed",
            "rescue",
            partition,
            "ACT NOW: KMS key perhaps NOT saved",
            "Reprieve could not finish the rescue of the KMS key {{ KeyId }}. Check its state now:",
            f"aws kms describe-key --region {REGION} --key-id {{{{ KeyId }}}}",
            "If the state is PendingDeletion or PendingReplicaDeletion, cancel the deletion:",
            f"aws kms cancel-key-deletion --region {REGION} --key-id {{{{ KeyId }}}}",
            results=results,
        ),
    ]
    return document(
        "cancels the scheduled deletion of a KMS key and sends the result.",
        key_parameters(results=results),
        steps,
    )
