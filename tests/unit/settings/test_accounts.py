"""The tables `[accounts.NAME]`: several accounts, each with what it overrides."""

import pytest

from reprieve.settings.deployment import SeveralAccounts, UnknownAccount
from reprieve.settings.loader import load
from tests.support.settings import GOOD, errors, rules

PROD = '[accounts.prod]\nid = "111122223333"\n'
TEST = '[accounts.test]\nid = "222233334444"\n'
BOTH = GOOD + PROD + TEST
S3 = '[state]\nbackend = "s3"\nbucket = "reprieve-state-111122223333"\nregion = "eu-west-1"\n'
HCP = '[state]\nbackend = "hcp"\norganization = "example"\n'


def accounts(folder, toml, **environ):
    """Return the settings of each account in this file."""
    (folder / "reprieve.toml").write_text(toml, encoding="utf-8")
    return load(environ, folder).accounts


def test_each_account_has_a_stack_and_knows_the_ids_of_all(tmp_path):
    """In the order of the file."""
    prod, test = accounts(tmp_path, BOTH)
    assert (prod.account.name, prod.account.id, prod.stack) == (
        "prod",
        "111122223333",
        "reprieve-prod",
    )
    assert (test.account.name, test.account.id, test.stack) == (
        "test",
        "222233334444",
        "reprieve-test",
    )
    assert prod.all_account_ids == test.all_account_ids == ("111122223333", "222233334444")


def test_a_role_and_an_external_id_belong_to_an_account(tmp_path):
    """Each account has its own, or none."""
    role = "arn:aws:iam::111122223333:role/Deployment"
    prod, test = accounts(
        tmp_path, f'{GOOD}{PROD}role_arn = "{role}"\nexternal_id = "example"\n{TEST}'
    )
    assert (prod.account.role_arn, prod.account.external_id) == (role, "example")
    assert (test.account.role_arn, test.account.external_id) == (None, None)


def test_an_account_overrides_key_by_key(tmp_path):
    """The other keys of the table are the common ones; a list is replaced."""
    prod, test = accounts(
        tmp_path,
        '[notify]\nemails = ["a@example.com", "b@example.com"]\ntopic_name = "alerts"\n'
        + '[[watch]]\nname = "one"\nsummary = "x"\npattern = \'{"source": ["aws.iam"]}\'\n'
        + PROD
        + '[accounts.prod.notify]\nemails = ["c@example.com"]\n'
        + '[[accounts.prod.watch]]\nname = "two"\nsummary = "y"\n'
        + 'pattern = \'{"source": ["aws.sts"]}\'\n'
        + TEST,
    )
    assert prod.notify.emails == ("c@example.com",)
    assert test.notify.emails == ("a@example.com", "b@example.com")
    assert prod.notify.topic_name == test.notify.topic_name == "alerts"
    assert [each.name for each in prod.watch] == ["two"]
    assert [each.name for each in test.watch] == ["one"]


def test_an_account_may_have_all_that_is_required(tmp_path):
    """The common tables then need not."""
    emails = 'notify.emails = ["a@example.com"]\n'
    prod, test = accounts(tmp_path, PROD + emails + TEST + emails)
    assert prod.notify.emails == test.notify.emails == ("a@example.com",)


def test_accounts_may_be_in_different_partitions(tmp_path):
    """Each has its own Regions."""
    toml = f'{BOTH}[accounts.test.regions]\nwatch = ["us-gov-west-1"]\n'
    prod, test = accounts(tmp_path, toml)
    assert (prod.regions.partition, test.regions.partition) == ("aws", "aws-us-gov")


def test_the_environment_overrides_the_common_tables_only(tmp_path):
    """What a table says of its account is more specific."""
    toml = f'{BOTH}[accounts.test.notify]\ntopic_name = "test-alerts"\n'
    prod, test = accounts(
        tmp_path,
        toml,
        REPRIEVE_NOTIFY__TOPIC_NAME="other",
        REPRIEVE_NOTIFY__EMAILS="c@example.com",
    )
    assert (prod.notify.topic_name, test.notify.topic_name) == ("other", "test-alerts")
    assert prod.notify.emails == test.notify.emails == ("c@example.com",)


def test_each_account_has_a_state_of_its_own(tmp_path):
    """By the default, by STACK, or by a key of its own: that of a former single account."""
    prod, test = accounts(tmp_path, BOTH + S3)
    assert [each.state.key_of(each.stack) for each in (prod, test)] == [
        "reprieve/reprieve-prod.tfstate",
        "reprieve/reprieve-test.tfstate",
    ]
    prod, test = accounts(tmp_path, f'{BOTH}{S3}key = "kms/STACK.tfstate"\n')
    assert [each.state.key for each in (prod, test)] == [
        "kms/reprieve-prod.tfstate",
        "kms/reprieve-test.tfstate",
    ]
    own = '[accounts.prod.state]\nkey = "reprieve/reprieve.tfstate"\n'
    prod, test = accounts(tmp_path, BOTH + S3 + own)
    assert prod.state.key == "reprieve/reprieve.tfstate"
    assert test.state.key_of(test.stack) == "reprieve/reprieve-test.tfstate"
    prod, test = accounts(tmp_path, f'{BOTH}{HCP}workspace = "kms-STACK"\n')
    assert (prod.state.workspace, test.state.workspace) == (
        "kms-reprieve-prod",
        "kms-reprieve-test",
    )


