"""How soon a person has to act on a message: channels select their messages by it."""

from enum import StrEnum


class Severity(StrEnum):
    """The severity of a message. The settings and the machine form use these texts."""

    CRITICAL = "critical"
    """Act now: a key is pending deletion or lost, perhaps not saved, or the guard is attacked."""
    WARNING = "warning"
    """Act today: a key cannot be used, or something of the guard has to wait."""
    INFO = "info"
    """Look when you have time: an approved deletion, a key that was saved, a routine change."""
