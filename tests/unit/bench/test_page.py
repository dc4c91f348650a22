"""docs/performance.md, and what the measurements print."""

import json

import pytest
from rich.console import Console
from rich.measure import Measurement

from bench import page
from bench.page import FIGURES, PAGE, publish, render
from bench.parts import PARTS
from bench.report import LINUX_ONLY
from tests.support.bench import all_parts, measured, plan_part, synth_part


def test_the_page_is_what_its_figures_render_to():
    """`python -m bench.page` renders it; nobody edits it."""
    assert render(json.loads(FIGURES.read_text())) == PAGE.read_text()


def test_the_page_has_only_figures_of_full_measurements():
    """Each part says when, where and how long it was measured."""
    for name, part in json.loads(FIGURES.read_text()).items():
        assert name in PARTS
        # Measurements before 2026-11-29 have no load at their end.
        assert part.keys() | {"load_at_end"} == measured({}).keys()
        assert part["machine"].keys() == measured({})["machine"].keys()
        assert part["quick"] is False


def test_a_part_that_was_not_measured_has_no_table():
    """It says so."""
    text = render({"plan": measured(plan_part())})
    sections = dict(zip(PARTS, text.split("\n## ")[1:], strict=True))
    assert [name for name in sections if "Not measured yet." in sections[name]] == [
        *("synth", "commands", "burst", "organization")
    ]
    assert "| `account` | 34 | 34 | 1,570 |" in sections["plan"]


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("memory", [12_345_000_000, None], ids=["linux", "macos"])
def test_every_table_fits_a_terminal(name, memory):
    """80 columns: the longest figures, without a cell that is broken into lines."""
    console = Console(width=200)
    for table in PARTS[name].tables(all_parts(memory)[name]["figures"]):
        rich = table.rich()
        assert Measurement.get(console, console.options, rich).maximum <= 80
        assert {len(row) for row in table.rows} == {len(table.head)}


@pytest.mark.parametrize("name", ["synth", "plan", "commands", "organization"])
def test_a_system_that_does_not_measure_memory_says_so(name):
    """In a sentence, and without a column that would be empty."""
    with_memory, without = (all_parts(each)[name]["figures"] for each in (10**9, None))
    part = PARTS[name]
    assert LINUX_ONLY not in part.notes(with_memory)
    assert LINUX_ONLY in part.notes(without)
    shown, hidden = (
        "".join(table.markdown() for table in part.tables(each)) for each in (with_memory, without)
    )
    assert "MB" in shown
    assert "MB" not in hidden


def test_the_synth_says_what_is_not_installed():
    """The row of a way that did not run is a sentence."""
    assert "CDK Terrain: not installed: run `make setup`." in PARTS["synth"].notes(synth_part())


def test_the_tables_show_the_ratio_and_the_slope():
    """2.5 s of 25 s are a tenth; 1.25 s more for 1,700 resources are 0.74 ms each."""
    text = render({"synth": measured(synth_part())})
    assert "| `python main.py` | 0.100 | 0.100 | 0.100 | 0.100 |" in text
    assert "| `python main.py` | 0.74 | 1.47 |" in text
    assert "the ratio of `python main.py` is 0.100, which is within the limit of 0.12." in text
    assert "Of the single rounds it is 0.090, 0.100, 0.110." in text


@pytest.fixture
def docs(tmp_path):
    """Return the files of a page."""
    return tmp_path / "performance.json", tmp_path / "performance.md"


def test_parts_that_were_not_measured_again_stay(docs):
    """`make bench ONLY=plan` renews one part of the page."""
    publish({"synth": measured(synth_part())}, *docs)
    publish({"plan": measured(plan_part(), date="2026-11-29")}, *docs)
    known = json.loads(docs[0].read_text())
    assert list(known) == ["synth", "plan"]
    assert docs[1].read_text() == render(known)
    assert "Measured on 2026-11-28" in docs[1].read_text()
    assert "Measured on 2026-11-29" in docs[1].read_text()


def test_small_sizes_do_not_get_into_the_documentation(docs):
    """They test the measurements, and measure nothing that matters."""
    with pytest.raises(ValueError, match=r"small sizes: plan\. Run `make bench ONLY=plan`"):
        publish({"plan": measured(plan_part(), quick=True)}, *docs)
    assert not docs[0].exists()


def test_nothing_names_the_machine():
    """The page is public: it has the model of the processor, not the name of the host."""
    assert page.measured_on(measured({})) == (
        "Measured on 2026-11-28 in 2.5 minutes: Example CPU, 2 cores, 8 GB, Example Linux 1; "
        "Python 3.11.7, Node.js 20.20.2, Terraform 1.11.4. The load average was 0.1 at the "
        "beginning and 1.5 at the end."
    )
