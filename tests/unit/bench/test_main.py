"""`make bench`: which parts run, what is written, and the exit code."""

import json
from dataclasses import replace

import pytest

from bench import parts as registry
from bench.__main__ import main
from sandbox.processes import CommandFailed
from tests.support.bench import burst_part, measured, synth_part


@pytest.fixture
def parts(monkeypatch):
    """Replace the measurements; return the figures that they find, which may be changed."""
    figures = {"synth": synth_part(), "burst": burst_part()}

    def finding(name):
        return lambda directory, report: figures[name]

    made = {name: replace(registry.PARTS[name], full=finding(name)) for name in figures}
    monkeypatch.setattr("bench.__main__.PARTS", made)
    monkeypatch.delenv("BENCH_QUICK", raising=False)
    return figures


@pytest.fixture
def output(tmp_path):
    """Return the file of the JSON, in a folder that does not exist yet."""
    return tmp_path / "build" / "bench.json"


def test_it_says_beforehand_how_long_it_takes(parts, output, capsys):
    """A run of more than an hour should surprise nobody."""
    assert main(["--only", "synth,burst", "--output", str(output)]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    minutes = [registry.PARTS[name].minutes for name in ("synth", "burst")]
    assert first == (
        f"This takes about {sum(minutes)} minutes (synth {minutes[0]}, burst {minutes[1]})."
    )


def test_parts_that_are_not_measured_stay_in_the_json(parts, output):
    """Each part has its own date."""
    output.parent.mkdir()
    output.write_text(json.dumps({"plan": {"date": "2026-11-01"}}))
    assert main(["--only", "burst", "--output", str(output)]) == 0
    found = json.loads(output.read_text())
    assert found["plan"] == {"date": "2026-11-01"}
    assert found["burst"].keys() == measured({}).keys()
    assert found["burst"]["figures"] == burst_part()


@pytest.mark.parametrize(
    ("name", "figures"), [("synth", synth_part(fast=24.0)), ("burst", burst_part(lost=1))]
)
def test_a_limit_that_is_exceeded_is_exit_code_1(parts, output, capsys, name, figures):
    """The figures are written nevertheless."""
    parts[name] = figures
    assert main(["--only", name, "--output", str(output)]) == 1
    assert capsys.readouterr().err == f"A limit is exceeded: {name}.\n"
    assert list(json.loads(output.read_text())) == [name]


def test_a_part_that_fails_leaves_the_others(parts, output, capsys, monkeypatch):
    """What was measured before is kept, and a long output is shortened."""

    def fail(directory, report):
        raise CommandFailed("\n".join(["terraform failed", *map(str, range(1000)), "the reason"]))

    failing = {
        "synth": replace(registry.PARTS["synth"], full=lambda directory, report: synth_part()),
        "burst": replace(registry.PARTS["burst"], full=fail),
    }
    monkeypatch.setattr("bench.__main__.PARTS", failing)
    assert main(["--only", "synth,burst", "--output", str(output)]) == 1
    assert list(json.loads(output.read_text())) == ["synth"]
    lines = capsys.readouterr().err.splitlines()
    assert [lines[0], lines[-1]] == ["terraform failed", "the reason"]
    assert len(lines) < 60


@pytest.mark.parametrize("only", ["", "sinth", "synth,plann"])
def test_an_unknown_part_is_an_error(parts, only, capsys):
    """The message names those that there are."""
    with pytest.raises(SystemExit) as ended:
        main(["--only", only])
    assert ended.value.code == 2
    assert "write some of synth, burst" in capsys.readouterr().err
