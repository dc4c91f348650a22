"""Time `python main.py` for 34 Regions with the stock and the fast import of the AWS bindings.

It times the whole process, as a user waits for it. Both ways take turns, so that other load on the
machine affects both. Exit code 1 if the fast way takes more than a fifth of the stock way,
or if their JSON differs.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reprieve.regions import known_regions
from stacks.fast_bindings import SWITCH

PROJECT = Path(__file__).resolve().parent.parent
REGIONS = 34
ROUNDS = 3
LIMIT = 0.20
STOCK = {SWITCH: "1"}


def synth(directory: Path, **variables: str) -> tuple[float, bytes]:
    """Run main.py in `directory`; return the wall time in seconds, and the synthesised stack.

    `variables` override the environment, without the user's own settings.
    """
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("REPRIEVE_")
    } | {
        "REPRIEVE_NOTIFY__EMAILS": json.dumps(["security@example.com"]),
        "REPRIEVE_REGIONS__WATCH": json.dumps(known_regions("aws")[:REGIONS]),
    }
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, PROJECT / "main.py"], cwd=directory, env=environ | variables, check=True
    )
    seconds = time.perf_counter() - started
    return seconds, (directory / "cdktf.out/stacks/reprieve/cdk.tf.json").read_bytes()


def main() -> int:
    """Measure and print; return the exit code."""
    available = len(known_regions("aws"))
    if available < REGIONS:
        print(f"botocore lists {available} Regions, not {REGIONS}.", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        synth(directory)  # jsii unpacks the bindings into its cache, once a machine
        times: dict[bool, list[float]] = {True: [], False: []}
        stacks = set()
        for turn in range(ROUNDS):
            for stock in (True, False):
                seconds, stack = synth(directory, **STOCK if stock else {})
                times[stock].append(seconds)
                stacks.add(stack)
                print(f"round {turn + 1}  {'stock' if stock else 'fast':5}  {seconds:6.2f} s")
    stock_median, fast_median = (statistics.median(times[stock]) for stock in (True, False))
    ratio = fast_median / stock_median
    print(
        f"\n{REGIONS} Regions, medians of {ROUNDS}: stock {stock_median:.2f} s, "
        f"fast {fast_median:.2f} s, ratio {ratio:.3f} (at most {LIMIT:.2f})"
    )
    if len(stacks) != 1:
        print("The two ways synthesised different JSON.", file=sys.stderr)
    return 0 if ratio <= LIMIT and len(stacks) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
