"""How Hypothesis judges the unit tests: by what they find, not by the time that they take."""

from hypothesis import HealthCheck, settings

# How long an example takes, and to make it up, depends on the other load of the machine.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")
