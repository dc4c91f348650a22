"""Every fixed name that Reprieve gives or looks for in AWS, written once."""

from typing import Final

PREFIX: Final = "reprieve"
"""What the name of every resource begins with; policies and trust policies rely on it."""

STACK: Final = "reprieve"
"""The name of the stack of one account. `reprieve-NAME` is that of `[accounts.NAME]`.

It is part of the path of the state, so it must never change.
"""

DEAD_LETTERS: Final = f"{PREFIX}-dead-letters"
"""The dead-letter queue of a Region, and the alarm on it."""

LIFELINE: Final = f"{PREFIX}-lifeline"
"""The unencrypted topic beside an encrypted one: see docs/architecture.md."""

ALARMS: Final = f"{PREFIX}-alarms"
"""The topic of the alarms, if they have recipients of their own."""

# Both roles stay at path "/": Amazon's runbook refuses the ARN of a role with a path.
EVENTBRIDGE_ROLE: Final = f"{PREFIX}-eventbridge"
AUTOMATION_ROLE: Final = f"{PREFIX}-automation"
PATROL_ROLE: Final = f"{PREFIX}-patrol"
ROLES: Final = (EVENTBRIDGE_ROLE, AUTOMATION_ROLE, PATROL_ROLE)
"""The roles that Reprieve creates."""

ALERT_KEY_ALIAS: Final = f"alias/{PREFIX}-alerts"
ALERT_KEY_TAG: Final = f"{PREFIX}:alert-key"
"""The alias and the tag of the key that Reprieve creates to encrypt the alerts."""

DRILL_PREFIX: Final = f"{PREFIX}-drill-"
"""What the names of a drill's queues and of its keys' aliases begin with."""

DRILL_TAG: Final = f"{DRILL_PREFIX}run"
"""The tag of everything that a drill creates; its value is the drill's id."""

PENDING_STATES: Final = ("PendingDeletion", "PendingReplicaDeletion")
"""The states of a KMS key whose deletion is scheduled (KMS API reference, KeyState)."""
