"""The demo of exempt deletions: two roles, one of them exempt, in three Regions."""

from collections.abc import Callable
from typing import Any, Final

from demo.rescue import FEW_REGIONS, Rescue
from demo.roles import assume_new_role
from sandbox.core.account import ACCOUNT_ID
from sandbox.server import Sandbox

_EXEMPT, _OTHER = "KeyAdministrator", "Developer"

SETTINGS: Final = {
    "REPRIEVE_REGIONS__WATCH": FEW_REGIONS,
    "REPRIEVE_EXEMPT__PRINCIPALS": f"arn:aws:iam::{ACCOUNT_ID}:role/{_EXEMPT}",
}


def rows(regions: tuple[str, ...]) -> list[Rescue]:
    """Return a key for each role in each Region."""
    return [
        Rescue(region, by=role, exempt=role == _EXEMPT)
        for region in regions
        for role in (_EXEMPT, _OTHER)
    ]


def callers(sandbox: Sandbox) -> Callable[[Rescue], Any]:
    """Create the roles; return a function that returns the KMS client of a row's role."""
    clients = {
        role: assume_new_role(sandbox, role, "kms:ScheduleKeyDeletion")
        for role in (_EXEMPT, _OTHER)
    }
    return lambda row: clients[str(row.by)]("kms", row.region)
