"""What docs/ci.md says of many accounts comes from what `make bench` measured of one."""

import json

from tools import figures
from tools.duration_table import duration_rows


def deployment(regions, split, **seconds):
    """Return a row of the figures."""
    steps = {step: {"seconds": number} for step, number in seconds.items()}
    return {"regions": regions, "split": split, "steps": steps}


def test_accounts_follow_one_another(tmp_path, monkeypatch):
    """Of the sizes that were measured, two; a split state is left out."""
    rows = [
        deployment(1, "account", init=1, plan=5, apply=30, refresh=5),
        deployment(4, "account", init=1, plan=9, apply=50, refresh=11),
        deployment(17, "account", init=2, plan=30, apply=88, refresh=40),
        deployment(17, "area", init=6, plan=56, apply=228, refresh=64),
    ]
    (tmp_path / "performance.json").write_text(json.dumps({"plan": {"figures": {"rows": rows}}}))
    monkeypatch.setattr(figures, "FIGURES", tmp_path / "performance.json")
    assert duration_rows() == [
        ["4", "a first deployment", "1.0", "10", "80"],
        ["4", "a later one without changes, or a plan", "0.2", "2.0", "16"],
        ["17", "a first deployment", "2.0", "20", "160"],
        ["17", "a later one without changes, or a plan", "0.7", "7.0", "56"],
    ]


def test_the_published_figures_make_four_rows():
    """Two numbers of Regions, two kinds of runs."""
    assert [row[0] for row in duration_rows()] == ["4", "4", "17", "17"]
