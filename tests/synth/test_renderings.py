"""Terraform and CloudFormation render the same guard: resource by resource, attribute by attribute.

`tools.renderings` has the differences that the two languages require.
"""

import copy
import functools
import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from reprieve.settings.schema import Settings
from reprieve.template.organization import guard_template, roles_template
from reprieve.template.standalone import default_settings, standalone_template
from reprieve.template.template import Template
from stacks.account import add_account
from stacks.cdk import CDK, App
from tests.support.cdktn import as_cdktf
from tests.support.cloudformation import Deployment
from tests.support.renderings import Flat, differing, of_cloudformation, of_terraform
from tests.support.settings import read
from tests.support.synth import Stack
from tests.support.template import (
    ACCOUNT,
    ALONE,
    HOME,
    HUB,
    PARAMETERS,
    STANDALONE,
    VARIANTS,
    read_organization,
)
from tools.renderings import TERRAFORM_ONLY


class Rendered(NamedTuple):
    """The guard of an account: as a stack of Terraform, and as templates."""

    stack: Stack
    templates: tuple[Template, ...]

    @property
    def regions(self) -> set[str]:
        """The Regions of the templates."""
        return {region for each in self.templates for region in each.regions}

    def deployments(self, region: str) -> list[Deployment]:
        """Return the templates that are deployed in a Region."""
        return [
            Deployment(each.body, region, ACCOUNT)
            for each in self.templates
            if region in each.regions
        ]

    def terraform(self, region: str) -> Flat:
        """Return Terraform's attributes in a Region."""
        return of_terraform(self.stack, region, ACCOUNT)

    def cloudformation(self, region: str) -> Flat:
        """Return CloudFormation's attributes in a Region."""
        flat: Flat = {}
        for each in self.deployments(region):
            flat |= of_cloudformation(each)
        return flat


@pytest.fixture(scope="module")
def rendered(tmp_path_factory) -> Callable[[str], Rendered]:
    """Return a function: the name of a variant in, both renderings out."""
    known: dict[str, Rendered] = {}

    def render(variant: str) -> Rendered:
        if variant not in known:
            folder = tmp_path_factory.mktemp("renderings")
            if variant in VARIANTS:
                settings = read_organization(folder, VARIANTS[variant])
                templates, account = _of_members(settings), settings.members
            else:
                account = read(folder, ALONE)
                templates = (standalone_template(account),)
            app = App(outdir=str(folder))
            add_account(app, account)
            app.synth()
            stack = json.loads((folder / "stacks/reprieve/cdk.tf.json").read_text())
            # `make test-cdktn` runs these tests with CDK Terrain.
            known[variant] = Rendered(as_cdktf(stack) if CDK.name == "cdktn" else stack, templates)
        return known[variant]

    return render


def _of_members(settings: Settings) -> tuple[Template, ...]:
    return roles_template(settings), guard_template(settings)


@pytest.mark.parametrize("variant", [*VARIANTS, "alone"])
def test_both_renderings_have_the_same_attributes(rendered, variant):
    """In each Region of the templates, and in no other one."""
    both = rendered(variant)
    for region in both.regions:
        terraform = both.terraform(region)
        assert terraform
        assert differing(terraform, both.cloudformation(region)) == []
    providers = {
        body["provider"] for named in both.stack["resource"].values() for body in named.values()
    }
    assert providers == {f"aws.{region.replace('-', '_')}" for region in both.regions}


LOSING = pytest.mark.parametrize(
    ("variant", "region"), [("everything", HUB), ("everything", HOME), ("alone", HOME)]
)
"""A guard of a member, what it has once, and the guard of an account without a hub."""


