"""The drill's key: one that is proved to be an earlier drill's, or a new one."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reprieve.aws.account import Account, explain, is_code
from reprieve.drill.policy import drill_key_policy
from reprieve.drill.proof import DESCRIPTION, Candidate, reject
from reprieve.drill.result import Leftover, RejectedKey
from reprieve.names import DRILL_TAG, PENDING_STATES

# A deletion that a role approves is not cancelled, and need not wait: the shortest waiting period.
_SHORTEST_DAYS: Final = 7


@dataclass(frozen=True)
class DrillKey:
    """A drill's key. `state` is its state before the drill; None if this drill created it."""

    arn: str
    state: str | None = None


def find_key(
    account: Account, region: str, partition: str, beginning: str
) -> tuple[DrillKey | None, tuple[RejectedKey, ...]]:
    """Return an earlier drill's key, None if there is none, and the keys that only look like one.

    The aliases of its drills have this `beginning`. A key that is pending deletion is neither. A
    key that cannot be proved is not touched.
    """
    kms = account.client("kms", region)
    policy = drill_key_policy(partition, account.id)
    rejected = []
    for key, aliases in _keys_with_drill_aliases(kms, beginning):
        try:
            metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        except Exception as error:
            rejected.append(RejectedKey(key, "state", explain(error)))
            continue
        if metadata["KeyState"] in PENDING_STATES:
            continue
        arn, cloudtrail = str(metadata["Arn"]), account.client("cloudtrail", region)
        rejection = reject(Candidate(kms, cloudtrail, arn, aliases, beginning, policy, metadata))
        if rejection is None:
            return DrillKey(arn, metadata["KeyState"]), tuple(rejected)
        rejected.append(rejection)
    return None, tuple(rejected)


def _keys_with_drill_aliases(kms: Any, beginning: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the id of each key that has a drill's alias, with all its aliases."""
    aliases: defaultdict[str, list[str]] = defaultdict(list)
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if "TargetKeyId" in alias:
                aliases[alias["TargetKeyId"]].append(alias["AliasName"])
    for key, names in aliases.items():
        if any(name.startswith(beginning) for name in names):
            yield key, tuple(sorted(names))


def create_key(kms: Any, policy: Mapping[str, Any], run: str) -> DrillKey:
    """Create a drill key that nobody can use.

    KMS refuses a policy that the caller may not change again, unless the caller gives that up (KMS
    API reference, CreateKey). The drill needs no right to change key policies, and asks for none.
    """
    options = {
        "Description": DESCRIPTION,
        "Policy": json.dumps(policy),
        "Tags": [{"TagKey": DRILL_TAG, "TagValue": run}],
    }
    try:
        answer = kms.create_key(**options)
    except Exception as error:
        if not is_code(error, "MalformedPolicyDocumentException"):
            raise
        answer = kms.create_key(**options, BypassPolicyLockoutSafetyCheck=True)
    return DrillKey(answer["KeyMetadata"]["Arn"])


def name_key(kms: Any, key: DrillKey, region: str, alias: str) -> Leftover | None:
    """Create the alias that the next drill finds a key by; return what to do if that fails."""
    try:
        kms.create_alias(AliasName=alias, TargetKeyId=key.arn)
    except Exception as error:
        problem = f"It has no alias, so the next drill cannot find it. {explain(error)}"
        command = f"create-alias --region {region} --alias-name {alias} --target-key-id {key.arn}"
        return _leftover(key, problem, command)
    return None


def finish_key(
    kms: Any, key: DrillKey, region: str, *, approver: Any | None, keep: bool
) -> tuple[str, Leftover | None]:
    """Leave a key as the drill found it; return its state, in a phrase, and what could not be done.

    With `approver`, the KMS client of a role whose deletions are approved, the key's deletion is
    scheduled instead. With `keep`, and if the key is pending deletion, it stays as it is.
    """
    try:
        metadata = kms.describe_key(KeyId=key.arn)["KeyMetadata"]
    except Exception as error:
        command = f"describe-key --region {region} --key-id {key.arn}"
        return "unknown", _leftover(key, f"Its state is unknown. {explain(error)}", command)
    if metadata["KeyState"] in PENDING_STATES or keep:
        return _describe_state(metadata), None
    if approver is not None:
        return _delete(kms, approver, key, region)
    state, leftover = _restore_state(kms, key, region, str(metadata["KeyState"]))
    return f"{state}, kept for the next drill", leftover


def _delete(kms: Any, approver: Any, key: DrillKey, region: str) -> tuple[str, Leftover | None]:
    try:
        approver.schedule_key_deletion(KeyId=key.arn, PendingWindowInDays=_SHORTEST_DAYS)
        return _describe_state(kms.describe_key(KeyId=key.arn)["KeyMetadata"]), None
    except Exception as error:
        command = (
            f"schedule-key-deletion --region {region} --key-id {key.arn} "
            f"--pending-window-in-days {_SHORTEST_DAYS}"
        )
        problem = f"The approved role could not schedule its deletion. {explain(error)}"
        return "not deleted", _leftover(key, problem, command)


def _restore_state(kms: Any, key: DrillKey, region: str, state: str) -> tuple[str, Leftover | None]:
    """Enable a key that was enabled before the drill; return its state, and what is left to do.

    A rescue leaves a key disabled. A guard that enables a key that was disabled has a fault: the
    drill reports it. It does not disable the key, which would send another alert.
    """
    if (key.state, state) == ("Enabled", "Disabled"):
        try:
            kms.enable_key(KeyId=key.arn)
        except Exception as error:
            problem = f"It was enabled before the drill, and is disabled now. {explain(error)}"
            return state, _leftover(
                key, problem, f"enable-key --region {region} --key-id {key.arn}"
            )
        return "Enabled", None
    if (key.state, state) == ("Disabled", "Enabled"):
        problem = "It was disabled before the drill, and is enabled now."
        return state, _leftover(key, problem, f"disable-key --region {region} --key-id {key.arn}")
    return state, None


def _describe_state(metadata: Mapping[str, Any]) -> str:
    """Return a key's state in a phrase: with its date, if its deletion is scheduled."""
    date = metadata.get("DeletionDate")
    return f"deleted on {date:%Y-%m-%d}" if date else str(metadata["KeyState"])


def _leftover(key: DrillKey, problem: str, command: str) -> Leftover:
    return Leftover(f"the drill key {key.arn}", problem, f"aws kms {command}")
