"""The checks of an account: which it is, its Regions, its trail."""

from collections.abc import Sequence
from typing import Final

from reprieve.aws.account import Account, enabled_regions, reason_and_hint
from reprieve.aws.parallel import run_in_parallel, run_with_timeout
from reprieve.environment.check import Check
from reprieve.settings.schema import Settings
from reprieve.status.findings import Verdict
from reprieve.status.trail_check import Trail, trails_of
from reprieve.status.trails import trail_checks

ACCOUNT_CHECKS: Final = ("Account", "Regions", "Trail")
"""The names of the checks, in their order."""


def account_checks(account: Account, settings: Settings, timeout: float) -> list[Check]:
    """Return the checks of an account. None raises."""
    regions, enabled = _regions(account, settings, timeout)
    return [_account(account, settings), regions, _trail(account, settings, enabled, timeout)]


def _account(account: Account, settings: Settings) -> Check:
    partition = account.arn.split(":")[1]
    if partition != settings.regions.partition:
        found = (
            f"The account {account.id} is in the partition {partition}, and the Regions of the "
            f"settings are in {settings.regions.partition}."
        )
        return Check("Account", found, "Use another profile, or change [regions].")
    return Check("Account", account.id)


def _regions(account: Account, settings: Settings, timeout: float) -> tuple[Check, Sequence[str]]:
    """Return the check, and the watched Regions that are enabled."""
    watched = settings.regions.watched
    try:
        on = run_with_timeout(timeout, lambda: enabled_regions(account, settings.regions.home))
    except Exception as error:
        reason, hint = reason_and_hint(error)
        found = f"The Regions that are enabled in the account could not be listed. {reason}"
        return Check("Regions", found, hint or "Try again."), watched
    off = [region for region in watched if not on.get(region, True)]
    enabled = [region for region in watched if region not in off]
    if off:
        verb = "is" if len(off) == 1 else "are"
        found = f"{', '.join(off)} {verb} watched, but not enabled in the account."
        hint = "Enable the Region, or add it to regions.exclude."
        return Check("Regions", found, hint), enabled
    return Check("Regions", f"{len(watched)} watched, all enabled"), enabled


def _trail(account: Account, settings: Settings, regions: Sequence[str], timeout: float) -> Check:
    """Check as `reprieve status` does that a trail logs the calls that are watched."""
    found: dict[str, dict[str, Trail] | Exception] = dict(
        run_in_parallel(lambda region: trails_of(account, region), regions, timeout)
    )
    checks = trail_checks(account, settings, found, timeout)
    failed = {region: each for region, each in checks.items() if each.verdict is not Verdict.OK}
    if not failed:
        return Check("Trail", f"logs the calls that Reprieve watches, in {len(checks)} Regions")
    finding = next(iter(failed.values())).findings[0]
    same = [region for region, each in failed.items() if each.findings[0] == finding]
    where = "all Regions" if len(same) == len(checks) else ", ".join(sorted(same))
    text = " ".join(filter(None, [f"{where}: {finding.problem}", finding.reason]))
    return Check("Trail", text, finding.hint or "`reprieve status` shows each Region.")
