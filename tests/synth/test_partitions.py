"""The examples of the other partitions: what is synthesised for GovCloud, China and Europe."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from reprieve.regions import CONSOLES
from stacks.account import add_account
from stacks.cdk import App
from tests.support.settings import load_one

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
PARTITIONS = {"govcloud": "aws-us-gov", "china": "aws-cn", "sovereign-cloud": "aws-eusc"}


@pytest.fixture(scope="module")
def stacks(tmp_path_factory):
    """Return the text of the stack of each example."""
    found = {}
    for name in PARTITIONS:
        directory = tmp_path_factory.mktemp(name)
        settings = load_one({"REPRIEVE_SETTINGS": str(EXAMPLES / f"{name}.toml")}, directory)
        app = App(outdir=str(directory))
        add_account(app, settings)
        app.synth()
        found[name] = (directory / "stacks/reprieve/cdk.tf.json").read_text()
    return found


@pytest.mark.parametrize("name", PARTITIONS)
def test_what_is_deployed_there(stacks, name, snapshot):
    """Providers, kinds of resources, names that AWS's services have, and links to the console."""
    text = stacks[name]
    stack = json.loads(text)
    of_region = {
        region: Counter(
            type
            for type, named in stack["resource"].items()
            for each in named.values()
            if each["provider"] == f"aws.{region.replace('-', '_')}"
        )
        for region in (each["region"] for each in stack["provider"]["aws"])
    }
    assert {
        "providers": sorted(each["region"] for each in stack["provider"]["aws"]),
        "resources": {region: dict(sorted(kinds.items())) for region, kinds in of_region.items()},
        "partitions": sorted(set(re.findall(r"arn:([\w-]+):", text))),
        "services": sorted(set(re.findall(r"[a-z]+\.amazonaws\.com[.\w]*", text))),
        "consoles": sorted(set(re.findall(r"[\w.-]*console\.[\w.-]+", text))),
    } == snapshot


@pytest.mark.parametrize("name", PARTITIONS)
def test_every_message_links_to_the_console_of_the_partition(stacks, name):
    """That of another one would ask people for credentials that they do not have."""
    links = set(re.findall(r"[\w.-]*console\.[a-z][\w.-]+", stacks[name]))
    assert links == {CONSOLES[PARTITIONS[name]]}
