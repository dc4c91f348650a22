"""What is read of an organization: every page, each once, and nothing that is guessed."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from reprieve.organization.journal import open_journal
from reprieve.organization.pacing import Pacer
from reprieve.organization.reading import NoStackSetError, Reader
from reprieve.organization.records import MalformedAnswer, template_hash
from tests.unit.organization.fakes import (
    HOME,
    MANAGEMENT,
    NAME,
    NOW,
    REGIONS,
    UNIT,
    FakeAccount,
    FakeAws,
    entry,
    error,
)

IDS = [f"{200000000000 + index}" for index in range(130)]


@pytest.fixture
def aws():
    """Return an organization of 131 accounts, 130 of them in two units of the set."""
    return FakeAws(
        members={MANAGEMENT: "ACTIVE", **dict.fromkeys(IDS, "ACTIVE")},
        units={UNIT: IDS[:100], "ou-below": IDS[100:]},
        below={UNIT: ["ou-below"], "ou-below": [UNIT]},
        entries=[entry(id, region) for id in IDS for region in REGIONS],
    )


def at_once():
    """Return a pacer that never waits."""
    return Pacer(4, lambda: 0.0, lambda seconds: None)


def reader(aws, folder, account=None, *, resume=False, now=NOW):
    """Return a reader that does not wait."""
    journal = open_journal("key", resume=resume, now=now, folder=folder)
    pacers = at_once(), at_once()
    given: Any = FakeAccount(aws, account) if account else FakeAccount(aws)
    return Reader(given, HOME, journal, pacers, now=lambda: now)


def test_every_page_is_read_once(aws, tmp_path):
    """The units may even be below each other."""
    found = reader(aws, tmp_path).read([NAME])
    assert len(found.sets[0].instances) == 260
    assert len(found.organization.members) == 131
    assert found.organization.covered == frozenset(IDS)
    assert aws.count("list_stack_instances") == 3
    assert aws.count("list_accounts") == 7
    assert found.calls == len(aws.calls)


@pytest.mark.parametrize(
    ("account", "caller"), [(MANAGEMENT, "SELF"), ("111122223333", "DELEGATED_ADMIN")]
)
def test_the_caller_says_who_it_is(aws, tmp_path, account, caller):
    """AWS answers a delegated administrator only if it says that it is one."""
    reader(aws, tmp_path, account).read([NAME])
    asked = {each.get("CallAs") for name, each in aws.calls if "stack" in name}
    assert asked == {caller}


def test_an_interrupted_run_continues_where_it_was(aws, tmp_path):
    """Only the page that was missing is read."""
    whole = reader(aws, tmp_path / "whole").read([NAME])
    calls = len(aws.calls)
    aws.calls.clear()
    aws.fail = {calls: error("ExpiredToken", "ListStackInstances")}
    with pytest.raises(ClientError):
        reader(aws, tmp_path).read([NAME])
    aws.fail, aws.calls = {}, []
    later = NOW + timedelta(minutes=10)
    found = reader(aws, tmp_path, resume=True, now=later).read([NAME])
    assert found.sets[0].instances == whole.sets[0].instances
    assert found.organization == whole.organization
    assert [name for name, _ in aws.calls] == [
        *("describe_organization", "describe_stack_set", "list_stack_set_operations"),
        "list_stack_instances",
    ]
    assert (found.since, found.until) == (NOW, later)
    assert found.lists == dict.fromkeys(["accounts", "units", f"stack instances of {NAME}"], NOW)


def test_an_account_that_joins_during_the_run_is_no_stranger(aws, tmp_path):
    """It has stacks, and was not there when the accounts were read: these are read again."""
    later = "999900000000"
    aws.entries += [entry(later, region) for region in REGIONS]
    listed = aws.units[UNIT]
    aws.join = lambda: (aws.members.update({later: "ACTIVE"}), listed.append(later))
    found = reader(aws, tmp_path).read([NAME])
    assert later in {each.id for each in found.organization.members}
    assert later in found.organization.covered
    assert aws.count("list_stack_instances") == 3


def test_an_account_that_has_left_is_looked_for_once(aws, tmp_path):
    """Its stacks are still there."""
    aws.entries.append(entry("999900000000", "eu-west-1"))
    found = reader(aws, tmp_path).read([NAME])
    assert "999900000000" not in {each.id for each in found.organization.members}
    assert aws.count("list_accounts") == 2 * 7


def test_a_token_that_has_expired_begins_the_list_anew(aws, tmp_path):
    """No instance is there twice."""
    reader(aws, tmp_path / "whole").read([NAME])
    calls = len(aws.calls)
    aws.calls.clear()
    aws.fail = {calls: error("ExpiredToken", "ListStackInstances")}
    with pytest.raises(ClientError):
        reader(aws, tmp_path).read([NAME])
    aws.calls, aws.fail = [], {4: error("ValidationError", "ListStackInstances")}
    found = reader(aws, tmp_path, resume=True).read([NAME])
    assert len(found.sets[0].instances) == 260
    assert aws.count("list_stack_instances") == 4


def test_an_invalid_request_is_no_expired_token(aws, tmp_path):
    """Only a token of a former run is given up."""
    aws.fail = {4: error("InvalidInputException", "ListAccounts")}
    with pytest.raises(ClientError):
        reader(aws, tmp_path).read([NAME])
    assert len(aws.calls) == 4


def test_a_stack_set_that_is_not_there(aws, tmp_path):
    """The message says which, and the hint what to do."""
    aws.fail = {2: error("StackSetNotFoundException", "DescribeStackSet")}
    with pytest.raises(
        NoStackSetError, match="There is no stack set reprieve-organization in us-east-1"
    ):
        reader(aws, tmp_path).read([NAME])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"Account": "12"}, "'12' is not the id of an account"),
        ({"Region": ""}, "an entry has no Region"),
        ({"Status": None}, "an entry has no Status"),
    ],
)
def test_a_malformed_instance_is_reported(aws, tmp_path, change, said):
    """Nothing is concluded from the others."""
    aws.entries[150] |= change
    with pytest.raises(MalformedAnswer, match="ListStackInstances cannot be read") as raised:
        reader(aws, tmp_path).read([NAME])
    assert said in str(raised.value)


def test_a_malformed_stack_set_is_reported(aws, tmp_path):
    """Without a template there is nothing to compare."""
    aws.stack_set = {"TemplateBody": None}
    with pytest.raises(MalformedAnswer, match=r"DescribeStackSet .* no TemplateBody"):
        reader(aws, tmp_path).read([NAME])


def test_a_malformed_account_is_reported(aws, tmp_path):
    """Its state would be a guess."""
    aws.members[IDS[0]] = ""
    with pytest.raises(MalformedAnswer, match=r"ListAccounts .* an account has no State"):
        reader(aws, tmp_path).read([NAME])


def test_a_list_that_never_ends_is_reported(aws, tmp_path):
    """AWS answers with the same token again and again."""
    endless = {"Summaries": [], "NextToken": "same"}
    aws.__dict__["list_stack_instances"] = lambda **asked: endless
    with pytest.raises(MalformedAnswer, match="two pages have the same NextToken"):
        reader(aws, tmp_path).read([NAME])


def test_the_hash_of_a_template_is_that_of_its_content():
    """Its spaces and its order do not count."""
    assert template_hash('{"a": 1, "b": 2}') == template_hash('{"b":2,\n"a":1}')
    assert template_hash('{"a": 1}') != template_hash('{"a": 2}')
    assert template_hash("a: 1") != template_hash("a: 2")
