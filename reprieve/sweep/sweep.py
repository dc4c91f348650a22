"""`reprieve sweep`: find keys that are already pending deletion or unusable, and rescue them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from reprieve.aws.account import Account, enabled_regions, explain
from reprieve.aws.keys import customer_keys, key_tags
from reprieve.aws.parallel import run_in_parallel, run_with_timeout
from reprieve.guard.conditions import called_by, conditions_of
from reprieve.guard.remediation import rescuer_arns
from reprieve.location import Location
from reprieve.names import ALERT_KEY_TAG, PENDING_STATES
from reprieve.regions import known_regions
from reprieve.runbooks.scripts.exemptions import exemption_of
from reprieve.settings.arns import principal_partition
from reprieve.settings.exemption import tags_text
from reprieve.settings.schema import Settings
from reprieve.sweep.cloudtrail import (
    CANCEL,
    SCHEDULE,
    Call,
    Calls,
    find_cause,
    find_scheduling,
    read_calls,
)
from reprieve.sweep.result import DISABLED, UNKNOWN, Key, Sweep

# Keys that cannot be used either, after their deletion was cancelled or their material deleted:
# of a disconnected custom key store, and without imported material (KMS API reference, KeyState).
_PENDING_IMPORT: Final = "PendingImport"
_UNUSABLE: Final = (DISABLED, "Unavailable", _PENDING_IMPORT)


def sweep(
    account: Account,
    settings: Settings,
    *,
    timeout: float,
    only: Sequence[str] = (),
    done: Callable[[str], None] = lambda region: None,
) -> Sweep:
    """Find these keys in every Region that the account has enabled, watched or not.

    The keys with the fewest days left come first, disabled keys last. Nothing is raised.
    """
    problems: list[tuple[str, str]] = []
    regions = list(only)
    if not regions:
        known = known_regions(settings.regions.partition)
        try:
            enabled = run_with_timeout(
                timeout, lambda: enabled_regions(account, settings.regions.home)
            )
            regions = sorted(each for each in {*known, *enabled} if enabled.get(each, True))
        except Exception as error:
            regions = list(known)
            problems.append(
                ("account", f"It is unknown which Regions are enabled. {explain(error)}")
            )
    keys: list[Key] = []
    for region, answer in run_in_parallel(
        lambda region: _sweep_region(account, region, settings, timeout), regions, timeout
    ):
        if isinstance(answer, Exception):
            problems.append((region, explain(answer)))
        else:
            found, unread = answer
            keys += found
            problems += [(region, problem) for problem in unread]
        done(region)
    return Sweep(account, tuple(sorted(keys, key=_urgency)), tuple(sorted(problems)))


def _urgency(key: Key) -> tuple[int, float, str, str]:
    rank = 0 if key.is_pending else 1 if key.state == UNKNOWN else 2
    days = key.days_left
    return rank, 1000.0 if days is None else days, key.region, key.id


def _sweep_region(
    account: Account, region: str, settings: Settings, timeout: float
) -> tuple[list[Key], list[str]]:
    """Return the keys of a Region, and what could not be read about them."""
    kms = account.client("kms", region)
    by_arn = {key.arn: key for key in customer_keys(account, region)}
    keys = []
    for arn, answer in run_in_parallel(
        lambda arn: kms.describe_key(KeyId=arn), list(by_arn), timeout
    ):
        unknown = Key(account.id, region, arn, UNKNOWN, by_arn[arn].aliases)
        if isinstance(answer, Exception):
            keys.append(replace(unknown, problem=explain(answer)))
        elif answer["KeyMetadata"]["KeyState"] in (*PENDING_STATES, *_UNUSABLE):
            keys.append(_with_state(unknown, answer["KeyMetadata"]))
    if not keys:
        return [], []
    # The rest of the time is for the other calls: without an answer for the Region, its keys would
    # be lost, not only their callers.
    calls, problems = read_calls(account, region, timeout / 2)
    usage_problems: list[str] = []
    keys = [
        used
        for key in keys
        if (used := _with_usage(_with_history(key, calls, settings, kms), kms, usage_problems))
    ]
    return keys, [*problems, *usage_problems[:1]]  # one is enough: they are the same


def _with_state(key: Key, metadata: dict[str, Any]) -> Key:
    return replace(
        key,
        state=metadata["KeyState"],
        deletion_date=metadata.get("DeletionDate"),
        waiting_days=metadata.get("PendingDeletionWindowInDays"),
    )


def _with_history(key: Key, calls: Calls, settings: Settings, kms: Any) -> Key:
    """Add the call that put the key into its state, and what exempts it."""
    call = find_cause(calls, key.arn, key.state)
    key = replace(key, call=call, exempt=_exemption(key, call, settings, kms))
    if call is None or call.name != CANCEL:
        return key
    location = Location(settings.regions.partition, key.region, key.account)
    return replace(
        key,
        rescued=call.principal in rescuer_arns(settings, location),
        scheduled=find_scheduling(calls, key.arn, before=call.at),
    )


def _with_usage(key: Key, kms: Any, problems: list[str]) -> Key | None:
    """Add when the key was last used; add to `problems` why that is unknown.

    Return None for a new key that waits for its first material: it is in no danger. KMS knows only
    of uses since it began to record them (KMS API reference, GetKeyLastUsage), so an older key may
    have had material.
    """
    if key.state == UNKNOWN:
        return key
    try:
        usage = kms.get_key_last_usage(KeyId=key.arn)
    except Exception as error:
        problems.append(f"It is unknown when keys were last used. {explain(error)}")
        return key
    last_used = usage["KeyLastUsage"].get("Timestamp")
    is_unused = not last_used and usage["KeyCreationDate"] >= usage["TrackingStartDate"]
    if key.state == _PENDING_IMPORT and is_unused and not key.call:
        return None
    return replace(key, last_used=last_used, tracked_since=usage["TrackingStartDate"])


def _exemption(key: Key, call: Call | None, settings: Settings, kms: Any) -> str | None:
    """Return the setting that exempts the key or the caller, and its entry: `exempt.keys: ENTRY`.

    None if none is known to.
    """
    exempt = settings.exempt
    for entry in exempt.keys:
        if entry in (key.arn, key.id):
            return f"exempt.keys: {entry}"
    by = call.principal if call else ""
    if by in exempt.principals:
        return f"exempt.principals: {by}"
    # Anyone may give a federated user's session the name of an exempt user.
    caller = called_by(by) if principal_partition(by) else ""
    at = call.at.astimezone(UTC) if call else datetime.now(UTC)
    tags = cache(lambda: _tags(kms, key))
    if found := exemption_of(conditions_of(settings), key.arn, caller, at, tags):
        setting = "exempt.tags" if found == tags_text(exempt.tags) else "[[exemption]]"
        return f"{setting}: {found}"
    if call and call.name == SCHEDULE:
        for entry in exempt.deployers:
            if called_by(entry) == caller and ALERT_KEY_TAG in tags():
                return f"exempt.deployers: {entry}"
    return None


def _tags(kms: Any, key: Key) -> dict[str, str]:
    """Return a key's tags; none if they cannot be read: such a key is not exempt by them."""
    try:
        return key_tags(kms, key.arn)
    except Exception:
        return {}


