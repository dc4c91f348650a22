"""`python -m sandbox [--port N]`: AWS on loopback until Ctrl-C."""

import argparse
import shlex
import signal
import sys
import threading

from sandbox.server import Sandbox


def main() -> int:
    """Start the sandbox, print the environment variables for it, and wait for Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)"
    )
    port = parser.parse_args().port
    if not 0 <= port <= 65_535:
        parser.error(f"--port {port}: a port is a number up to 65535")
    try:
        sandbox = Sandbox(port)
        sandbox.start()
    except OSError as error:
        print(f"sandbox: cannot listen on 127.0.0.1:{port}: {error}", file=sys.stderr)
        return 1
    # A shell starts background jobs without Ctrl-C. So both signals end the sandbox.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        for name, value in sandbox.environment().items():
            print(f"export {name}={shlex.quote(value)}", flush=True)
        print(
            f"sandbox: up at {sandbox.endpoint}; look with curl {sandbox.endpoint}"
            "/_sandbox/deliveries (or /executions, /mails); stop with Ctrl-C",
            file=sys.stderr,
        )
        threading.Event().wait()
    except KeyboardInterrupt:
        print("sandbox: stopped", file=sys.stderr)
    finally:
        sandbox.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
