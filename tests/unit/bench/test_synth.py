"""What the synth's figures mean: the limit, the slope, and when two stacks are the same."""

import tomllib

import pytest

from bench import deletions
from bench.synth import Size, is_exceeded, slope, without_metadata
from tests.support.bench import burst_part, synth_part


@pytest.mark.parametrize(("fast", "exceeded"), [(2.99, False), (3.01, True)])
def test_the_limit_is_a_ratio_of_34_regions(fast, exceeded):
    """0.12 of 25 s are 3 s."""
    assert is_exceeded(synth_part(fast=fast, stock=25.0)) is exceeded


def test_without_34_regions_there_is_no_limit():
    """With one Region the start of Python and Node.js dominates."""
    part = synth_part(fast=25.0)
    part["sizes"] = [size for size in part["sizes"] if size["regions"] != 34]
    assert not is_exceeded(part)


def test_one_size_has_no_slope():
    """Two points make a line."""
    part = synth_part()
    part["sizes"] = part["sizes"][:1]
    assert slope(part, "fast") is None


def test_a_way_that_did_not_run_has_no_slope():
    """Its packages are not installed."""
    assert slope(synth_part(), "cdktn") is None


def test_only_metadata_may_differ():
    """CDKTF's comments, and the provider's name, which Terraform reads as the same."""
    ours = {"resource": {"a": {"//": {"path": 1}, "x": ["1"]}}, "source": "aws"}
    same = {"resource": {"a": {"//": {"path": 2}, "x": ["1"]}}, "source": "hashicorp/aws"}
    other = {"resource": {"a": {"x": ["2"]}}, "source": "aws"}
    assert without_metadata(ours) == without_metadata(same)
    assert without_metadata(ours) != without_metadata(other)


def test_each_account_has_an_id_of_its_own():
    """10 accounts have 10 stacks."""
    settings = tomllib.loads(Size(2, accounts=10).settings())
    ids = {each["id"] for each in settings["accounts"].values()}
    assert len(ids) == 10
    assert len(settings["regions"]["watch"]) == 2


def test_more_regions_than_there_are_is_an_error():
    """A size that silently shrinks would compare what cannot be compared."""
    with pytest.raises(ValueError, match="not 1000"):
        Size(1000).settings()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_key_that_is_lost_fails_the_burst(lost):
    """The exit code is 1 then."""
    assert deletions.is_failed(burst_part(lost)) is bool(lost)
