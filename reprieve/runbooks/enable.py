"""Reprieve's second runbook: enable a disabled key, and send the result."""

from collections.abc import Sequence
from typing import Any

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


def enable_document(
    partition: str,
    *,
    exemptions: Sequence[dict[str, Any]] = (),
    results: Results = Results.TOPICS,
) -> Document:
    """Return the Automation document (schema 0.3).

    It leaves keys alone to which one of the `exemptions` applies: see `guard.conditions`. `results`
    says where its result goes.
    """
    steps = [
        run_script(
            "Enable",
            "enable",
            partition,
            outputs=("Outcome", "Reason"),
            on_failure="step:TellFailed",
            results=results,
            KeyId="{{ KeyId }}",
            **destination("enable", [TOPIC], results=results),
            CalledAt="{{ CalledAt }}",
            CalledBy="{{ CalledBy }}",
            Exemptions=list(exemptions),
        ),
        choose(
            "ChooseByOutcome",
            "{{ Enable.Outcome }}",
            {"Left": "LeaveKey", "Failed": "FailEnabling"},
            "VerifyKey",
        ),
        # The script has enabled the key. This asks KMS: no success without an enabled key.
        assert_state("VerifyKey", ("Enabled",)),
        end("LeaveKey"),
        fail("FailEnabling", partition, "{{ Enable.Reason }}"),
        tell(
            "TellFailed",
            "enable",
            partition,
            "ACT NOW: KMS key perhaps NOT enabled",
            "Reprieve could not finish enabling the KMS key {{ KeyId }}. Check its state now:",
            f"aws kms describe-key --region {REGION} --key-id {{{{ KeyId }}}}",
            "If the state is Disabled, enable the key:",
            f"aws kms enable-key --region {REGION} --key-id {{{{ KeyId }}}}",
            results=results,
        ),
    ]
    return document(
        "enables a KMS key that was disabled and sends the result.",
        key_parameters(results=results),
        steps,
    )
