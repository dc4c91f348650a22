"""The result of a drill has what happened, whatever fails."""

import json
import threading
from threading import Event

import pytest

from reprieve.drill.drill import Plan, drill
from tests.support.settings import load_one
from tests.unit.drill.fakes import ARN, REGION, FakeAccount, FakeClient, failure

URL = "https://sqs/reprieve-drill-1"
TOPIC = f"arn:aws:sns:{REGION}:111122223333:reprieve-alerts"
SUBSCRIPTION = f"{TOPIC}:1"


@pytest.fixture
def plan():
    """Wait for ten seconds at most."""
    settings = {"REPRIEVE_REGIONS__WATCH": REGION, "REPRIEVE_NOTIFY__EMAILS": "a@example.com"}
    return Plan(load_one(settings), timeout=10)


def guarded_account(**answers):
    """Return an account whose guard rescues the key at once, but for what `answers` says."""
    messages = [{"Message": ARN}, {"Message": ARN, "Subject": "Reprieve"}]
    states = iter(["PendingDeletion", "Disabled"])
    clients = {
        "kms": {
            "list_aliases": {"Aliases": []},
            "create_key": {"KeyMetadata": {"Arn": ARN}},
            "create_alias": {},
            "schedule_key_deletion": {},
            "describe_key": lambda **_: {"KeyMetadata": {"KeyState": next(states, "Disabled")}},
        },
        "sqs": {
            "list_queues": {},
            "create_queue": {"QueueUrl": URL},
            "receive_message": {"Messages": [{"Body": json.dumps(each)} for each in messages]},
            "delete_queue": {},
        },
        "sns": {
            "list_subscriptions_by_topic": {"Subscriptions": []},
            "subscribe": {"SubscriptionArn": SUBSCRIPTION},
            "unsubscribe": {},
        },
        "cloudtrail": {},
    }
    for method, answer in answers.items():
        (known,) = (each for each in clients.values() if method in each)
        known[method] = answer
    return FakeAccount({name: FakeClient(**each) for name, each in clients.items()})


def run(account, plan, stop=None, **options):
    """Return the result in the one Region."""
    (found,) = drill(account, [REGION], plan, stop or Event(), **options).regions
    return found


def test_a_drill_that_passes_leaves_nothing(plan):
    """The seconds, the key and its state are there."""
    account = guarded_account()
    found = run(account, plan)
    assert found.passed
    assert None not in (found.alert, found.cancelled, found.result_sent)
    assert (found.key, found.key_state) == (ARN, "Disabled, kept for the next drill")
    assert account.client("sqs", REGION).called[-1] == "delete_queue"
    assert account.client("sns", REGION).called[-1] == "unsubscribe"


@pytest.mark.parametrize("method", ["unsubscribe", "delete_queue", "list_queues", "create_alias"])
def test_a_failed_clean_up_keeps_the_result(plan, method):
    """Throttled or denied: the key and the seconds are there, and what is left to do."""
    found = run(guarded_account(**{method: failure(method, "Throttling")}), plan)
    assert (found.key, found.problem) == (ARN, None)
    assert None not in (found.alert, found.cancelled, found.result_sent)
    assert not found.passed
    (left,) = found.leftovers
    assert left.problem.endswith(f"{method}: Throttling: No.")
    assert left.command.startswith("aws ")


@pytest.mark.parametrize("method", ["receive_message", "schedule_key_deletion"])
def test_an_error_keeps_the_key_and_cleans_up(plan, method):
    """The problem is AWS's."""
    account = guarded_account(**{method: failure(method, "Throttling")})
    found = run(account, plan)
    assert (found.key, found.problem) == (ARN, f"{method}: Throttling: No.")
    assert found.key_state
    assert account.client("sqs", REGION).called[-1] == "delete_queue"


@pytest.mark.parametrize("method", ["create_queue", "subscribe", "list_aliases", "create_key"])
def test_an_error_before_there_is_a_key_schedules_no_deletion(plan, method):
    """What was created until then is removed."""
    account = guarded_account(**{method: failure(method, "Throttling")})
    found = run(account, plan)
    assert (found.key, found.key_state) == (None, None)
    assert found.problem == f"{method}: Throttling: No."
    assert found.leftovers == ()
    assert "schedule_key_deletion" not in account.client("kms", REGION).called
    has_queue = method != "create_queue"
    assert ("delete_queue" in account.client("sqs", REGION).called) is has_queue


def test_a_missing_topic_is_said(plan):
    """Nothing was deployed there, and nothing is created."""
    gone = failure("ListSubscriptionsByTopic", "NotFound")
    account = guarded_account(list_subscriptions_by_topic=gone)
    assert run(account, plan).problem == "There is no topic reprieve-alerts. Deploy first."
    assert "create_queue" not in account.client("sqs", REGION).called


def test_an_interrupt_before_there_is_a_key_creates_none(plan):
    """The queue is removed again."""
    stop = Event()
    stop.set()
    account = guarded_account()
    found = run(account, plan, stop)
    assert found.problem == "It was interrupted."
    assert account.client("kms", REGION).called == []
    assert account.client("sqs", REGION).called[-1] == "delete_queue"


def test_a_drill_that_hangs_names_everything_that_it_may_have_left(plan):
    """AWS does not answer: the drill gives up the Region, and keeps what it knows."""
    answered = threading.Event()
    account = guarded_account(receive_message=lambda **_: answered.wait() and {})
    try:
        found = run(account, Plan(plan.settings, timeout=0.1), overhead=0.2)
    finally:
        answered.set()
    assert (found.key, found.problem) == (ARN, "There was no answer within 0.3 seconds.")
    assert [each.resource for each in found.leftovers] == [
        f"the subscription {SUBSCRIPTION}",
        f"the queue {URL}",
        f"the drill key {ARN}",
    ]
    assert all(each.command.startswith("aws ") for each in found.leftovers)


def test_a_kept_queue_is_named(plan):
    """--keep removes nothing, and leaves the key as it is."""
    account = guarded_account()
    found = run(account, Plan(plan.settings, 10, keep=True))
    assert (found.kept, found.key_state, found.passed) == (URL, "Disabled", True)
    assert "delete_queue" not in account.client("sqs", REGION).called


def test_a_hub_in_an_account_that_was_not_opened_is_a_problem():
    """Nobody can see there whether the alert arrives. Nothing is created."""
    hub = json.dumps({"account": "222233334444", "region": REGION})
    settings = {
        "REPRIEVE_ACCOUNT__ID": "111122223333",
        "REPRIEVE_REGIONS__WATCH": REGION,
        "REPRIEVE_NOTIFY__EMAILS": "a@example.com",
        "REPRIEVE_NOTIFY__TOPOLOGY": "hub",
        "REPRIEVE_NOTIFY__HUB": hub,
        "REPRIEVE_SETTINGS": "/dev/null",
    }
    account = guarded_account()
    found = run(account, Plan(load_one(settings), timeout=10))
    assert not found.passed
    assert "The alerts are sent from the account 222233334444." in found.problem
    assert "schedule_key_deletion" not in account.client("kms", REGION).called
