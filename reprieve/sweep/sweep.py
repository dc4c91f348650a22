"""`reprieve sweep`: the keys that are in danger already, which no event tells of any more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from reprieve.aws.account import Account, explain, regions_on
from reprieve.aws.parallel import everywhere, within
from reprieve.names import PENDING_STATES
from reprieve.regions import known_regions
from reprieve.settings.schema import ExemptSettings, Settings
from reprieve.sweep.cloudtrail import Call, Calls, calls_in, explaining

_DISABLED: Final = "Disabled"
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True)
class Key:
    """A customer key that is pending deletion, disabled, or that cannot be looked at.

    `deletion_date` is None while replicas exist: then `waiting_days` is the waiting period that
    begins when the last of them is gone. `call` is what CloudTrail still knows of how it came to
    this. `last_used` is None if KMS knows of no use since `tracked_since`, which is None where KMS
    does not tell. `exempt` says which setting approves it. `result` is what was done, `problem` why
    something failed.
    """

    account: str
    region: str
    arn: str
    state: str
    aliases: tuple[str, ...] = ()
    deletion_date: datetime | None = None
    waiting_days: int | None = None
    call: Call | None = None
    last_used: datetime | None = None
    tracked_since: datetime | None = None
    exempt: str | None = None
    result: str | None = None
    problem: str | None = None

    @property
    def id(self) -> str:
        """The key's id."""
        return self.arn.rpartition("/")[2]

    @property
    def is_pending(self) -> bool:
        """Whether its deletion is scheduled."""
        return self.state in PENDING_STATES

    @property
    def is_well(self) -> bool:
        """Whether it is in no danger that nobody approved, and nothing failed."""
        endangered = self.is_pending and not self.exempt
        return not (endangered or self.problem or self.state == _UNKNOWN)

    @property
    def days_left(self) -> float | None:
        """How many days there are until it is deleted, to a tenth."""
        if self.deletion_date is None:
            return None
        return round((self.deletion_date - datetime.now(UTC)).total_seconds() / 86400, 1)

    def as_json(self) -> dict[str, Any]:
        """Return the key as `--json` prints it; docs/operations.md has the shape."""
        return {**asdict(self), "days_left": self.days_left}


@dataclass(frozen=True)
class Sweep:
    """What was found in an account. `problems` are (Region, sentence): what could not be seen."""

    account: Account
    keys: tuple[Key, ...]
    problems: tuple[tuple[str, str], ...]

    @property
    def is_well(self) -> bool:
        """Whether no key is in danger, and every one could be looked at."""
        return not self.problems and all(key.is_well for key in self.keys)


def sweep(
    account: Account,
    settings: Settings,
    *,
    only: Sequence[str] = (),
    timeout: float = 300,
    done: Callable[[str], None] = lambda region: None,
) -> Sweep:
    """Look for such keys in every Region that the account has switched on, watched or not.

    Sorted by the days left; those that are disabled come last. Nothing raises.
    """
    problems: list[tuple[str, str]] = []
    asked = list(only)
    if not asked:
        known = known_regions(settings.regions.partition)
        try:
            on = within(timeout, lambda: regions_on(account, settings.regions.home))
            asked = sorted(region for region in {*known, *on} if on.get(region, True))
        except Exception as error:
            asked = list(known)
            problems.append(
                ("account", f"Which Regions are switched on is unknown. {explain(error)}")
            )
    keys: list[Key] = []
    for region, answer in everywhere(
        lambda region: _keys_in(account, region, settings.exempt, timeout), asked, timeout
    ):
        if isinstance(answer, Exception):
            problems.append((region, explain(answer)))
        else:
            found, troubles = answer
            keys += found
            problems += [(region, trouble) for trouble in troubles]
        done(region)
    return Sweep(account, tuple(sorted(keys, key=_urgency)), tuple(sorted(problems)))


def _urgency(key: Key) -> tuple[int, float, str, str]:
    rank = 0 if key.is_pending else 1 if key.state == _UNKNOWN else 2
    days = key.days_left
    return rank, 1000.0 if days is None else days, key.region, key.id


