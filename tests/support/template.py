"""Settings of an organization whose templates the tests render."""

from pathlib import Path

from reprieve.settings.schema import Settings
from tests.support.settings import load_one
from tests.support.synth import CHANNELS, WATCH, toml_of

HUB, OTHER, HOME = "eu-west-1", "eu-central-1", "us-east-1"
HUB_ACCOUNT = "111122223333"
ACCOUNT = "444455556666"
"""The account of a member, which the template does not know."""

ORGANIZATION = f"""\
[account]
id = "{HUB_ACCOUNT}"
[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-12345678"]
[notify]
emails = ["security@example.com"]
topology = "hub"
hub.account = "{HUB_ACCOUNT}"
hub.region = "{HUB}"
hub.organization_id = "o-exampleorgid"
"""
_TWO_REGIONS = f'[regions]\nwatch = ["{HUB}", "{OTHER}"]\n'
_KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"

VARIANTS = {
    "default": "",
    "Regions without IAM's events": _TWO_REGIONS,
    "only one Region": f'[regions]\nwatch = ["{HUB}"]\nhome = "{HUB}"\n',
    "a home that is not watched": _TWO_REGIONS + 'home = "eu-west-2"\n',
    "no remediation, no patrol, no alarms": (
        "[remediation]\nenabled = false\n[patrol]\nenabled = false\n"
        f"[reliability]\nalarms = false\n{_TWO_REGIONS}"
    ),
    "everything": f"""\
hub.fallback_emails = ["fallback@example.com", "second+reprieve@example.com"]
[remediation]
re_enable = true
enable_disabled = true
[exempt]
principals = ["arn:aws:iam::{ACCOUNT}:role/KeyAdministrator"]
keys = ["{_KEY}", "arn:aws:kms:{HUB}:{ACCOUNT}:key/{_KEY}"]
deployers = ["arn:aws:iam::{HUB_ACCOUNT}:role/Deployer"]
[reliability]
dashboard = true
[patrol]
every = "1 hour"
[names]
prefix = "guard"
role_path = "/security/"
[resources]
tags = {{ "cost-center" = "security" }}
permissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess"
{_TWO_REGIONS}{toml_of("watch", [WATCH | {"summary": "a ${trail} was stopped"}])}""",
}
"""What the settings have beside the hub and the organization; it begins within `[notify]`."""


PARAMETERS = {
    "DestinationEmailAddress": "REPRIEVE_NOTIFY__EMAILS",
    "SNSTopicName": "REPRIEVE_NOTIFY__TOPIC_NAME",
    "EnableRemediation": "REPRIEVE_REMEDIATION__ENABLED",
    "AutomationAssumeRole": "REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN",
}
"""The parameters of the standalone template, and the settings that mean the same."""

_PEOPLE = {
    "REPRIEVE_NOTIFY__EMAILS": "team+kms@example.com",
    "REPRIEVE_NOTIFY__TOPIC_NAME": "kms_alerts",
}
STANDALONE = {
    "own role": _PEOPLE,
    "given role": _PEOPLE
    | {"REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN": f"arn:aws:iam::{ACCOUNT}:role/KeyRescue"},
    "only alerts": _PEOPLE | {"REPRIEVE_REMEDIATION__ENABLED": "false"},
}
"""Settings whose guard the standalone template deploys, too."""


ALONE = f"""\
[notify]
emails = ["security@example.com", "oncall@example.com"]
topic_name = "kms-alerts"
encryption = "own"
[remediation]
re_enable = true
enable_disabled = true
[patrol]
enabled = false
[exempt]
keys = ["{_KEY}"]
[reliability]
alarm_emails = ["operations@example.com"]
[regions]
watch = ["{HOME}"]
{toml_of("watch", [WATCH])}{toml_of("channel", CHANNELS[:5])}"""
"""Settings of an account without a hub, with a key and channels, which members do not have.

There is no patrol, since that of the standalone template has another content.
"""


def read_organization(folder: Path, settings: str = "", **variables: str) -> Settings:
    """Return the settings of the account with the hub and the stack sets."""
    (folder / "reprieve.toml").write_text(f"{ORGANIZATION}{settings}")
    return load_one(variables, folder)
