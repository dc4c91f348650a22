"""The types: which single values are valid, and the rule and hint for invalid ones."""

import pytest

from reprieve.settings.errors import SettingError, SettingsError
from tests.support.settings import GOOD, errors, read, rules


@pytest.mark.parametrize(
    "address",
    ["a@example.com", "A.b+c@mail.example.com", "o'neil@example.com", "x@a-b.example.com"],
)
def test_ordinary_addresses_are_accepted(tmp_path, address):
    """Without any change."""
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
        (
            "a@" + ".".join(["b" * 63] * 3 + ["c" * 58, "com"]),
            "has more than 253 characters after the @",
        ),
        ("a" * 65 + "@example.com", "has more than 64 characters before the @"),
    ],
)
def test_addresses_that_sns_cannot_reach_are_refused(tmp_path, address, rule):
    """Do not fix them silently."""
    assert rules(tmp_path, f'[notify]\nemails = ["{address}"]') == [("notify.emails[0]", rule)]


def test_an_address_has_at_most_318_characters(tmp_path):
    """64 before the @ (RFC 5321), and a host name of 253 after it (RFC 1035)."""
    domain = ".".join(["b" * 63] * 3 + ["c" * 57, "com"])
    for longer, expected in (("", 1), ("d", 0)):
        address = "a" * 64 + "@" + domain + longer
        assert len(address) == 318 + len(longer)
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
def test_only_an_address_in_angle_brackets_is_suggested(tmp_path, text, hint):
    """A part of a misspelt address may be the address of somebody else."""
    with pytest.raises(SettingsError) as caught:
        read(tmp_path, f'[notify]\nemails = ["{text}"]')
    assert [error.hint for error in caught.value.errors] == [hint]


@pytest.mark.parametrize("name", ["a", "Key_Alerts-1", "x" * 256])
def test_topic_names_that_sns_accepts_are_accepted(tmp_path, name):
    """1 to 256 letters, digits, hyphens and underscores."""
    assert read(tmp_path, REPRIEVE_NOTIFY__TOPIC_NAME=name).notify.topic_name == name


@pytest.mark.parametrize("name", ["", "key alerts", "alérts", "x" * 257, "a.b"])
def test_topic_names_that_sns_refuses_are_refused(tmp_path, name):
    """Before Terraform sends them to SNS."""
    rule = "is not 1 to 256 letters (A-Z, a-z), digits, hyphens and underscores"
    expected = [("notify.topic_name", rule)]
    assert rules(tmp_path, REPRIEVE_NOTIFY__TOPIC_NAME=name) == expected


def test_a_fifo_topic_is_refused_with_the_reason(tmp_path):
    """SNS accepts the name, but sends no e-mail from the topic."""
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
def test_a_role_that_the_runbook_cannot_assume_is_refused(tmp_path, arn, rule):
    """Otherwise the first rescue would fail."""
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


def test_an_address_in_two_spellings_is_refused(tmp_path):
    """It would receive each alert twice."""
    toml = '[notify]\nemails = ["a@example.com", "b@example.com", "A@Example.com"]'
    assert rules(tmp_path, toml) == [("notify.emails[2]", "is the same as notify.emails[0]")]
