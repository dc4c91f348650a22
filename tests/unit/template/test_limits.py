"""What CloudFormation would refuse for its size is refused before."""

import pytest

from reprieve.errors import ExitCode
from reprieve.template import limits
from reprieve.template.limits import TemplateError
from reprieve.template.resource import logical_id
from reprieve.template.template import template_of

RESOURCE = {"Type": "AWS::SNS::Topic", "Properties": {}}


def sections(**given):
    """Return a template with these sections."""
    return template_of("A template", ("eu-west-1",), **{"Resources": {"A": RESOURCE}, **given})


def numbered(count, value):
    """Return as many names with a value."""
    return {f"N{number}": value for number in range(count)}


def test_a_dynamic_reference_is_refused():
    """No setting reaches CloudFormation as anything but text, and this one cannot be escaped."""
    name = {"TopicName": "x {{resolve:ssm:secret}}"}
    with pytest.raises(TemplateError, match=r"contains \{\{resolve:") as caught:
        sections(Resources={"A": {**RESOURCE, "Properties": name}})
    assert caught.value.hint == "Remove it from the settings."
    sections(Resources={"A": {**RESOURCE, "Properties": {"TopicName": "{{ global:REGION }}"}}})


@pytest.mark.parametrize(
    ("section", "largest", "too_large", "what"),
    [
        ("Resources", numbered(500, RESOURCE), numbered(501, RESOURCE), "resources: 501"),
        ("Parameters", numbered(200, {}), numbered(201, {}), "parameters: 201"),
        ("Mappings", numbered(200, {"a": {"b": ""}}), numbered(201, {}), "mappings: 201"),
        ("Mappings", {"M": numbered(200, {})}, {"M": numbered(201, {})}, "keys of a mapping: 201"),
        (
            "Mappings",
            {"M": {"a": numbered(200, "")}},
            {"M": {"a": numbered(201, "")}},
            "attributes of a key of a mapping: 201",
        ),
        (
            "Resources",
            {"A" * 255: RESOURCE},
            {"A" * 256: RESOURCE},
            "characters of a name: 256",
        ),
        (
            "Metadata",
            {"m": "é" * 499_000},
            {"m": "é" * 500_000},
            "bytes: 1,000,",
        ),
    ],
)
def test_a_limit_is_what_cloudformation_documents(section, largest, too_large, what):
    """The largest template is accepted, and the next one is not."""
    sections(**{section: largest})
    with pytest.raises(TemplateError, match=what) as caught:
        sections(**{section: too_large})
    assert caught.value.exit_code is ExitCode.USAGE
    assert "Terraform" in caught.value.hint


def test_all_limits_are_reported_at_once():
    """Each with its number."""
    with pytest.raises(TemplateError) as caught:
        sections(Resources=numbered(501, RESOURCE), Parameters=numbered(201, {}))
    assert "resources: 501 of at most 500; parameters: 201 of at most 200" in str(caught.value)


def test_a_template_that_is_part_of_a_call_has_51200_bytes_at_most():
    """A larger one is read from a bucket."""
    assert not sections().needs_bucket
    assert sections(Metadata={"m": "x" * limits.MAX_DIRECT_BYTES}).needs_bucket


def test_logical_ids_are_letters_and_digits_and_different():
    """Two rules with one logical id would be one resource."""
    ids = ("watch-a-1", "watch-a1", "watch-a-b", "watch-ab", "watch-a-b1", "watch-a-b-1", "watch-a")
    found = {logical_id(each, "rule") for each in ids}
    assert len(found) == len(ids)
    assert all(each.isalnum() for each in found)
