"""The settings of the hub."""

import json

import pytest

from reprieve.guard.policies import hub_policy
from reprieve.location import Location
from reprieve.settings.hub import MAX_SENDERS
from reprieve.settings.loader import load
from tests.support.settings import GOOD, load_one, read, rules

HUB = GOOD + 'topology = "hub"\n'
TWO = '[regions]\nwatch = ["eu-west-1", "us-east-1"]\n'
ID, OTHER = "111122223333", "222233334444"


def hub(**keys: str) -> str:
    """Return settings with a hub."""
    pairs = ", ".join(f'{key} = "{value}"' for key, value in keys.items())
    return f"{HUB}hub = {{ {pairs} }}\n"


def test_the_default_is_regional(tmp_path):
    """Without a hub."""
    notify = read(tmp_path).notify
    assert (notify.topology, notify.hub.region, notify.hub.account) == ("regional", None, None)


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        (GOOD + 'topology = "star"\n', ("notify.topology", 'is not "regional" or "hub"')),
        (
            GOOD + 'hub = { region = "us-east-1" }\n',
            ("notify.hub", 'has no effect with notify.topology = "regional"'),
        ),
        (hub(region="eu-west-9"), ("notify.hub.region", "is not a Region that has AWS KMS")),
        (hub(regions="eu-west-1"), ("notify.hub.regions", "is not a setting")),
        (
            hub(region="eu-central-2") + TWO,
            ("notify.hub.region", "puts the hub in eu-central-2, which is not watched"),
        ),
        (
            HUB + '[regions]\nwatch = ["eu-west-1"]\n',
            ("notify.topology", "puts the hub in us-east-1, which is not watched"),
        ),
        (
            HUB + '[remediation]\nrunbook = "aws"\n',
            ("notify.topology", 'needs remediation.runbook = "reprieve"'),
        ),
        (
            hub(region="cn-north-1"),
            ("notify.hub.region", "is in the partition aws-cn"),
        ),
        (hub(account=OTHER, region="us-east-1"), ("notify.hub.account", "needs account.id")),
        (
            hub(account=OTHER) + f'[account]\nid = "{ID}"\n',
            ("notify.hub", "has no region, which a hub in another account needs"),
        ),
        (
            hub(account="security", region="us-east-1"),
            ("notify.hub.account", "is neither the id of an account nor the name of one"),
        ),
        (
            HUB + 'hub = { fallback_emails = ["a@example.com", "A@example.com"] }\n',
            ("notify.hub.fallback_emails[1]", "is in the list already"),
        ),
        (hub(organization_id="o-1"), ("notify.hub.organization_id", "is not the id of an org")),
    ],
)
def test_errors(tmp_path, toml, expected):
    """Each names the setting and the rule."""
    key, rule = expected
    found = rules(tmp_path, toml)
    assert [(k, r[: len(rule)]) for k, r in found][:1] == [(key, rule)]


def test_the_hub_of_another_account_need_not_be_watched_here(tmp_path):
    """Its Region is watched there."""
    toml = hub(account=OTHER, region="eu-central-1") + f'[account]\nid = "{ID}"\n' + TWO
    assert read(tmp_path, toml).notify.hub.account == OTHER


def test_the_hub_is_in_the_partition_of_each_account(tmp_path):
    """EventBridge forwards nothing to another one."""
    toml = hub(account="security", region="us-east-1") + TWO
    toml += f'[accounts.security]\nid = "{OTHER}"\n[accounts.gov]\nid = "{ID}"\n'
    assert rules(tmp_path, toml + '[accounts.gov.regions]\nwatch = ["us-gov-west-1"]\n') == [
        (
            "notify.hub.region",
            "is in the partition aws; the Regions to watch are in aws-us-gov",
        )
    ]


def test_the_name_of_an_account_becomes_its_id(tmp_path):
    """All accounts of the settings know the same hub."""
    toml = hub(account="security", region="us-east-1") + TWO
    toml += f'[accounts.security]\nid = "{OTHER}"\n[accounts.production]\nid = "{ID}"\n'
    found = [
        read(tmp_path, toml, REPRIEVE_ACCOUNT=name).notify.hub.account
        for name in ("security", "production")
    ]
    assert found == [OTHER, OTHER]


def test_a_variable_contains_json():
    """Since a hub is a table."""
    settings = load_one(
        {
            "REPRIEVE_SETTINGS": "/dev/null",
            "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
            "REPRIEVE_NOTIFY__TOPOLOGY": "hub",
            "REPRIEVE_NOTIFY__HUB": '{"region": "eu-west-1"}',
        }
    )
    assert settings.notify.hub.region == "eu-west-1"


def many(count, **keys):
    """Return settings of so many accounts with one hub."""
    ids = [f"{222200000000 + number:012d}" for number in range(count)]
    tables = "".join(f'[accounts.a{id}]\nid = "{id}"\n' for id in ids)
    return hub(account=ids[0], region="us-east-1", **keys) + tables


def test_the_policy_of_the_bus_has_space_for_all_accounts(tmp_path):
    """Even with the longest partition, prefix and path of roles."""
    prefix, path = "p" * 32, f"/{'p' * 100}/"
    location = Location("aws-us-gov", "us-gov-west-1", ID)
    names = read(tmp_path).resource_names
    arn = location.arn("events", f"event-bus/{prefix}-hub-exempt")
    ids = [f"{number:012d}" for number in range(MAX_SENDERS)]
    policy = json.dumps(hub_policy(arn, location, names, ids))
    assert len(policy) + len(prefix) + len(path) <= 10_240


def test_more_accounts_than_the_policy_has_space_for(tmp_path):
    """The organization stands for them."""
    count = MAX_SENDERS + 1
    assert rules(tmp_path, many(count)) == [
        (
            "notify.hub",
            f"is the hub of {count} accounts; the policy of an event bus has space for "
            f"{MAX_SENDERS}",
        )
    ]
    (tmp_path / "reprieve.toml").write_text(many(count, organization_id="o-exampleorgid"))
    assert len(load({}, tmp_path).accounts) == count
