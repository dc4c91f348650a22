"""Just enough of AWS for the scripts: keys, CloudTrail's history, a queue and topics."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT = "111122223333"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
PLACE = {"Region": "eu-west-1", "Account": ACCOUNT, "Execution": "0b7fd7dd", "Console": ""}
"""What every script gets."""


def arn_of(name: str) -> str:
    """Return the ARN of a key."""
    return f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{name}"


def failure(code: str, status: int = 400) -> ClientError:
    """Return an error of AWS's."""
    answer: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "Call")


@dataclass
class FakeAws:
    """One Region. Every attribute can be set by a test.

    `keys` are their states by name, `after` the state of a key after its deletion was cancelled.
    `denied` are the calls that AWS denies, each a method or a method and the name of a key; to
    `broken` ones it answers with an error of its own.
    """

    keys: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    dates: dict[str, datetime] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)
    guarded_since: datetime | None = datetime(2026, 1, 1, tzinfo=UTC)
    denied: set[Any] = field(default_factory=set)
    broken: set[Any] = field(default_factory=set)
    managers: dict[str, str] = field(default_factory=dict)
    sent: list[dict[str, str]] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def client(self, service: str, **_: Any) -> Any:
        """Return a client: this object has the methods of every service."""
        return self

    def describe_key(self, KeyId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return a key by its ARN or its name."""
        name = self._checked("describe_key", KeyId)
        metadata = {
            "Arn": arn_of(name),
            "KeyState": self.keys[name],
            "KeyManager": self.managers.get(name, "CUSTOMER"),
        }
        if name in self.dates:
            metadata["DeletionDate"] = self.dates[name]  # type: ignore[assignment]
        return {"KeyMetadata": metadata}

    def cancel_key_deletion(self, KeyId: str) -> None:  # noqa: N803 - AWS's name
        """Cancel the deletion of a key."""
        name = self._checked("cancel_key_deletion", KeyId)
        if not self.keys[name].startswith("Pending"):
            raise failure("KMSInvalidStateException")
        self.keys[name] = self.after.get(name, "Disabled")
        self.changed.append(f"cancel {name}")

    def enable_key(self, KeyId: str) -> None:  # noqa: N803 - AWS's name
        """Enable a key."""
        name = self._checked("enable_key", KeyId)
        self.keys[name] = "Enabled"
        self.changed.append(f"enable {name}")

    def list_keys(self, **_: Any) -> dict[str, Any]:
        """Return every key."""
        return {"Keys": [{"KeyArn": arn_of(name)} for name in self.keys]}

    def list_resource_tags(self, KeyId: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return the tags of a key."""
        name = self._checked("list_resource_tags", KeyId)
        return {"Tags": [{"TagKey": tag, "TagValue": "true"} for tag in self.tags.get(name, [])]}

    def lookup_events(self, **parameters: Any) -> dict[str, Any]:
        """Return the records of a call, the newest first."""
        self._checked("lookup_events", "")
        (attribute,) = parameters["LookupAttributes"]
        end = parameters.get("EndTime", datetime.now(UTC))
        found = [
            record
            for record in self.history
            if record["eventName"] == attribute["AttributeValue"]
            and datetime.fromisoformat(record["eventTime"]) <= end
        ]
        found.sort(key=lambda record: str(record["eventTime"]), reverse=True)
        return {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in found]}

    def get_queue_url(self, QueueName: str) -> dict[str, str]:  # noqa: N803 - AWS's name
        """Return the queue, if there is one."""
        if self.guarded_since is None:
            raise failure("AWS.SimpleQueueService.NonExistentQueue")
        return {"QueueUrl": QueueName}

    def get_queue_attributes(self, **_: Any) -> dict[str, Any]:
        """Return when the queue was created."""
        self._checked("get_queue_attributes", "")
        assert self.guarded_since
        return {"Attributes": {"CreatedTimestamp": str(int(self.guarded_since.timestamp()))}}

    def receive_message(self, **parameters: Any) -> dict[str, Any]:
        """Return messages, and hide them."""
        self._checked("receive_message", "")
        count = parameters["MaxNumberOfMessages"]
        batch, self.letters = self.letters[:count], self.letters[count:]
        return {"Messages": batch} if batch else {}

    def delete_message(self, ReceiptHandle: str, **_: Any) -> None:  # noqa: N803 - AWS's name
        """Delete a message."""
        self._checked("delete_message", "")
        self.changed.append(f"delete {ReceiptHandle}")

    def publish(self, **message: str) -> None:
        """Send a message."""
        self._checked("publish", message["TopicArn"])
        self.sent.append(message)

    def _checked(self, method: str, resource: str) -> str:
        name = resource.rpartition("/")[2]
        if {method, (method, name)} & self.denied:
            raise failure("AccessDeniedException")
        if {method, (method, name)} & self.broken:
            raise failure("DependencyTimeoutException", 503)
        if method.endswith("_key") and name not in self.keys:
            raise failure("NotFoundException")
        return name


def record(call: str, key: str, time: str, **more: Any) -> dict[str, Any]:
    """Return a record of CloudTrail's."""
    return {
        "eventName": call,
        "eventTime": time,
        "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT, "arn": USER},
        "resources": [{"ARN": arn_of(key)}],
        "responseElements": {"keyId": arn_of(key)},
    } | more
