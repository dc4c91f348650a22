"""`state.split`: the same resources in several stacks, which do not refer to each other."""

import json
import re

import pytest

from reprieve.guard.layout import stacks_of
from reprieve.settings.loader import load
from stacks.account import add_account
from stacks.cdk import App
from tests.support.synth import CHANNELS, CONSOLE, resources, toml_of

REGIONS = ["ap-south-1", "eu-west-1", "eu-west-2", "us-east-2"]
MARKERS = ("terraform_data.split-by-area", "terraform_data.split-by-region")
# References between resources, and to data: ${aws_sns_topic.NAME.arn}.
REFERENCE = re.compile(r"\$\{(data\.\w+|\w+)\.([\w-]+)\.")
SETTINGS = {
    "plain": "",
    "everything": (
        "[remediation]\nre_enable = true\n[reliability]\ndashboard = true\n"
        'alarm_emails = ["a@example.com"]\n' + toml_of("channel", [*CHANNELS, CONSOLE])
    ),
}
NOTIFY = '[notify]\nemails = ["security@example.com"]\n'
HUB = '[notify.hub]\nregion = "eu-west-2"\n'


@pytest.fixture(scope="module")
def synthesised(tmp_path_factory):
    """Return a function: settings in, the manifest's stacks and each stack's JSON out."""
    known = {}

    def synthesise(split, toml, hub=False):
        key = (split, toml, hub)
        if key not in known:
            directory = tmp_path_factory.mktemp("synth")
            notify = f'{NOTIFY}topology = "hub"\n{HUB}' if hub else NOTIFY
            (directory / "reprieve.toml").write_text(
                f'{notify}[regions]\nwatch = {REGIONS!r}\n[state]\nsplit = "{split}"\n{toml}'
            )
            app = App(outdir=str(directory))
            (settings,) = load({}, directory).accounts
            assert add_account(app, settings) == stacks_of(settings)
            app.synth()
            manifest = json.loads((directory / "manifest.json").read_text())["stacks"]
            files = (directory / "stacks").glob("*/cdk.tf.json")
            known[key] = manifest, {f.parent.name: json.loads(f.read_text()) for f in files}
        return known[key]

    return synthesise


@pytest.mark.parametrize("split", ["area", "region"])
@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("hub", [False, True])
def test_all_stacks_together_have_the_resources_of_the_account(synthesised, split, name, hub):
    """Each resource once, at the same address, and a marker."""
    whole = synthesised("account", SETTINGS[name], hub)[1]["reprieve"]
    _, stacks = synthesised(split, SETTINGS[name], hub)
    found = [
        address
        for stack in stacks.values()
        for address in resources(stack)
        if address not in MARKERS and not address.startswith("aws_caller_identity.")
    ]
    expected = [each for each in resources(whole) if not each.startswith("aws_caller_identity.")]
    assert sorted(expected) == sorted(found)


@pytest.mark.parametrize("split", ["area", "region"])
@pytest.mark.parametrize("hub", [False, True])
def test_no_stack_refers_to_another_one(synthesised, split, hub):
    """CDKTF would add outputs and remote states, and one plan would read the state of another."""
    _, stacks = synthesised(split, SETTINGS["everything"], hub)
    for stack in stacks.values():
        text = json.dumps(stack)
        assert "terraform_remote_state" not in text
        assert "cross-stack-output" not in text
        own = {address.replace("data.", "") for address in resources(stack)}
        for kind, name in REFERENCE.findall(text):
            if not kind.startswith("self"):
                assert f"{kind.removeprefix('data.')}.{name}" in own


@pytest.mark.parametrize("split", ["area", "region"])
def test_the_base_is_deployed_first_and_chat_last(synthesised, split):
    """The order that cdktf deploys in; it destroys in the reverse."""
    manifest, _ = synthesised(split, SETTINGS["everything"])
    parts = sorted(name for name in manifest if name not in ("reprieve", "reprieve-chat"))
    assert manifest["reprieve"]["dependencies"] == []
    assert all(manifest[each]["dependencies"] == ["reprieve"] for each in parts)
    assert ["reprieve", *parts] == sorted(manifest["reprieve-chat"]["dependencies"])


def test_the_hubs_part_is_deployed_before_those_that_forward_to_it(synthesised):
    """A rule cannot have a target that does not exist."""
    manifest, _ = synthesised("area", "", True)
    assert {name: sorted(each["dependencies"]) for name, each in manifest.items()} == {
        "reprieve": [],
        "reprieve-europe-west": ["reprieve"],
        "reprieve-asia-south": ["reprieve", "reprieve-europe-west"],
        "reprieve-us": ["reprieve", "reprieve-europe-west"],
    }


@pytest.mark.parametrize("split", ["area", "region"])
def test_no_stack_has_the_provider_of_another_stacks_region(synthesised, split):
    """So that no plan can destroy what the state still contains of another layout."""
    _, stacks = synthesised(split, SETTINGS["everything"])
    aliases = [each["alias"] for stack in stacks.values() for each in stack["provider"]["aws"]]
    regional = [each for each in aliases if each not in ("home", "notifications")]
    assert len(set(regional)) == len(regional)
    assert {"ap_south_1", "eu_west_1", "eu_west_2", "us_east_1", "us_east_2"} <= set(regional)
    bases = [stacks["reprieve"], stacks["reprieve-chat"]]
    assert {each["alias"] for stack in bases for each in stack["provider"]["aws"]} == {
        "home",
        "notifications",
    }


def test_values_are_the_same_where_no_reference_is_needed(synthesised):
    """The rules of a Region name the roles by their ARNs, which Terraform reads as they are."""
    whole = resources(synthesised("account", "")[1]["reprieve"])
    part = resources(synthesised("area", "")[1]["reprieve-us"])
    target = next(
        address
        for address, body in part.items()
        if body.get("target_id") == "key-deletion-scheduled-remediation"
    )
    role = part[target]["role_arn"]
    assert re.fullmatch(
        r"arn:aws:iam::\$\{data\.aws_caller_identity\.account\.account_id}:role/reprieve-\w+", role
    )
    assert re.fullmatch(r"\$\{aws_iam_role\.[\w-]+\.arn}", whole[target]["role_arn"])
