"""The heartbeat of a Region: an event that the hub misses if it can no longer be reached."""

from typing import Final

from reprieve.events.threat import EventPattern

HEARTBEAT: Final = "heartbeat"
"""The name of the rule that sends it."""
EVERY_MINUTES: Final = 5


def heartbeat(account: str) -> EventPattern:
    """Return the pattern of the heartbeats of an account: events of a schedule."""
    return {
        "source": ["aws.events"],
        "detail-type": ["Scheduled Event"],
        "account": [account],
        "resources": [{"suffix": f"-{HEARTBEAT}"}],
    }
