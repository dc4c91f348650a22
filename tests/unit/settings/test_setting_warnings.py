"""Settings that are valid, and likely do not do what they are meant to."""

from datetime import date

import pytest

from reprieve.settings.loader import load
from reprieve.settings.setting_warnings import setting_warnings
from tests.support.settings import GOOD

PROD = '[accounts.prod]\nid = "111122223333"\n'
TEST = '[accounts.test]\nid = "222233334444"\n'
DEV = '[accounts.dev]\nid = "333344445555"\n'
HUB = '[notify.hub]\nregion = "eu-west-1"\n'
DEPLOYER = '[exempt]\ndeployers = ["arn:aws:iam::111122223333:role/Deployment"]\n'
NO_DEPLOYER = (
    "exempt.deployers has no principal of the account: its deployments send alerts. "
    "Name the role that deploys there in "
)
ENDED = '[[exemption]]\nuntil = 2026-01-31\nkey = "48e3373b-816f-49dd-b6c4-7d981e5be380"\n'


def warnings(folder, toml):
    """Return the warnings about this file."""
    (folder / "reprieve.toml").write_text(toml, encoding="utf-8")
    return setting_warnings(load({}, folder).accounts, date(2026, 11, 24))


@pytest.mark.parametrize("account", ["prod", "111122223333"])
def test_a_hub_in_one_of_the_accounts_is_no_reason_to_warn(tmp_path, account):
    """By its name, or by its id."""
    toml = f'{GOOD}topology = "hub"\n{HUB}account = "{account}"\n{PROD}{TEST}'
    assert warnings(tmp_path, toml) == []


def test_a_hub_in_none_of_the_accounts_is_reported_once(tmp_path):
    """A digit may be wrong: no deployment of these settings creates that hub."""
    toml = f'{GOOD}topology = "hub"\n{HUB}account = "444455556666"\n{PROD}{TEST}'
    assert warnings(tmp_path, toml) == [
        'accounts prod, test: notify.hub.account = "444455556666" is the id of no '
        "[accounts.NAME]: nobody is notified until its hub is deployed with settings of its own."
    ]


def test_the_settings_of_one_account_may_have_a_hub_elsewhere(tmp_path):
    """They do not say which other accounts there are."""
    account = '[account]\nid = "111122223333"\n'
    toml = f'{GOOD}topology = "hub"\n{HUB}account = "444455556666"\n{account}'
    assert warnings(tmp_path, toml) == []


def test_deployers_of_other_accounts_only_are_reported(tmp_path):
    """Once for all accounts that have none; with where to write it."""
    assert warnings(tmp_path, GOOD + DEPLOYER + PROD + TEST + DEV) == [
        f"accounts test, dev: {NO_DEPLOYER}[accounts.NAME.exempt]."
    ]
    own = '[accounts.test.exempt]\ndeployers = ["arn:aws:iam::222233334444:role/Deployment"]\n'
    assert warnings(tmp_path, GOOD + DEPLOYER + PROD + TEST + own) == []


def test_deployers_of_one_account(tmp_path):
    """Only if its id is known, and if there are deployers."""
    account = '[account]\nid = "222233334444"\n'
    assert warnings(tmp_path, GOOD + DEPLOYER + account) == [f"{NO_DEPLOYER}[exempt]."]
    assert warnings(tmp_path, GOOD + DEPLOYER) == []
    assert warnings(tmp_path, GOOD + account) == []


def test_an_ended_exemption_of_all_accounts_is_one_warning(tmp_path):
    """It is a common table."""
    ended = "exemption[0] ended on 2026-01-31: it exempts nothing any more. Remove it."
    assert warnings(tmp_path, GOOD + ENDED + PROD + TEST) == [f"accounts prod, test: {ended}"]
    assert warnings(tmp_path, GOOD + ENDED) == [ended]


def test_fallback_addresses_confirm_in_every_member_of_stack_sets(tmp_path):
    """Which may be thousands of requests."""
    hub = 'account = "prod"\norganization_id = "o-exampleorgid"\n'
    sets = '[organization]\nengine = "stacksets"\norganizational_units = ["r-abcd"]\n'
    toml = f'{GOOD}topology = "hub"\n{HUB}{hub}'
    end = f"{sets}{DEPLOYER}{PROD}"
    assert warnings(tmp_path, f"{toml}{end}") == []
    (warning,) = warnings(tmp_path, f'{toml}fallback_emails = ["a@example.com"]\n{end}')
    assert warning.startswith("account prod: notify.hub.fallback_emails receive nothing from an")


def test_a_roll_out_of_stack_sets_without_deployers_sends_alerts(tmp_path):
    """The hub reports each of its calls. The account with the stack sets is the one to name."""
    hub = 'account = "prod"\norganization_id = "o-exampleorgid"\n'
    sets = '[organization]\nengine = "stacksets"\norganizational_units = ["r-abcd"]\n'
    toml = f'{GOOD}topology = "hub"\n%s{HUB}{hub}{sets}{PROD}{TEST}'
    assert warnings(tmp_path, toml % "") == [
        "account prod: exempt.deployers is empty: a roll-out sends an alert about each of its "
        "calls on the stack sets. Name the role that deploys them in [accounts.NAME.exempt]."
    ]
    assert warnings(tmp_path, toml % 'threats = ["key-deletion-scheduled"]\n') == []
