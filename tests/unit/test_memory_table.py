"""What the docs say of terraform's memory comes from what `make bench` measured."""

import json

import pytest

from tools import figures
from tools.memory_table import agent_rows, memory_rows


def deployment(regions, split, stacks, **megabytes):
    """Return a row of the figures; a step that was not measured is left out."""
    steps = {
        step.replace("_", "-"): {"memory": number and number * 1_000_000}
        for step, number in megabytes.items()
    }
    return {"regions": regions, "split": split, "stacks": stacks, "steps": steps}


@pytest.fixture
def let(tmp_path, monkeypatch):
    """Return a function that lets these rows be what was measured; without any, no plan was."""

    def measure(*rows):
        parts = {"plan": {"figures": {"rows": rows}}} if rows else {}
        (tmp_path / "performance.json").write_text(json.dumps(parts))
        monkeypatch.setattr(figures, "FIGURES", tmp_path / "performance.json")

    return measure


def test_each_deployment_has_a_row(let):
    """What was not measured is a dash, and no number."""
    let(
        deployment(17, "account", 1, plan=2041, apply=2207, refresh=2182, refresh_gogc_50=1885),
        deployment(17, "area", 9, plan=817, apply=961, refresh=870),
    )
    assert memory_rows() == [
        ["17", '`"account"`', "1", "2,041", "2,207", "2,182", "1,885", "-"],
        ["17", '`"area"`', "9", "817", "961", "870", "-", "-"],
    ]


def test_an_agent_has_more_than_the_largest_step_of_a_run(let):
    """30 % more, since a run is not alone there; of split states the largest counts."""
    let(
        deployment(1, "account", 1, plan=500, apply=500, refresh=500),
        deployment(4, "account", 1, plan=800, apply=900, refresh=850),
        deployment(17, "account", 1, plan=1000, apply=1539, refresh=1000),
        deployment(33, "account", 1, plan=3000, apply=3000, refresh=3900),
        deployment(17, "area", 9, plan=800, apply=960, refresh=870),
        deployment(33, "area", 10, plan=700, apply=940, refresh=920),
    )
    assert agent_rows() == [
        ["up to 4", '`"account"`', "0.9 GB", "runs of HCP Terraform, or an agent with 2 GB"],
        ["any number", '`"area"`', "1.0 GB", "runs of HCP Terraform, or an agent with 2 GB"],
        ["up to 17", '`"account"`', "1.5 GB", "an agent with 4 GB"],
        ["up to 33", '`"account"`', "3.9 GB", "an agent with 8 GB"],
    ]


def test_memory_that_was_not_measured_is_no_advice(let):
    """Only Linux measures it. Nothing is not 0 GB."""
    let(deployment(4, "account", 1, plan=None, apply=None, refresh=None))
    assert memory_rows() == [["4", '`"account"`', "1", "-", "-", "-", "-", "-"]]
    assert agent_rows() == []


def test_without_figures_there_is_no_row(let):
    """Rather than an old or an invented one."""
    let()
    assert memory_rows() == agent_rows() == []
