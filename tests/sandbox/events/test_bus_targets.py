"""Event buses as targets: what arrives there, the permissions of the role, and loops."""

import json

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import (
    EVENTS,
    REGION,
    RULE_ARN,
    Account,
    allow,
    error_code_of,
    policy,
    role_arn,
    trust,
)

OTHER = "us-east-1"
THIRD = "eu-west-2"
PATTERN = {"source": ["mine", "aws.kms"]}
TRUST = trust("events.amazonaws.com", ArnEquals={"aws:SourceArn": RULE_ARN})


def bus_arn(region, name="default"):
    """Return the ARN of an event bus."""
    return f"arn:aws:events:{region}:{ACCOUNT_ID}:event-bus/{name}"


def make_role(account, trusted=None, *statements):
    """Create the role `forward`, which may put events on every bus by default."""
    iam = account.client("iam")
    iam.create_role(
        RoleName="forward", AssumeRolePolicyDocument=trusted or trust("events.amazonaws.com")
    )
    given = statements or (allow("events:PutEvents"),)
    iam.put_role_policy(RoleName="forward", PolicyName="p", PolicyDocument=policy(*given))


def forward(account, source, target, name="forward", **options):
    """Make a rule in a Region that sends all events to a bus. The target has the id `bus`."""
    events = account.sandbox.client("events", source)
    bus = options.pop("bus", "default")
    events.put_rule(Name=name, EventPattern=json.dumps(PATTERN), EventBusName=bus)
    entry = {"Id": "bus", "Arn": target, "RoleArn": role_arn("forward"), **options}
    events.put_targets(Rule=name, EventBusName=bus, Targets=[entry])


def make_listener(account, region, bus="default"):
    """Make a rule on a bus that sends all events to the queue `heard` of the Region."""
    sqs, events = (account.sandbox.client(name, region) for name in ("sqs", "events"))
    url = sqs.create_queue(QueueName="heard")["QueueUrl"]
    document = policy(allow("sqs:SendMessage", Principal=EVENTS))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    events.put_rule(Name="listen", EventPattern=json.dumps(PATTERN), EventBusName=bus)
    arn = f"arn:aws:sqs:{region}:{ACCOUNT_ID}:heard"
    events.put_targets(Rule="listen", EventBusName=bus, Targets=[{"Id": "q", "Arn": arn}])


def heard(account, region):
    """Return the events that the listener of a Region got."""
    account.sandbox.settle()
    sqs = account.sandbox.client("sqs", region)
    url = sqs.get_queue_url(QueueName="heard")["QueueUrl"]
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


def put(account, region=REGION):
    """Put an event on the default bus of a Region, as a service of AWS. Wait for all effects."""
    account.sandbox.emit(
        {"source": "aws.kms", "detail-type": "t", "detail": {"n": 1}, "id": "the-id"}, region
    )
    account.sandbox.settle()


def failures(account):
    """Return the errors of the deliveries to buses, each with the Region of its rule."""
    deliveries = account.sandbox.deliveries
    return [(d.region, d.error) for d in deliveries if d.target_id == "bus" and d.error]


def test_an_event_reaches_the_bus_of_another_region_unchanged(sandbox):
    """It keeps its source, account, Region, id and time."""
    account = Account(sandbox)
    make_role(account, TRUST.replace("/guard", "/forward"))
    forward(account, REGION, bus_arn(OTHER))
    make_listener(account, OTHER)
    put(account)
    (event,) = heard(account, OTHER)
    assert (event["source"], event["account"], event["region"], event["id"], event["detail"]) == (
        "aws.kms",
        ACCOUNT_ID,
        REGION,
        "the-id",
        {"n": 1},
    )


def test_an_event_reaches_another_bus_of_the_same_region(sandbox):
    """A rule on that bus gets it."""
    account = Account(sandbox)
    make_role(account)
    account.client("events").create_event_bus(Name="mine")
    forward(account, REGION, bus_arn(REGION, "mine"))
    make_listener(account, REGION, bus="mine")
    put(account)
    assert [event["id"] for event in heard(account, REGION)] == ["the-id"]


