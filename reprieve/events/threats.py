"""The catalogue of threats: events that endanger a KMS key, their patterns and their meaning."""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

EventPattern = dict[str, Any]


def pattern_json(pattern: EventPattern) -> str:
    """Return the pattern as JSON without spaces: EventBridge counts every character."""
    return json.dumps(pattern, separators=(",", ":"))


class Severity(StrEnum):
    """How bad the threat is if nobody acts. Alerts contain these texts."""

    CRITICAL = "CRITICAL"
    """What the key encrypted is lost permanently, or may be."""
    HIGH = "HIGH"
    """Nobody can read what the key encrypted until somebody acts."""
    MEDIUM = "MEDIUM"
    """A step that often precedes one of the others."""


@dataclass(frozen=True)
class Threat:
    """A kind of event that endangers KMS keys.

    `name` becomes part of rule names and Terraform addresses: never change it.
    `event_pattern` is the pattern that EventBridge matches.
    `facts` are lines of the alert, each a label and the JSON path of its value in the event. If the
    event names a key, one label is Key, and the texts refer to it as `<key>`.
    `meaning` and `undo` are sentences; `undo` describes what a person can do, if anything.
    """

    name: str
    summary: str
    severity: Severity
    event_pattern: EventPattern
    facts: tuple[tuple[str, str], ...]
    meaning: str
    undo: tuple[str, ...]
    by_default: bool = True

    @property
    def is_call(self) -> bool:
        """Whether the event reports an API call; otherwise KMS reports its own action."""
        return bool(self.event_pattern["detail-type"] == [_API_CALL])


_API_CALL = "AWS API Call via CloudTrail"


def _kms_api_call(event_name: str, **request_parameters: list[Any]) -> EventPattern:
    """Return the pattern of a successful KMS call, as CloudTrail sends it to the default event bus.

    CloudTrail also records calls that were denied or failed. Only those have an `errorCode`
    (CloudTrail user guide, "record contents"). They changed nothing, so they send no alert.
    """
    detail: dict[str, Any] = {
        "eventSource": ["kms.amazonaws.com"],
        "eventName": [event_name],
        "errorCode": [{"exists": False}],
    }
    if request_parameters:
        detail["requestParameters"] = request_parameters
    return {"source": ["aws.kms"], "detail-type": [_API_CALL], "detail": detail}


def _kms_event(detail_type: str) -> EventPattern:
    """Return the pattern of an event that KMS itself sends: without any trail, on best effort.

    KMS developer guide, "Monitor KMS keys with Amazon EventBridge".
    """
    return {"source": ["aws.kms"], "detail-type": [detail_type]}


# The ARN of the key, also if the caller used its id: in CloudTrail records, in KMS's own events.
_KEY = ("Key", "$.detail.resources[0].ARN")
_EVENT_KEY = ("Key", "$.resources[0]")
_KEY_STORE = ("Custom key store", "$.detail.requestParameters.customKeyStoreId")

_REIMPORT = "Import the same key material again; nothing else can replace it."
_PREVIOUS_POLICY = (
    "The policy before this one is in the CloudTrail record of the PutKeyPolicy, or CreateKey, "
    "that set it."
)

KEY_DELETION_SCHEDULED: Final = Threat(
    name="key-deletion-scheduled",
    summary="a KMS key was scheduled for deletion",
    severity=Severity.CRITICAL,
    event_pattern=_kms_api_call("ScheduleKeyDeletion"),
    facts=(
        # The ARN of the key in a successful call, also before December 2022.
        ("Key", "$.detail.responseElements.keyId"),
        (
            "Waiting period in days (30 if none was given)",
            "$.detail.requestParameters.pendingWindowInDays",
        ),
        ("Deleted on (empty while replicas exist)", "$.detail.responseElements.deletionDate"),
        ("State", "$.detail.responseElements.keyState"),
    ),
    meaning="At the end of the waiting period everything that it encrypted is lost for good.",
    undo=(
        "aws kms cancel-key-deletion --region <region> --key-id <key>",
        "The key then stays disabled until somebody enables it:",
        "aws kms enable-key --region <region> --key-id <key>",
    ),
)
KEY_DISABLED: Final = Threat(
    name="key-disabled",
    summary="a KMS key was disabled",
    severity=Severity.HIGH,
    event_pattern=_kms_api_call("DisableKey"),
    facts=(_KEY,),
    meaning="Nothing that it encrypted can be read meanwhile.",
    undo=("aws kms enable-key --region <region> --key-id <key>",),
)

