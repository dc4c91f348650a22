"""The guard with a custom event bus."""

import pytest

from reprieve.events.patterns import pattern_errors
from reprieve.events.threats import BY_NAME
from reprieve.guard.guard import regional_guard
from reprieve.guard.remediation import roles_of
from reprieve.location import Location
from reprieve.settings.schema import Settings
from sandbox.events.matching import matches
from tests.support.settings import GOOD, rules

HERE = Location("aws", "eu-west-1", "111122223333")
NOTIFY = {"emails": ("security@example.com",)}


def guard(threats=tuple(BY_NAME)):
    """Return the guard of a Region with the bus `security`."""
    settings = Settings(
        notify=NOTIFY | {"threats": threats},
        events={"bus": "security"},
        regions={"watch": ("eu-west-1",)},
    )
    return settings, regional_guard(settings, HERE)


def test_only_the_rules_for_the_events_of_kms_are_on_it():
    """Of the others, some have schedules, and some match what other Regions forward."""
    _, found = guard()
    on_it = {rule.id for rule in found.rules if rule.bus == "security"}
    of_kms = {name for name, each in BY_NAME.items() if each.event_pattern["source"] == ["aws.kms"]}
    assert on_it == of_kms
    rule = next(each for each in found.rules if each.id == "key-gone")
    assert rule.arn == "arn:aws:events:eu-west-1:111122223333:rule/security/reprieve-key-gone"


@pytest.mark.parametrize(
    "threats",
    [tuple(BY_NAME), ("key-deletion-scheduled",), ("key-deletion-scheduled", "key-gone")],
)
def test_every_event_that_a_rule_on_it_matches_is_forwarded(threats):
    """By one rule on the default bus."""
    _, found = guard(threats)
    (forward,) = (rule for rule in found.rules if rule.id == "kms-events")
    assert forward.bus == "default"
    assert pattern_errors(str(forward.pattern)) == []
    for name in threats:
        pattern = BY_NAME[name].event_pattern
        if pattern["source"] != ["aws.kms"]:
            continue
        for call in pattern.get("detail", {}).get("eventName", [None]):
            event = {
                "source": "aws.kms",
                "detail-type": pattern["detail-type"][0],
                "detail": {"eventName": call} if call else {},
            }
            assert matches(str(forward.pattern), event)
    other = {"source": "aws.kms", "detail-type": "AWS API Call via CloudTrail"}
    assert not matches(str(forward.pattern), other | {"detail": {"eventName": "CreateGrant"}})


def test_the_policies_know_the_rules_on_it():
    """The role's trust policy, and that of the dead-letter queue."""
    settings, found = guard()
    role = roles_of(settings, HERE)[-1]
    source = role.trust["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"]
    assert source == [
        "arn:aws:events:*:111122223333:rule/reprieve-*",
        "arn:aws:events:*:111122223333:rule/security/reprieve-*",
    ]
    (forward,) = (each for each in role.permissions["Statement"] if each["Sid"] == "ForwardEvents")
    assert "arn:aws:events:*:111122223333:event-bus/security" in forward["Resource"]
    letters = found.queue.policy["Statement"][0]["Condition"]["ArnLike"]["aws:SourceArn"]
    assert letters[1].endswith(":rule/security/reprieve-*")


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ('[events]\nbus = "default"\n', "is the bus that every Region has"),
        ('[events]\nbus = "a/b"\n', "is not 1 to 256 letters"),
    ],
)
def test_errors(tmp_path, toml, expected):
    """Each names the rule."""
    ((key, rule),) = rules(tmp_path, GOOD + toml)
    assert (key, rule[: len(expected)]) == ("events.bus", expected)


def test_it_does_not_go_together_with_a_hub(tmp_path):
    """EventBridge forwards an event only once."""
    ((key, rule),) = rules(tmp_path, f'{GOOD}topology = "hub"\n[events]\nbus = "security"\n')
    assert key == "events.bus"
    assert "only once" in rule
