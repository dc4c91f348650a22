"""The rules between Regions: one partition, no duplicates, at least one Region left."""

import pytest

from reprieve import regions
from tests.support.settings import GOOD, ROLE, errors, read, rules


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
