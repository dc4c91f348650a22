"""Reprieve's runbook: find the key, have Amazon's runbook rescue it, say what came of it.

It takes the key in whatever form (Amazon's runbook takes a bare id only), looks at its state before
it does anything, and publishes one message at its end, whatever the end is. An execution that did
not save a key that needed saving ends as Failed.
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
    run_script,
    see_state,
    tell,
    tell_not_found,
)

# States of a key whose deletion is not scheduled, or not any more.
_SAFE = ("Disabled", "Enabled", "PendingImport")

# Of the calls that disabled and enabled the key before its deletion was scheduled, the last one
# tells what it was. CancelKeyDeletion disables as well. CloudTrail knows 90 days.
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
    """Return the Automation document, schema 0.3, as the object that its JSON stands for.

    With `re_enable` a key that was enabled before is enabled again.
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
        # Not what the child says of itself, but what KMS says of the key.
        assert_state("VerifyKey", _SAFE, on_failure="TellFailed"),
        *(_enabling(partition) if re_enable else ()),
        see_state("SeeState", on_failure="TellFailed"),
        tell(
            "TellRescued",
            partition,
            "KMS key saved",
            f"The deletion of the KMS key {KEY} was taken back.",
            "Its state is now: {{ SeeState.KeyState }}. While that is Disabled, what it encrypted "
            "is safe and cannot be read.",
            f"To enable it: aws kms enable-key --region {REGION} --key-id {KEY}",
        ),
        tell(
            "TellSafe",
            partition,
            "KMS key needs no rescue",
            f"The deletion of the KMS key {KEY} is not scheduled, or not any more.",
            f"Its state is {STATE}. Nothing was done.",
        ),
        # A step that fails on purpose: an execution that cannot rescue must not end as a success.
        assert_state("RefuseState", PENDING_STATES, on_failure="TellRefused"),
        tell(
            "TellRefused",
            partition,
            "ACT NOW: KMS key NOT saved",
            f"The KMS key {KEY} is in the state {STATE}, in which no "
            "deletion can be cancelled. Look at it in the KMS console.",
        ),
        tell(
            "TellFailed",
            partition,
            "ACT NOW: KMS key NOT saved",
            f"The deletion of the KMS key {KEY} could NOT be taken back.",
            f"By hand: aws kms cancel-key-deletion --region {REGION} --key-id {KEY}",
            "If you are denied, the key's policy may forbid it: somebody whom the policy names "
            "must do it.",
        ),
        tell_not_found(partition, "cancel-key-deletion"),
    ]
    return document("takes the scheduled deletion of a KMS key back, and tells.", steps)


def _enabling(partition: str) -> list[Step]:
    """Return the steps that enable a rescued key, unless it was disabled before."""
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
        tell(
            "TellNotEnabled",
            partition,
            "KMS key saved, NOT enabled",
            f"The deletion of the KMS key {KEY} was taken back, but the key was not enabled again.",
            f"By hand: aws kms enable-key --region {REGION} --key-id {KEY}",
        ),
    ]
