"""The settings: what is read, from where, and how each error is reported."""

import re
import string
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import ValidationError

from reprieve import regions
from reprieve.settings.errors import SettingError, SettingsError
from reprieve.settings.loader import load
from reprieve.settings.schema import TABLES, Settings
from tests.support.settings import GOOD, ROLE, ROOT, errors, read, rules
from tools import reference

# What is read


def test_the_file_in_the_repository_loads():
    """The example is sound, and says the defaults."""
    settings = load({}, ROOT)
    assert settings == Settings(notify={"emails": ["security@example.com"]})


def test_the_file_in_the_repository_shows_every_key():
    """A user finds each key in the example, be it commented out."""
    shown = {
        line.removeprefix("# ").split(" = ")[0]
        for line in (ROOT / "reprieve.toml").read_text(encoding="utf-8").splitlines()
        if " = " in line
    }
    assert {key for keys in TABLES.values() for key in keys} - shown == set()


def test_every_field_is_described():
    """The reference is made of the descriptions."""
    fields = {
        f"{table}.{key}": field for table, keys in TABLES.items() for key, field in keys.items()
    }
    assert [name for name, field in fields.items() if not field.description] == []


@pytest.mark.parametrize("page", sorted(reference.TABLES_OF_DOCS))
def test_the_tables_of_the_docs_are_those_of_the_code(page):
    """`make docs` would change nothing."""
    assert reference.renewed(page) == (ROOT / "docs" / page).read_text(encoding="utf-8")


KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
MRK = "mrk-1234abcd12ab34cd56ef1234567890ab"
USER = "arn:aws:iam::111122223333:user/keys/alice"


def test_exemptions_that_pass(tmp_path):
    """Roles and users with or without a path; keys by id, of several Regions too, and by ARN."""
    key_arn = f"arn:aws:kms:eu-west-1:111122223333:key/{KEY}"
    settings = read(
        tmp_path,
        REPRIEVE_EXEMPT__PRINCIPALS=f"{ROLE},{USER}",
        REPRIEVE_EXEMPT__KEYS=f"{key_arn},{MRK}",
    )
    assert settings.exempt.principals == (ROLE, USER)
    assert settings.exempt.keys == (key_arn, MRK)


@pytest.mark.parametrize(
    ("key", "text", "rule"),
    [
        ("principals", "alice", "is not the ARN of an IAM role or user"),
        ("principals", "arn:aws:iam::111122223333:root", "is not the ARN of an IAM role or user"),
        (
            "principals",
            "arn:aws:sts::111122223333:assumed-role/Admin/alice",
            "is a session of a role; the role itself covers all of its sessions",
        ),
        (
            "principals",
            "arn:aws-cn:iam::111122223333:role/Admin",
            "is in the partition aws-cn; the Regions to watch are in aws",
        ),
        ("keys", "alias/app", "is an alias, which can be moved to another key at any time"),
        ("keys", "1234abcd", "is neither the id nor the ARN of a KMS key"),
        (
            "keys",
            f"arn:aws:kms:af-south-1:111122223333:key/{KEY}",
            "is in af-south-1, which is not watched",
        ),
    ],
)
def test_exemptions_that_do_not(tmp_path, key, text, rule):
    """Each that would silently exempt nothing is refused."""
    toml = f'{GOOD}\n[exempt]\n{key} = ["{text}"]'
    assert rules(tmp_path, toml) == [(f"exempt.{key}[0]", rule)]


def test_exemptions_that_make_too_long_a_pattern_are_refused_with_the_number(tmp_path):
    """Found out here, not at apply: EventBridge accepts 2,048 characters."""
    arns = ",".join(f"arn:aws:iam::111122223333:role/KeyAdministrator{n:02}" for n in range(40))
    assert read(tmp_path, REPRIEVE_EXEMPT__PRINCIPALS=",".join(arns.split(",")[:30]))
    (error,) = errors(tmp_path, GOOD, REPRIEVE_EXEMPT__PRINCIPALS=arns)
    assert error.key == "exempt"
    assert re.search(
        r"event pattern of 2,\d{3} characters in .*; EventBridge accepts 2,048", error.rule
    )


