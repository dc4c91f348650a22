"""Changes of a role's policy that only follow other changes of the same plan."""

import json

import pytest

from reprieve.diff.weakenings import weakenings_of
from reprieve.guard.guard import regional_guard
from reprieve.guard.role_policies import automation_permissions
from reprieve.location import Location
from reprieve.settings.schema import Settings
from tests.support.synth import CHANNELS
from tests.unit.diff.plan_making import change

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/reprieve-patrol"
TOPIC = f"arn:aws:sns:*:{ACCOUNT}:reprieve-alarms"
BUS = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
DOCUMENT = f"arn:aws:ssm:*:{ACCOUNT}:document/reprieve-patrol-*"
DEFINITION = f"arn:aws:ssm:*:{ACCOUNT}:automation-definition/reprieve-patrol-*:*"
RESOURCES = {
    "role": ("aws_iam_role", {"name": "reprieve-patrol"}),
    "topic": ("aws_sns_topic", {"name": "reprieve-alarms"}),
    "target": ("aws_cloudwatch_event_target", {"arn": BUS}),
    "document": ("aws_ssm_document", {"name": "reprieve-patrol-0123abcd"}),
}
GRANTS = [
    ("iam:PassRole", ROLE, "role"),
    ("sns:Publish", TOPIC, "topic"),
    ("events:PutEvents", BUS, "target"),
    ("ssm:StartAutomationExecution", DOCUMENT, "document"),
    ("ssm:StartAutomationExecution", DEFINITION, "document"),
]


def policy(*grants):
    """Return the policy of a role that allows these actions, each on a resource."""
    statements = [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in grants
    ]
    return {"role": "r", "policy": json.dumps({"Statement": statements})}


def kinds(before, after, *others):
    """Return how the change of a role's policy weakens protection, beside other changes."""
    own = change("aws_iam_role_policy", policy(*before), policy(*after))
    return {each.kind for each in weakenings_of(own, (), (own, *others))}


def created(name):
    """Return the change that creates one of RESOURCES."""
    type, values = RESOURCES[name]
    return change(type, None, values)


def deleted(name):
    """Return the change that deletes one of RESOURCES."""
    type, values = RESOURCES[name]
    return change(type, values, None)


@pytest.mark.parametrize(("action", "resource", "name"), GRANTS)
def test_a_right_on_what_the_plan_creates_widens_nothing(action, resource, name):
    """Without that resource it does, and with every resource of the kind as well."""
    assert kinds([], [(action, resource)], created(name)) == set()
    assert kinds([], [(action, resource)]) == {"policy-widened"}
    assert kinds([], [(action, "*")], created(name)) == {"policy-widened"}
    assert kinds([], [("kms:Decrypt", resource)], created(name)) == {"policy-widened"}


@pytest.mark.parametrize(("action", "resource", "name"), GRANTS)
def test_a_right_on_what_the_plan_deletes_is_missed_by_nobody(action, resource, name):
    """Unless something of the same name stays, or nothing is deleted."""
    assert kinds([(action, resource)], [], deleted(name)) == set()
    assert kinds([(action, resource)], []) == {"policy-narrowed"}
    type, values = RESOURCES[name]
    stays = change(type, values, values, "no-op")
    assert kinds([(action, resource)], [], deleted(name), stays) == {"policy-narrowed"}


@pytest.mark.parametrize(
    ("bus", "source", "is_own"),
    [
        (f"arn:aws:events:*:{ACCOUNT}:event-bus/default", "reprieve", True),
        (f"arn:aws:events:*:{ACCOUNT}:event-bus/default", "aws.kms", False),
        (f"arn:aws:events:*:{ACCOUNT}:event-bus/other", "reprieve", False),
        ("arn:aws:events:*:222233334444:event-bus/default", "reprieve", False),
    ],
)
def test_runbooks_may_put_results_on_the_bus_if_the_plan_creates_their_rule(bus, source, is_own):
    """The first channel needs both. Any other event, or another bus, widens the role."""
    before = policy(("sns:Publish", TOPIC))
    after = policy(("sns:Publish", TOPIC), ("events:PutEvents", bus))
    content = json.loads(after["policy"])
    content["Statement"][1]["Condition"] = {"StringEquals": {"events:source": source}}
    own = change("aws_iam_role_policy", before, {"role": "r", "policy": json.dumps(content)})
    pattern = json.dumps({"source": ["reprieve"], "detail-type": ["result"]})
    rule = change("aws_cloudwatch_event_rule", None, {"event_pattern": pattern})
    found = [each.kind for each in weakenings_of(own, (), (own, rule))]
    assert found == ([] if is_own else ["policy-widened"])
    assert [each.kind for each in weakenings_of(own, (), (own,))] == ["policy-widened"]


QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:reprieve-dead-letters"


