"""Each field of the guard's data is compared with AWS, or has a reason why it is not."""

import json
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from reprieve.events.transformer import Transformer
from reprieve.guard import resources
from reprieve.guard.chat import chat_configurations
from reprieve.guard.guard import regional_guard
from reprieve.guard.remediation import roles_of
from reprieve.guard.resources import (
    Dashboard,
    Metric,
    NotificationConfiguration,
    NotificationRule,
    RegionalGuard,
)
from reprieve.location import Location
from reprieve.settings.channels import ChannelSettings
from reprieve.status.compare import compare
from reprieve.status.kinds import (
    alarm,
    chat,
    document,
    event_bus,
    key,
    queue,
    role,
    rule,
    service_setting,
    subscription,
    target,
    topic,
)
from tests.support import aws_answers as aws
from tests.support.settings import load_one
from tests.support.synth import CHANNELS

SETTINGS = load_one(
    {
        "REPRIEVE_PATROL__ENABLED": "true",
        "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
        "REPRIEVE_NOTIFY__ENCRYPTION": "own",
        "REPRIEVE_REGIONS__WATCH": "eu-west-1,us-east-1",
        "REPRIEVE_REMEDIATION__ADAPTIVE_CONCURRENCY": "true",
        "REPRIEVE_SETTINGS": "/dev/null",
    }
)
CHANNELLED = SETTINGS.model_copy(
    update={"channel": tuple(ChannelSettings.model_validate(each) for each in CHANNELS)}
)
LOCATION = Location("aws", "eu-west-1", "111122223333")
GUARD = regional_guard(SETTINGS, LOCATION)
HUB = regional_guard(
    load_one(
        {
            "REPRIEVE_NOTIFY__EMAILS": "security@example.com",
            "REPRIEVE_NOTIFY__TOPOLOGY": "hub",
            "REPRIEVE_REGIONS__WATCH": "eu-west-1",
            "REPRIEVE_REGIONS__HOME": "eu-west-1",
            "REPRIEVE_SETTINGS": "/dev/null",
        }
    ),
    LOCATION,
)
TARGETS = [each for rule in GUARD.rules for each in rule.targets]
ALERT = next(each for each in TARGETS if each.transformer and not each.role_arn)
START = next(each for each in TARGETS if each.transformer and each.role_arn)
FORWARD = next(each for each in TARGETS if not each.transformer)
SCHEDULED = next(each for each in GUARD.rules if each.schedule)
SUM = next(each for each in GUARD.alarms if each.label)

JSON_TOPIC = next(
    each for each in regional_guard(CHANNELLED, LOCATION).topics if each.name == "reprieve-json"
)
# By case: the module, the resource, and what the module makes of AWS's answer about one.
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "rule, a schedule": (rule, SCHEDULED, lambda it: rule.deployed(aws.rule_answer(it))),
    "rule": (rule, GUARD.rules[0], lambda it: rule.deployed(aws.rule_answer(it))),
    "target, a topic": (target, ALERT, lambda it: target.deployed(aws.target_answer(it))),
    "target, a runbook": (target, START, lambda it: target.deployed(aws.target_answer(it))),
    "target, a bus": (target, FORWARD, lambda it: target.deployed(aws.target_answer(it))),
    "event bus": (event_bus, HUB.buses[0], lambda it: event_bus.deployed(aws.bus_answer(it))),
    "rule of the hub": (
        rule,
        next(each for each in HUB.rules if each.bus != "default"),
        lambda it: rule.deployed(aws.rule_answer(it)),
    ),
    **{
        f"chat, {each.type}": (chat, each, lambda it: chat.deployed(aws.chat_answer(it)))
        for each in chat_configurations(CHANNELLED, LOCATION)
    },
    **{
        f"subscription, {each.protocol}": (
            subscription,
            each,
            lambda it: subscription.deployed(aws.subscription_answer(it)),
        )
        for each in JSON_TOPIC.subscriptions
    },
    "topic": (topic, GUARD.topics[0], lambda it: topic.deployed(aws.topic_answer(it), "")),
    "lifeline": (topic, GUARD.topics[1], lambda it: topic.deployed(aws.topic_answer(it), None)),
    "queue": (queue, GUARD.queue, lambda it: queue.deployed(aws.queue_answer(it))),
    "document": (
        document,
        GUARD.documents[0],
        lambda it: document.deployed(*aws.document_answers(it)),
    ),
    "alarm": (alarm, GUARD.alarms[0], lambda it: alarm.deployed(aws.alarm_answer(it))),
    "alarm, a sum": (alarm, SUM, lambda it: alarm.deployed(aws.alarm_answer(it))),
    "role": (
        role,
        roles_of(SETTINGS, LOCATION)[0],
        lambda it: role.deployed(*aws.role_answers(it), ()),
    ),
    "service setting": (
        service_setting,
        GUARD.service_setting,
        lambda it: service_setting.deployed(aws.setting_answer(it)),
    ),
    "key": (key, GUARD.key, lambda it: key.deployed(*aws.key_answers(it), "reprieve-")),
}
FIELDS = [
    (case, field.name)
    for case, (_, resource, _) in KINDS.items()
    for field in fields(resource)
    if not (case == "alarm" and field.name == "label")  # an alarm on one metric has no sum
]


