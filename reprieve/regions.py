"""The Regions of AWS, their partitions, and the Regions enabled in every account."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Final

# The Region of IAM's control plane in each partition: Terraform creates IAM roles through it
# ("AWS Fault Isolation Boundaries" whitepaper). aws-eusc has only one Region.
_HOMES: Final = {
    "aws": "us-east-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-cn": "cn-north-1",
    "aws-eusc": "eusc-de-east-1",
}

partitions: Final = tuple(_HOMES)
"""The partitions that Reprieve supports. The isolated ones (aws-iso…) are not among them."""

CONSOLES: Final = {
    "aws": "console.aws.amazon.com",
    "aws-us-gov": "console.amazonaws-us-gov.com",
    "aws-cn": "console.amazonaws.cn",
    # "Service endpoints", AWS European Sovereign Cloud general reference: a host for each Region.
    "aws-eusc": "eusc-de-east-1.console.amazonaws-eusc.eu",
}
"""The host of AWS's console by partition."""

_DNS_SUFFIXES: Final = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}

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
"""The 17 Regions enabled in every account of the partition aws, sorted; all others are opt-in.

Source: "Enable or disable AWS Regions in your account", AWS Account Management Reference Guide.
"""

# The services that a guard needs. A Region without one of them cannot have a guard.
_SERVICES: Final = ("kms", "events", "sns", "ssm")

AREAS: Final = {
    "us-": "us",
    "ca-": "americas",
    "mx-": "americas",
    "sa-": "americas",
    "eu-west-": "europe-west",
    "eu-": "europe",
    "ap-east-": "asia-northeast",
    "ap-northeast-": "asia-northeast",
    "ap-south-": "asia-south",
    "ap-southeast-2": "oceania",
    "ap-southeast-4": "oceania",
    "ap-southeast-6": "oceania",
    "ap-southeast-": "asia-southeast",
    "me-": "middle-east-africa",
    "il-": "middle-east-africa",
    "af-": "middle-east-africa",
}
"""The area of a Region by its code or the beginning of it, the longer beginnings first.

No area has more than five Regions today, so that a plan of it needs less than 1 GiB. Never change
an entry: the guards of these Regions would be in another state. A new beginning needs no entry, see
`area_of`.
"""


@cache
def known_regions(partition: str) -> tuple[str, ...]:
    """Return the partition's Regions that have KMS, EventBridge, SNS and Systems Manager, sorted.

    The list comes from the installed botocore. It lacks Regions that AWS opened later.

    Raises:
        KeyError: The partition is not in `partitions`.
    """
    home_of(partition)
    found = _endpoints()[partition]
    services = (found["services"][service]["endpoints"] for service in _SERVICES)
    # Some endpoints are not Regions, such as us-east-1-fips.
    return tuple(sorted(set(found["regions"]).intersection(*services)))


def every_region() -> tuple[str, ...]:
    """Return the known Regions of all `partitions`."""
    return tuple(region for partition in partitions for region in known_regions(partition))


def default_regions(partition: str) -> tuple[str, ...]:
    """Return the Regions enabled in every account of the partition, sorted.

    Only the partition aws has opt-in Regions; in the others these are all Regions.
    """
    return DEFAULT_REGIONS if partition == "aws" else known_regions(partition)


def partition_of(region: str) -> str | None:
    """Return the partition of a Region, `aws` for `eu-west-1`; None if the Region is unknown."""
    return next((name for name in partitions if region in known_regions(name)), None)


def dns_suffix(partition: str) -> str:
    """Return what the names of the hosts of AWS's services end with."""
    return _DNS_SUFFIXES.get(partition, "amazonaws.com")


def home_of(partition: str) -> str:
    """Return the Region of the partition's global services: us-east-1 in aws.

    Raises:
        KeyError: The partition is not in `partitions`.
    """
    return _HOMES[partition]


def area_of(region: str) -> str:
    """Return the area of a Region: `europe-west` for `eu-west-1`.

    A Region whose code begins like none of `AREAS` is in an area that has the name of this
    beginning: `cn` for `cn-north-1`.
    """
    areas = (
        area
        for beginning, area in AREAS.items()
        if region == beginning or (beginning.endswith("-") and region.startswith(beginning))
    )
    return next(areas, region.partition("-")[0])


def alias(region: str) -> str:
    """Return the Terraform provider alias of a Region: `eu_west_1` for `eu-west-1`."""
    return region.replace("-", "_")


@cache
def _endpoints() -> dict[str, Any]:
    """Return botocore's table of endpoints by partition.

    Read the file directly: botocore's own function imports much of an AWS client, which would take
    a good part of a synth's time. A test compares the two.
    """
    table = json.loads(files("botocore").joinpath("data/endpoints.json").read_bytes())
    return {partition["partition"]: partition for partition in table["partitions"]}
