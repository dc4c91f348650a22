"""For how long EventBridge tries to deliver an event to a target."""

from typing import Final

ALERT_SECONDS: Final = 3600
"""For how many seconds EventBridge tries to deliver an alert.

After an hour the event goes to the dead-letter queue, whose alarm reports it: sooner than after
EventBridge's own 24 hours.
"""

RUNBOOK_SECONDS: Final = 24 * 3600
"""For how many seconds EventBridge tries to start a runbook: as long as it can.

Systems Manager refuses to start more automations than its queue takes. An alarm reports within
minutes that EventBridge has to try again.
"""
HUB_SECONDS: Final = 24 * 3600
"""For how many seconds EventBridge tries to reach the hub: as long as it can.

An alarm of the Region reports within minutes that it has to try again.
"""

MAXIMUM_RETRIES: Final = 185

HEARTBEAT_SECONDS: Final = 300
"""For how many seconds EventBridge tries to deliver a heartbeat: until the next one."""
