"""The tags and the permissions boundary of the settings."""

import json

import pytest

from reprieve import __version__
from reprieve.guard.remediation import roles_of
from reprieve.guard.tags import tags_of
from reprieve.location import Location
from reprieve.settings.errors import SettingsError
from reprieve.settings.loader import load

EMAIL = {"REPRIEVE_NOTIFY__EMAILS": "security@example.com"}
TAGS = "REPRIEVE_RESOURCES__TAGS"
BOUNDARY = "REPRIEVE_RESOURCES__PERMISSIONS_BOUNDARY_ARN"
OWN = "begins with reprieve- or reprieve:, as Reprieve's own tags do"
ACCEPTED = "AWS accepts letters, digits, spaces and _.:/=+-@ in tags"
TOO_MANY = {f"k{index}": "" for index in range(49)}
CASE = 'differs from "Team" in upper and lower case only; for IAM both are the same'
POLICY = "arn:aws:iam::111122223333:policy/team/Boundary"


def rules_of(tmp_path, **settings: str) -> list[tuple[str, str]]:
    """Return key and rule of each error of the settings."""
    with pytest.raises(SettingsError) as raised:
        load(EMAIL | settings, tmp_path)
    return [(error.key, error.rule) for error in raised.value.errors]


@pytest.mark.parametrize(
    "text", ["Team=security,Cost Center=", '{"Team": "security", "Cost Center": ""}']
)
def test_tags_of_the_environment(tmp_path, text):
    """As JSON, or by commas; the version is added."""
    settings = load(EMAIL | {TAGS: text}, tmp_path).only
    assert tags_of(settings) == {
        "Team": "security",
        "Cost Center": "",
        "reprieve:version": __version__,
    }


def test_tags_of_the_file(tmp_path):
    """Any letters and digits, spaces, and the signs that AWS accepts."""
    (tmp_path / "reprieve.toml").write_text(
        '[resources]\ntags = { "Größe" = "a b_c.d:e/f=g+h-i@j" }\n', encoding="utf-8"
    )
    assert tags_of(load(EMAIL, tmp_path).only)["Größe"] == "a b_c.d:e/f=g+h-i@j"


@pytest.mark.parametrize(
    ("tags", "rule"),
    [
        ({"": "x"}, "has 0 characters, not 1 to 128"),
        ({"k" * 129: "x"}, "has 129 characters, not 1 to 128"),
        ({"k": "v" * 257}, "has 257 characters, more than 256"),
        ({"AWS:team": "x"}, 'begins with "aws:", which AWS reserves'),
        ({"reprieve:version": "x"}, OWN),
        ({"Reprieve-drill-run": "x"}, OWN),
        ({"k": "${var.x}"}, 'contains "$"; ' + ACCEPTED),
        ({"k;": "x"}, 'contains ";"; ' + ACCEPTED),
        ({" k": "x"}, "begins or ends with a space"),
        ({"k": 1}, "is not text"),
        (TOO_MANY, "are more than 48; a resource has 50 at most, with Reprieve's own"),
        ({"Team": "x", "team": "y"}, CASE),
    ],
)  # fmt: skip
def test_invalid_tags_are_errors(tmp_path, tags, rule):
    """AWS would refuse them, in the middle of a deployment."""
    assert rules_of(tmp_path, **{TAGS: json.dumps(tags)}) == [("resources.tags", rule)]


def test_tags_that_are_no_table_are_an_error(tmp_path):
    """With a hint."""
    assert rules_of(tmp_path, **{TAGS: "security"}) == [("resources.tags", "is not a table")]


def test_every_role_has_the_boundary(tmp_path):
    """And without the setting none has."""
    location = Location("aws", "us-east-1")
    plain, bound = load(EMAIL, tmp_path).only, load(EMAIL | {BOUNDARY: POLICY}, tmp_path).only
    assert {each.permissions_boundary for each in roles_of(plain, location)} == {None}
    assert {each.permissions_boundary for each in roles_of(bound, location)} == {POLICY}


@pytest.mark.parametrize(
    ("arn", "rule"),
    [
        ("Boundary", "is not the ARN of a managed policy"),
        ("arn:aws:iam::111122223333:role/Boundary", "is not the ARN of a managed policy"),
        (
            "arn:aws-cn:iam::111122223333:policy/Boundary",
            "is in the partition aws-cn; the Regions to watch are in aws",
        ),
    ],
)
def test_an_invalid_boundary_is_an_error(tmp_path, arn, rule):
    """IAM would refuse it."""
    assert rules_of(tmp_path, **{BOUNDARY: arn}) == [("resources.permissions_boundary_arn", rule)]


def test_the_boundary_is_of_the_account(tmp_path):
    """Or of AWS."""
    account = {"REPRIEVE_ACCOUNT__ID": "222233334444"}
    found = rules_of(tmp_path, **account, **{BOUNDARY: POLICY})
    assert found == [
        (
            "resources.permissions_boundary_arn",
            "is a policy of the account 111122223333, and account.id is 222233334444",
        )
    ]
    load(EMAIL | account | {BOUNDARY: "arn:aws:iam::aws:policy/PowerUserAccess"}, tmp_path)
