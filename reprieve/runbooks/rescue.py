"""Reprieve's runbook: find the key, start Amazon's runbook, publish the result.

It accepts the id or the ARN of a key; Amazon's runbook accepts the id only. It checks the state of
the key first, and always publishes one message at the end. If it cannot rescue a key, the execution
ends as Failed.
"""

from reprieve.names import PENDING_STATES
from reprieve.runbooks.runbook import CANCEL_KEY_DELETION
from reprieve.runbooks.steps import (
    KEY,
    REGION,
    STATE,
    Document,
    Step,
    assert_state,
    call,
    choose,
    document,
    find_key,
    publish,
    publish_not_found,
    read_state,
    run_script,
)

# The states of a key whose deletion is not scheduled, or no longer.
_SAFE = ("Disabled", "Enabled", "PendingImport")

# The state of the key before its deletion was scheduled: the last call that disabled or enabled it
# decides. CancelKeyDeletion also disables. CloudTrail keeps 90 days.
_WAS_DISABLED = """\
import json

import boto3


def handler(events, context):
    trail = boto3.client("cloudtrail")
    last = {}
    for name in ("DisableKey", "CancelKeyDeletion", "EnableKey"):
        wanted = [{"AttributeKey": "EventName", "AttributeValue": name}]
        for page in trail.get_paginator("lookup_events").paginate(LookupAttributes=wanted):
            for event in page["Events"]:
                record = json.loads(event["CloudTrailEvent"])
                arns = [each.get("ARN") for each in record.get("resources") or []]
                before = not events["CalledAt"] or record["eventTime"] < events["CalledAt"]
                if events["KeyArn"] in arns and before and not record.get("errorCode"):
                    last[name] = max(record["eventTime"], last.get(name, ""))
    disabled = max(last.get("DisableKey", ""), last.get("CancelKeyDeletion", ""))
    return {"Was": "Disabled" if disabled > last.get("EnableKey", "") else "Enabled"}
"""


def rescue_document(partition: str, *, re_enable: bool = False) -> Document:
    """Return the Automation document (schema 0.3).

    With `re_enable` it also enables a key that was enabled before.
    """
    steps = [
        find_key(on_failure="TellNotFound"),
        choose(
            "ChooseByState",
            STATE,
            {"CancelKeyDeletion": PENDING_STATES, "TellSafe": _SAFE},
            default="RefuseState",
        ),
        {
            "name": "CancelKeyDeletion",
            "action": "aws:executeAutomation",
            "inputs": {
                "DocumentName": CANCEL_KEY_DELETION.name,
                "RuntimeParameters": {
                    "KeyId": ["{{ DescribeKey.KeyId }}"],
                    "AutomationAssumeRole": ["{{ AutomationAssumeRole }}"],
                },
            },
            "onFailure": "step:TellFailed",
        },
        # Ask KMS for the state of the key: do not rely on the result of Amazon's runbook.
        assert_state("VerifyKey", _SAFE, on_failure="TellFailed"),
        *(_enable_steps(partition) if re_enable else ()),
        read_state("SeeState", on_failure="TellFailed"),
        publish(
            "TellRescued",
            partition,
            "KMS key saved",
            f"The deletion of the KMS key {KEY} was taken back.",
            "Its state is now: {{ SeeState.KeyState }}. While that is Disabled, what it encrypted "
            "is safe and cannot be read.",
            f"To enable it: aws kms enable-key --region {REGION} --key-id {KEY}",
        ),
        publish(
            "TellSafe",
            partition,
            "KMS key needs no rescue",
            f"The deletion of the KMS key {KEY} is not scheduled, or not any more.",
            f"Its state is {STATE}. Nothing was done.",
        ),
        # Fails on purpose: an execution that cannot rescue the key must not end as Success.
        assert_state("RefuseState", PENDING_STATES, on_failure="TellRefused"),
        publish(
            "TellRefused",
            partition,
            "ACT NOW: KMS key NOT saved",
            f"The KMS key {KEY} is in the state {STATE}, in which no "
            "deletion can be cancelled. Look at it in the KMS console.",
        ),
        publish(
            "TellFailed",
            partition,
            "ACT NOW: KMS key NOT saved",
            f"The deletion of the KMS key {KEY} could NOT be taken back.",
            f"By hand: aws kms cancel-key-deletion --region {REGION} --key-id {KEY}",
            "If you are denied, the key's policy may forbid it: somebody whom the policy names "
            "must do it.",
        ),
        publish_not_found(partition, "cancel-key-deletion"),
    ]
    return document("takes the scheduled deletion of a KMS key back, and tells.", steps)


def _enable_steps(partition: str) -> list[Step]:
    """Return the steps that enable a rescued key unless it was disabled before."""
    return [
        run_script(
            "SeeWhatItWas",
            _WAS_DISABLED,
            "Was",
            on_failure="TellNotEnabled",
            KeyArn=KEY,
            CalledAt="{{ CalledAt }}",
        ),
        choose("ChooseByPast", "{{ SeeWhatItWas.Was }}", {"SeeState": ("Disabled",)}, "EnableKey"),
        call("EnableKey", "EnableKey", "TellNotEnabled", KeyId="{{ DescribeKey.KeyId }}")
        | {"nextStep": "SeeState"},
        publish(
            "TellNotEnabled",
            partition,
            "KMS key saved, NOT enabled",
            f"The deletion of the KMS key {KEY} was taken back, but the key was not enabled again.",
            f"By hand: aws kms enable-key --region {REGION} --key-id {KEY}",
        ),
    ]
