"""Who scheduled the deletion of which key."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reprieve.runbooks.scripts.calls import Calls
from reprieve.runbooks.scripts.schedulings import read_schedulings

ACCOUNT = "111122223333"
KEYS = [f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{letter}" for letter in "abc"]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/KeyAdministrator"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/KeyAdministrator/alice"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
FEDERATED = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"


def record(key: str, time: str = "2026-01-31T12:00:00Z", **more: Any) -> dict[str, Any]:
    """Return the record of a scheduled deletion."""
    return {
        "eventTime": time,
        "userIdentity": {"type": "IAMUser", "accountId": ACCOUNT, "arn": USER},
        "responseElements": {"keyId": key},
    } | more


class History(Calls):
    """CloudTrail's history, in pages, the newest first."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        super().__init__("eu-west-1", 60)
        self._pages = pages
        self.read = 0
        self.asked: dict[str, Any] = {}

    def client(self, service: str, region: str = "") -> Any:
        """Return a client of CloudTrail."""
        assert service == "cloudtrail"
        return type("CloudTrail", (), {"lookup_events": None})

    def pages(self, method: Any, *tokens: str, **parameters: Any) -> Any:
        """Yield the pages, and count them."""
        self.asked = parameters
        for page in self._pages:
            self.read += 1
            yield {"Events": [{"CloudTrailEvent": json.dumps(each)} for each in page]}


def scheduling(identity: dict[str, Any] | None) -> Any:
    """Return the scheduling of a key by a caller."""
    given = record(KEYS[0], userIdentity=identity)
    return read_schedulings(History([given]), {KEYS[0]})[KEYS[0]]


def issued(type_: str, arn: str, issuer: dict[str, Any]) -> dict[str, Any]:
    """Return the identity of a session."""
    context = {"sessionIssuer": issuer}
    return {"type": type_, "accountId": ACCOUNT, "arn": arn, "sessionContext": context}


@pytest.mark.parametrize(
    ("identity", "caller", "principals", "principal"),
    [
        (
            {"type": "IAMUser", "accountId": ACCOUNT, "arn": USER, "userName": "alice"},
            USER,
            {USER},
            f"IAMUser:{ACCOUNT}:alice",
        ),
        (
            issued(
                "AssumedRole",
                SESSION,
                {"type": "Role", "arn": ROLE, "userName": "KeyAdministrator"},
            ),
            SESSION,
            {SESSION, ROLE},
            f"AssumedRole:{ACCOUNT}:KeyAdministrator",
        ),
        # The issuer of a federated user's session is a user: an exemption by user names the caller.
        (
            issued("FederatedUser", FEDERATED, {"type": "IAMUser", "arn": USER, "userName": "a"}),
            FEDERATED,
            {FEDERATED},
            f"FederatedUser:{ACCOUNT}:a",
        ),
        (
            {"type": "AWSService", "invokedBy": "cloudformation.amazonaws.com"},
            "cloudformation.amazonaws.com",
            set(),
            "AWSService:None:",
        ),
        (None, "an unknown caller", set(), "None:None:"),
    ],
    ids=["user", "role", "federated user", "service", "nobody"],
)
def test_a_caller_is_known_by_its_own_arn_and_by_that_of_its_role(
    identity, caller, principals, principal
):
    """As an exemption can name it. Only a role's session counts as its role."""
    found = scheduling(identity)
    assert (found.caller, found.principals, found.principal) == (caller, principals, principal)
    assert found.at == datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_the_last_successful_scheduling_of_each_key_counts():
    """Failed calls, other keys, and what was earlier do not."""
    calls = History(
        [
            record(KEYS[0], "2026-01-31T12:00:03Z", errorCode="AccessDenied"),
            record(KEYS[0], "2026-01-31T12:00:02Z"),
            record(KEYS[2], "2026-01-31T12:00:01Z"),
        ],
        [
            record(KEYS[0], "2026-01-31T12:00:00Z"),
            record(KEYS[1], "2026-01-31T11:00:00Z", responseElements=None),
            record(KEYS[1], "2026-01-31T10:00:00Z"),
        ],
    )
    found = read_schedulings(calls, set(KEYS[:2]))
    assert {key: f"{each.at:%H:%M:%S}" for key, each in found.items()} == {
        KEYS[0]: "12:00:02",
        KEYS[1]: "10:00:00",
    }


def test_the_history_is_read_until_every_key_is_found():
    """CloudTrail answers two lookups a second, for the whole account."""
    calls = History([record(KEYS[0])], [record(KEYS[1])], [record(KEYS[2])])
    assert set(read_schedulings(calls, set(KEYS[:2]))) == set(KEYS[:2])
    assert calls.read == 2


def test_a_month_of_history_is_enough():
    """No deletion waits longer than 30 days."""
    calls = History([])
    assert read_schedulings(calls, set(KEYS)) == {}
    assert calls.asked["LookupAttributes"] == [
        {"AttributeKey": "EventName", "AttributeValue": "ScheduleKeyDeletion"}
    ]
    age = datetime.now(UTC) - calls.asked["StartTime"]
    assert timedelta(days=31) <= age < timedelta(days=31, minutes=5)