def changed(value: Any, name: str = "") -> Any:
    """Return another value of the same kind."""
    if name == "pattern":
        return json.dumps(json.loads(value or "{}") | {"region": ["x"]})
    if name == "transformer" and value is None:
        return Transformer({}, "x")
    if name.endswith("_policy") and value is None:
        return {"a": ["b"]}
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) or value is None:
        return f"{value}x"
    if isinstance(value, tuple):
        return (changed(value[0]), *value[1:])
    if isinstance(value, dict):
        last = list(value)[-1]
        return value | {last: changed(value[last])}
    if isinstance(value, list):
        return [changed(value[0]), *value[1:]]
    assert is_dataclass(value)
    assert not isinstance(value, type)
    first = fields(value)[0].name
    return replace(value, **{first: changed(getattr(value, first))})


def differences(case: str, other: Any) -> list[str]:
    """Return what is found where `other` is deployed in place of what is expected."""
    module, resource, deployed = KINDS[case]
    found = compare("It", "it", module.expected(resource), deployed(other))
    return [finding.problem for finding in found]


@pytest.mark.parametrize("case", KINDS)
def test_what_was_deployed_as_defined_has_no_difference(case):
    """A new field makes this fail until `deployed` reads it."""
    assert differences(case, KINDS[case][1]) == []


@pytest.mark.parametrize(("case", "name"), FIELDS)
def test_a_change_of_each_field_is_found_or_has_a_reason_why_not(case, name):
    """The fields are the dataclass's own, so that a new one is here too."""
    module, resource, _ = KINDS[case]
    if name in module.NOT_COMPARED:
        assert module.NOT_COMPARED[name]
        return
    other = replace(resource, **{name: changed(getattr(resource, name), name)})
    assert differences(case, other)


@pytest.mark.parametrize("name", [field.name for field in fields(Metric)])
@pytest.mark.parametrize("case", ["alarm", "alarm, a sum"])
def test_a_change_of_each_field_of_a_metric_is_found(case, name):
    """Of the metric of an alarm, and of one of those that are summed."""
    former = KINDS[case][1]
    metric = former.metrics[0]
    other = replace(metric, **{name: changed(getattr(metric, name))})
    assert differences(case, replace(former, metrics=(other, *former.metrics[1:])))


def test_every_kind_of_resource_is_compared():
    """Each dataclass of the guard is here, or is a part of one that is.

    What AWS User Notifications sends is not compared yet. The dashboard, which an account has once,
    is compared as a whole: `dashboard_check`.
    """
    kinds = {
        each
        for each in vars(resources).values()
        if isinstance(each, type) and is_dataclass(each) and each.__module__ == resources.__name__
    }
    assert kinds == {type(resource) for _, resource, _ in KINDS.values()} | {
        Dashboard,
        Metric,
        RegionalGuard,
        NotificationConfiguration,
        NotificationRule,
    }


