"""Reprieve's second runbook: enable a disabled key, and publish the result."""

from reprieve.runbooks.steps import (
    KEY,
    REGION,
    STATE,
    Document,
    assert_state,
    call,
    choose,
    document,
    find_key,
    publish,
    publish_not_found,
)


def enable_document(partition: str) -> Document:
    """Return the Automation document (schema 0.3)."""
    steps = [
        find_key(on_failure="TellNotFound"),
        choose(
            "ChooseByState",
            STATE,
            {"EnableKey": ("Disabled",), "TellSafe": ("Enabled",)},
            default="RefuseState",
        ),
        call("EnableKey", "EnableKey", "TellFailed", KeyId="{{ DescribeKey.KeyId }}"),
        assert_state("VerifyKey", ("Enabled",), on_failure="TellFailed"),
        publish(
            "TellEnabled",
            partition,
            "KMS key enabled again",
            f"The KMS key {KEY} was disabled, and is enabled again.",
        ),
        publish(
            "TellSafe",
            partition,
            "KMS key is enabled",
            f"The KMS key {KEY} is enabled already. Nothing was done.",
        ),
        # Fails on purpose: an execution that cannot enable the key must not end as Success.
        assert_state("RefuseState", ("Enabled", "Disabled"), on_failure="TellRefused"),
        publish(
            "TellRefused",
            partition,
            "ACT NOW: KMS key NOT enabled",
            f"The KMS key {KEY} is in the state {STATE}, in which it cannot be enabled.",
        ),
        publish(
            "TellFailed",
            partition,
            "ACT NOW: KMS key NOT enabled",
            f"The KMS key {KEY} was disabled, and could NOT be enabled again.",
            f"By hand: aws kms enable-key --region {REGION} --key-id {KEY}",
        ),
        publish_not_found(partition, "enable-key"),
    ]
    return document("enables a KMS key that was disabled, and tells.", steps)