@pytest.mark.parametrize(
    ("service", "source", "is_own"),
    [
        ("sns", f"arn:aws:sns:eu-west-1:{ACCOUNT}:reprieve-*", True),
        ("s3", f"arn:aws:sns:eu-west-1:{ACCOUNT}:reprieve-*", False),
        ("sns", "arn:aws:sns:eu-west-1:222233334444:reprieve-*", False),
        ("sns", f"arn:aws:sns:eu-west-1:{ACCOUNT}:*", False),
        ("sns", f"arn:aws:sns:eu-west-1:{ACCOUNT}:other-*", False),
    ],
)
def test_topics_that_the_plan_creates_may_leave_messages_in_the_queue(service, source, is_own):
    """Foreign topics and other services may not."""

    def queue(*allowed):
        statements = [
            {
                "Effect": "Allow",
                "Principal": {"Service": f"{each}.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": QUEUE,
                "Condition": {"ArnLike": {"aws:SourceArn": arn}},
            }
            for each, arn in allowed
        ]
        return {"policy": json.dumps({"Statement": statements})}

    rules = ("events", f"arn:aws:events:eu-west-1:{ACCOUNT}:rule/reprieve-*")
    own = change("aws_sqs_queue", queue(rules), queue(rules, (service, source)))
    topic = change("aws_sns_topic", None, {"name": "reprieve-json"})
    found = [each.kind for each in weakenings_of(own, (), (own, topic))]
    assert found == ([] if is_own else ["policy-widened"])
    assert [each.kind for each in weakenings_of(own, (), (own,))] == ["policy-widened"]


def test_listing_and_describing_widen_nothing():
    """Reading contents does."""
    assert kinds([], [("kms:ListResourceTags", "*"), ("kms:DescribeKey", "*")]) == set()
    for action in ("kms:Get*", "ssm:GetDocument", "kms:*", "kms:List*"):
        assert kinds([], [(action, "*")]) == {"policy-widened"}


def test_only_a_role_whose_runbooks_start_no_others_any_more_may_lose_the_right():
    """Not EventBridge's, as which the targets start them."""
    starts = json.dumps({"mainSteps": [{"name": "a", "action": "aws:executeAutomation"}]})
    before, after = ({"name": "reprieve-rescue-key", "content": text} for text in (starts, "{}"))
    stops = change("aws_ssm_document", before, after)
    own = [("ssm:StartAutomationExecution", "*"), ("iam:PassRole", "arn:aws:iam::1:role/r")]
    assert kinds(own, [], stops) == set()
    assert kinds(own, []) == {"policy-narrowed"}
    assert kinds(own, [], change("aws_ssm_document", before, before, "no-op")) == {
        "policy-narrowed"
    }
    acting = change("aws_cloudwatch_event_target", None, {"role_arn": "arn:aws:iam::1:role/r"})
    assert kinds(own, [], stops, acting) == {"policy-narrowed"}


def test_a_rule_that_matched_a_deleted_runbooks_failures_is_not_narrowed():
    """The runbook's deletion is reported. Another runbook's failures have to be matched."""

    def pattern(*runbooks):
        definitions = [{"prefix": f"{name}-"} for name in runbooks]
        return {"event_pattern": json.dumps({"detail": {"Definition": definitions}})}

    rule = change(
        "aws_cloudwatch_event_rule",
        pattern("reprieve-rescue-key", "reprieve-patrol"),
        pattern("reprieve-rescue-key"),
    )
    assert weakenings_of(rule, (rule, deleted("document"))) == []
    assert [each.kind for each in weakenings_of(rule, (rule,))] == ["pattern-narrowed"]


def test_the_first_channels_weaken_nothing():
    """The guard's own policies before and after, and the topics and rules of the channels."""
    location = Location("aws", "eu-west-1", ACCOUNT)
    plain, with_channels = (
        regional_guard(
            Settings(
                notify={"emails": ("security@example.com",)},
                regions={"watch": ("eu-west-1",)},
                channel=channels,
            ),
            location,
        )
        for channels in ((), CHANNELS)
    )
    old, new = ({"policy": json.dumps(each.queue.policy)} for each in (plain, with_channels))
    assert old != new
    created = [
        change("aws_sns_topic", None, {"name": each.name}) for each in with_channels.topics
    ] + [
        change("aws_cloudwatch_event_rule", None, {"event_pattern": each.pattern})
        for each in with_channels.rules
    ]
    queue = change("aws_sqs_queue", old, new)
    assert weakenings_of(queue, (), (queue, *created)) == []
    was, now = (
        {
            "policy": json.dumps(
                automation_permissions(location, topic_names=["a"], puts_events=puts)
            )
        }
        for puts in (False, True)
    )
    role = change("aws_iam_role_policy", was, now)
    assert weakenings_of(role, (), (role, *created)) == []
