"""The app of main.py after the SNS topics' construct got another name.

Arguments: the former addresses, if `moved` blocks are to name them.
"""

import sys
from typing import Any

from main import main
from stacks import channel
from stacks.cdk import SnsTopic


def renamed(scope: Any, id: str, **arguments: Any) -> SnsTopic:
    """Make a topic under a new name."""
    topic = SnsTopic(scope, f"{id}-renamed", **arguments)
    region = scope.node.path.split("/")[1]
    for former in sys.argv[1:]:
        if f".{region}_" in former:
            topic.move_from_id(former)
    return topic


channel.SnsTopic = renamed  # type: ignore[attr-defined]
sys.exit(main())
