"""Reprieve's second runbook: enable a key that was disabled, and say what came of it."""

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
    tell,
    tell_not_found,
)


def enable_document(partition: str) -> Document:
    """Return the Automation document, schema 0.3, as the object that its JSON stands for."""
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
        tell(
            "TellEnabled",
            partition,
            "KMS key enabled again",
            f"The KMS key {KEY} was disabled, and is enabled again.",
        ),
        tell(
            "TellSafe",
            partition,
            "KMS key is enabled",
            f"The KMS key {KEY} is enabled already. Nothing was done.",
        ),
        # A step that fails on purpose: an execution that cannot enable must not end as a success.
        assert_state("RefuseState", ("Enabled", "Disabled"), on_failure="TellRefused"),
        tell(
            "TellRefused",
            partition,
            "ACT NOW: KMS key NOT enabled",
            f"The KMS key {KEY} is in the state {STATE}, in which it cannot be enabled.",
        ),
        tell(
            "TellFailed",
            partition,
            "ACT NOW: KMS key NOT enabled",
            f"The KMS key {KEY} was disabled, and could NOT be enabled again.",
            f"By hand: aws kms enable-key --region {REGION} --key-id {KEY}",
        ),
        tell_not_found(partition, "enable-key"),
    ]
    return document("enables a KMS key that was disabled, and tells.", steps)
