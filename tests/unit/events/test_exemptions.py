"""The two patterns of a threat with exemptions: every event matches exactly one of them."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprieve.events.exemptions import Exemptions, exemptions_in, split
from reprieve.events.patterns import pattern_errors
from reprieve.events.threat import pattern_json
from reprieve.events.threats import KEY_DELETION_SCHEDULED
from sandbox.events.matching import matches

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/KeyAdministrator"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
KEY_ARN = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{KEY}"
OTHER = KEY_ARN.replace("1234abcd", "ffffffff")

ALL = {"principals": [USER, ROLE], "keys": [KEY]}


def in_ireland(principals=(), keys=()):
    """Return the exemptions in eu-west-1."""
    return exemptions_in("eu-west-1", principals, keys, partition="aws", account=ACCOUNT)


def matched(event, exemptions):
    """Return whether an event matches each of the two patterns: remediated, approved."""
    return tuple(
        matches(pattern_json(pattern), event)
        for pattern in split(KEY_DELETION_SCHEDULED.event_pattern, exemptions)
    )


def event(user=None, role=None, key=OTHER):
    """Return the record of a scheduled deletion. None omits a field."""
    identity = {} if user is None else {"arn": user}
    if role is not None:
        identity["sessionContext"] = {"sessionIssuer": {"arn": role}}
    return {
        "source": "aws.kms",
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": "kms.amazonaws.com",
            "eventName": "ScheduleKeyDeletion",
            "userIdentity": identity,
            "responseElements": {} if key is None else {"keyId": key},
        },
    }


SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/KeyAdministrator/alice"


@pytest.mark.parametrize(
    ("fields", "approved"),
    [
        ({"user": USER}, True),
        ({"user": f"{USER}2"}, False),
        ({"user": SESSION, "role": ROLE}, True),
        ({"user": SESSION, "role": f"{ROLE}2"}, False),
        ({"user": f"arn:aws:iam::{ACCOUNT}:root"}, False),
        ({"user": "x", "key": KEY_ARN}, True),
        ({"user": "x", "key": KEY_ARN.replace("eu-west-1", "eu-west-2")}, False),
        ({}, False),
        ({"key": None}, False),
    ],
)
def test_only_exempt_users_roles_and_keys_are_approved(fields, approved):
    """A role includes its sessions. Similar names are not approved."""
    assert matched(event(**fields), in_ireland(**ALL)) == (not approved, approved)


ARNS = st.sampled_from([None, USER, ROLE, SESSION, KEY_ARN, OTHER, "", "x"])
CHOSEN = st.lists(st.sampled_from([USER, ROLE, f"{USER}2", f"{ROLE}2"]), unique=True)
KEYS = st.lists(st.sampled_from([KEY, KEY_ARN, OTHER]), unique=True)


@given(user=ARNS, role=ARNS, key=ARNS, principals=CHOSEN, keys=KEYS, noise=st.booleans())
def test_every_event_matches_exactly_one_of_the_two(user, role, key, principals, keys, noise):
    """With any fields in the record, and with any exemptions."""
    exemptions = in_ireland(principals, keys)
    if not exemptions:
        return
    record = event(user, role, key)
    if noise:
        record["detail"] |= {"requestParameters": None, "additionalEventData": {"arn": USER}}
    assert matches(pattern_json(KEY_DELETION_SCHEDULED.event_pattern), record)
    assert sum(matched(record, exemptions)) == 1


@given(principals=CHOSEN, keys=KEYS)
def test_both_patterns_are_valid(principals, keys):
    """With one exemption or many: no $or with one alternative, no empty list."""
    if exemptions := in_ireland(principals, keys):
        for pattern in split(KEY_DELETION_SCHEDULED.event_pattern, exemptions):
            assert pattern_errors(pattern_json(pattern)) == []


def test_a_failed_call_matches_neither():
    """The exemptions only add to the pattern of the threat."""
    record = event(USER)
    record["detail"]["errorCode"] = "AccessDenied"
    assert matched(record, in_ireland(**ALL)) == (False, False)


def test_a_key_id_is_exempt_in_every_region_and_an_arn_in_its_own():
    """Multi-Region keys have one id in all their Regions."""
    elsewhere = exemptions_in("us-east-1", [], [KEY, OTHER], partition="aws", account=ACCOUNT)
    assert elsewhere == Exemptions(keys=(f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY}",))


def test_split_does_not_change_the_pattern_of_the_threat():
    """All guards share it."""
    before = copy.deepcopy(KEY_DELETION_SCHEDULED.event_pattern)
    split(KEY_DELETION_SCHEDULED.event_pattern, in_ireland(**ALL))
    assert json.dumps(KEY_DELETION_SCHEDULED.event_pattern) == json.dumps(before)


def test_split_without_exemptions_is_an_error():
    """There would be only one pattern."""
    with pytest.raises(ValueError, match="nothing is exempt"):
        split(KEY_DELETION_SCHEDULED.event_pattern, Exemptions())
