"""Changes of tags alone: one group, however many resources have them."""

from reprieve.diff.tags import only_tags, tags_group
from tests.unit.diff.plan_making import change

OLD = {"name": "x", "tags": None, "tags_all": {"reprieve:version": "1.0.0"}}
NEW = {"name": "x", "tags": None, "tags_all": {"reprieve:version": "1.1.0"}}


def test_the_tags_of_an_upgrade_are_one_group():
    """Of all kinds of resources, in all Regions; each different line once."""
    changes = [
        change(type, OLD, NEW, place=place)
        for type in ("aws_sns_topic", "aws_sqs_queue")
        for place in ("eu-west-1", "us-east-1")
    ]
    (group,) = tags_group(changes)
    assert group.text == "only the tags of 4 resources"
    assert group.places == ("eu-west-1", "us-east-1")
    assert [(line.path, line.before, line.after) for line in group.lines] == [
        ("tags.reprieve:version", "1.0.0", "1.1.0")
    ]


def test_a_resource_that_changes_otherwise_is_not_in_it():
    """Nor one that is created or replaced."""
    assert only_tags(change("aws_sns_topic", OLD, NEW))
    assert not only_tags(change("aws_sns_topic", OLD, NEW | {"name": "y"}))
    assert not only_tags(change("aws_sns_topic", None, NEW))
    assert not only_tags(change("aws_sns_topic", OLD, NEW, "create", "delete"))
    assert not only_tags(change("aws_sns_topic", OLD, OLD))
    assert list(tags_group([])) == []