def test_a_variable_does_not_hide_what_the_file_has_in_a_tables_place(tmp_path):
    """It overrides a key of the table; there is none."""
    found = rules(tmp_path, "notify = 5", REPRIEVE_NOTIFY__EMAILS="a@example.com")
    assert found == [("notify", "is not a table")]


def test_a_variable_that_is_not_utf_8_is_a_fault(tmp_path):
    """Bytes that are no text, as the operating system hands them over, bring no traceback."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    with pytest.raises(SettingsError) as caught:
        load({"REPRIEVE_REGIONS__WATCH": "\udcff"}, tmp_path)
    (error,) = caught.value.errors
    assert (error.key, error.rule) == ("regions.watch", "is not text in UTF-8")


def test_defaults(tmp_path):
    """The addresses are all that a user must write."""
    settings = read(tmp_path)
    assert settings.notify.emails == ("security@example.com",)
    assert settings.notify.topic_name == "reprieve-alerts"
    assert settings.remediation.enabled is True
    assert settings.remediation.runbook == "reprieve"
    assert settings.remediation.automation_role_arn is None
    assert settings.regions.watched == regions.DEFAULT_REGIONS
    assert settings.regions.home == "us-east-1"
    assert settings.regions.partition == "aws"


def test_every_key_can_come_from_the_file(tmp_path):
    """A file may say everything."""
    settings = read(
        tmp_path,
        '[notify]\nemails = ["a@example.com", "b@example.com"]\ntopic_name = "keys"\n'
        f'[remediation]\nenabled = false\nautomation_role_arn = "{ROLE}"\n'
        '[regions]\nwatch = ["eu-west-2", "eu-west-1", "us-east-1"]\nexclude = ["us-east-1"]\n'
        'home = "eu-central-1"\n',
    )
    assert settings.notify.emails == ("a@example.com", "b@example.com")
    assert settings.notify.topic_name == "keys"
    assert settings.remediation.enabled is False
    assert settings.remediation.automation_role_arn == ROLE
    assert settings.regions.watched == ("eu-west-1", "eu-west-2")
    assert settings.regions.home == "eu-central-1"


def test_every_key_can_come_from_the_environment(tmp_path):
    """No file is needed."""
    settings = read(
        tmp_path,
        None,
        REPRIEVE_NOTIFY__EMAILS="a@example.com,b@example.com",
        REPRIEVE_NOTIFY__TOPIC_NAME="keys",
        REPRIEVE_REMEDIATION__ENABLED="false",
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=ROLE,
        REPRIEVE_REGIONS__WATCH='["eu-west-2", "eu-west-1"]',
        REPRIEVE_REGIONS__EXCLUDE="eu-west-2",
        REPRIEVE_REGIONS__HOME="eu-central-1",
    )
    assert settings.notify.emails == ("a@example.com", "b@example.com")
    assert settings.notify.topic_name == "keys"
    assert settings.remediation.enabled is False
    assert settings.remediation.automation_role_arn == ROLE
    assert settings.regions.watched == ("eu-west-1",)
    assert settings.regions.home == "eu-central-1"


def test_the_environment_overrides_one_key_and_leaves_its_neighbours(tmp_path):
    """An override is of a key, not of a table."""
    settings = read(tmp_path, GOOD + 'topic_name = "keys"\n', REPRIEVE_NOTIFY__TOPIC_NAME="other")
    assert settings.notify.topic_name == "other"
    assert settings.notify.emails == ("security@example.com",)


def test_the_environment_empties_a_list(tmp_path):
    """Nothing between the commas is an empty list: no Region is excluded any more."""
    toml = GOOD + '[regions]\nexclude = ["eu-west-1"]\n'
    assert "eu-west-1" not in read(tmp_path, toml).regions.watched
    assert "eu-west-1" in read(tmp_path, toml, REPRIEVE_REGIONS__EXCLUDE="").regions.watched


def test_another_file_can_be_named(tmp_path):
    """REPRIEVE_SETTINGS takes the place of reprieve.toml."""
    (tmp_path / "other.toml").write_text('[notify]\nemails = ["other@example.com"]\n')
    settings = read(tmp_path, GOOD, REPRIEVE_SETTINGS="other.toml")
    assert settings.notify.emails == ("other@example.com",)


def test_the_process_environment_is_read_by_default(tmp_path, monkeypatch):
    """Without arguments the current directory and environment count; Settings() reads neither."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REPRIEVE_NOTIFY__TOPIC_NAME", "other")
    assert load().notify.topic_name == "other"
    assert Settings(notify={"emails": ["a@example.com"]}).notify.topic_name == "reprieve-alerts"