def test_every_part_of_a_guard_is_compared():
    """`location` and `key_arn` are no resources: the ARNs have the first, the topic the second."""
    compared = {
        "buses",
        "key",
        "topics",
        "queue",
        "documents",
        "rules",
        "alarms",
        "service_setting",
    }
    assert {field.name for field in fields(RegionalGuard)} == compared | {"location", "key_arn"}


UNDEFINED = {
    "a schedule": (rule, GUARD.rules[0], {"ScheduleExpression": "rate(1 day)"}),
    "reads too": (
        rule,
        GUARD.rules[0],
        {"State": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
    ),
    "constant input": (target, ALERT, {"Input": '"all is well"'}),
    "other parameters": (target, ALERT, {"RunCommandParameters": {"RunCommandTargets": []}}),
    "other queue": (queue, GUARD.queue, {"RedrivePolicy": '{"maxReceiveCount": 1}'}),
    "a small queue": (queue, GUARD.queue, {"MaximumMessageSize": "1024"}),
    "a key of the queue": (queue, GUARD.queue, {"KmsMasterKeyId": "alias/mine"}),
    "fewer breaches": (alarm, GUARD.alarms[0], {"DatapointsToAlarm": 5, "EvaluationPeriods": 9}),
    "a unit": (alarm, GUARD.alarms[0], {"Unit": "Terabytes"}),
    "a percentile": (alarm, GUARD.alarms[0], {"Statistic": None, "ExtendedStatistic": "p1"}),
    "an action on OK": (alarm, GUARD.alarms[0], {"OKActions": ["arn:x"]}),
}
ANSWERS: dict[Any, Any] = {
    rule: aws.rule_answer,
    target: aws.target_answer,
    queue: aws.queue_answer,
    alarm: aws.alarm_answer,
}


@pytest.mark.parametrize(("module", "resource", "more"), UNDEFINED.values(), ids=UNDEFINED)
def test_what_the_guard_does_not_define_is_found(module, resource, more):
    """What somebody sets beside what the guard's data has."""
    deployed = module.deployed(ANSWERS[module](resource) | more)
    assert list(compare("It", "it", module.expected(resource), deployed))


def test_a_sum_that_counts_one_metric_only_is_found():
    """The expression is there, and another query returns the data."""
    summed = SUM
    answer = aws.alarm_answer(summed)
    answer["Metrics"][0]["ReturnData"] = False
    answer["Metrics"][1]["ReturnData"] = True
    assert list(compare("It", "it", alarm.expected(summed), alarm.deployed(answer)))


def test_what_a_subscription_leaves_out_is_found():
    """Without any attribute, as SNS answers for most, nothing is."""
    plain = {"PendingConfirmation": "false", "ConfirmationWasAuthenticated": "false"}
    off = plain | {"FilterPolicy": "", "RedrivePolicy": "{}", "RawMessageDelivery": "false"}
    found = [
        [each.problem for each in compare("It", "it", subscription.expected(), deployed)]
        for deployed in map(
            subscription.deployed, (plain, off, plain | {"FilterPolicy": '{"a": 1}'})
        )
    ]
    expected = ['It has the filter policy {"a": 1}, which the settings do not define.']
    assert found == [[], [], expected]


def test_a_runbook_beside_the_one_that_runs_is_found():
    """A newer version, or another default one, waits to be started."""
    described, version = aws.document_answers(GUARD.documents[0])
    deployed = document.deployed(described | {"LatestVersion": "3", "DefaultVersion": "2"}, version)
    found = compare("It", "it", document.expected(GUARD.documents[0]), deployed)
    assert [each.problem for each in found] == [
        "It has the default version 2, which the settings do not define.",
        "It has the newer version 3, which the settings do not define.",
    ]


def test_no_reason_is_given_for_a_field_that_does_not_exist():
    """A reason that nothing needs would hide a field of that name later."""
    for module, resource, _ in KINDS.values():
        names = {field.name for field in fields(resource)}
        assert module.NOT_COMPARED.keys() - names == set()
