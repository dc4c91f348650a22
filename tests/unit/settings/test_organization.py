"""`[organization]`: the accounts that a stack set deploys to."""

import pytest

from reprieve.guard.layout import deploy_target, stacks_of
from reprieve.location import ACCOUNT_REFERENCE
from reprieve.settings.account import MEMBER_ID
from reprieve.settings.loader import load
from tests.support.settings import errors, read, rules

HUB = (
    '[notify]\nemails = ["security@example.com"]\ntopology = "hub"\n'
    'hub = { account = "111122223333", region = "eu-west-1", organization_id = "o-exampleorgid" }\n'
    '[regions]\nwatch = ["eu-west-1", "us-east-1"]\n'
)
ACCOUNT = '[account]\nid = "111122223333"\n'
UNITS = '[organization]\nengine = "stacksets"\norganizational_units = ["ou-abcd-12345678"]\n'
GOOD = HUB + ACCOUNT + UNITS
TABLES = '[accounts.security]\nid = "111122223333"\n[accounts.shop]\nid = "222233334444"\n'


def several(folder, toml=HUB + UNITS + TABLES):
    """Return the settings of the accounts in this file."""
    (folder / "reprieve.toml").write_text(toml)
    return load({}, folder).accounts


def test_terraform_deploys_by_default(tmp_path):
    """Then no account has a stack set, and there are no members."""
    settings = read(tmp_path, HUB + ACCOUNT)
    assert (settings.organization.engine, settings.has_stack_set) == ("terraform", False)
    assert settings.all_known == settings.all_accounts
    with pytest.raises(ValueError, match="terraform"):
        _ = settings.members


def test_the_hubs_account_has_the_stack_set_and_one_more_stack(tmp_path):
    """Each stack has a state of its own."""
    security, shop = several(tmp_path)
    assert (security.has_stack_set, shop.has_stack_set) == (True, False)
    assert stacks_of(security) == ("reprieve-security", "reprieve-security-organization")
    assert stacks_of(shop) == ("reprieve-shop",)
    assert deploy_target(security) == "'reprieve-security*' --parallelism 1"
    keys = [security.state.key_of(each) for each in stacks_of(security)]
    assert keys == [
        "reprieve/reprieve-security.tfstate",
        "reprieve/reprieve-security-organization.tfstate",
    ]


@pytest.mark.parametrize("named", ["key", "workspace"])
def test_stack_stands_for_each_of_the_stacks(tmp_path, named):
    """In the name of the state."""
    state = {
        "key": '[state]\nbackend = "s3"\nbucket = "example"\nregion = "eu-west-1"\n',
        "workspace": '[state]\nbackend = "hcp"\norganization = "example"\n',
    }[named] + f'{named} = "x-STACK"\n'
    for toml in (GOOD + state, HUB + UNITS + state + TABLES):
        settings = several(tmp_path, toml)[0]
        names = [settings.state.describe(each).rpartition("/")[2] for each in stacks_of(settings)]
        assert names == [f"x-{each}" for each in stacks_of(settings)]


def test_the_members_have_the_common_settings(tmp_path):
    """And none of the tables of an account: Terraform deploys these accounts."""
    own = '[accounts.security.notify]\nthreats = ["key-deletion-scheduled"]\n'
    security, shop = several(tmp_path, HUB + UNITS + TABLES + own)
    assert security.notify.threats == ("key-deletion-scheduled",)
    for members in (security.members, shop.members):
        assert members.account.id is None
        assert members.is_member
        assert members.notify.hub.account == "111122223333"
        assert "guard-changed" in members.notify.threats
    assert security.all_known == (*security.all_accounts, security.members)


def test_a_boundary_is_that_of_the_same_name_in_each_account(tmp_path):
    """One of AWS is in every account anyway."""
    own = '[resources]\npermissions_boundary_arn = "arn:aws:iam::111122223333:policy/team/Limit"\n'
    boundary = read(tmp_path, GOOD + own).members.resources.permissions_boundary_arn
    assert boundary == f"arn:aws:iam::{ACCOUNT_REFERENCE}:policy/team/Limit"
    aws = '[resources]\npermissions_boundary_arn = "arn:aws:iam::aws:policy/PowerUserAccess"\n'
    boundary = read(tmp_path, GOOD + aws).members.resources.permissions_boundary_arn
    assert boundary == "arn:aws:iam::aws:policy/PowerUserAccess"


