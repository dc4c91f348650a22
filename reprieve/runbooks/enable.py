"""Reprieve's second runbook: enable a disabled key, and send the result."""

from reprieve.runbooks.steps import (
    KEY_PARAMETERS,
    REGION,
    Document,
    assert_state,
    choose,
    document,
    fail,
    publish,
    run_script,
)


def enable_document(partition: str) -> Document:
    """Return the Automation document (schema 0.3)."""
    steps = [
        run_script(
            "Enable",
            "enable",
            partition,
            outputs=("Outcome", "Reason"),
            on_failure="step:TellFailed",
            KeyId="{{ KeyId }}",
            Topics=["{{ TopicArn }}"],
        ),
        choose("ChooseByOutcome", "{{ Enable.Outcome }}", {"Failed": "FailEnabling"}, "VerifyKey"),
        # The script has enabled the key. This asks KMS: no success without an enabled key.
        assert_state("VerifyKey", ("Enabled",)),
        fail("FailEnabling", partition, "{{ Enable.Reason }}"),
        publish(
            "TellFailed",
            partition,
            "{{ TopicArn }}",
            "ACT NOW: KMS key perhaps NOT enabled",
            "Reprieve could not finish enabling the KMS key {{ KeyId }}. Check its state now:",
            f"aws kms describe-key --region {REGION} --key-id {{{{ KeyId }}}}",
            "If the state is Disabled, enable the key:",
            f"aws kms enable-key --region {REGION} --key-id {{{{ KeyId }}}}",
        ),
    ]
    return document(
        "enables a KMS key that was disabled and sends the result.", KEY_PARAMETERS, steps
    )