CATALOGUE: Final = (
    KEY_DELETION_SCHEDULED,
    KEY_DISABLED,
    Threat(
        name="key-material-deleted",
        summary="the imported key material of a KMS key was deleted",
        severity=Severity.CRITICAL,
        event_pattern=_kms_api_call("DeleteImportedKeyMaterial"),
        facts=(_KEY,),
        meaning="The key is unusable at once, with no waiting period.",
        undo=(_REIMPORT,),
    ),
    Threat(
        name="key-material-expiring",
        summary="key material that will expire was imported into a KMS key",
        severity=Severity.HIGH,
        # KEY_MATERIAL_EXPIRES is the default of KMS (KMS API reference, ImportKeyMaterial).
        event_pattern=_kms_api_call(
            "ImportKeyMaterial", expirationModel=["KEY_MATERIAL_EXPIRES", {"exists": False}]
        ),
        facts=(_KEY, ("Expires on", "$.detail.requestParameters.validTo")),
        meaning="On that date KMS deletes the material, and the key is unusable.",
        undo=("Keep a copy of the material; import it anew, with a later date or none, in time.",),
    ),
    Threat(
        name="key-material-expired",
        summary="the imported key material of a KMS key has expired, and KMS deleted it",
        severity=Severity.CRITICAL,
        event_pattern=_kms_event("KMS Imported Key Material Expiration"),
        facts=(_EVENT_KEY,),
        meaning="Nothing that the key encrypted can be read.",
        undo=(_REIMPORT,),
    ),
    Threat(
        name="key-store-disconnected",
        summary="a custom key store was disconnected",
        severity=Severity.HIGH,
        event_pattern=_kms_api_call("DisconnectCustomKeyStore"),
        facts=(_KEY_STORE,),
        meaning="None of the KMS keys in it can be used meanwhile.",
        undo=("aws kms connect-custom-key-store --region <region> --custom-key-store-id <store>",),
    ),
    Threat(
        name="key-store-deleted",
        summary="a custom key store was deleted",
        severity=Severity.HIGH,
        event_pattern=_kms_api_call("DeleteCustomKeyStore"),
        facts=(_KEY_STORE,),
        meaning="KMS deletes only an empty one; its CloudHSM cluster, or external key manager, "
        "still holds the material of the keys.",
        undo=("aws kms create-custom-key-store connects the cluster again.",),
    ),
    Threat(
        name="key-policy-bypassed",
        summary="the policy of a KMS key was changed, with the lockout check bypassed",
        severity=Severity.CRITICAL,
        event_pattern=_kms_api_call("PutKeyPolicy", bypassPolicyLockoutSafetyCheck=[True, "true"]),
        facts=(_KEY,),
        meaning="It may be that nobody can manage the key any more, nor take a deletion back.",
        undo=(
            "aws kms get-key-policy --region <region> --key-id <key> --policy-name default",
            _PREVIOUS_POLICY,
            "If you are denied both that and put-key-policy, only AWS Support can help.",
        ),
    ),
    Threat(
        name="key-policy-changed",
        summary="the policy of a KMS key was changed",
        severity=Severity.MEDIUM,
        event_pattern=_kms_api_call(
            "PutKeyPolicy", bypassPolicyLockoutSafetyCheck=[False, "false", {"exists": False}]
        ),
        facts=(_KEY,),
        meaning="It can take from people and from Reprieve the right to rescue the key.",
        undo=(
            "aws kms get-key-policy --region <region> --key-id <key> --policy-name default",
            _PREVIOUS_POLICY,
        ),
        # Every deployment that changes a key sends one.
        by_default=False,
    ),
    Threat(
        name="alias-deleted",
        summary="an alias of a KMS key was deleted",
        severity=Severity.MEDIUM,
        event_pattern=_kms_api_call("DeleteAlias"),
        facts=(
            ("Alias", "$.detail.requestParameters.aliasName"),
            # The order of key and alias in `resources` is not fixed.
            ("Key", "$.detail.responseElements.keyId"),
        ),
        meaning="Whoever names the key by this alias cannot use it.",
        undo=("aws kms create-alias --region <region> --alias-name <alias> --target-key-id <key>",),
        by_default=False,
    ),
    Threat(
        name="key-gone",
        summary="a KMS key is gone",
        severity=Severity.CRITICAL,
        event_pattern=_kms_event("KMS CMK Deletion"),
        facts=(_EVENT_KEY,),
        meaning="Its waiting period is over. What it alone encrypted is lost.",
        undo=("Nothing brings it back. Look for replicas in other Regions, and for backups.",),
    ),
)
"""Every threat, in the order in which commands and docs show them."""

BY_NAME: Final = {threat.name: threat for threat in CATALOGUE}
DEFAULTS: Final = tuple(threat.name for threat in CATALOGUE if threat.by_default)

# The names of the rules for exempt events (see `reprieve.events.exemptions`).
APPROVED: Final = {
    KEY_DELETION_SCHEDULED.name: "key-deletion-approved",
    KEY_DISABLED.name: "key-disabling-approved",
}

# The name of the rule for failed rescues.
RESCUE_FAILED: Final = "rescue-failed"


def rescue_failed(*runbook_names: str) -> EventPattern:
    """Return the pattern of a runbook's execution that failed, timed out or was cancelled.

    Systems Manager sends these events itself, without any trail (Systems Manager user guide,
    "EventBridge event patterns and types for Systems Manager").
    """
    return {
        "source": ["aws.ssm"],
        "detail-type": ["EC2 Automation Execution Status-change Notification"],
        "detail": {
            "Definition": list(runbook_names),
            "Status": ["Failed", "TimedOut", "Cancelled"],
        },
    }


# The name of the rule for threats to the key that encrypts the alerts.
ALERT_KEY: Final = "alert-key-endangered"
_DISABLING_CALLS = (
    "ScheduleKeyDeletion",
    "DisableKey",
    "DeleteImportedKeyMaterial",
    "PutKeyPolicy",
)


def alert_key_endangered(key_arn: str) -> EventPattern:
    """Return the pattern of the calls that can make the key of the alerts unusable."""
    pattern = _kms_api_call("")
    pattern["detail"] |= {"eventName": list(_DISABLING_CALLS), "resources": {"ARN": [key_arn]}}
    return pattern
