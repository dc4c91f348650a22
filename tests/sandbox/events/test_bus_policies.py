"""Events that cross accounts: what arrives, and who lets it in."""

import json

import pytest
from botocore.exceptions import ClientError

from sandbox.core.account import ACCOUNT_ID
from tests.support.emulated_account import EVENTS, REGION, allow, policy, trust

HUB, FOREIGN = "222233334444", "333344445555"
FAR = "us-east-1"
PATTERN = json.dumps({"source": ["mine", "aws.kms"]})
EVENT = {"source": "aws.kms", "detail-type": "t", "detail": {"n": 1}, "id": "the-id"}
BUS = f"arn:aws:events:{FAR}:{HUB}:event-bus/hub"


def listen(sandbox, account, region, bus="default", queue="heard"):
    """Send all events of a bus to a queue of its account and Region; return its URL."""
    sqs, events = (sandbox.client(name, region, account) for name in ("sqs", "events"))
    url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    document = policy(allow("sqs:SendMessage", Principal=EVENTS))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    events.put_rule(Name="listen", EventPattern=PATTERN, EventBusName=bus)
    target = {"Id": "q", "Arn": f"arn:aws:sqs:{region}:{account}:{queue}"}
    events.put_targets(Rule="listen", EventBusName=bus, Targets=[target])
    return url


def received(sandbox, account, region, queue="heard"):
    """Return the events that a queue got since the last call."""
    return [json.loads(message["Body"]) for message in messages(sandbox, account, region, queue)]


def messages(sandbox, account, region, queue):
    """Return the messages that a queue got since the last call, and delete them."""
    sqs = sandbox.client("sqs", region, account)
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages", [])
    for message in found:
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def forward(sandbox, account, region, bus_arn, source="default", **target):
    """Send all events of a bus to another one, with a role that may do that; return its ARN."""
    iam, events = sandbox.client("iam", region, account), sandbox.client("events", region, account)
    name = f"forward-{region}-{source}"
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust("events.amazonaws.com"))
    document = policy(allow("events:PutEvents", bus_arn))
    iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=document)
    events.put_rule(Name="forward", EventPattern=PATTERN, EventBusName=source)
    entry = {"Id": "bus", "Arn": bus_arn, "RoleArn": role["Role"]["Arn"], **target}
    events.put_targets(Rule="forward", EventBusName=source, Targets=[entry])
    return role["Role"]["Arn"]


def admit(sandbox, **statement):
    """Give the bus of the hub a policy of one statement that lets principals put events."""
    whole = {"Sid": "s", "Principal": {"AWS": ACCOUNT_ID}, **statement}
    document = policy(allow("events:PutEvents", BUS, **whole))
    sandbox.client("events", FAR, HUB).put_permission(EventBusName="hub", Policy=document)


def letters(sandbox, account=ACCOUNT_ID):
    """Make the dead-letter queue of a forwarding rule; return its ARN."""
    sqs = sandbox.client("sqs", REGION, account)
    url = sqs.create_queue(QueueName="letters")["QueueUrl"]
    document = policy(allow("sqs:SendMessage", Principal=EVENTS))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document})
    return f"arn:aws:sqs:{REGION}:{account}:letters"


@pytest.fixture
def hub(sandbox):
    """Make a bus in another account and Region, which admits nobody yet, and listen on it."""
    sandbox.add_account(HUB)
    sandbox.client("events", FAR, HUB).create_event_bus(Name="hub")
    listen(sandbox, HUB, FAR, "hub")
    return sandbox


def test_an_event_reaches_the_bus_of_another_account_unchanged(hub):
    """It keeps its source, account, Region, id and time."""
    forward(hub, ACCOUNT_ID, REGION, BUS)
    admit(hub)
    hub.emit(EVENT, REGION)
    hub.settle()
    (event,) = received(hub, HUB, FAR)
    kept = {name: event[name] for name in ("source", "account", "region", "id", "detail")}
    assert kept == {
        "source": "aws.kms",
        "account": ACCOUNT_ID,
        "region": REGION,
        "id": "the-id",
        "detail": {"n": 1},
    }


RULE = f"arn:aws:events:{REGION}:{ACCOUNT_ID}:rule/forward"


