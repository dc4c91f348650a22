"""Several stacks of one deployment: their order, and what they take together."""

import json

import pytest

from bench.process import Usage
from bench.terraform import deployable, in_order, total


def test_a_stack_comes_after_those_that_it_depends_on(tmp_path):
    """CDKTF's manifest names the dependencies; its own order is another one."""
    dependencies = {"chat": ["europe", "us"], "europe": ["base"], "us": ["base"], "base": []}
    stacks = {name: {"dependencies": each} for name, each in dependencies.items()}
    (tmp_path / "manifest.json").write_text(json.dumps({"stacks": stacks}))
    assert in_order(tmp_path) == ["base", "europe", "us", "chat"]


def test_times_add_up_and_the_largest_memory_counts():
    """The stacks run one after another."""
    usages = [Usage(1.0, 0.5, 300, 3), Usage(2.0, 0.7, 200, 4)]
    expected = {"seconds": 3.0, "cpu_seconds": 1.2, "memory": 300, "processes": 4}
    assert total(usages) == expected


def test_only_regions_that_every_provider_knows_are_deployed():
    """Terraform's plan would fail for the newest Region with an older provider."""
    assert len(deployable(33)) == 33
    assert "ap-southeast-6" not in deployable(33)
    with pytest.raises(ValueError, match="not 1000"):
        deployable(1000)


def test_memory_that_is_unknown_stays_unknown():
    """On macOS."""
    assert total([Usage(1.0, 0.5), Usage(2.0, 0.7)])["memory"] is None
