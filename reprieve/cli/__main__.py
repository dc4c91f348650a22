"""The program `reprieve`. Ctrl-C ends it without a traceback, even while its modules load."""

import sys

from reprieve.environment.interrupt import end_on_interrupt, raise_on_interrupt


def main() -> None:
    """Run the command of the command line."""
    end_on_interrupt()
    from reprieve.environment.program import start

    sys.exit(start(_run))


def _run() -> int:
    from reprieve.cli.main import app

    raise_on_interrupt()
    app(prog_name="reprieve")
    return 0


if __name__ == "__main__":
    main()
