"""Reading what `terraform show -json` prints."""

import json
from typing import Any

import pytest

from reprieve.diff.plan import ACCOUNT, UNKNOWN, UNKNOWN_PLACE, PlanError, Sensitive
from reprieve.diff.plan_reader import parse, read
from tests.unit.diff.plan_making import PLANS, plan_json


def parsed(plan):
    """Return a plan out of its JSON."""
    return parse(json.dumps(plan).encode(), "plan.json")


def only(change, configuration=None, type="aws_sns_topic"):
    """Return the only resource of a plan that has this change."""
    resource = {"address": f"{type}.us-east-1_it", "mode": "managed", "type": type}
    plan = {
        "format_version": "1.2",
        "configuration": configuration or {},
        "resource_changes": [{**resource, "name": "us-east-1_it", "change": change}],
    }
    (found,) = parsed(plan).resources
    return found


def configured(region):
    """Return a configuration that has the resource in the Region of its provider."""
    return {
        "provider_config": {"aws.x": {"expressions": {"region": region}}},
        "root_module": {
            "resources": [{"address": "aws_sns_topic.us-east-1_it", "provider_config_key": "aws.x"}]
        },
    }


@pytest.mark.parametrize("file", sorted(PLANS.glob("*.json")), ids=lambda path: path.stem)
def test_each_resource_of_a_real_plan_has_a_place(file):
    """Deleted ones too, which the configuration no longer contains."""
    places = {each.place for each in read(file).resources}
    assert {ACCOUNT, "eu-west-1", "us-east-1"} <= places
    assert UNKNOWN_PLACE not in places


def test_the_provider_decides_the_region_and_not_the_name():
    """A resource with us-east-1 in its name may be in any Region."""
    change = {"actions": ["create"], "before": None, "after": {"name": "a"}}
    assert only(change, configured({"constant_value": "sa-east-1"})).place == "sa-east-1"


def test_a_region_that_is_no_constant_is_taken_from_the_attributes():
    """Version 6 of the AWS provider has `region`; all others have ARNs."""
    by_variable = configured({"references": ["var.region"]})
    arn = {"arn": "arn:aws:sns:eu-west-2:111122223333:a"}
    for values, place in (
        ({"region": "eu-west-3", **arn}, "eu-west-3"),
        (arn, "eu-west-2"),
        ({"name": "a"}, UNKNOWN_PLACE),
        ({**arn, "other": "arn:aws:sns:us-east-2:111122223333:a"}, UNKNOWN_PLACE),
    ):
        change = {"actions": ["delete"], "before": values, "after": None}
        assert only(change, by_variable).place == place


def test_iam_resources_are_account_wide():
    """Their provider does not matter."""
    change: dict[str, Any] = {"actions": ["create"], "before": None, "after": {}}
    assert only(change, type="aws_iam_role").place == ACCOUNT
    assert only(change, type="terraform_data").place == ACCOUNT


def test_a_resource_of_a_module_with_an_index_finds_its_provider():
    """Addresses of the configuration have neither the module's nor the resource's index."""
    plan = {
        "format_version": "1.2",
        "configuration": {
            "provider_config": {
                "aws.x": {"expressions": {"region": {"constant_value": "eu-north-1"}}}
            },
            "root_module": {
                "module_calls": {
                    "m": {
                        "module": {
                            "resources": [
                                {"address": "aws_sns_topic.t", "provider_config_key": "aws.x"}
                            ]
                        }
                    }
                }
            },
        },
        "resource_changes": [
            {
                "address": 'module.m["a"].aws_sns_topic.t[0]',
                "mode": "managed",
                "type": "aws_sns_topic",
                "name": "t",
                "change": {"actions": ["create"], "before": None, "after": {}},
            }
        ],
    }
    assert [each.place for each in parsed(plan).resources] == ["eu-north-1"]


def test_unknown_and_sensitive_values_are_marked():
    """At any depth. Sensitive values can be compared, but are not shown."""
    found = only(
        {
            "actions": ["update"],
            "before": {"a": "x", "b": [{"c": "old"}]},
            "after": {"a": None, "b": [{"c": "new"}]},
            "after_unknown": {"a": True, "new": True, "b": [{}]},
            "before_sensitive": {"b": [{"c": True}]},
            "after_sensitive": {"b": [{"c": True}]},
        }
    )
    assert found.before == {"a": "x", "b": [{"c": Sensitive("old")}]}
    assert found.after == {"a": UNKNOWN, "b": [{"c": Sensitive("new")}], "new": UNKNOWN}