def test_stack_in_a_key_is_a_word_like_others_with_one_account(tmp_path):
    """An upgrade must not move a state."""
    (settings,) = accounts(tmp_path, f'{GOOD}{S3}key = "reprieve/STACK.tfstate"\n')
    assert settings.state.key_of(settings.stack) == "reprieve/STACK.tfstate"


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (f'{S3}key = "kms.tfstate"\n', "state.key"),
        (f'{S3}[accounts.test.state]\nkey = "reprieve/reprieve-prod.tfstate"\n', ""),
        (f'{HCP}workspace = "kms"\n', "state.workspace"),
    ],
)
def test_two_accounts_never_share_a_state(tmp_path, state, place):
    """It says STACK to write, or to name another one."""
    (error,) = errors(tmp_path, BOTH + state)
    assert error.key == (place or "accounts.test.state.key")
    assert error.rule == (
        "is the state of accounts.prod and of accounts.test; each account has its own"
    )
    assert error.hint == "write STACK in it, which stands for the name of the stack"


def test_an_account_may_have_another_backend(tmp_path):
    """The keys of the common backend are not its own."""
    toml = f'{BOTH}{S3}[accounts.test.state]\nbackend = "local"\n'
    prod, test = accounts(tmp_path, toml)
    assert (prod.state.backend, test.state.backend) == ("s3", "local")
    assert test.state.bucket is None
    toml = f'{BOTH}{S3}[accounts.test.state]\nkey = "kms.tfstate"\n'
    prod, test = accounts(tmp_path, toml, REPRIEVE_STATE__BACKEND="local")
    assert (prod.state.backend, test.state.backend, test.state.key) == ("local", "local", None)


def test_the_errors_of_all_accounts_are_reported_at_once(tmp_path):
    """In the order of the file; what they share is reported once."""
    toml = (
        '[notify]\nemails = ["x"]\n'
        + PROD
        + '[accounts.prod.notify]\ntopic_name = "a b"\n'
        + '[accounts.test]\nid = "2"\nexternal_id = "example"\n'
        + '[accounts.test.regions]\nwatch = ["eu-wst-1"]\n'
    )
    assert [(error.key, error.origin) for error in errors(tmp_path, toml)] == [
        ("notify.emails[0]", "reprieve.toml"),
        ("accounts.prod.notify.topic_name", "reprieve.toml"),
        ("accounts.test.id", "reprieve.toml"),
        ("accounts.test.external_id", "reprieve.toml"),
        ("accounts.test.regions.watch[0]", "reprieve.toml"),
    ]


def test_a_common_setting_may_be_wrong_for_one_account_only(tmp_path):
    """The error names the table that it does not go together with."""
    key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-a6ef-1234567890ab"
    toml = f'{BOTH}[exempt]\nkeys = ["{key}"]\n[accounts.test.regions]\nwatch = ["us-east-1"]\n'
    (error,) = errors(tmp_path, toml)
    assert (error.key, error.rule, error.origin) == (
        "exempt.keys[0]",
        "is in eu-west-1, which is not watched",
        "reprieve.toml with [accounts.test]",
    )


def test_many_accounts_are_named_shortly(tmp_path):
    """Three of them, and a number."""
    tables = "".join(f'[accounts.a{n}]\nid = "{n:012}"\n' for n in range(6))
    good = '[accounts.good]\nid = "111122223333"\nnotify.topic_name = "good"\n'
    toml = f'[notify]\nemails = ["a@example.com"]\ntopic_name = "a b"\n{tables}{good}'
    (error,) = errors(tmp_path, toml)
    assert error.key == "notify.topic_name"
    assert error.origin == (
        "reprieve.toml with [accounts.a0], [accounts.a1], [accounts.a2] and 3 others"
    )


def test_rules_and_hints_name_the_settings_of_the_account(tmp_path):
    """The account overrides the list, and not the switch."""
    toml = (
        BOTH + "[accounts.test.notify]\n" + 'emails = ["a@example.com", "A@example.com"]\n'
        'threats = ["key-disabled"]\n'
    )
    found = {error.key: error for error in errors(tmp_path, toml)}
    assert found["accounts.test.notify.emails[1]"].rule == (
        "is the same as accounts.test.notify.emails[0]"
    )
    assert found["accounts.test.notify.threats"].hint == (
        "add it, or set remediation.enabled = false"
    )


def test_variables_and_accounts_may_be_wrong_together(tmp_path):
    """Both are named."""
    toml = f"{BOTH}[accounts.test.patrol]\nrescue_earlier = true\n"
    (error,) = errors(tmp_path, toml, REPRIEVE_PATROL__ENABLED="false")
    assert (error.key, error.origin) == (
        "accounts.test.patrol.rescue_earlier",
        "reprieve.toml with REPRIEVE_PATROL__ENABLED",
    )