@pytest.mark.parametrize("amount", ["1", '"1"', '"100%"', '"10%"', "1000"])
def test_amounts_of_accounts(tmp_path, amount):
    """A number or a percentage."""
    settings = read(tmp_path, f"{GOOD}concurrent_accounts = {amount}\n")
    assert settings.organization.concurrent_accounts == amount.strip('"')


@pytest.mark.parametrize(
    ("toml", "key", "rule"),
    [
        (
            HUB + ACCOUNT + '[organization]\nengine = "cdk"\n',
            "engine",
            'is not "terraform" or "stacksets"',
        ),
        (
            HUB + ACCOUNT + '[organization]\norganizational_units = ["ou-abcd-12345678"]\n',
            "organizational_units",
            'has no effect with organization.engine = "terraform"',
        ),
        (
            HUB + ACCOUNT + "[organization]\nmanaged_execution = false\n",
            "managed_execution",
            'has no effect with organization.engine = "terraform"',
        ),
        (
            HUB + ACCOUNT + '[organization]\nengine = "stacksets"\n',
            "organizational_units",
            'is required with organization.engine = "stacksets"',
        ),
        (
            GOOD.replace('"ou-abcd-12345678"', '"Security"'),
            "organizational_units[0]",
            "is not the id of an organizational unit or of a root",
        ),
        (
            GOOD.replace('"ou-abcd-12345678"', '"ou-abcd-12345678", "ou-abcd-12345678"'),
            "organizational_units[1]",
            "is the same as organization.organizational_units[0]",
        ),
        (
            GOOD.replace('"ou-abcd-12345678"', '"ou-abcd-12345678", "r-abcd"'),
            "organizational_units[1]",
            "is the root, which includes every other unit of the list",
        ),
        (
            GOOD.replace('"ou-abcd-12345678"', '"ou-abcd-12345678", "ou-wxyz-12345678"'),
            "organizational_units[1]",
            'is of another organization than "ou-abcd-12345678": its root is r-wxyz, and not '
            "r-abcd",
        ),
        (
            GOOD.replace('"ou-abcd-12345678"', '"r-wxyz", "ou-abcd-12345678"'),
            "organizational_units[1]",
            'is of another organization than "r-wxyz": its root is r-abcd, and not r-wxyz',
        ),
        (
            GOOD + 'exclude_accounts = ["shop"]\n',
            "exclude_accounts[0]",
            "is not the id of an account, which has 12 digits",
        ),
        (
            GOOD + 'exclude_accounts = ["111122223333"]\n',
            "exclude_accounts[0]",
            "is the hub's account, which is excluded anyway",
        ),
        (
            GOOD + "concurrent_accounts = 0\n",
            "concurrent_accounts",
            "is neither a number of accounts from 1 on nor a percentage",
        ),
        (GOOD + 'tolerated_failures = "101%"\n', "tolerated_failures", "is more than 100%"),
        (
            GOOD + "parallel_regions = true\nmanaged_execution = false\n",
            "parallel_regions",
            "needs organization.managed_execution = true: an operation fails while another one is "
            "running",
        ),
        (
            GOOD + 'template_bucket = "Templates"\n',
            "template_bucket",
            "is not the name of a bucket: lowercase letters, digits, hyphens, single dots inside",
        ),
    ],
)
def test_errors_in_the_table(tmp_path, toml, key, rule):
    """Each names the key, and is reported once."""
    assert rules(tmp_path, toml) == [(f"organization.{key}", rule)]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (('account = "111122223333", ', ""), "needs notify.hub.account"),
        ((', organization_id = "o-exampleorgid"', ""), "needs notify.hub.organization_id"),
    ],
)
def test_the_hub_is_required(tmp_path, change, rule):
    """With its account, and with the organization."""
    ((key, found),) = rules(tmp_path, GOOD.replace(*change))
    assert (key, found.startswith(rule)) == ("organization.engine", True)


def test_the_topology_must_be_a_hub(tmp_path):
    """The error says why."""
    toml = '[notify]\nemails = ["security@example.com"]\n' + ACCOUNT + UNITS
    assert rules(tmp_path, toml) == [
        (
            "organization.engine",
            'needs notify.topology = "hub": nobody can confirm subscriptions in every account',
        )
    ]


