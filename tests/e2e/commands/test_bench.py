"""`make bench` with small sizes: it measures the real terraform and the real commands."""

import json

import pytest

from bench.__main__ import main
from bench.memory import is_available
from bench.page import render
from bench.parts import PARTS
from tests.support.bench import commands_part, measured, plan_part

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def measurement(tmp_path_factory):
    """Measure both parts that need a deployment; return the exit code and the JSON."""
    output = tmp_path_factory.mktemp("bench") / "build" / "bench.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_QUICK", "1")
        code = main(["--only", "plan,commands", "--output", str(output)])
    return code, json.loads(output.read_text())


def test_the_json_has_the_parts_that_were_asked_for(measurement):
    """Each with its machine and its date; small sizes are marked."""
    code, found = measurement
    assert code == 0
    assert list(found) == ["plan", "commands"]
    for part in found.values():
        assert part.keys() == measured({}).keys()
        assert part["quick"] is True
        assert part["figures"]["provider"].count(".") == 2


def test_every_step_of_terraform_was_measured(measurement):
    """A Region's guard has dozens of resources, and terraform starts a provider."""
    (row,) = measurement[1]["plan"]["figures"]["rows"]
    assert row.keys() == plan_part()["rows"][0].keys()
    assert row["steps"].keys() == plan_part()["rows"][0]["steps"].keys()
    assert row["resources"] > 40
    for step in row["steps"].values():
        assert 0 < step["cpu_seconds"]
        assert 0 < step["seconds"]
    if is_available():
        assert row["steps"]["plan"]["memory"] > 50_000_000
        assert row["steps"]["plan"]["processes"] >= 2


def test_every_command_was_measured(measurement):
    """The guard is healthy, nothing is to be changed, and the sweep finds a key."""
    rows = measurement[1]["commands"]["figures"]["rows"]
    assert [(row["command"], row["size"]) for row in rows] == [
        ("status", "1 Region"),
        ("diff", "1 Region"),
        ("sweep", "100 keys"),
    ]
    assert all(row.keys() == commands_part()["rows"][0].keys() for row in rows)


def test_the_page_shows_them(measurement):
    """The JSON is what the page is rendered from."""
    text = render(measurement[1])
    assert "| `reprieve status` | 1 Region |" in text
    assert text.count("Not measured yet.") == len(PARTS) - len(measurement[1])
