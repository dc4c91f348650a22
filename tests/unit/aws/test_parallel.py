"""Doing one thing in many places: none holds up or hides another."""

import threading
import time

import pytest

from reprieve.aws.parallel import AT_ONCE, NoAnswer, everywhere, within


def test_every_place_answers_or_says_why_not():
    """A place that fails yields its error, the others their answers."""

    def work(place):
        return 10 // place

    found = dict(everywhere(work, [0, 1, 5], timeout=5))
    assert (10, 2) == (found[1], found[5])
    assert isinstance(found[0], ZeroDivisionError)


def test_a_place_that_hangs_is_given_up_and_the_others_go_on():
    """Also where more places hang than there are threads."""
    release = threading.Event()
    hanging = range(AT_ONCE)
    quick = range(AT_ONCE, AT_ONCE + 3)

    def work(place):
        return release.wait(30) if place in hanging else place

    began = time.monotonic()
    found = dict(everywhere(work, [*hanging, *quick], timeout=0.3))
    release.set()
    assert time.monotonic() - began < 5
    assert {"no answer within 0.3 seconds"} == {str(found[place]) for place in hanging}
    assert list(quick) == [found[place] for place in quick]


def test_no_more_than_so_many_at_once():
    """AWS throttles, and a machine has so many sockets."""
    running, most = [], []

    def work(place):
        running.append(place)
        most.append(len(running))
        time.sleep(0.01)
        running.remove(place)

    list(everywhere(work, range(3 * AT_ONCE), timeout=5))
    assert max(most) <= AT_ONCE


def test_nowhere_is_no_answer():
    """Without places there is nothing to wait for."""
    assert [] == list(everywhere(str, [], timeout=1))


def test_within_gives_the_answer_or_raises():
    """What it raises is what the work raises, or that there was no answer."""
    assert 3 == within(5, lambda: 3)
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    with pytest.raises(NoAnswer):
        within(0.1, lambda: time.sleep(3))
