"""Ctrl-C while Python imports a module, which takes a second or so at the start of a program."""

_INTERRUPT = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)

# A shell lets what it starts in the background ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupt())
"""


def interrupted_import(module: str, program: str) -> str:
    """Return a program that gets Ctrl-C when it imports a module: before the import is done."""
    return _INTERRUPT.format(module=module) + program