def test_reserved_and_foreign_variables_are_left_alone(tmp_path):
    """The switch of the bindings and other programs' variables are no settings."""
    environ = {"REPRIEVE_STOCK_BINDINGS": "1", "REPRIEVEMENT": "1", "PATH": "/bin"}
    assert read(tmp_path, **environ) == read(tmp_path)


@pytest.mark.parametrize(
    ("said", "partition", "home", "watched"),
    [
        ('watch = "default"', "aws", "us-east-1", regions.DEFAULT_REGIONS),
        ('watch = "all"', "aws", "us-east-1", regions.known_regions("aws")),
        ('watch = ["af-south-1"]', "aws", "us-east-1", ("af-south-1",)),
        ('watch = ["us-gov-east-1"]', "aws-us-gov", "us-gov-west-1", ("us-gov-east-1",)),
        (
            'watch = "all"\nhome = "us-gov-east-1"',
            "aws-us-gov",
            "us-gov-east-1",
            ("us-gov-east-1", "us-gov-west-1"),
        ),
        ('home = "cn-north-1"', "aws-cn", "cn-north-1", ("cn-north-1", "cn-northwest-1")),
        ('home = "eusc-de-east-1"', "aws-eusc", "eusc-de-east-1", ("eusc-de-east-1",)),
    ],
)
def test_the_partition_follows_from_the_regions(tmp_path, said, partition, home, watched):
    """Home says the partition, or else the watched Regions do, or else it is aws."""
    found = read(tmp_path, f"{GOOD}[regions]\n{said}\n").regions
    assert (found.partition, found.home, found.watched) == (partition, home, watched)


def test_settings_cannot_be_changed(tmp_path):
    """What was validated stays so."""
    with pytest.raises(ValidationError):
        read(tmp_path).notify.topic_name = "other"


# Faults of single values


@pytest.mark.parametrize(
    "address",
    ["a@example.com", "A.b+c@mail.example.com", "o'neil@example.com", "x@a-b.example.com"],
)
def test_addresses_that_pass(tmp_path, address):
    """Ordinary addresses are kept as written."""
    assert read(tmp_path, f'[notify]\nemails = ["{address}"]').notify.emails == (address,)


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        ("", "is not an e-mail address"),
        ("example.com", "is not an e-mail address"),
        ("a@localhost", "is not an e-mail address"),
        ("a@example.c", "is not an e-mail address"),
        ("a@-b.example.com", "is not an e-mail address"),
        ("a..b@example.com", "is not an e-mail address"),
        ("a@b@example.com", "is not an e-mail address"),
        ("a b@example.com", "is not an e-mail address"),
        ("ü@example.com", "is not an e-mail address"),
        ("A <a@example.com>", "is not an e-mail address"),
        (" a@example.com", "begins or ends with a space"),
        ("a@example.com\\n", "begins or ends with a space"),
        ("a\\u0000@example.com", "contains a control character or an invisible character"),
        ("a\\u200b@example.com", "contains a control character or an invisible character"),
        ("a" * 320 + "@example.com", "is longer than 320 characters"),
        ("a" * 65 + "@example.com", "has more than 64 characters before the @"),
    ],
)
def test_addresses_that_do_not(tmp_path, address, rule):
    """Each address that SNS could not reach is refused, and never mended silently."""
    assert rules(tmp_path, f'[notify]\nemails = ["{address}"]') == [("notify.emails[0]", rule)]


