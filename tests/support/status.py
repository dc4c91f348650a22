"""An account that `reprieve status` looks at: three Regions, two threats, two addresses."""

from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from sandbox.core.account import ACCOUNT_ID
from sandbox.deployment import DEPLOYER
from tests.support.breaking import BROKEN, EMAIL
from tests.support.settings import load_one

WATCHED = ("eu-west-1", "sa-east-1", BROKEN)
THREE = [part for region in WATCHED for part in ("--region", region)]
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": ",".join(WATCHED),
    "REPRIEVE_REGIONS__EXCLUDE": "us-west-1",
    "REPRIEVE_NOTIFY__EMAILS": f"{EMAIL},oncall@example.com",
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled,key-disabled",
    "REPRIEVE_EXEMPT__DEPLOYERS": DEPLOYER,
    "REPRIEVE_SETTINGS": "/dev/null",
}
"""The settings as they are deployed: each deployment of the tests adds its deployer."""
_ADDED = ("REPRIEVE_EXEMPT__DEPLOYERS", "REPRIEVE_SETTINGS")
DEPLOYED = {name: value for name, value in SETTINGS.items() if name not in _ADDED}
GUARD = regional_guard(load_one(SETTINGS), Location("aws", BROKEN, ACCOUNT_ID))
RUNBOOK = GUARD.documents[0].name
"""The document of the rescue."""


def watched_problems(printed):
    """What `--json` says is wrong in the watched Regions of the only account."""
    (found,) = printed.json["accounts"]
    return [
        finding["problem"]
        for region in found["regions"]
        if region["coverage"] == "watched"
        for check in region["checks"]
        for finding in check["findings"]
    ]


def findings(printed, region):
    """What `--json` says is wrong in a Region, or with the roles (Region None), by check."""
    (found,) = printed.json["accounts"]
    if region is None:
        return {("roles", each["problem"]) for each in found["roles"]["findings"]}
    (row,) = (each for each in found["regions"] if each["region"] == region)
    return {("", each["problem"]) for each in row["findings"]} | {
        (check["name"], each["problem"]) for check in row["checks"] for each in check["findings"]
    }
