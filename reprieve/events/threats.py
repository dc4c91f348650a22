"""The catalogue of threats: events that endanger a KMS key, their patterns and their meaning."""

from typing import Any, Final

from reprieve.events.guard_events import GUARD_CHANGED, TRAIL_CHANGED
from reprieve.events.threat import EventPattern, Impact, Threat, api_call


def _kms_api_call(*event_names: str, **request_parameters: list[Any]) -> EventPattern:
    return api_call("kms", event_names, **request_parameters)


def _kms_event(detail_type: str) -> EventPattern:
    """Return the pattern of an event that KMS itself sends: without any trail, on best effort.

    KMS developer guide, "Monitor KMS keys with Amazon EventBridge".
    """
    return {"source": ["aws.kms"], "detail-type": [detail_type]}


# The ARN of the key, also if the caller used its id: in CloudTrail records, in KMS's own events.
# Some records lack it.
_KEY = ("Key", "$.detail.resources[0].ARN")
_EVENT_KEY = ("Key", "$.resources[0]")
# The id of the key, or the ARN if the caller used that. No record of a call on a key lacks it.
_NAMED_KEY = ("Key", ("$.detail.requestParameters.keyId",))
_EVENT_KEY_ID = ("Key", ("$.detail.key-id",))
_KEY_STORE = ("Store", ("$.detail.requestParameters.customKeyStoreId",))

_REIMPORT = (
    "Import the same key material again. Nothing else can replace it. The commands are "
    "'aws kms get-parameters-for-import' and 'aws kms import-key-material'.",
)
_SHOW_POLICY = (
    "aws kms get-key-policy --region <region> --key-id <named> --policy-name default "
    "--query Policy --output text"
)
_PREVIOUS_POLICY = (
    "If it is wrong, restore the previous policy with 'aws kms put-key-policy'. The previous "
    "policy is in the CloudTrail record of the earlier PutKeyPolicy or CreateKey call."
)
_UNLESS_PLANNED = "again, unless this was planned."

KEY_DELETION_SCHEDULED: Final = Threat(
    name="key-deletion-scheduled",
    summary="a KMS key was scheduled for deletion",
    impact=Impact.CRITICAL,
    event_pattern=_kms_api_call("ScheduleKeyDeletion"),
    act="Cancel it yourself now.",
    named=_NAMED_KEY,
    facts=(
        # The ARN of the key in a successful call, also before December 2022.
        ("Key", "$.detail.responseElements.keyId"),
        (
            "Deletion date (none while the key has replicas)",
            "$.detail.responseElements.deletionDate",
        ),
        (
            "Waiting period in days (30 if none was given)",
            "$.detail.requestParameters.pendingWindowInDays",
        ),
        ("State", "$.detail.responseElements.keyState"),
    ),
    meaning="When KMS deletes the key, everything that is encrypted with it is lost permanently.",
    undo=(
        "aws kms cancel-key-deletion --region <region> --key-id <key>",
        "The key is then disabled. To use it again:",
        "aws kms enable-key --region <region> --key-id <key>",
    ),
)
KEY_DISABLED: Final = Threat(
    name="key-disabled",
    summary="a KMS key was disabled",
    impact=Impact.HIGH,
    event_pattern=_kms_api_call("DisableKey"),
    act=f"Enable it {_UNLESS_PLANNED}",
    named=_NAMED_KEY,
    facts=(_KEY,),
    meaning="Until the key is enabled, nothing that is encrypted with it can be read.",
    undo=("aws kms enable-key --region <region> --key-id <named>",),
)

