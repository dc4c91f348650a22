"""Run the demo. Ctrl-C and SIGTERM end it with one sentence, at any moment."""

import os
import signal
import sys
from types import FrameType

# The imports that take seconds are in the function: Ctrl-C can come at any moment.

_INTERRUPTED = 130


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End the demo, which stops everything that it started. A second signal ends it at once."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, lambda number, frame: os._exit(_INTERRUPTED))
    raise KeyboardInterrupt


def main() -> int:
    """Run the demo; return its exit code."""
    # A shell starts background jobs without Ctrl-C. So both signals are set.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, _interrupt)
    try:
        from reprieve.environment.program import problems, start

        if lines := problems(terraform=True):
            print("\n".join(lines), file=sys.stderr)
            return 1
        return start(_run)
    except KeyboardInterrupt:
        print("Interrupted: everything that the demo started is stopped.", file=sys.stderr)
        return _INTERRUPTED


def _run() -> int:
    from demo.command import run

    return run()


if __name__ == "__main__":
    sys.exit(main())
