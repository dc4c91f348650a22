"""Programs that tests put on PATH."""

import sys

PYTHON_PROGRAM = f"""#!/bin/sh
'''exec' "{sys.executable}" "$0" "$@"
' '''
"""
"""The first lines of a program in Python. A `#!` line cannot have a space in its path, which the
tests' Python may have: so a shell runs these lines, and Python takes them for a text."""
