"""The program `reprieve`. Ctrl-C ends it without a traceback, even while its modules load."""

import sys


def main() -> None:
    """Run the command of the command line."""
    try:
        # Here, since loading takes a second or so, in which people interrupt.
        from reprieve.cli.main import app
    except KeyboardInterrupt:
        sys.exit(130)  # as `ExitCode.INTERRUPTED`, which may not be loaded yet
    app(prog_name="reprieve")


if __name__ == "__main__":
    main()