@pytest.mark.parametrize(
    ("statement", "arrives"),
    [
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}}, True),
        ({"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:role/forward-{REGION}-default"}}, True),
        ({"Principal": {"AWS": FOREIGN}}, False),
        ({"Action": "events:PutRule"}, False),
        ({"Resource": BUS.replace("hub", "other")}, False),
        ({"Effect": "Deny"}, False),
        ({"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}}}, True),
        ({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-another000"}}}, False),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": RULE}}}, True),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": f"{RULE}-too"}}}, False),
        ({"Condition": {"StringEquals": {"events:source": "aws.kms"}}}, True),
        ({"Condition": {"StringEquals": {"events:source": "aws.s3"}}}, False),
    ],
)
def test_the_policy_of_the_bus_decides_who_gets_in(hub, statement, arrives):
    """A denied event becomes a dead letter at once, with the reason."""
    forward(hub, ACCOUNT_ID, REGION, BUS, DeadLetterConfig={"Arn": letters(hub)})
    admit(hub, **statement)
    hub.emit(EVENT, REGION)
    hub.settle()
    assert bool(received(hub, HUB, FAR)) == arrives
    dead = messages(hub, ACCOUNT_ID, REGION, "letters")
    assert len(dead) == (not arrives)
    for message in dead:
        given = {name: each["StringValue"] for name, each in message["MessageAttributes"].items()}
        assert given.pop("ERROR_MESSAGE").startswith(("no policy of", "the policy of"))
        assert given == {
            "RULE_ARN": RULE,
            "TARGET_ARN": BUS,
            "ERROR_CODE": "NO_PERMISSIONS",
            "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
            "RETRY_ATTEMPTS": "0",
        }
        assert json.loads(message["Body"])["id"] == "the-id"


def test_the_organization_gets_in_and_a_foreign_account_does_not(hub):
    """By the second form of PutPermission."""
    organization = hub.organize(management=HUB)
    hub.add_account(FOREIGN)
    hub.client("events", FAR, HUB).put_permission(
        EventBusName="hub",
        StatementId="organization",
        Action="events:PutEvents",
        Principal="*",
        Condition={"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": organization},
    )
    for account in (ACCOUNT_ID, FOREIGN):
        forward(hub, account, REGION, BUS)
        hub.emit({**EVENT, "id": account}, REGION, account)
    hub.settle()
    assert [event["id"] for event in received(hub, HUB, FAR)] == [ACCOUNT_ID]
    (error,) = [d.error for d in hub.deliveries if d.account == FOREIGN]
    assert error.startswith(f"no policy of {BUS} allows arn:aws:iam::{FOREIGN}:role/")


def test_a_received_event_is_not_sent_on_to_a_third_account(hub):
    """EventBridge User Guide, "Sending and receiving events between AWS accounts"."""
    hub.add_account(FOREIGN)
    third = f"arn:aws:events:{FAR}:{FOREIGN}:event-bus/default"
    forward(hub, ACCOUNT_ID, REGION, BUS)
    admit(hub)
    forward(hub, HUB, FAR, third, source="hub")
    hub.client("events", FAR, FOREIGN).put_permission(
        StatementId="s", Action="events:PutEvents", Principal=HUB
    )
    listen(hub, FOREIGN, FAR)
    hub.emit(EVENT, REGION)
    hub.settle()
    assert len(received(hub, HUB, FAR)) == 1
    assert received(hub, FOREIGN, FAR) == []
    errors = [d.error for d in hub.deliveries if d.account == HUB and d.error]
    assert errors == ["the event came from another account"]


def test_an_event_waits_for_a_bus_that_is_unreachable(hub):
    """It goes through when the bus is back."""
    forward(hub, ACCOUNT_ID, REGION, BUS)
    admit(hub)
    hub.cut_off(FAR, HUB)
    hub.emit(EVENT, REGION)
    hub.settle(retries=False)
    assert received(hub, HUB, FAR) == []
    assert {(d.error, d.will_retry) for d in hub.deliveries} == {(f"{BUS} is unreachable", True)}
    hub.reconnect()
    hub.settle()
    assert [event["id"] for event in received(hub, HUB, FAR)] == ["the-id"]


def test_an_event_that_waited_too_long_becomes_a_dead_letter(hub):
    """After 24 hours by default."""
    forward(hub, ACCOUNT_ID, REGION, BUS, DeadLetterConfig={"Arn": letters(hub)})
    admit(hub)
    hub.cut_off(FAR, HUB, bus="hub")
    hub.emit(EVENT, REGION)
    hub.settle(retries=False)
    hub.age_events(hours=23)
    hub.settle(retries=False)
    assert messages(hub, ACCOUNT_ID, REGION, "letters") == []
    hub.age_events(hours=2)
    hub.settle()
    (dead,) = messages(hub, ACCOUNT_ID, REGION, "letters")
    given = {name: each["StringValue"] for name, each in dead["MessageAttributes"].items()}
    assert given["ERROR_CODE"] == "INTERNAL_ERROR"
    assert given["EXHAUSTED_RETRY_CONDITION"] == "MaximumEventAgeInSeconds"
    assert received(hub, HUB, FAR) == []


