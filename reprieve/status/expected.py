"""Where `reprieve status` looks, and what ought to stand there."""

from dataclasses import dataclass, replace
from typing import Any

from reprieve.aws.account import Account
from reprieve.guard.rules import Place
from reprieve.names import AUTOMATION_ROLE, EVENTBRIDGE_ROLE, LIFELINE
from reprieve.settings.schema import Settings


@dataclass(frozen=True)
class Look:
    """Where is looked, and what ought to stand there."""

    account: Account
    settings: Settings
    place: Place

    @property
    def region(self) -> str:
        """The code of the Region."""
        return self.place.region

    @property
    def topics(self) -> dict[str, str]:
        """The ARNs of the topics that people subscribe to, by what a sentence calls them."""
        arns = {"topic": self.place.topic_arn}
        return arns | ({"lifeline": self.place.lifeline_arn} if self.place.lifeline_arn else {})

    def client(self, service: str) -> Any:
        """Return a client of a service in the Region."""
        return self.account.client(service, self.region)


def look_at(account: Account, settings: Settings, region: str) -> Look:
    """Return what ought to stand in a Region of an account."""
    partition = settings.regions.partition

    def arn(service: str, name: str) -> str:
        return f"arn:{partition}:{service}:{region}:{account.id}:{name}"

    def role_arn(name: str) -> str:
        return f"arn:{partition}:iam::{account.id}:role/{name}"

    remediation, encrypted = settings.remediation, settings.notify.encryption != "none"
    automation_role = remediation.automation_role_arn or role_arn(AUTOMATION_ROLE)
    place = Place(
        region=region,
        account=account.id,
        topic_arn=arn("sns", settings.notify.topic_name),
        lifeline_arn=arn("sns", LIFELINE) if encrypted else None,
        automation_role_arn=automation_role if remediation.enabled else None,
        eventbridge_role_arn=role_arn(EVENTBRIDGE_ROLE) if remediation.enabled else None,
    )
    if isinstance(settings.notify.encryption, tuple):
        keys = (key for key in settings.notify.encryption if key.split(":")[3] == region)
        return Look(account, settings, replace(place, key_arn=next(keys)))
    if encrypted:
        place = replace(place, key_arn=_key_of_topic(account, place))
    return Look(account, settings, place)


def _key_of_topic(account: Account, place: Place) -> str | None:
    """Return the key that Reprieve made for the topic; None if there is no such topic or key."""
    try:
        answer = account.client("sns", place.region).get_topic_attributes(TopicArn=place.topic_arn)
    except Exception:
        return None  # the check of the topic says why.
    key: str | None = answer["Attributes"].get("KmsMasterKeyId")
    return key