def test_an_address_of_320_characters_passes_and_one_of_321_does_not(tmp_path):
    """The limit itself is allowed: 64 before the @ and 255 behind it (RFC 5321)."""
    domain = ".".join(["b" * 63] * 3 + ["c" * 59, "com"])
    for longer, expected in (("", 1), ("d", 0)):
        address = "a" * 64 + "@" + domain + longer
        assert len(address) == 320 + len(longer)
        try:
            emails = read(tmp_path, f'[notify]\nemails = ["{address}"]').notify.emails
        except SettingsError:
            emails = ()
        assert len(emails) == expected


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Security <security@example.com>", 'write only "security@example.com"'),
        ("a b@example.com", 'write it like "security@example.com"'),
    ],
)
def test_only_an_address_in_angle_brackets_is_taken_for_what_was_meant(tmp_path, text, hint):
    """A part of a mistyped address may be somebody else's."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, f'[notify]\nemails = ["{text}"]')
    assert [error.hint for error in caught.value.errors] == [hint]


@pytest.mark.parametrize("name", ["a", "Key_Alerts-1", "x" * 256])
def test_topic_names_that_pass(tmp_path, name):
    """SNS takes 1 to 256 letters, digits, hyphens and underscores."""
    assert read(tmp_path, REPRIEVE_NOTIFY__TOPIC_NAME=name).notify.topic_name == name


@pytest.mark.parametrize("name", ["", "key alerts", "alérts", "x" * 257, "a.b"])
def test_topic_names_that_do_not(tmp_path, name):
    """What SNS refuses is refused before it is asked."""
    rule = "is not 1 to 256 letters (A-Z, a-z), digits, hyphens and underscores"
    expected = [("notify.topic_name", rule)]
    assert rules(tmp_path, REPRIEVE_NOTIFY__TOPIC_NAME=name) == expected


def test_a_fifo_topic_is_explained(tmp_path):
    """A FIFO topic is legal in SNS, and could never send an alert by e-mail."""
    assert errors(tmp_path, REPRIEVE_NOTIFY__TOPIC_NAME="keys.fifo") == (
        SettingError(
            "notify.topic_name",
            "names a FIFO topic; SNS sends e-mail from standard topics only",
            'remove the suffix ".fifo"',
            '"keys.fifo"',
            "REPRIEVE_NOTIFY__TOPIC_NAME",
        ),
    )


@pytest.mark.parametrize(
    ("arn", "rule"),
    [
        ("reprieve", "is not the ARN of an IAM role"),
        ("arn:aws:iam::11112222333:role/x", "is not the ARN of an IAM role"),
        ("arn:aws:iam::111122223333:user/x", "is not the ARN of an IAM role"),
        ("arn:aws:iam::111122223333:role/", "is not the ARN of an IAM role"),
        (
            "arn:aws:iam::111122223333:role/team/x",
            'is a role at the path "/team/"; Amazon\'s runbook accepts a role at the path "/" only',
        ),
        (
            "arn:aws-eusc:iam::111122223333:role/x",
            "is in the partition aws-eusc; "
            "Amazon's runbook accepts roles of aws, aws-us-gov and aws-cn only",
        ),
    ],
)
def test_roles_that_the_runbook_does_not_take(tmp_path, arn, rule):
    """A role that the automation could not assume is refused before a key is lost to it."""
    found = rules(tmp_path, REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=arn)
    assert found[-1] == ("remediation.automation_role_arn", rule)


@pytest.mark.parametrize(
    ("toml", "key", "rule"),
    [
        ("[notify]\nemails = 5", "notify.emails", "is not a list"),
        ('[notify]\nemails = "a@example.com"', "notify.emails", "is not a list"),
        ("[notify]\nemails = [5]", "notify.emails[0]", "is not text"),
        ("[notify]\nemails = [[]]", "notify.emails[0]", "is not text"),
        ("[notify]\nemails = []", "notify.emails", "is an empty list"),
        ("notify = 5", "notify", "is not a table"),
        ("[[notify]]", "notify", "is not a table"),
        (GOOD + "topic_name = 5", "notify.topic_name", "is not text"),
        (GOOD + "topic_name = 1979-05-27", "notify.topic_name", "is not text"),
        (GOOD + "[remediation]\nenabled = 1", "remediation.enabled", "is neither true nor false"),
        (
            GOOD + '[remediation]\nenabled = "true"',
            "remediation.enabled",
            "is neither true nor false",
        ),
        (GOOD + "[regions]\nwatch = []", "regions.watch", "is an empty list"),
        (
            GOOD + "[regions]\nwatch = 5",
            "regions.watch",
            'is not "default", "all" or a list of Regions',
        ),
        (GOOD + "[regions]\nhome = true", "regions.home", "is not text"),
    ],
)
def test_types_are_strict(tmp_path, toml, key, rule):
    """A value of another type is one error: it is neither converted nor reported twice."""
    assert rules(tmp_path, toml) == [(key, rule)]


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ('["eu-wst-1"]', 'did you mean "eu-west-1"?'),
        ('["EU-WEST-1"]', 'did you mean "eu-west-1"?'),
        ('["us-east-1a"]', 'did you mean "us-east-1"?'),
        (
            '["Moon"]',
            'write a Region code such as "eu-west-1"; a new Region needs a newer botocore',
        ),
        ('["all"]', 'write watch = "all"'),
        ('"eu-west-1"', 'write ["eu-west-1"]'),
        ('"defalt"', 'write "default"'),
    ],
)
def test_the_remedy_for_a_wrong_region(tmp_path, value, hint):
    """The nearest thing that would be right is proposed."""
    assert [f.hint for f in errors(tmp_path, f"{GOOD}[regions]\nwatch = {value}")] == [hint]


# Faults among values


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('watch = ["eu-west-1", "eu-west-2"]', []),
        (
            'watch = ["eu-west-1", "eu-west-1"]',
            [("regions.watch[1]", "is the same as regions.watch[0]")],
        ),
        (
            'exclude = ["eu-west-1", "eu-west-1"]',
            [("regions.exclude[1]", "is the same as regions.exclude[0]")],
        ),
        (
            'watch = ["eu-west-1", "cn-north-1"]',
            [
                (
                    "regions.watch[1]",
                    "is in the partition aws-cn; regions.watch[0] is in aws",
                )
            ],
        ),
        (
            'watch = ["eu-west-1"]\nhome = "cn-north-1"',
            [("regions.home", "is in the partition aws-cn; regions.watch[0] is in aws")],
        ),
        (
            'exclude = ["cn-north-1"]',
            [("regions.exclude[0]", "is in the partition aws-cn; the Regions to watch are in aws")],
        ),
        ('home = "cn-north-1"\nexclude = ["cn-northwest-1"]', []),
        ('watch = "all"\nexclude = ["af-south-1"]', []),
        ('exclude = ["af-south-1"]', []),
        ('watch = ["eu-west-1", "eu-west-2"]\nexclude = ["eu-west-1"]', []),
        (
            'watch = ["eu-west-1"]\nexclude = ["eu-west-1"]',
            [("regions.exclude", "leaves no Region to watch")],
        ),
        (
            'watch = ["eu-west-1", 5]\nexclude = ["eu-west-2"]',
            [("regions.watch[1]", "is not text")],
        ),
        # One error brings forth no others: nobody knows what this list would have been.
        (
            'watch = ["eu-wst-1"]\nexclude = ["eu-west-1"]',
            [
                (
                    "regions.watch[0]",
                    "is not a Region that has AWS KMS, EventBridge, SNS and Systems Manager",
                )
            ],
        ),
    ],
)
def test_regions_among_themselves(tmp_path, said, expected):
    """Regions that contradict one another are errors; their near-misses are not."""
    toml = f"{GOOD}[regions]\n{said}\n"
    assert (rules(tmp_path, toml) if expected else []) == expected
    if not expected:
        assert read(tmp_path, toml).regions.watched


def test_an_address_twice_in_other_case(tmp_path):
    """Two spellings of an address would be two e-mails for each alert."""
    toml = '[notify]\nemails = ["a@example.com", "b@example.com", "A@Example.com"]'
    assert rules(tmp_path, toml) == [("notify.emails[2]", "is the same as notify.emails[0]")]


def test_a_role_of_another_partition(tmp_path):
    """A role belongs to the account, and the account to the partition of its Regions."""
    role = {"REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN": ROLE.replace("arn:aws:", "arn:aws-cn:")}
    in_china = read(tmp_path, REPRIEVE_REGIONS__HOME="cn-north-1", **role)
    assert in_china.remediation.automation_role_arn == ROLE.replace("arn:aws:", "arn:aws-cn:")
    assert rules(tmp_path, **role) == [
        (
            "remediation.automation_role_arn",
            "is in the partition aws-cn; the Regions to watch are in aws",
        )
    ]


# Faults of keys and of variables


@pytest.mark.parametrize(
    ("toml", "key", "hint"),
    [
        (GOOD + "topicname = 1", "notify.topicname", "did you mean topic_name?"),
        (GOOD + "enabled = true", "notify.enabled", "it belongs to the table [remediation]"),
        (GOOD + "zzz = 1", "notify.zzz", f"[notify] has {', '.join(TABLES['notify'])}"),
        (GOOD + "[remediaton]", "remediaton", "did you mean the table [remediation]?"),
        ("exclude = 1\n" + GOOD, "exclude", "it belongs to the table [regions]"),
        ("excldue = 1\n" + GOOD, "excldue", "did you mean exclude in the table [regions]?"),
        (
            GOOD + "[zzz]",
            "zzz",
            f"the tables are {', '.join(f'[{name}]' for name in TABLES)}",
        ),
    ],
)
def test_unknown_keys(tmp_path, toml, key, hint):
    """A key that nothing reads is an error, and the nearest one, or its table, is named."""
    assert [(f.key, f.rule, f.hint) for f in errors(tmp_path, toml)] == [
        (key, "is not a setting", hint)
    ]


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("REPRIEVE_REGION__WATCH", "did you mean REPRIEVE_REGIONS__WATCH?"),
        ("REPRIEVE_NOTIFY_EMAILS", "did you mean REPRIEVE_NOTIFY__EMAILS?"),
        ("reprieve_notify__emails", "did you mean REPRIEVE_NOTIFY__EMAILS?"),
        ("REPRIEVE_SETTING", "did you mean REPRIEVE_SETTINGS?"),
        ("REPRIEVE_Q", "write REPRIEVE_<TABLE>__<KEY>"),
    ],
)
def test_unknown_variables(tmp_path, variable, hint):
    """A variable with the prefix that nothing reads is an error; its value is not shown."""
    rule = "is not the variable of any setting"
    assert errors(tmp_path, **{variable: "hush"}) == (SettingError(variable, rule, hint),)


@pytest.mark.parametrize(
    ("variable", "text", "key", "rule"),
    [
        ("REPRIEVE_NOTIFY__EMAILS", '["a@example.com"', "notify.emails", "is not a list"),
        ("REPRIEVE_NOTIFY__EMAILS", "", "notify.emails", "is an empty list"),
        ("REPRIEVE_NOTIFY__EMAILS", "[5]", "notify.emails[0]", "is not text"),
        ("REPRIEVE_NOTIFY__EMAILS", "[" * 9999, "notify.emails", "is not a list"),
        (
            "REPRIEVE_REMEDIATION__ENABLED",
            "yes",
            "remediation.enabled",
            "is neither true nor false",
        ),
        ("REPRIEVE_REMEDIATION__ENABLED", "", "remediation.enabled", "is neither true nor false"),
        (
            "REPRIEVE_REGIONS__WATCH",
            "",
            "regions.watch",
            'is not "default", "all" or a list of Regions',
        ),
    ],
)
def test_a_fault_in_a_variable_names_it(tmp_path, variable, text, key, rule):
    """The reader learns which variable to mend."""
    found = errors(tmp_path, **{variable: text})
    assert [(f.key, f.rule, f.origin) for f in found] == [(key, rule, variable)]


def test_a_lone_region_in_a_variable_is_a_list(tmp_path):
    """One Region needs no brackets in the environment; a mistyped one is proposed in them."""
    assert read(tmp_path, REPRIEVE_REGIONS__WATCH="eu-west-1").regions.watched == ("eu-west-1",)
    found = errors(tmp_path, REPRIEVE_REGIONS__WATCH="eu-wst-1")
    assert [f.hint for f in found] == ['write ["eu-west-1"]']


# Faults of the file


def test_no_file_and_no_address(tmp_path):
    """The text says which file was looked for, and both ways out."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, None)
    assert str(caught.value) == (
        f"{tmp_path}/reprieve.toml (no such file) has 1 error:\n"
        "\n"
        "  notify.emails\n"
        "      is required\n"
        '      → write emails = ["security@example.com"] under [notify], '
        "or set REPRIEVE_NOTIFY__EMAILS"
    )


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (
            b"[notify]\nemails = security@example.com\n",
            "is not TOML: Invalid value (at line 2, column 10): emails = security@example.com",
        ),
        (
            b"[notify",
            "is not TOML: Expected ']' at the end of a table declaration (at end of document)",
        ),
        (b"[notify]\n# \xff\n", "is not UTF-8: see line 2"),
    ],
)
def test_a_file_that_is_not_toml(tmp_path, content, rule):
    """The place in the file is named."""
    (tmp_path / "reprieve.toml").write_bytes(content)
    assert rules(tmp_path, None) == [("reprieve.toml", rule)]