@pytest.mark.parametrize(
    ("trusted", "statement", "error"),
    [
        (trust("ssm.amazonaws.com"), None, "does not trust events.amazonaws.com"),
        (TRUST, None, "does not trust events.amazonaws.com"),  # Another rule's ARN.
        (None, allow("events:PutEvents", bus_arn(THIRD)), "may not events:PutEvents on"),
        (None, allow("events:PutRule"), "may not events:PutEvents on"),
    ],
)
def test_the_role_must_trust_eventbridge_and_may_put_events(sandbox, trusted, statement, error):
    """Otherwise the event is not forwarded."""
    account = Account(sandbox)
    make_role(account, trusted, *([statement] if statement else []))
    forward(account, REGION, bus_arn(OTHER))
    make_listener(account, OTHER)
    put(account)
    assert heard(account, OTHER) == []
    ((region, text),) = failures(account)
    assert (region, error in text) == (REGION, True)


def test_two_regions_that_forward_to_each_other_do_not_loop(sandbox):
    """An event crosses Regions once. The second attempt goes to the dead-letter queue."""
    account = Account(sandbox)
    make_role(account)
    make_listener(account, REGION)
    make_listener(account, OTHER)
    queue = account.make_queue("dead", allow("sqs:SendMessage", Principal=EVENTS))
    dead = {"DeadLetterConfig": {"Arn": queue}}
    forward(account, REGION, bus_arn(OTHER), **dead)
    forward(account, OTHER, bus_arn(REGION))
    put(account, OTHER)
    assert [len(heard(account, region)) for region in (OTHER, REGION)] == [1, 1]
    assert failures(account) == [(REGION, "the event came from another Region")]
    (message,) = account.messages("dead")
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "THIRD_REGION_HOP_DETECTED"


def test_an_event_is_not_sent_to_a_third_region(sandbox):
    """It stops in the second one."""
    account = Account(sandbox)
    make_role(account)
    make_listener(account, THIRD)
    forward(account, REGION, bus_arn(OTHER))
    forward(account, OTHER, bus_arn(THIRD))
    put(account)
    assert heard(account, THIRD) == []
    assert failures(account) == [(OTHER, "the event came from another Region")]


def test_an_event_is_not_sent_to_a_third_bus_of_a_region(sandbox):
    """One hop within a Region and one between Regions are allowed."""
    account = Account(sandbox)
    make_role(account)
    for name in ("a", "b"):
        account.client("events").create_event_bus(Name=name)
    forward(account, REGION, bus_arn(REGION, "a"))
    forward(account, REGION, bus_arn(REGION, "b"), bus="a")
    forward(account, REGION, bus_arn(OTHER), bus="a", name="away")
    make_listener(account, OTHER)
    put(account)
    assert failures(account) == [(REGION, "the event came from another bus")]
    assert len(heard(account, OTHER)) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"RoleArn": ""}, "ValidationException"),
        ({"Input": "{}"}, "SandboxCannot"),
        (
            {"RoleArn": role_arn("forward").replace(ACCOUNT_ID, "444455556666")},
            "AccessDeniedException",
        ),
    ],
)
def test_a_bus_that_cannot_be_a_target_is_refused(sandbox, change, code):
    """It needs a role of its own account. Inputs are not supported."""
    account = Account(sandbox)
    account.make_rule()
    target = {"Id": "bus", "Arn": bus_arn(OTHER), "RoleArn": role_arn("forward"), **change}
    given = {name: value for name, value in target.items() if value}
    assert (
        error_code_of(account.client("events").put_targets, Rule="guard", Targets=[given]) == code
    )


def test_an_event_for_a_bus_that_does_not_exist_is_dropped(sandbox):
    """The delivery counts as successful."""
    account = Account(sandbox)
    make_role(account)
    forward(account, REGION, bus_arn(OTHER, "gone"))
    put(account)
    assert [(d.target_id, d.error) for d in sandbox.deliveries] == [("bus", None)]


@pytest.mark.parametrize(
    ("effect", "principal", "arrives"),
    [("Deny", "*", False), ("Deny", {"AWS": role_arn("other")}, True), ("Allow", "*", True)],
)
def test_the_policy_of_a_bus_may_deny_the_role(sandbox, effect, principal, arrives):
    """Within an account it need not allow it."""
    account = Account(sandbox)
    make_role(account)
    forward(account, REGION, bus_arn(OTHER))
    make_listener(account, OTHER)
    statement = {
        "Sid": "s",
        "Effect": effect,
        "Principal": principal,
        "Action": "events:PutEvents",
        "Resource": bus_arn(OTHER),
    }
    sandbox.client("events", OTHER).put_permission(Policy=policy(statement))
    put(account)
    assert bool(heard(account, OTHER)) == arrives