def test_reading_a_data_source_is_no_change():
    """Terraform does so in each plan with pending values."""
    plan = plan_json("settled")
    plan["resource_changes"].append(
        {
            "address": "data.aws_caller_identity.a",
            "mode": "data",
            "type": "aws_caller_identity",
            "name": "a",
            "change": {"actions": ["read"], "before": None, "after": {}},
        }
    )
    assert parsed(plan).changes == ()


def test_utf_16_with_a_mark_is_read():
    """PowerShell's `>` writes it."""
    assert parse(json.dumps(plan_json("settled")).encode("utf-16"), "plan.json").complete


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"Terraform will perform the following actions", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is nested more than 100 levels deep"),
        (b"PK\x03\x04\x00\x00", "terraform show -json plan.out > plan.json"),
        (b"[]", "is JSON, but not a plan"),
        (b'{"resource_changes": []}', "is JSON, but not a plan"),
        (b'{"format_version": "2.0"}', "has the format version '2.0'"),
        (b'{"format_version": 1}', "has the format version 1"),
        (b'{"format_version": "1.0", "values": {}}', "of a state"),
        (b'{"format_version": "1.2", "format_version": "1.2"}', "the key format_version twice"),
        (b'{"format_version": "1.2", "resource_changes": [NaN]}', "NaN is not a number"),
        (b'{"format_version": "1.2", "a": -Infinity}', "-Infinity is not a number"),
        (b'{"format_version": "1.2", "a": ' + b"9" * 6000 + b"}", "is not JSON"),
        (b'{"format_version": "1.2", "resource_changes": [{}]}', "not as Terraform writes a plan"),
        (b'{"format_version": "1.2", "resource_changes": {"a": 1}}', "not as Terraform writes"),
        (b'{"format_version": "1.2", "resource_changes": [1]}', "not as Terraform writes a plan"),
    ],
)
def test_an_input_that_is_not_a_plan_is_an_error_with_a_hint(content, words):
    """No plan is guessed from it."""
    with pytest.raises(PlanError) as caught:
        parse(content, "dir/plan.out")
    assert words in caught.value.report
    assert "dir/plan.out" in caught.value.report


def test_a_file_that_cannot_be_read_is_an_error(tmp_path):
    """The message has its name. A directory is such a file too."""
    with pytest.raises(PlanError, match=r"nothing\.json cannot be read: No such file"):
        read(tmp_path / "nothing.json")
    with pytest.raises(PlanError, match="cannot be read: Is a directory"):
        read(tmp_path)


def nested(levels: int) -> Any:
    """Return a list that is nested to this level."""
    return json.loads("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("actions", "update"),
        ("actions", None),
        ("actions", []),
        ("actions", ["explode"]),
        ("actions", ["create", "read"]),
        ("actions", [["update"]]),
        ("after", {"deep": nested(900)}),
        ("before", {"deep": nested(101)}),
    ],
)
@pytest.mark.parametrize("part", ["resource_changes", "resource_drift"])
def test_a_malformed_change_is_an_error_with_exit_code_2(part, field, value):
    """No traceback, and no guess what Terraform does."""
    change = {"actions": ["update"], "before": {}, "after": {}, field: value}
    resource = {"address": "a.b", "type": "a", "name": "b", "change": change}
    plan = {"format_version": "1.2", "resource_changes": [], part: [resource]}
    with pytest.raises(
        PlanError, match=r"plan\.json is (not as Terraform writes|nested)"
    ) as caught:
        parsed(plan)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("field", ["address", "type", "name"])
def test_a_resource_whose_names_are_not_texts_is_an_error(field):
    """They are shown, and compared with what is known."""
    change = {"actions": ["update"], "before": {}, "after": {}}
    resource = {"address": "a.b", "type": "a", "name": "b", "change": change, field: ["x"]}
    with pytest.raises(PlanError, match=f"{field} is not a string"):
        parsed({"format_version": "1.2", "resource_changes": [resource]})