@pytest.mark.parametrize("content", ["x = " + "[" * 9999, "x = " + "9" * 9999])
def test_a_file_that_python_gives_up_on(tmp_path, content):
    """Nesting and digits without end are errors, too, and no tracebacks."""
    found = rules(tmp_path, content)
    assert [(key, rule.split(":")[0]) for key, rule in found] == [
        ("reprieve.toml", "cannot be read")
    ]


def test_a_byte_order_mark_is_no_fault(tmp_path):
    """Editors on Windows put one there, and TOML allows it."""
    assert read(tmp_path, "\ufeff" + GOOD) == read(tmp_path, GOOD)


def test_a_named_file_that_is_missing_or_a_folder(tmp_path):
    """What REPRIEVE_SETTINGS names must be there: reprieve.toml does not stand in for it."""
    assert errors(tmp_path, REPRIEVE_SETTINGS="prod.toml") == (
        SettingError(
            "REPRIEVE_SETTINGS",
            "names a file that does not exist",
            "name another file, or unset the variable",
            '"prod.toml"',
        ),
    )
    assert rules(tmp_path, REPRIEVE_SETTINGS=".") == [
        ("REPRIEVE_SETTINGS", "cannot be read: Is a directory")
    ]


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    """The system's own reason is passed on."""

    def refuse(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert rules(tmp_path, None) == [("reprieve.toml", "cannot be read: Permission denied")]


def test_an_unreadable_file_hides_no_unknown_variable(tmp_path):
    """What can be judged without the file is reported with it."""
    found = rules(tmp_path, "=", REPRIEVE_REGION__WATCH="all")
    assert [key for key, _ in found] == ["reprieve.toml", "REPRIEVE_REGION__WATCH"]


# The whole


MANY = """\
[notify]
emial = ["security@example.com"]

[remediation]
enabled = "true"

[regions]
watch = ["eu-west-1", "eu-wst-1", "us-gov-west-1", "eu-west-1"]
"""


def test_all_faults_at_once_in_the_order_of_the_settings(tmp_path):
    """One run tells it all: single values, lists, tables, and what contradicts what."""
    environ = {"REPRIEVE_REGION__HOME": "x", "REPRIEVE_NOTIFY__TOPIC_NAME": "keys.fifo"}
    assert [f.key for f in errors(tmp_path, MANY, **environ)] == [
        "notify.emails",
        "notify.topic_name",
        "notify.emial",
        "remediation.enabled",
        "regions.watch[1]",
        "regions.watch[2]",
        "regions.watch[3]",
        "REPRIEVE_REGION__HOME",
    ]


def test_the_text_names_each_origin_only_if_they_differ(tmp_path):
    """With one origin the first line says it; with several, each error does."""
    toml = GOOD.replace("@", "")
    with pytest.raises(SettingsError) as one:
        read(tmp_path, toml)
    with pytest.raises(SettingsError) as two:
        read(tmp_path, toml, REPRIEVE_NOTIFY__TOPIC_NAME="a b")
    address = '  notify.emails[0] = "securityexample.com"'
    assert str(one.value).splitlines()[:3] == ["reprieve.toml has 1 error:", "", address]
    assert str(two.value).splitlines()[:3] == [
        "The settings have 2 errors:",
        "",
        f"{address}  ← reprieve.toml",
    ]


def test_the_example_in_the_reference_is_real(tmp_path):
    """The error that docs/settings.md shows is what `load` says to the file it shows."""
    text = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    blocks = text.split("```")
    toml = next(b.removeprefix("toml\n") for b in blocks if b.startswith("toml\n"))
    said = next(b.removeprefix("text\n") for b in blocks if b.startswith("text\n"))
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, toml, REPRIEVE_NOTIFY__TOPIC_NAME="keys.fifo")
    assert str(caught.value) == said.rstrip()