def test_the_hub_is_the_account_of_the_settings(tmp_path):
    """Or one of [accounts]."""
    rule = "is another account, and the stack sets are deployed with the hub's account"
    other = GOOD.replace('id = "111122223333"', 'id = "222233334444"')
    assert rules(tmp_path, other) == [("notify.hub.account", rule)]
    rule = "is none of the accounts in [accounts], and the stack sets are deployed with its stack"
    elsewhere = (HUB + UNITS + TABLES).replace('account = "1111', 'account = "3333')
    assert rules(tmp_path, elsewhere) == [("notify.hub.account", rule)]


def test_a_wrong_name_of_the_hubs_account_is_one_error(tmp_path):
    """With the nearest name, if there is one."""
    for name, hint in (("security1", "did you mean security?"), ("x", "write 12 digits, ")):
        toml = (HUB + UNITS + TABLES).replace("111122223333", name, 1)
        (error,) = errors(tmp_path, toml)
        assert (error.key, error.value) == ("notify.hub.account", f'"{name}"')
        assert error.hint.startswith(hint)


def test_the_hint_about_the_topology_names_the_table_of_the_account(tmp_path):
    """The common one is right already."""
    own = '[accounts.shop.notify]\ntopology = "regional"\n'
    found = errors(tmp_path, HUB + UNITS + TABLES + own)
    hints = {each.key: each.hint for each in found}
    assert hints["organization.engine"] == 'set accounts.shop.notify.topology = "hub"'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "[remediation]\nadaptive_concurrency = true\n",
            ("remediation.adaptive_concurrency", "changes a service setting"),
        ),
        (
            '[remediation]\nautomation_role_arn = "arn:aws:iam::111122223333:role/KeyRescue"\n',
            ("remediation.automation_role_arn", "is a role of one account"),
        ),
        (
            '[[channel]]\nname = "console"\ntype = "user-notifications"\naddress = "a@example.com"',
            ("channel[0].type", "notifies people of the events of its own account"),
        ),
    ],
)
def test_what_a_template_cannot_have_is_an_error(tmp_path, more, expected):
    """It is never left out silently."""
    ((key, rule),) = rules(tmp_path, GOOD + more)
    assert (key, rule.startswith(expected[1])) == (expected[0], True)


def test_an_account_that_terraform_deploys_can_have_it(tmp_path):
    """Under its own table."""
    own = "[accounts.security.remediation]\nadaptive_concurrency = true\n"
    security, _ = several(tmp_path, HUB + UNITS + TABLES + own)
    assert security.remediation.adaptive_concurrency
    assert not security.members.remediation.adaptive_concurrency


def test_the_table_is_for_all_accounts_together(tmp_path):
    """Not for one."""
    own = '[accounts.shop.organization]\nengine = "terraform"\n'
    found = errors(tmp_path, HUB + UNITS + TABLES + own)
    assert [(each.key, each.rule) for each in found] == [
        ("accounts.shop.organization", "is for all accounts together")
    ]


def test_two_stacks_never_share_a_name_or_a_state(tmp_path):
    """That of an account, and that of the stack sets."""
    more = '[accounts.security-organization]\nid = "333344445555"\n'
    assert [key for key, _ in rules(tmp_path, HUB + UNITS + TABLES + more)] == [
        "accounts.reprieve-security-organization".replace("reprieve-", "")
    ]
    state = '[state]\nbackend = "s3"\nbucket = "example"\nregion = "eu-west-1"\nkey = "one"\n'
    assert [key for key, _ in rules(tmp_path, GOOD + state)] == ["state.key"]


def test_china_has_no_service_managed_stack_sets(tmp_path):
    """The error names the engine."""
    toml = GOOD.replace("eu-west-1", "cn-north-1").replace("us-east-1", "cn-northwest-1")
    found = rules(tmp_path, toml)
    rule = "needs service-managed stack sets, which AWS does not offer in China"
    assert ("organization.engine", rule) in found


def test_no_account_has_the_id_of_the_members():
    """It only stands for them while their settings are validated."""
    assert set(MEMBER_ID) == {"0"}
