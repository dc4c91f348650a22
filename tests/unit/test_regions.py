"""The Regions, their partitions, and their Terraform aliases."""

import botocore.session
import pytest

from reprieve import regions


def test_default_regions_are_the_17_of_every_account():
    """They are sorted, and none of them is opt-in."""
    assert len(regions.DEFAULT_REGIONS) == 17
    assert list(regions.DEFAULT_REGIONS) == sorted(set(regions.DEFAULT_REGIONS))
    assert regions.default_regions("aws") == regions.DEFAULT_REGIONS


def test_default_regions_are_known():
    """Each default Region has all the services that a guard needs."""
    assert set(regions.DEFAULT_REGIONS) - set(regions.known_regions("aws")) == set()


def test_known_regions_of_aws_include_the_opt_in_ones():
    """They are known, and not default Regions."""
    assert "af-south-1" in regions.known_regions("aws")
    assert "af-south-1" not in regions.default_regions("aws")


@pytest.mark.parametrize(
    ("partition", "expected"),
    [
        ("aws-us-gov", ("us-gov-east-1", "us-gov-west-1")),
        ("aws-cn", ("cn-north-1", "cn-northwest-1")),
        ("aws-eusc", ("eusc-de-east-1",)),
    ],
)
def test_other_partitions_have_no_opt_in_regions(partition, expected):
    """Outside aws every Region is a default one."""
    assert regions.known_regions(partition) == expected
    assert regions.default_regions(partition) == expected


def test_known_regions_are_cached():
    """Reading botocore's table takes a third of a second."""
    assert regions.known_regions("aws") is regions.known_regions("aws")


def test_isolated_partitions_are_not_supported():
    """botocore knows them."""
    assert regions.partitions == ("aws", "aws-us-gov", "aws-cn", "aws-eusc")
    with pytest.raises(KeyError):
        regions.known_regions("aws-iso")


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        ("eu-west-1", "aws"),
        ("eu-west-9", None),  # botocore's own partition lookup would say aws
        ("us-gov-west-1", "aws-us-gov"),
        ("us-iso-east-1", None),
        ("eusc-de-east-1", "aws-eusc"),
        ("EU-WEST-1", None),
        ("", None),
    ],
)
def test_only_existing_regions_have_a_partition(region, expected):
    """One of the four that Reprieve supports."""
    assert regions.partition_of(region) == expected


def test_every_region_contains_each_region_of_all_partitions_once():
    """None is missing."""
    every = regions.every_region()
    assert len(every) == len(set(every))
    assert {regions.partition_of(region) for region in every} == set(regions.partitions)


@pytest.mark.parametrize("partition", regions.partitions)
def test_home_is_a_region_of_its_partition(partition):
    """The home Region is in the partition whose home it is."""
    assert regions.partition_of(regions.home_of(partition)) == partition


def test_alias_has_no_hyphens():
    """Terraform's names have underscores instead."""
    assert regions.alias("ap-southeast-2") == "ap_southeast_2"


@pytest.mark.slow
@pytest.mark.parametrize("partition", regions.partitions)
def test_the_known_regions_are_those_that_botocore_returns(partition):
    """Reprieve reads botocore's table without botocore's code."""
    session = botocore.session.get_session()
    answers = [
        set(session.get_available_regions(service, partition))
        for service in ("kms", "events", "sns", "ssm")
    ]
    assert sorted(set.intersection(*answers)) == list(regions.known_regions(partition))


AREAS = {
    "us": ("us-east-1", "us-east-2", "us-west-1", "us-west-2", "us-gov-east-1", "us-gov-west-1"),
    "americas": ("ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1"),
    "europe-west": ("eu-west-1", "eu-west-2", "eu-west-3"),
    "europe": ("eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
    "asia-northeast": (
        *("ap-east-1", "ap-east-2"),
        *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3"),
    ),
    "asia-south": ("ap-south-1", "ap-south-2"),
    "asia-southeast": ("ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-7"),
    "oceania": ("ap-southeast-2", "ap-southeast-4", "ap-southeast-6"),
    "middle-east-africa": ("af-south-1", "il-central-1", "me-central-1", "me-south-1"),
    "cn": ("cn-north-1", "cn-northwest-1"),
    "eusc": ("eusc-de-east-1",),
}


def test_no_region_ever_changes_its_area():
    """The guard there would be in another state: extend this table, and change nothing in it."""
    areas = {region: area for area, members in AREAS.items() for region in members}
    assert areas == {region: regions.area_of(region) for region in areas}


def test_an_unknown_region_has_an_area_too():
    """A new Region of a known part of the world, and the first one of a new part."""
    assert regions.area_of("eu-west-9") == "europe-west"
    assert regions.area_of("ap-southeast-22") == "asia-southeast"
    assert regions.area_of("nz-south-1") == "nz"