@LOSING
def test_an_attribute_that_terraform_loses_is_found(rendered, variant, region):
    """Each argument of each resource in turn, nested ones too."""
    both = rendered(variant)
    deployed = both.cloudformation(region)
    stack, tried, unnoticed = copy.deepcopy(both.stack), 0, []
    for type_, named in stack["resource"].items():
        for name, body in named.items():
            address = f"{type_}.{name}"
            render = functools.partial(of_terraform, stack, region, ACCOUNT, address)
            same = {path: deployed[path] for path in render()}
            for path in _without_each(body, skip=("//", *TERRAFORM_ONLY)) if same else ():
                tried += 1
                if not _differ(render, same):
                    unnoticed.append(f"{address}{path}")
    assert unnoticed == []
    assert tried > 25


@LOSING
def test_an_attribute_that_cloudformation_loses_is_found(rendered, variant, region):
    """Each property of each resource in turn, nested ones too."""
    both = rendered(variant)
    terraform, tried, unnoticed = both.terraform(region), 0, []
    for deployment in copy.deepcopy(both.deployments(region)):
        for id in deployment.resources():
            render = functools.partial(of_cloudformation, deployment, id)
            same = {path: terraform[path] for path in render()}
            # As they are deployed: another case may have other properties.
            resource = deployment.body["Resources"][id]
            resource["Properties"] = deployment.value(resource["Properties"])
            for path in _without_each(resource["Properties"]):
                tried += 1
                if not _differ(render, same):
                    unnoticed.append(f"{id}{path}")
    assert unnoticed == []
    assert tried > 25


@pytest.mark.parametrize("side", ["terraform", "cloudformation"])
def test_a_resource_that_one_side_loses_is_found(rendered, side):
    """Each resource of a Region in turn."""
    both = rendered("everything")
    terraform, deployed = both.terraform(HUB), both.cloudformation(HUB)
    resources = {path.partition("] ")[0] for path in terraform}
    for lost in resources:
        sides = {"terraform": terraform, "cloudformation": deployed}
        sides[side] = {
            path: value for path, value in sides[side].items() if not path.startswith(f"{lost}] ")
        }
        assert differing(**sides) != []


@pytest.mark.parametrize("variables", STANDALONE.values(), ids=STANDALONE)
@pytest.mark.parametrize("region", [HOME, HUB])
def test_the_standalone_template_is_the_same_guard(synth, tmp_path, variables, region):
    """With the values of its parameters as settings; the roles in the home Region.

    Its patrol checks no other guard, so that document has another content and name.
    """
    variables = variables | {"REPRIEVE_REGIONS__WATCH": region}
    template = standalone_template(default_settings({"REPRIEVE_REGIONS__WATCH": f"{HOME},{HUB}"}))
    parameters = {
        name: variables[variable] for name, variable in PARAMETERS.items() if variable in variables
    }
    deployment = Deployment(template.body, region, ACCOUNT, {**parameters, "HomeRegion": HOME})
    terraform = of_terraform(synth(**variables), region, ACCOUNT)
    differences = differing(terraform, of_cloudformation(deployment))
    assert {each for each in differences if "Document[reprieve-patrol" not in each} == {
        "AWS::Events::Rule[None, reprieve-patrol] Targets.Arn[patrol-remediation]",
        "AWS::Events::Rule[None, reprieve-patrol-daily] Targets.Arn[patrol-daily-remediation]",
    }


def _differ(render: Callable[[], Any], other: Any) -> bool:
    """Return whether the two sides differ, or one cannot even be read any more."""
    try:
        return differing(render(), other) != []
    except (KeyError, ValueError, TypeError, AttributeError):
        return True


def _without_each(value: Any, skip: tuple[str, ...] = (), at: str = "") -> Iterator[str]:
    """Take one attribute away at a time, and yield its path while it is away."""
    if isinstance(value, dict):
        for name in [each for each in value if each not in skip]:
            before = dict(value)
            del value[name]
            yield f"{at}.{name}"
            value.clear()
            value.update(before)
            yield from _without_each(value[name], (), f"{at}.{name}")
    elif isinstance(value, list):
        for index in range(len(value)):
            removed = value.pop(index)
            yield f"{at}[{index}]"
            value.insert(index, removed)
            yield from _without_each(value[index], (), f"{at}[{index}]")
