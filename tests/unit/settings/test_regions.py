"""The rules between Regions: one partition, no duplicates, at least one Region left."""

import pytest

from reprieve import regions
from tests.support.settings import GOOD, ROLE, errors, read, rules


@pytest.mark.parametrize(
    ("given", "partition", "home", "watched"),
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
def test_the_partition_is_that_of_the_home_or_of_the_watched_regions(
    tmp_path, given, partition, home, watched
):
    """Without either it is aws."""
    found = read(tmp_path, f"{GOOD}[regions]\n{given}\n").regions
    assert (found.partition, found.home, found.watched) == (partition, home, watched)


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
def test_the_hint_for_an_invalid_region_names_the_nearest_valid_value(tmp_path, value, hint):
    """A Region, a word, or the form of a list."""
    assert [f.hint for f in errors(tmp_path, f"{GOOD}[regions]\nwatch = {value}")] == [hint]


@pytest.mark.parametrize(
    ("given", "expected"),
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
        # One error causes no others: the intended list is unknown.
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
def test_regions_that_contradict_each_other_are_refused(tmp_path, given, expected):
    """Similar settings without a contradiction are accepted."""
    toml = f"{GOOD}[regions]\n{given}\n"
    assert (rules(tmp_path, toml) if expected else []) == expected
    if not expected:
        assert read(tmp_path, toml).regions.watched


def test_a_role_of_another_partition_is_refused(tmp_path):
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


def test_amazons_runbook_is_an_error_in_the_sovereign_cloud(tmp_path):
    """Amazon documents no role of that partition for it."""
    text = f'{GOOD}[regions]\nhome = "eusc-de-east-1"\n[remediation]\nrunbook = "aws"\n'
    (error,) = errors(tmp_path, text)
    assert error.key == "remediation.runbook"
    assert "aws-eusc" in error.rule