def test_nothing_in_the_text_drives_a_terminal(tmp_path):
    """Control characters of a value or a key are shown, not obeyed."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, GOOD + '"\\u001b[2J" = "\\u202e"\n')
    assert all(char.isprintable() or char == "\n" for char in str(caught.value))


# Nothing but SettingsError, whatever the input

SCALARS = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(),
    st.none(),
    st.text(max_size=8),
    st.sampled_from(["eu-west-1", "cn-north-1", "all", "default", "a@example.com", ROLE]),
)
VALUES = st.one_of(SCALARS, st.lists(SCALARS, max_size=4), st.dictionaries(st.text(), SCALARS))
NAMES = st.sampled_from([*TABLES, *(key for keys in TABLES.values() for key in keys), "list", "x"])
TEXTS = st.text(alphabet=string.printable + "é\u2028\x00\udcff", max_size=40)
FAST = hypothesis_settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def loads_or_says_why(folder, environ):
    """Fail if load raises anything but SettingsError, or one that says nothing."""
    try:
        watched, found = load(environ, folder).regions.watched, ()
    except SettingsError as error:
        watched, found = (), error.errors
        str(error).encode()
    assert bool(watched) != bool(found)
    assert all(error.key and error.rule and error.hint for error in found)


@FAST
@given(content=st.one_of(st.binary(max_size=60), TEXTS.map(lambda t: t.encode("utf-8", "replace"))))
def test_any_file_is_read_or_refused(tmp_path, content):
    """No file's bytes bring a traceback."""
    (tmp_path / "reprieve.toml").write_bytes(content)
    loads_or_says_why(tmp_path, {})


@FAST
@given(values=st.dictionaries(NAMES, st.one_of(VALUES, st.dictionaries(NAMES, VALUES))))
def test_any_values_are_taken_or_refused(values):
    """No value in any place brings anything but pydantic's error with our rules in it."""
    try:
        watched, kinds = Settings(**values).regions.watched, set()
    except ValidationError as error:
        watched, kinds = (), {each["type"] for each in error.errors()}
    assert (bool(watched), kinds) in [(True, set()), (False, {"reprieve"})]


@FAST
@given(
    environ=st.dictionaries(
        st.sampled_from(
            ["REPRIEVE_SETTINGS", "REPRIEVE_X"]
            + [f"REPRIEVE_{table}__{key}".upper() for table, keys in TABLES.items() for key in keys]
        ),
        st.one_of(TEXTS, TEXTS.map(lambda text: f"[{text}]")),
    )
)
@example(environ={"REPRIEVE_REGIONS__WATCH": "\udcff"})
def test_any_environment_is_taken_or_refused(tmp_path, environ):
    """No variable's text brings a traceback."""
    (tmp_path / "reprieve.toml").write_text(GOOD)
    loads_or_says_why(tmp_path, environ)