CATALOGUE: Final = (
    KEY_DELETION_SCHEDULED,
    KEY_DISABLED,
    Threat(
        name="key-material-deleted",
        summary="the imported material of a KMS key was deleted",
        impact=Impact.CRITICAL,
        event_pattern=_kms_api_call("DeleteImportedKeyMaterial"),
        act="Import it again.",
        named=_NAMED_KEY,
        facts=(
            _KEY,
            (
                "Key material (empty if it is the current one)",
                "$.detail.requestParameters.keyMaterialId",
            ),
        ),
        meaning="The key cannot be used from now on, unless the material was only waiting for a "
        "rotation. Without it, nothing that is encrypted with the key can be read.",
        undo=_REIMPORT,
    ),
    Threat(
        name="key-material-expiring",
        summary="expiring material was imported into a KMS key",
        impact=Impact.HIGH,
        # KEY_MATERIAL_EXPIRES is the default of KMS (KMS API reference, ImportKeyMaterial).
        event_pattern=_kms_api_call(
            "ImportKeyMaterial", expirationModel=["KEY_MATERIAL_EXPIRES", {"exists": False}]
        ),
        act="Note its date.",
        named=_NAMED_KEY,
        facts=(_KEY, ("Expires on", "$.detail.requestParameters.validTo")),
        meaning="On that date KMS deletes the material. Then the key cannot be used, and nothing "
        "that is encrypted with it can be read.",
        undo=(
            "Keep a copy of the key material. Import it again before that date, with a later date "
            "or with none.",
        ),
    ),
    Threat(
        name="key-material-expired",
        summary="the imported material of a KMS key expired and was deleted",
        impact=Impact.CRITICAL,
        event_pattern=_kms_event("KMS Imported Key Material Expiration"),
        act="Import it again.",
        named=_EVENT_KEY_ID,
        facts=(_EVENT_KEY,),
        meaning="The key cannot be used, and nothing that is encrypted with it can be read.",
        undo=_REIMPORT,
    ),
    Threat(
        name="key-store-disconnected",
        summary="a custom key store was disconnected",
        impact=Impact.HIGH,
        event_pattern=_kms_api_call("DisconnectCustomKeyStore"),
        act="Connect it, unless this was planned.",
        named=_KEY_STORE,
        facts=(),
        meaning="Until the store is connected, no KMS key in it can be used.",
        undo=("aws kms connect-custom-key-store --region <region> --custom-key-store-id <named>",),
    ),
    Threat(
        name="key-store-deleted",
        summary="a custom key store was deleted",
        impact=Impact.HIGH,
        event_pattern=_kms_api_call("DeleteCustomKeyStore"),
        act=f"Create it {_UNLESS_PLANNED}",
        named=_KEY_STORE,
        facts=(),
        meaning="KMS deletes only a key store without KMS keys. Its CloudHSM cluster, or its "
        "external key manager, still exists with the key material in it.",
        undo=("To connect the cluster again, use 'aws kms create-custom-key-store'.",),
    ),
    Threat(
        name="key-policy-bypassed",
        summary="a KMS key policy was set without the lockout check",
        impact=Impact.CRITICAL,
        # A key can be created, and replicated, in the same way.
        event_pattern=_kms_api_call(
            "PutKeyPolicy",
            "CreateKey",
            "ReplicateKey",
            bypassPolicyLockoutSafetyCheck=[True, "true"],
        ),
        act="Check it now.",
        # A call that creates a key cannot name it.
        named=("Key", (*_NAMED_KEY[1], "$.detail.responseElements.keyMetadata.keyId")),
        facts=(
            _KEY,
            ("Call", "$.detail.eventName"),
            (
                "Region of the replica (only for ReplicateKey)",
                "$.detail.requestParameters.replicaRegion",
            ),
        ),
        meaning="Perhaps nobody can manage the key any more, and nobody can cancel its deletion.",
        undo=(
            "Check who can manage the key (for ReplicateKey, in the Region of the replica):",
            _SHOW_POLICY,
            _PREVIOUS_POLICY,
            "If both commands are denied to everybody, only AWS Support can help.",
        ),
    ),
    Threat(
        name="key-policy-changed",
        summary="the policy of a KMS key was changed",
        impact=Impact.MEDIUM,
        event_pattern=_kms_api_call(
            "PutKeyPolicy", bypassPolicyLockoutSafetyCheck=[False, "false", {"exists": False}]
        ),
        act="Check the new policy.",
        named=_NAMED_KEY,
        facts=(_KEY,),
        meaning="The new policy may deny the rescue of the key, to people and to Reprieve.",
        undo=("Check who can manage the key:", _SHOW_POLICY, _PREVIOUS_POLICY),
        # Every deployment that changes a key sends one.
        by_default=False,
    ),
    Threat(
        name="alias-deleted",
        summary="an alias of a KMS key was deleted",
        impact=Impact.MEDIUM,
        event_pattern=_kms_api_call("DeleteAlias"),
        act=f"Create it {_UNLESS_PLANNED}",
        named=("Alias", ("$.detail.requestParameters.aliasName",)),
        # The order of key and alias in `resources` is not fixed.
        facts=(("Key", "$.detail.responseElements.keyId"),),
        meaning="Applications that use the key by this alias fail.",
        undo=("aws kms create-alias --region <region> --alias-name <named> --target-key-id <key>",),
        by_default=False,
    ),
    Threat(
        name="key-gone",
        summary="a KMS key was deleted permanently",
        impact=Impact.CRITICAL,
        event_pattern=_kms_event("KMS CMK Deletion"),
        act="Look for replicas and backups.",
        named=_EVENT_KEY_ID,
        facts=(_EVENT_KEY,),
        meaning="Its waiting period is over. Everything that was encrypted only with this key is "
        "lost permanently.",
        undo=(
            "Nothing can restore the key. Look for replicas of it in other Regions, and for "
            "backups of the data that do not depend on it.",
        ),
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
