"""`python -m reprieve.environment [python] [node] [npm] [terraform]`: for make, before it installs.

Prints every problem at once, a line each. Without an argument all four are checked. Exit code: 0 if
there is no problem, else 1.
"""

import sys

from reprieve.environment.tools import node_check, npm_check, python_check, terraform_check

CHECKS = {
    "python": python_check,
    "node": node_check,
    "npm": npm_check,
    "terraform": terraform_check,
}


def main() -> int:
    """Check what the arguments name; return the exit code."""
    checks = [CHECKS[name]() for name in sys.argv[1:] or CHECKS]
    problems = [each.report for each in checks if not each.passed]
    if problems:
        print("\n".join(problems), file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