@pytest.mark.parametrize(
    ("tables", "key", "rule"),
    [
        ("accounts = 3\n", "accounts", "is not a table of tables"),
        ("[accounts]\n", "accounts", "has no account"),
        ('[accounts]\nid = "111122223333"\n', "accounts.id", "is not a table"),
        ("[accounts.prod]\n", "accounts.prod.id", "is required"),
        (f'{PROD}emails = ["a@example.com"]\n', "accounts.prod.emails", "is not a setting"),
        (f'{PROD}[accounts.prod.account]\nid = "1"\n', "accounts.prod.account", "is not a setting"),
        (f"{PROD}[accounts.prod.notices]\nx = 1\n", "accounts.prod.notices", "is not a setting"),
        (f"{PROD}notify.x = 1\n", "accounts.prod.notify.x", "is not a setting"),
        (f"{PROD}notify = 1\n", "accounts.prod.notify", "is not a table"),
        (f"{PROD}watch = 1\n", "accounts.prod.watch", "is not a list of tables"),
        (
            f"{PROD}{TEST.replace('222233334444', '111122223333')}",
            "accounts.test.id",
            "is the id of accounts.prod too",
        ),
        (
            f"{PROD}{TEST.replace('test', 'Prod')}",
            "accounts.Prod",
            "has the same name as accounts.prod: upper and lower case are equal in the names of "
            "files",
        ),
        (
            f'{PROD}[account]\nid = "111122223333"\n',
            "account",
            "is for the settings of one account; these have [accounts]",
        ),
    ],
)
def test_the_form_of_the_tables_is_checked(tmp_path, tables, key, rule):
    """Each with the full name of what is wrong."""
    toml = tables + GOOD if tables.startswith("accounts") else GOOD + tables
    assert rules(tmp_path, toml) == [(key, rule)]


@pytest.mark.parametrize("name", ["_", "a_b", "-a", "a-", "a" * 41, "a b", "ä", "a.b", ""])
def test_a_name_can_become_part_of_the_stacks_name(tmp_path, name):
    """It also ends the name of a file and of a workspace."""
    found = rules(tmp_path, f'{GOOD}[accounts."{name}"]\nid = "111122223333"\n')
    assert found == [
        (
            f"accounts.{name}",
            "is not named by 1 to 40 letters (A-Z, a-z) and digits, with hyphens only between them",
        )
    ]


def test_a_variable_for_the_only_account_does_not_fit_several(tmp_path):
    """The variable is named."""
    (error,) = errors(tmp_path, BOTH, REPRIEVE_ACCOUNT__ID="111122223333")
    assert (error.key, error.origin) == ("account.id", "REPRIEVE_ACCOUNT__ID")


def test_a_misspelt_key_has_a_hint(tmp_path):
    """Of an account, and of the tables."""
    hints = [
        errors(tmp_path, f"{GOOD}{PROD}{line}\n")[0].hint
        for line in ('role_arm = "x"', "emails = []", "key = 'x'", "[accounts.prod.account]", "x=1")
    ]
    assert hints[:4] == [
        "did you mean role_arn?",
        "it belongs to the table [accounts.prod.notify]",
        "it belongs to the table [accounts.prod.state] or [accounts.prod.exemption]",
        "write its keys directly under [accounts.prod]",
    ]
    assert hints[4].startswith("an account has id, role_arn, read_role_arn, external_id, notify, ")


def test_a_selection_is_read_from_the_environment(tmp_path):
    """In the order of the file; each account still knows all ids."""
    toml = f'{BOTH}[accounts.dev]\nid = "333344445555"\n'
    found = accounts(tmp_path, toml, REPRIEVE_ACCOUNT="dev, prod")
    assert [each.account.name for each in found] == ["prod", "dev"]
    assert found[0].all_account_ids == ("111122223333", "222233334444", "333344445555")
    assert len(accounts(tmp_path, toml, REPRIEVE_ACCOUNT="")) == 3


@pytest.mark.parametrize(
    ("toml", "selected", "hint"),
    [
        (BOTH, "prd", "Did you mean prod?"),
        (BOTH, "prod,x", "The accounts are prod, test."),
        (GOOD, "prod", "They are for one account, without a table [accounts.NAME]: select none."),
    ],
)
def test_an_unknown_account_cannot_be_selected(tmp_path, toml, selected, hint):
    """It is an error, and not an empty selection."""
    with pytest.raises(UnknownAccount) as caught:
        accounts(tmp_path, toml, REPRIEVE_ACCOUNT=selected)
    assert caught.value.hint == hint


def test_several_accounts_are_not_one(tmp_path):
    """What needs one says so."""
    (tmp_path / "reprieve.toml").write_text(BOTH)
    with pytest.raises(SeveralAccounts, match="for 2 accounts: prod, test"):
        _ = load({}, tmp_path).only
