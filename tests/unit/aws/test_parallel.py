"""Work in parallel: no item delays or hides another."""

import threading
import time

import pytest

from reprieve.aws.parallel import MAX_WORKERS, NoAnswer, run_in_parallel, run_with_timeout


def test_every_item_has_an_answer_or_an_error():
    """An item that fails yields its error, the others their answers."""

    def work(item):
        return 10 // item

    found = dict(run_in_parallel(work, [0, 1, 5], timeout=5))
    assert (found[1], found[5]) == (10, 2)
    assert isinstance(found[0], ZeroDivisionError)


def test_an_item_that_hangs_is_given_up_and_the_others_go_on():
    """Also if as many items hang as there are workers."""
    release = threading.Event()
    hanging = range(MAX_WORKERS)
    quick = range(MAX_WORKERS, MAX_WORKERS + 3)

    def work(item):
        return release.wait(30) if item in hanging else item

    began = time.monotonic()
    found = dict(run_in_parallel(work, [*hanging, *quick], timeout=0.3))
    release.set()
    assert time.monotonic() - began < 5
    assert {str(found[item]) for item in hanging} == {"no answer within 0.3 seconds"}
    assert [found[item] for item in quick] == list(quick)


def test_no_more_workers_than_allowed():
    """AWS throttles, and the number of sockets is limited."""
    running, counts = [], []

    def work(item):
        running.append(item)
        counts.append(len(running))
        time.sleep(0.01)
        running.remove(item)

    list(run_in_parallel(work, range(3 * MAX_WORKERS), timeout=5))
    assert max(counts) <= MAX_WORKERS


def test_no_items_have_no_answers():
    """There is nothing to wait for."""
    assert list(run_in_parallel(str, [], timeout=1)) == []


def test_run_with_timeout_returns_the_answer_or_raises():
    """It raises what the work raises, or `NoAnswer`."""
    assert run_with_timeout(5, lambda: 3) == 3
    with pytest.raises(ZeroDivisionError):
        run_with_timeout(5, lambda: 1 // 0)
    with pytest.raises(NoAnswer):
        run_with_timeout(0.1, lambda: time.sleep(3))
