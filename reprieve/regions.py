"""The Regions of AWS: which there are, which an account has, and which partition each is in."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

# The Region where what a partition has only once (IAM's roles) is made: where AWS keeps IAM's
# control plane («Fault isolation boundaries» whitepaper). aws-eusc has one Region only.
_HOMES: Final = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
}

partitions: Final = tuple(_HOMES)
"""The partitions that Reprieve can be deployed to; the isolated ones (aws-iso…) are not."""

DEFAULT_REGIONS: Final = (
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
)
"""The 17 Regions switched on in every account of the partition aws, sorted; all others are opt-in.

Source: «Enable or disable AWS Regions in your account», AWS Account Management Reference Guide.
"""

# What a guard is made of; a Region that lacks one of these cannot be guarded.
_SERVICES: Final = ("kms", "events", "sns", "ssm")


@cache
def known_regions(partition: str) -> tuple[str, ...]:
    """Return the partition's Regions that have KMS, EventBridge, SNS and Systems Manager, sorted.

    The list is the installed botocore's: a Region that AWS opened later is not in it.

    Raises:
        KeyError: the partition is none of `partitions`.
    """
    home_of(partition)
    found = _endpoints()[partition]
    services = (found["services"][service]["endpoints"] for service in _SERVICES)
    # A service's endpoints have names that are no Regions too, such as us-east-1-fips.
    return tuple(sorted(set(found["regions"]).intersection(*services)))


def every_region() -> tuple[str, ...]:
    """Return the known Regions of all `partitions`."""
    return tuple(region for partition in partitions for region in known_regions(partition))


def default_regions(partition: str) -> tuple[str, ...]:
    """Return the Regions that every account of the partition has switched on, sorted.

    Only the partition aws has opt-in Regions; elsewhere these are all the Regions.
    """
    return DEFAULT_REGIONS if partition == "aws" else known_regions(partition)


def partition_of(region: str) -> str | None:
    """Return the partition of a Region, `aws` for `eu-west-1`; None if there is no such Region."""
    return next((name for name in partitions if region in known_regions(name)), None)


def home_of(partition: str) -> str:
    """Return the Region where the partition's global services live: us-east-1 in aws.

    Raises:
        KeyError: the partition is none of `partitions`.
    """
    return _HOMES[partition]


def alias(region: str) -> str:
    """Return the Terraform provider alias of a Region: `eu_west_1` for `eu-west-1`."""
    return region.replace("-", "_")


@cache
def _endpoints() -> dict[str, Any]:
    """Return botocore's table of endpoints by partition.

    Read as the file that it is: botocore's own door to it imports much of an AWS client, which
    would be a good part of a synth's time. A test compares the two.
    """
    table = json.loads(files("botocore").joinpath("data/endpoints.json").read_bytes())
    return {partition["partition"]: partition for partition in table["partitions"]}
