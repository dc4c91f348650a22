"""The templates of the stack sets."""

import json

import pytest

from reprieve.template.limits import TemplateError
from reprieve.template.organization import guard_template, roles_template
from tests.support.cfn_lint import lint_errors
from tests.support.cloudformation import Deployment
from tests.support.settings import GOOD, read
from tests.support.template import (
    ACCOUNT,
    HOME,
    HUB,
    OTHER,
    VARIANTS,
    read_organization,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("template_of", "variant"),
    [
        (guard_template, "default"),
        (guard_template, "no remediation, no patrol, no alarms"),
        (guard_template, "everything"),
        (roles_template, "everything"),
    ],
)
def test_cfn_lint_reports_nothing(tmp_path, variant, template_of):
    """No error and no warning, in any Region of the template."""
    assert lint_errors(template_of(read_organization(tmp_path, VARIANTS[variant]))) == []


def test_the_roles_are_in_a_template_of_the_home_region(tmp_path):
    """Two stacks of an account cannot create the same role."""
    settings = read_organization(tmp_path, VARIANTS["a home that is not watched"])
    roles, guard = roles_template(settings), guard_template(settings)
    assert roles.regions == ("eu-west-2",)
    assert {each["Type"] for each in roles.body["Resources"].values()} == {"AWS::IAM::Role"}
    assert "AWS::IAM::Role" not in {each["Type"] for each in guard.body["Resources"].values()}
    assert guard.regions == (OTHER, HUB, HOME)


def test_a_region_that_only_forwards_gets_only_its_rules(tmp_path):
    """IAM's events are in us-east-1, watched or not."""
    template = guard_template(read_organization(tmp_path, VARIANTS["Regions without IAM's events"]))
    assert {*Deployment(template.body, HOME, ACCOUNT).resources()} == {
        "GuardChangedForwardRule",
        "TrailChangedForwardRule",
    }


def test_another_region_is_refused(tmp_path):
    """By CloudFormation itself, which finds no such key in a mapping."""
    template = guard_template(read_organization(tmp_path, VARIANTS["Regions without IAM's events"]))
    with pytest.raises(KeyError, match="sa-east-1"):
        Deployment(template.body, "sa-east-1", ACCOUNT).resources()


def test_the_same_settings_are_the_same_text(tmp_path):
    """A change of the text would be an operation in every account."""
    first = guard_template(read_organization(tmp_path))
    assert first.text == guard_template(read_organization(tmp_path)).text
    assert json.loads(first.text) == first.body


def test_the_guard_of_17_regions_needs_a_bucket_and_is_far_from_the_limits(tmp_path):
    """A call takes 51,200 bytes, and a bucket a megabyte."""
    template = guard_template(read_organization(tmp_path))
    assert template.needs_bucket
    assert len(template.text.encode()) < 200_000
    assert len(template.body["Resources"]) < 50


def test_without_stack_sets_there_is_no_template(tmp_path):
    """The error names the setting."""
    with pytest.raises(TemplateError) as caught:
        guard_template(read(tmp_path, GOOD))
    assert 'organization.engine = "stacksets"' in caught.value.hint
