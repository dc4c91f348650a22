"""Which stacks an account has, in which order they are deployed, and what is in each."""

import pytest

from reprieve.guard.layout import Part, deploy_target, parts_of, stacks_of
from tests.support.settings import GOOD, read

SLACK = """
[[channel]]
name = "slack"
type = "slack"
workspace_id = "T07EA123LEP"
channel_id = "C07EZ1ABC23"
"""


def settings(tmp_path, split, watch, more="", exclude=(), topology="regional"):
    """Return settings with Regions."""
    regions = f"[regions]\nwatch = {watch!r}\nexclude = {list(exclude)!r}\n"
    notify = f'{GOOD}topology = "{topology}"\n'
    return read(tmp_path, f'{notify}{regions}[state]\nsplit = "{split}"\n{more}')


def summary(settings):
    """Return the parts without the names of all Regions that they could have."""
    return [(each.stack, each.rank, each.regions, each.relay) for each in parts_of(settings)]


def test_areas_and_regions(tmp_path):
    """The relay of the events of IAM, in a Region that is not watched, is in the part of it."""
    watch = ["eu-west-1", "eu-west-3", "ap-south-1"]
    assert summary(settings(tmp_path, "area", watch)) == [
        ("reprieve-asia-south", 1, ("ap-south-1",), None),
        ("reprieve-europe-west", 1, ("eu-west-1", "eu-west-3"), None),
        ("reprieve-us", 1, (), "us-east-1"),
    ]
    assert summary(settings(tmp_path, "region", watch)) == [
        ("reprieve-ap-south-1", 1, ("ap-south-1",), None),
        ("reprieve-eu-west-1", 1, ("eu-west-1",), None),
        ("reprieve-eu-west-3", 1, ("eu-west-3",), None),
        ("reprieve-us-east-1", 1, (), "us-east-1"),
    ]


def test_a_part_has_the_providers_of_all_its_regions(tmp_path):
    """So that a Region can leave the settings."""
    (part,) = parts_of(settings(tmp_path, "area", ["us-east-1"]))
    assert part == Part(
        "reprieve-us",
        1,
        ("us-east-1",),
        None,
        ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    )


@pytest.mark.parametrize(
    ("split", "stack"), [("area", "reprieve-europe-west"), ("region", "reprieve-eu-west-1")]
)
def test_an_excluded_region_keeps_its_part(tmp_path, split, stack):
    """It is empty, and deploying it destroys the guard. Without it nothing would."""
    before = settings(tmp_path, split, ["us-east-1", "eu-west-1"])
    after = settings(tmp_path, split, ["us-east-1"], exclude=["eu-west-1"])
    assert stacks_of(before) == stacks_of(after)
    assert (stack, 1, (), None) in summary(after)


def test_the_hub_is_first_and_chat_is_last(tmp_path):
    """What others forward to has to be there, and chat channels name every topic."""
    found = settings(tmp_path, "area", ["eu-west-1", "us-east-1"], SLACK)
    assert [(each.stack, each.rank) for each in parts_of(found)] == [
        ("reprieve-europe-west", 1),
        ("reprieve-us", 1),
        ("reprieve-chat", 2),
    ]
    with_hub = settings(tmp_path, "area", ["eu-west-1", "us-east-1"], topology="hub")
    assert [(each.stack, each.rank) for each in parts_of(with_hub)] == [
        ("reprieve-us", 0),
        ("reprieve-europe-west", 1),
    ]


def test_hints_deploy_all_stacks_of_an_account_one_after_the_other(tmp_path):
    """At the same time they would need as much memory as one stack."""
    assert deploy_target(settings(tmp_path, "account", ["us-east-1"])) == "reprieve"
    target = deploy_target(settings(tmp_path, "area", ["us-east-1"]))
    assert target == "'reprieve*' --parallelism 1"
