"""Ctrl-C and SIGTERM, at any moment of the demo."""

import os
import signal
import sys
from types import ModuleType

import pytest

from demo import __main__ as program


@pytest.fixture(autouse=True)
def handlers():
    """Put the handlers of pytest back."""
    kept = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    yield
    for each, handler in kept.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_with_one_sentence(number, monkeypatch, capsys):
    """Even while its modules are imported, which takes seconds."""

    class Slow(ModuleType):
        def __getattr__(self, name):
            os.kill(os.getpid(), number)
            raise AssertionError

    monkeypatch.setitem(sys.modules, "demo.command", Slow("demo.command"))
    assert program.main() == 130
    assert capsys.readouterr().err == "Interrupted: everything that the demo started is stopped.\n"
