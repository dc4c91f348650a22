"""Reprieve's second runbook: enable a disabled key, and send the result."""

from reprieve.runbooks.steps import (
    REGION,
    TOPIC,
    Document,
    assert_state,
    choose,
    destination,
    document,
    fail,
    key_parameters,
    run_script,
    tell,
)


def enable_document(partition: str, *, as_events: bool = False) -> Document:
    """Return the Automation document (schema 0.3).

    With `as_events` its result is an event.
    """
    steps = [
        run_script(
            "Enable",
            "enable",
            partition,
            outputs=("Outcome", "Reason"),
            on_failure="step:TellFailed",
            as_events=as_events,
            KeyId="{{ KeyId }}",
            **destination("enable", [TOPIC], as_events=as_events),
        ),
        choose("ChooseByOutcome", "{{ Enable.Outcome }}", {"Failed": "FailEnabling"}, "VerifyKey"),
        # The script has enabled the key. This asks KMS: no success without an enabled key.
        assert_state("VerifyKey", ("Enabled",)),
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
            as_events=as_events,
        ),
    ]
    return document(
        "enables a KMS key that was disabled and sends the result.",
        key_parameters(as_events=as_events),
        steps,
    )