def _keys_in(
    account: Account, region: str, exempt: ExemptSettings, timeout: float
) -> tuple[list[Key], list[str]]:
    """Return the keys of a Region, and what could not be looked up about them."""
    kms = account.client("kms", region)
    aliases = _aliases(kms)
    arns = [
        key["KeyArn"]
        for page in kms.get_paginator("list_keys").paginate()
        for key in page["Keys"]
        if not any(alias.startswith("alias/aws/") for alias in aliases.get(key["KeyId"], ()))
    ]
    keys = []
    for arn, answer in everywhere(lambda arn: kms.describe_key(KeyId=arn), arns, timeout):
        named = tuple(aliases.get(arn.rpartition("/")[2], ()))
        blank = Key(account.id, region, arn, _UNKNOWN, named)
        if isinstance(answer, Exception):
            keys.append(replace(blank, problem=explain(answer)))
        elif key := _in_danger(blank, answer["KeyMetadata"]):
            keys.append(key)
    if not keys:
        return [], []
    calls, troubles = calls_in(account, region)
    usage: dict[str, str] = {}
    keys = [_completed(key, calls, exempt, kms, usage) for key in keys]
    return keys, [*troubles, *usage.values()]


def _aliases(kms: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if "TargetKeyId" in alias:
                found.setdefault(alias["TargetKeyId"], []).append(alias["AliasName"])
    return found


def _in_danger(key: Key, metadata: dict[str, Any]) -> Key | None:
    state = metadata["KeyState"]
    if metadata["KeyManager"] != "CUSTOMER" or state not in (*PENDING_STATES, _DISABLED):
        return None
    return replace(
        key,
        state=state,
        deletion_date=metadata.get("DeletionDate"),
        waiting_days=metadata.get("PendingDeletionWindowInDays"),
    )


def _completed(
    key: Key,
    calls: Calls,
    exempt: ExemptSettings,
    kms: Any,
    troubles: dict[str, str],
) -> Key:
    """Add who did it, whether that is approved, and the last use; `troubles` hears what failed."""
    call = explaining(calls, key.arn, pending=key.is_pending)
    key = replace(key, call=call, exempt=_exemption(key, call, exempt))
    if key.state == _UNKNOWN:
        return key
    try:
        usage = kms.get_key_last_usage(KeyId=key.arn)
    except Exception as error:
        troubles["usage"] = f"KMS does not tell when keys were last used. {explain(error)}"
        return key
    return replace(
        key,
        last_used=usage["KeyLastUsage"].get("Timestamp"),
        tracked_since=usage["TrackingStartDate"],
    )


def _exemption(key: Key, call: Call | None, exempt: ExemptSettings) -> str | None:
    """Return the setting's entry that approves what was done with the key, as far as is known."""
    for entry in exempt.keys:
        if entry in (key.arn, key.id):
            return f"exempt.keys: {entry}"
    if call and (by := call.principal) in exempt.principals:
        return f"exempt.principals: {by}"
    return None


def cancel(sweep: Sweep, wanted: Callable[[Key], bool]) -> Sweep:
    """Take the deletion back of each pending key that nobody approved and that is `wanted`."""
    return _act(sweep, lambda key: key.is_pending and not key.exempt and wanted(key), "cancelled")


def enable(sweep: Sweep, wanted: Callable[[Key], bool]) -> Sweep:
    """Enable each disabled key that nobody approved and that is `wanted`."""
    return _act(
        sweep, lambda key: key.state == _DISABLED and not key.exempt and wanted(key), "enabled"
    )


def _act(sweep: Sweep, wanted: Callable[[Key], bool], what: str) -> Sweep:
    keys = tuple(_do(sweep.account, key, what) if wanted(key) else key for key in sweep.keys)
    return replace(sweep, keys=keys)


def _do(account: Account, key: Key, what: str) -> Key:
    """Do one thing to one key, and look what state it is in afterwards."""
    kms = account.client("kms", key.region)
    try:
        if what == "cancelled":
            kms.cancel_key_deletion(KeyId=key.arn)
        else:
            kms.enable_key(KeyId=key.arn)
        metadata = kms.describe_key(KeyId=key.arn)["KeyMetadata"]
    except Exception as error:
        return replace(key, problem=explain(error))
    state = metadata["KeyState"]
    done = state not in PENDING_STATES if what == "cancelled" else state == "Enabled"
    if not done:
        return replace(key, state=state, problem=f"{what}, and yet KMS says {state}")
    results = [key.result, what]
    return replace(
        key,
        state=state,
        deletion_date=metadata.get("DeletionDate"),
        waiting_days=None,
        result=", ".join(filter(None, results)),
    )


def endangered(sweeps: Sequence[Sweep]) -> Iterator[Key]:
    """Yield the keys that are pending deletion and not approved."""
    return (key for each in sweeps for key in each.keys if key.is_pending and not key.exempt)
