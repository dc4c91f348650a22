"""Quotas for tests that do in a second what an account does in hours."""

import math

from sandbox.core.quotas import Quotas

UNHURRIED = Quotas(
    cancel_key_deletion_per_second=math.inf,
    schedule_key_deletion_per_second=math.inf,
    enable_key_per_second=math.inf,
    disable_key_per_second=math.inf,
    put_key_policy_per_second=math.inf,
    lookup_events_per_second=math.inf,
    emails_per_second=math.inf,
    alarm_period=0,
)
"""AWS's quotas without the rates per second that such tests exceed.

Things that happen within a minute do not add up in an alarm: they belong to different tests.
"""