def cancel(sweep: Sweep, confirm: Callable[[Key], bool]) -> Sweep:
    """Cancel the deletion of each pending key that is not exempt and that `confirm` accepts."""
    return _for_each(
        sweep, lambda key: key.is_pending and not key.exempt and confirm(key), _cancel_deletion
    )


def enable(sweep: Sweep, confirm: Callable[[Key], bool]) -> Sweep:
    """Enable each disabled key that is not exempt and that `confirm` accepts."""
    return _for_each(
        sweep, lambda key: key.state == DISABLED and not key.exempt and confirm(key), _enable
    )


def _for_each(
    sweep: Sweep, wanted: Callable[[Key], bool], action: Callable[[Account, Key], Key]
) -> Sweep:
    keys = (action(sweep.account, key) if wanted(key) else key for key in sweep.keys)
    return replace(sweep, keys=tuple(keys))


def _cancel_deletion(account: Account, key: Key) -> Key:
    kms = account.client("kms", key.region)
    return _act(
        kms,
        key,
        "cancelled",
        lambda: kms.cancel_key_deletion(KeyId=key.arn),
        lambda state: state not in PENDING_STATES,
    )


def _enable(account: Account, key: Key) -> Key:
    kms = account.client("kms", key.region)
    return _act(
        kms,
        key,
        "enabled",
        lambda: kms.enable_key(KeyId=key.arn),
        lambda state: state == "Enabled",
    )


def _act(
    kms: Any,
    key: Key,
    result: str,
    call: Callable[[], Any],
    succeeded: Callable[[str], bool],
) -> Key:
    """Make the call, and return the key with the state that KMS reports afterwards."""
    try:
        call()
        metadata = kms.describe_key(KeyId=key.arn)["KeyMetadata"]
    except Exception as error:
        return replace(key, problem=explain(error))
    state = metadata["KeyState"]
    if not succeeded(state):
        return replace(key, state=state, problem=f"{result}, but KMS reports the state {state}")
    return replace(
        key,
        state=state,
        deletion_date=metadata.get("DeletionDate"),
        waiting_days=None,
        result=", ".join(filter(None, [key.result, result])),
    )
