"""How messages travel: to the topics of their own Region, or as events."""

from reprieve.settings.schema import Settings


def sends_events(settings: Settings, region: str) -> bool:
    """Return whether the runbooks of a Region send their results as events.

    Otherwise they publish to the Region's topics, which is the shortest way to people.
    """
    return False
