"""The proof that a key is an earlier drill's: the drill schedules the deletion of no other key.

Anyone who may tag, describe and alias a production key can make it look like a drill's, and anyone
who may change its policy can give it a drill's policy. Nobody can change what CloudTrail recorded
when the key was created, nor what KMS records about the key's use. docs/operations.md explains why
that is proof.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from reprieve.aws.account import explain
from reprieve.aws.keys import key_tags
from reprieve.drill.policy import is_policy
from reprieve.drill.result import RejectedKey
from reprieve.names import DRILL_TAG

DESCRIPTION: Final = "Reprieve: a fire drill's throw-away key. It encrypts nothing."

# How far CloudTrail's time of a call and the key's creation date may lie apart.
_AROUND_CREATION: Final = timedelta(minutes=5)
# KMS API reference, KeyMetadata: nobody can change these after a key was created.
_KIND: Final = {
    "KeyManager": "CUSTOMER",
    "Origin": "AWS_KMS",
    "KeySpec": "SYMMETRIC_DEFAULT",
    "KeyUsage": "ENCRYPT_DECRYPT",
    "MultiRegion": False,
}


@dataclass(frozen=True)
class Candidate:
    """A key that may be a drill's.

    `kms` and `cloudtrail` are clients of its Region. `aliases` are the names of all its aliases,
    `alias_beginning` is what those of this deployment's drills begin with,
    `policy` is the key policy that a drill gives its keys, `metadata` what DescribeKey returned.
    """

    kms: Any
    cloudtrail: Any
    arn: str
    aliases: tuple[str, ...]
    alias_beginning: str
    policy: Mapping[str, Any]
    metadata: Mapping[str, Any]


def reject(candidate: Candidate) -> RejectedKey | None:
    """Return the first check that fails or cannot be made; None if the key is proved."""
    for name, check in CHECKS.items():
        try:
            reason = check(candidate)
        except Exception as error:
            reason = explain(error)
        if reason:
            return RejectedKey(candidate.arn, name, reason)
    return None


def _check_description(candidate: Candidate) -> str | None:
    is_drills = candidate.metadata["Description"] == DESCRIPTION
    return None if is_drills else "Its description is not a drill's."


def _check_state(candidate: Candidate) -> str | None:
    state = candidate.metadata["KeyState"]
    return None if state in ("Enabled", "Disabled") else f"Its state is {state}."


def _check_kind(candidate: Candidate) -> str | None:
    for name, expected in _KIND.items():
        actual = candidate.metadata.get(name)
        if actual != expected:
            return f"Its {name} is {actual}, and a drill's key has {expected}."
    return None


def _check_alias(candidate: Candidate) -> str | None:
    """Require the alias that names the run in the tag, and no other."""
    run = key_tags(candidate.kms, candidate.arn).get(DRILL_TAG)
    if run is None:
        return f"It does not have the tag {DRILL_TAG}."
    if candidate.aliases != (f"{candidate.alias_beginning}{run}",):
        return (
            f"Its aliases are {', '.join(candidate.aliases)}, not only that of the run in its tag."
        )
    return None


def _check_grants(candidate: Candidate) -> str | None:
    pages = candidate.kms.get_paginator("list_grants").paginate(KeyId=candidate.arn)
    has_grants = any(page["Grants"] for page in pages)
    return "It has grants, and a drill's key has none." if has_grants else None


def _check_policy(candidate: Candidate) -> str | None:
    answer = candidate.kms.get_key_policy(KeyId=candidate.arn, PolicyName="default")
    if is_policy(answer["Policy"], candidate.policy):
        return None
    return "Its key policy is not a drill's."


def _check_use(candidate: Candidate) -> str | None:
    """Require that KMS knows the key's use since its creation, and that there was none.

    KMS API reference, GetKeyLastUsage: an empty KeyLastUsage means "not used since it was created"
    if the key was created on or after TrackingStartDate.
    """
    answer = candidate.kms.get_key_last_usage(KeyId=candidate.arn)
    if use := answer.get("KeyLastUsage"):
        return f"It was used: {use.get('Operation', 'an operation')} on {use.get('Timestamp')}."
    if answer["KeyCreationDate"] < answer["TrackingStartDate"]:
        return "KMS did not record its first uses, so it may have been used."
    return None


def _check_creation(candidate: Candidate) -> str | None:
    """Require CloudTrail's record that the key was created with a drill's description and policy.

    CloudTrail API reference, LookupEvents: the event history needs no trail, nobody can change it,
    and it keeps 90 days. KMS Developer Guide, "CreateKey": the record has the description and the
    policy. The time range keeps the look-up small for a key that is used a lot.
    """
    created = candidate.metadata["CreationDate"]
    records = _lookup(
        candidate.cloudtrail,
        ("ResourceName", candidate.arn),
        StartTime=created - _AROUND_CREATION,
        EndTime=created + _AROUND_CREATION,
    )
    if any(_records_creation(record, candidate) for record in records):
        return None
    return (
        "CloudTrail's event history, which keeps 90 days and lacks the last minutes, has no record "
        "that a drill created it."
    )


def _records_creation(record: Mapping[str, Any], candidate: Candidate) -> bool:
    asked = record.get("requestParameters") or {}
    return (
        record["eventName"] == "CreateKey"
        and _is_about(record, candidate.arn)
        and asked.get("description") == DESCRIPTION
        and is_policy(asked.get("policy"), candidate.policy)
    )


def _check_policy_changes(candidate: Candidate) -> str | None:
    """Require that nobody has changed the policy since the key was created.

    A key that always had a drill's policy cannot have encrypted anything. GetKeyLastUsage alone
    does not prove that: it is eventually consistent. The look-up is by the call's name, since a
    look-up by the key's name would list each DescribeKey of the drill.
    """
    records = _lookup(
        candidate.cloudtrail,
        ("EventName", "PutKeyPolicy"),
        StartTime=candidate.metadata["CreationDate"] - _AROUND_CREATION,
    )
    if any(_is_about(record, candidate.arn) for record in records):
        return "Its key policy was changed after its creation."
    return None


def _lookup(cloudtrail: Any, attribute: tuple[str, str], **times: Any) -> Iterator[dict[str, Any]]:
    """Yield the records of CloudTrail's event history that have an attribute, `(name, value)`."""
    name, value = attribute
    pages = cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": name, "AttributeValue": value}], **times
    )
    for page in pages:
        for event in page["Events"]:
            yield json.loads(event["CloudTrailEvent"])


def _is_about(record: Mapping[str, Any], arn: str) -> bool:
    """Return whether a record is of a KMS call on a key that succeeded."""
    return (
        record["eventSource"] == "kms.amazonaws.com"
        and not record.get("errorCode")
        and any(each.get("ARN") == arn for each in record.get("resources") or ())
    )


CHECKS: Final[dict[str, Callable[[Candidate], str | None]]] = {
    "description": _check_description,
    "state": _check_state,
    "kind": _check_kind,
    "alias": _check_alias,
    "grants": _check_grants,
    "policy": _check_policy,
    "use": _check_use,
    "creation": _check_creation,
    "policy_changes": _check_policy_changes,
}
"""The checks by name, cheapest first. A check returns why the key fails it; None if it passes."""
