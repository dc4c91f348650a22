"""The catalogue of threats: events that endanger a KMS key, their patterns and their meaning."""

from typing import Any, Final

from reprieve.events.guard_events import GUARD_CHANGED, TRAIL_CHANGED
from reprieve.events.threat import EventPattern, Severity, Threat, api_call


def _kms_api_call(*event_names: str, **request_parameters: list[Any]) -> EventPattern:
    return api_call("kms", event_names, **request_parameters)


def _kms_event(detail_type: str) -> EventPattern:
    """Return the pattern of an event that KMS itself sends: without any trail, on best effort.

    KMS developer guide, "Monitor KMS keys with Amazon EventBridge".
    """
    return {"source": ["aws.kms"], "detail-type": [detail_type]}


# The ARN of the key, also if the caller used its id: in CloudTrail records, in KMS's own events.
_KEY = ("Key", "$.detail.resources[0].ARN")
NAMED_KEY: Final = "Key as the caller named it"
"""The label of the key's id, or ARN, in the call. Unlike the ARN, no record lacks it."""
_NAMED = (NAMED_KEY, "$.detail.requestParameters.keyId")
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
    facts=(_KEY, _NAMED),
    meaning="Nothing that it encrypted can be read meanwhile.",
    undo=("aws kms enable-key --region <region> --key-id <named>",),
)

CATALOGUE: Final = (
    KEY_DELETION_SCHEDULED,
    KEY_DISABLED,
    Threat(
        name="key-material-deleted",
        summary="the imported key material of a KMS key was deleted",
        severity=Severity.CRITICAL,
        event_pattern=_kms_api_call("DeleteImportedKeyMaterial"),
        facts=(_KEY, _NAMED, ("Key material", "$.detail.requestParameters.keyMaterialId")),
        meaning="The key is unusable at once, with no waiting period, unless the material was "
        "waiting for a rotation. What it encrypted cannot be read without it.",
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
        facts=(_KEY, _NAMED, ("Expires on", "$.detail.requestParameters.validTo")),
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
        # A key can be created, and replicated, in the same way.
        event_pattern=_kms_api_call(
            "PutKeyPolicy",
            "CreateKey",
            "ReplicateKey",
            bypassPolicyLockoutSafetyCheck=[True, "true"],
        ),
        facts=(_KEY, _NAMED, ("Call", "$.detail.eventName")),
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
        facts=(_KEY, _NAMED),
        meaning="It can take from people and from Reprieve the right to rescue the key.",
        undo=(
            "aws kms get-key-policy --region <region> --key-id <named> --policy-name default",
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
    GUARD_CHANGED,
    TRAIL_CHANGED,
)
"""Every threat, in the order in which commands and docs show them."""

BY_NAME: Final = {threat.name: threat for threat in CATALOGUE}
DEFAULTS: Final = tuple(threat.name for threat in CATALOGUE if threat.by_default)

# The names of the rules for exempt events (see `reprieve.events.exemptions`).
APPROVED: Final = {
    KEY_DELETION_SCHEDULED.name: "key-deletion-approved",
    KEY_DISABLED.name: "key-disabling-approved",
}
