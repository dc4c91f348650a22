"""Three weeks of a busy account end in the alerts and rescues that are due, and in no others."""

from collections import Counter

import pytest

from tests.support.account import ending
from tests.support.busy_weeks import DUE, EVENTS, three_weeks

REGION = "eu-west-1"


@pytest.fixture(scope="module")
def weeks(account):
    """Let the weeks pass; return their events, each with the threat that it is and its key."""

    def new_key() -> str:
        """Make a key whose deletion is scheduled where no rule matches it."""
        key = account.create_key(REGION)
        account.kms(REGION).schedule_key_deletion(KeyId=key["KeyId"])
        return str(key["Arn"])

    account.sandbox.lose_events(lambda event: True)
    events = three_weeks(REGION, new_key)
    account.sandbox.settle()
    account.sandbox.lose_events(None)
    for _, _, event in events:
        account.sandbox.emit(event, REGION)
    account.sandbox.settle(120)
    return events


def test_the_weeks_are_what_they_are_said_to_be(weeks):
    """10,000 events, of which 40 endanger keys; most of the others are near misses of some kind."""
    assert (EVENTS, sum(DUE.values())) == (10_000, 40)
    assert len(weeks) == EVENTS
    assert Counter(kind for kind, _, _ in weeks if kind) == DUE
    refused = [event for _, _, event in weeks if "errorCode" in event["detail"]]
    assert len(refused) > 300


def test_exactly_the_due_alerts_are_delivered(account, weeks):
    """Each dangerous event once, by its own rule, to people; nothing else; nothing lost."""
    due = Counter((event["id"], f"reprieve-{kind}") for kind, _, event in weeks if kind is not None)
    alerts = [each for each in account.sandbox.deliveries if ":sns:" in each.target_arn]
    assert due == Counter((alert.event_id, alert.rule_arn.rpartition("/")[2]) for alert in alerts)
    assert [alert.error for alert in alerts if alert.error or not alert.recipients] == []


def test_exactly_the_due_rescues_are_done(account, weeks):
    """Each scheduled deletion is cancelled once, with a message; nothing else is run."""
    scheduled = {key for kind, key, _ in weeks if kind == "key-deletion-scheduled"}
    started = [
        e for e in account.sandbox.executions if e.document.startswith("reprieve-rescue-key-")
    ]
    assert Counter(scheduled) == Counter(e.parameters["KeyId"][0] for e in started)
    assert set(map(ending, started)) == {"Success"}
    assert {account.state(REGION, key) for key in scheduled} == {"Disabled"}
    outcomes = [mail for mail in account.sandbox.mails if "cancelled the deletion" in mail.body]
    assert len(scheduled) == len(outcomes)


def test_nothing_else_was_set_off(account, weeks):
    """No rescue that failed, no alarm, no other mail.

    But for the alarm on many deletions: the deletions of three weeks come within seconds here.
    """
    alarms = {change.name for change in account.sandbox.alarms if change.state == "ALARM"}
    assert alarms - {"reprieve-storm"} == set()
    mails = [mail for mail in account.sandbox.mails if "reprieve-storm" not in mail.body]
    assert sum(DUE.values()) + DUE["key-deletion-scheduled"] == len(mails)
