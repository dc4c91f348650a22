"""Ctrl-C while a program loads, which takes a second or so, in which people interrupt.

The programs import this module first, and then what they need: it imports next to nothing.
"""

import os
import signal

INTERRUPTED = 130  # as ExitCode.INTERRUPTED


def end_on_interrupt() -> None:
    """Let Ctrl-C end the process at once, with exit code 130: there is nothing to clean up."""
    # A shell lets what it starts in the background ignore the signal: so it stays.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda *_: os._exit(INTERRUPTED))


def raise_on_interrupt() -> None:
    """Undo `end_on_interrupt`: from now on Ctrl-C is a KeyboardInterrupt, and can be handled."""
    if callable(signal.getsignal(signal.SIGINT)):
        signal.signal(signal.SIGINT, signal.default_int_handler)
