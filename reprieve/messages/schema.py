"""The machine form of a message: its fields, and the JSON Schema that `docs/alert-schema.json` is.

Version 1.0. A later minor version may add fields, so receivers ignore fields that they do not know.
A change of a field, or its removal, is another major version.
"""

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from reprieve.events.severity import Severity

VERSION: Final = "1.0"
_ABSENT = "Empty if the event has none."


class Caller(BaseModel):
    """Who made the call. Every field is empty if no call caused the event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = Field(
        description="The kind of identity, as CloudTrail records it: AssumedRole, IAMUser, Root, …"
    )
    name: str = Field(
        description="The name of the role or user. Empty for the root user and AWS's services, and "
        "in the alerts of a [[watch]]. The ARN is in `event.detail.userIdentity.arn`."
    )
    account: str = Field(description=f"The account of the caller. {_ABSENT}")


class AlertMessage(BaseModel):
    """A message of Reprieve for programs. A text that an event does not have is empty."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", title="A message of Reprieve, version 1.0"
    )

    schema_version: Literal["1.0"] = Field(description="The version of this schema.")
    id: str = Field(
        min_length=1,
        description="The id of the event. A message may be delivered twice, with the same id.",
    )
    time: str = Field(description="When the event was sent, in UTC (RFC 3339).")
    type: Literal["alert", "result", "alarm"] = Field(
        description="`alert`: something happened to a key or to the guard. `result`: what a rescue "
        "or a patrol of Reprieve did or found. `alarm`: a CloudWatch alarm of Reprieve is on."
    )
    kind: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$",
        description="What happened: for an alert the threat, such as `key-deletion-scheduled`, or "
        "`watch-NAME`; for an alarm its name; for a result what the runbook calls it.",
    )
    severity: Severity = Field(description="How soon somebody has to act.")
    account: str = Field(pattern=r"^[0-9]{12}$", description="The account of the event.")
    region: str = Field(min_length=1, description="The Region of the event.")
    partition: str = Field(min_length=1, description="The partition of the Region: aws, aws-cn, …")
    summary: str = Field(min_length=1, description="One line for people: what happened.")
    key: str = Field(
        description="The KMS key, by its ARN; in a result by its id if the runbook got only that. "
        "Empty if the message is not about one key, or if the event lacks the ARN: `resource` is "
        "then the id of the key."
    )
    resource: str = Field(
        description="What the event is about: a key, an alias, a key store, a rule, a topic, a "
        f"trail, an automation execution. {_ABSENT}"
    )
    call: str = Field(description=f"The API call, such as ScheduleKeyDeletion. {_ABSENT}")
    caller: Caller
    source_ip: str = Field(description=f"Where the call came from. {_ABSENT}")
    deletion_date: str = Field(
        description="When KMS will delete the key, as CloudTrail writes it. Empty while it is not "
        "known, such as of a primary key with replicas."
    )
    action: Literal["cancel-deletion", "enable-key", "none"] = Field(
        description="What Reprieve does about the event. A result follows."
    )
    next_steps: list[str] = Field(description="What a person can do: sentences and commands.")
    console_url: str = Field(
        description="A page of AWS's console that shows more. Empty in partitions whose console "
        "Reprieve does not know."
    )
    event: dict[str, Any] = Field(
        description="The EventBridge event itself, with everything that AWS recorded."
    )


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the machine form. It allows fields of later minor versions."""
    schema = AlertMessage.model_json_schema()
    for table in (schema, *schema["$defs"].values()):
        table.pop("additionalProperties", None)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
