"""The whole guard of one Region; `remediation.roles_of` has what an account has once.

stacks/ makes Terraform resources of it, and `reprieve status` compares it with what is deployed.
Both get the same data: nothing about a resource is decided elsewhere.
"""

from dataclasses import dataclass
from typing import Final

from reprieve.guard import policies
from reprieve.guard.alarms import alarms_of
from reprieve.guard.remediation import automation_role_arn, documents_of, eventbridge_role_arn
from reprieve.guard.resources import Alarm, Document, Key, Queue, Rule, Topic
from reprieve.guard.rules import Endpoints, rules_of
from reprieve.guard.topics import KEY_REFERENCE, alert_key, topics_of
from reprieve.location import Location
from reprieve.names import DEAD_LETTERS
from reprieve.settings.schema import Settings

_RETENTION_SECONDS: Final = 14 * 24 * 3600
"""As long as SQS keeps a message (SQS API reference, MessageRetentionPeriod)."""


@dataclass(frozen=True)
class RegionalGuard:
    """The guard of one Region.

    `topics` are the topic of the alerts and, where it is encrypted, the lifeline; `key_arn` is the
    key that encrypts the first, and `key` that key if Reprieve makes it.
    """

    location: Location
    key_arn: str | None
    key: Key | None
    topics: tuple[Topic, ...]
    queue: Queue
    documents: tuple[Document, ...]
    rules: tuple[Rule, ...]
    alarms: tuple[Alarm, ...]


def regional_guard(
    settings: Settings, location: Location, own_key_arn: str | None = None
) -> RegionalGuard:
    """Return the guard of a watched Region.

    `own_key_arn` is the ARN of the key that Reprieve made for the alerts, if it is known.
    """
    role_arn = automation_role_arn(settings, location)
    key_arn, key = alert_key(
        location, settings.notify, own_key_arn or location.arn("kms", KEY_REFERENCE), role_arn
    )
    topics = topics_of(location, settings.notify, key_arn)
    queue = Queue(
        name=DEAD_LETTERS,
        arn=location.arn("sqs", DEAD_LETTERS),
        policy=policies.dead_letter_policy(location),
        retention_seconds=_RETENTION_SECONDS,
    )
    endpoints = Endpoints(
        topic_arn=topics[0].arn,
        lifeline_arn=topics[1].arn if key_arn else None,
        key_arn=key_arn,
        dead_letter_arn=queue.arn,
        automation_role_arn=role_arn,
        eventbridge_role_arn=eventbridge_role_arn(location),
    )
    rules = rules_of(settings, location, endpoints)
    return RegionalGuard(
        location=location,
        key_arn=key_arn,
        key=key,
        topics=topics,
        queue=queue,
        documents=documents_of(settings),
        rules=rules,
        alarms=alarms_of(queue, topics, rules) if settings.reliability.alarms else (),
    )
