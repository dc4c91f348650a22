"""The demo of AWS's own pattern, to the letter: one rule, one topic, Amazon's runbook."""

from typing import Final

from demo.rescue import REGIONS

SETTINGS: Final = {
    "REPRIEVE_REGIONS__WATCH": REGIONS,
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_REMEDIATION__RUNBOOK": "aws",
    "REPRIEVE_PATROL__ENABLED": "false",
    "REPRIEVE_RELIABILITY__ALARMS": "false",
}

LIMITS: Final = (
    "The limits of AWS's pattern: Amazon's runbook does not retry when KMS throttles it, it "
    "refuses a key that the caller named by its ARN, and it sends no result. Nothing looks for "
    "keys whose events were missed. Like Reprieve's own runbook, it starts no other automation. "
    "The default settings have none of these limits."
)
"""Why it is not the default."""
