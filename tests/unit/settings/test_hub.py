"""The settings of the hub."""

import pytest

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