def user(sandbox, *statements, account=ACCOUNT_ID, region=FAR):
    """Return an EventBridge client of a user with these statements."""
    iam = sandbox.client("iam", region, account)
    iam.create_user(UserName="alice")
    if statements:
        iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(*statements))
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    return sandbox._clients.make("events", region, key["AccessKeyId"], key["SecretAccessKey"])


def put(client, bus, source="mine"):
    """Put one event on a bus; return the entry of the answer."""
    entry = {"Source": source, "DetailType": "t", "Detail": '{"n": 2}', "EventBusName": bus}
    (answer,) = client.put_events(Entries=[entry])["Entries"]
    return answer


PUT = allow("events:PutEvents", BUS)


@pytest.mark.parametrize(
    ("statements", "principal", "arrives"),
    [
        ([PUT], ACCOUNT_ID, True),
        ([PUT], FOREIGN, False),
        ([], ACCOUNT_ID, False),
        ([allow("events:PutEvents", BUS.replace("hub", "other"))], ACCOUNT_ID, False),
    ],
)
def test_a_user_puts_events_on_a_foreign_bus_if_both_sides_allow_it(
    hub, statements, principal, arrives
):
    """The event names the account of the user."""
    admit(hub, Principal={"AWS": principal})
    client = user(hub, *statements)
    if not arrives:
        with pytest.raises(ClientError, match="AccessDeniedException"):
            put(client, BUS)
        return
    put(client, BUS)
    hub.settle()
    (event,) = received(hub, HUB, FAR)
    assert (event["account"], event["region"], event["source"]) == (ACCOUNT_ID, FAR, "mine")


def test_the_policy_of_a_bus_is_enough_within_its_account(hub):
    """If it names the user. A denial there wins over everything."""
    client = user(hub, account=HUB)
    arn = f"arn:aws:iam::{HUB}:user/alice"
    admit(hub, Principal={"AWS": arn})
    put(client, "hub")
    admit(hub, Principal={"AWS": HUB})
    with pytest.raises(ClientError, match="not authorized to perform: events:PutEvents"):
        put(client, "hub")
    admit(hub, Effect="Deny", Principal="*")
    with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
        put(hub.client("events", FAR, HUB), "hub")


def test_nobody_puts_events_of_aws_services(hub):
    """Not even the root. CloudTrail's events reach the default bus only."""
    root = hub.client("events", FAR, HUB)
    assert put(root, "hub", "aws.kms")["ErrorCode"] == "NotAuthorizedForSourceException"
    hub.client("kms", FAR, HUB).create_key()
    hub.settle()
    assert received(hub, HUB, FAR) == []


def test_a_bus_that_is_unreachable_refuses_a_call(hub):
    """A runbook that puts events sees that."""
    hub.cut_off(FAR, HUB)
    with pytest.raises(ClientError, match="InternalException"):
        put(hub.client("events", FAR, HUB), "hub")


def test_a_schedule_needs_the_default_bus(hub):
    """EventBridge User Guide, "Creating a rule that runs on a schedule"."""
    events = hub.client("events", FAR, HUB)
    with pytest.raises(ClientError, match="only on the default event bus"):
        events.put_rule(Name="r", EventBusName="hub", ScheduleExpression="rate(1 day)")


def test_a_call_may_name_several_buses_and_sources(hub):
    """Each bus needs the permission, and a condition on the source holds for all its entries."""
    condition = {"ForAllValues:StringEquals": {"events:source": ["mine", "yours"]}}
    client = user(hub, allow("events:PutEvents", Condition=condition), account=HUB)
    entry = {"DetailType": "t", "Detail": "{}"}
    client.put_events(
        Entries=[{**entry, "Source": "mine"}, {**entry, "Source": "yours", "EventBusName": BUS}]
    )
    with pytest.raises(ClientError, match="AccessDeniedException"):
        client.put_events(Entries=[{**entry, "Source": "mine"}, {**entry, "Source": "theirs"}])
