"""Accounts that forward to the hub of another account must have the same path to it."""

import pytest

from tests.support.settings import accepts, errors, rules

WATCH = '[regions]\nwatch = ["us-east-1", "eu-west-1"]\n'
TABLES = (
    '[accounts.security]\nid = "111122223333"\n'
    '[accounts.shop]\nid = "222233334444"\n'
    '[accounts.test]\nid = "333344445555"\n'
)
STACK_SETS = '[organization]\nengine = "stacksets"\norganizational_units = ["ou-abcd-12345678"]\n'
REGION = 'account = "security", region = "us-east-1"'
NO_REGION = 'account = "security"'


def settings(hub: str, *tables: str) -> str:
    """Return the settings of three accounts, with these keys of the hub."""
    notify = '[notify]\nemails = ["security@example.com"]\ntopology = "hub"\n'
    return f"{notify}hub = {{ {hub} }}\n" + "".join(f"{each}\n" for each in tables) + TABLES


LOST = ": no alert would arrive"
AT_HUB = f" of accounts.shop and 1 other account, whose hub is here{LOST}"
AT_SENDER = f" of accounts.security, where its hub is{LOST}"


@pytest.mark.parametrize(
    ("hub", "override", "expected"),
    [
        (
            NO_REGION,
            '[accounts.security.regions]\nhome = "eu-west-1"',
            ("accounts.security.regions.home", f'differs from "us-east-1"{AT_HUB}'),
        ),
        (
            NO_REGION,
            '[accounts.shop.regions]\nhome = "eu-west-1"',
            ("accounts.shop.regions.home", f'differs from "us-east-1"{AT_SENDER}'),
        ),
        (
            REGION,
            f'[accounts.shop.notify]\nhub = {{ {NO_REGION}, region = "eu-west-1" }}',
            ("accounts.shop.notify.hub.region", f'differs from "us-east-1"{AT_SENDER}'),
        ),
        (
            REGION.replace("us-east-1", "eu-west-1"),
            f"[accounts.shop.notify]\nhub = {{ {NO_REGION} }}",
            (
                "accounts.shop.notify.hub",
                f'has no region: that is "us-east-1" of regions.home, which differs from '
                f'"eu-west-1"{AT_SENDER}',
            ),
        ),
        (
            REGION,
            '[accounts.shop.names]\nprefix = "blue"',
            ("accounts.shop.names.prefix", f'differs from "reprieve"{AT_SENDER}'),
        ),
        (
            REGION,
            '[accounts.security.names]\nprefix = "blue"',
            ("accounts.security.names.prefix", f'differs from "reprieve"{AT_HUB}'),
        ),
        (
            REGION,
            '[accounts.test.names]\nrole_path = "/security/"',
            ("accounts.test.names.role_path", f'differs from "/"{AT_SENDER}'),
        ),
    ],
)
def test_an_account_whose_path_to_the_hub_differs(tmp_path, hub, override, expected):
    """EventBridge drops what is forwarded to a bus that does not exist, and says nothing."""
    home = WATCH + 'home = "us-east-1"'
    assert rules(tmp_path, settings(hub, home, override)) == [expected]


def test_the_members_of_stack_sets_forward_to_the_hub_too(tmp_path):
    """By the common settings. They have no heartbeat at the hub."""
    toml = settings(f'{REGION}, organization_id = "o-exampleorgid"', WATCH, STACK_SETS)
    toml = toml.partition("[accounts.shop]")[0]
    assert accepts(tmp_path, toml)
    assert rules(tmp_path, toml + '[accounts.security.names]\nprefix = "blue"\n') == [
        (
            "accounts.security.names.prefix",
            f'differs from "reprieve" of the accounts of the stack sets, whose hub is here{LOST}',
        )
    ]


@pytest.mark.parametrize(
    "overrides",
    [
        # The same for both.
        '[accounts.security.names]\nprefix = "blue"\n[accounts.shop.names]\nprefix = "blue"\n'
        '[accounts.test.names]\nprefix = "blue"',
        # The Region of the hub does not depend on it.
        '[accounts.security.regions]\nhome = "eu-west-1"',
        # These accounts do not forward to it.
        '[accounts.shop.notify]\ntopology = "regional"\nhub = {}\n'
        '[accounts.shop.names]\nprefix = "blue"',
        '[accounts.shop.notify]\nhub = { region = "eu-west-1" }',
        '[accounts.shop.notify]\nhub = { account = "shop" }\n'
        '[accounts.shop.names]\nrole_path = "/security/"',
    ],
)
def test_what_does_not_change_the_path_may_differ(tmp_path, overrides):
    """And an account may have a hub of its own."""
    assert accepts(tmp_path, settings(REGION, WATCH, overrides))


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (
            '[accounts.security.notify]\nhub = { region = "us-east-1" }',
            (
                "accounts.security.notify.hub",
                "does not name the account, which is the hub's for accounts.shop and 1 other "
                f"account{LOST}",
            ),
        ),
        (
            '[accounts.security.notify]\ntopology = "regional"\nhub = {}',
            (
                "accounts.security.notify.topology",
                f"leaves accounts.shop and 1 other account without a hub{LOST}",
            ),
        ),
        (
            '[accounts.shop.notify]\nhub = { account = "test", region = "us-east-1" }',
            (
                "accounts.shop.notify.hub.account",
                f"is accounts.test, which has no hub for other accounts{LOST}",
            ),
        ),
    ],
)
def test_the_hubs_account_must_have_the_hub(tmp_path, overrides, expected):
    """For others too: without its own id, the policy of a bus lets no other account forward."""
    assert rules(tmp_path, settings(REGION, WATCH, overrides)) == [expected]


def test_each_disagreement_has_an_error_with_a_hint(tmp_path):
    """All at once, and an invalid value has its own error only."""
    toml = settings(
        NO_REGION,
        WATCH,
        'home = "us-east-1"',
        '[accounts.security.names]\nprefix = "red"\nrole_path = "security"',
        '[accounts.shop.regions]\nhome = "eu-west-1"',
        '[accounts.test.names]\nprefix = "Blue"\nrole_path = "/security/"',
    )
    assert [(each.key, each.value, each.hint) for each in errors(tmp_path, toml)] == [
        (
            "accounts.security.names.prefix",
            '"red"',
            "remove it, or write it under [names] for all accounts",
        ),
        ("accounts.security.names.role_path", '"security"', 'write it like "/security/"'),
        (
            "accounts.shop.regions.home",
            '"eu-west-1"',
            "name the hub's Region in the notify.hub of all accounts: regions.home may then differ",
        ),
        ("accounts.test.names.prefix", '"Blue"', 'write it like "reprieve" or "key-guard"'),
    ]
