"""The settings in docs/examples/: complete, valid, and listed."""

import json
import re
from pathlib import Path

import pytest

from reprieve.settings.loader import load
from stacks.account import add_account
from stacks.cdk import App

DIRECTORY = Path(__file__).resolve().parents[2] / "docs" / "examples"
EXAMPLES = sorted(DIRECTORY.glob("*.toml"))


def test_the_readme_lists_every_example():
    """And names none that does not exist."""
    listed = re.findall(r"^\| \[([\w-]+\.toml)\]", (DIRECTORY / "README.md").read_text(), re.M)
    assert sorted(listed) == [example.name for example in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_each_example_is_synthesised(example, tmp_path):
    """Of many accounts the first two: the others have other ids, and nothing else."""
    accounts = load({"REPRIEVE_SETTINGS": str(example)}).accounts
    app = App(outdir=str(tmp_path))
    for settings in accounts[:2]:
        add_account(app, settings)
    app.synth()
    for settings in accounts[:2]:
        stack = json.loads((tmp_path / "stacks" / settings.stack / "cdk.tf.json").read_text())
        watched = {name.split("_")[0] for name in stack["resource"]["aws_sqs_queue"]}
        assert watched == set(settings.regions.watched)
    assert len({settings.stack for settings in accounts}) == len(accounts)
