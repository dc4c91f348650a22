"""What a target passes on: without its parameters a runbook rescues nothing."""

import copy
import json

import pytest

from reprieve.diff.plan import UNKNOWN
from reprieve.diff.weakenings import weakenings_of
from tests.unit.diff.plan_making import Json, change, plan_json, review

TARGET = "aws_cloudwatch_event_target"
RUNBOOK = "arn:aws:ssm:eu-west-1:111122223333:automation-definition/reprieve-rescue-key"
PATHS = {"at": "$.detail.eventTime", "key": "$.detail.responseElements.keyId"}
PARAMETERS = {"KeyId": ["<key>"], "AutomationAssumeRole": ["arn:role"], "CalledAt": ["<at>"]}


def transformer(parameters=PARAMETERS, **paths):
    """Return a transformer that makes these parameters."""
    template = parameters if isinstance(parameters, str) else json.dumps(parameters)
    return [{"input_paths": PATHS | paths, "input_template": template}]


def passing(input_transformer, document="-11111111:1", **values):
    """Return the attributes of a target that starts a runbook."""
    return {"arn": f"{RUNBOOK}{document}", "input_transformer": input_transformer, **values}


def found(before, after, *everything):
    """Return the kinds and sentences of a change of a target."""
    target = change(TARGET, before, after)
    return [(each.kind, each.text) for each in weakenings_of(target, everything, everything)]


def without(name):
    """Return the parameters without one."""
    return {key: value for key, value in PARAMETERS.items() if key != name}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (
            passing([]),
            ["no longer passes any parameter to the runbook"],
        ),
        (passing(transformer(without("KeyId"))), ["no longer passes KeyId to the runbook"]),
        (
            passing(transformer(key="$.id")),
            ["passes $.id as KeyId instead of $.detail.responseElements.keyId"],
        ),
        (
            passing([{"input_paths": {}, "input_template": json.dumps(without("CalledAt"))}]),
            [
                "passes <key> as KeyId instead of $.detail.responseElements.keyId",
                "no longer passes CalledAt to the runbook",
            ],
        ),
        (
            passing(transformer(PARAMETERS | {"AutomationAssumeRole": ["arn:other"]})),
            ["passes arn:other as AutomationAssumeRole instead of arn:role"],
        ),
        (passing(transformer(PARAMETERS | {"More": ["a"]})), []),
        (passing(transformer(other="$.detail.other")), []),
        (passing(transformer(json.dumps(PARAMETERS, indent=2))), []),
        (
            passing(transformer(json.dumps(PARAMETERS).replace("key>", "k>"), k=PATHS["key"])),
            [],
        ),
    ],
)  # fmt: skip
def test_what_a_runbook_gets(after, expected):
    """A lost or changed parameter is reported, and a further one is not."""
    assert found(passing(transformer()), after) == [("input-changed", each) for each in expected]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("input", '{"KeyId": ["a"]}', 'gets the constant input {"KeyId": ["a"]}'),
        ("input_path", "$.detail", "gets $.detail of the event as its input"),
    ],
)
def test_another_kind_of_input(name, value, text):
    """It replaces the transformer."""
    after = passing([], **{name: value})
    assert ("input-changed", text) in found(passing(transformer()), after)
    assert ("input-changed", text) in found(passing(transformer()) | {name: "$"}, after)


@pytest.mark.parametrize(
    ("after", "text"),
    [
        ([{"input_paths": PATHS, "input_template": UNKNOWN}], "known only after the apply"),
        (UNKNOWN, "known only after the apply"),
        (transformer('{"KeyId": <key>}'), "cannot be compared"),
    ],
)
def test_parameters_that_cannot_be_compared(after, text):
    """They are not taken for unchanged."""
    ((kind, words),) = found(passing(transformer()), passing(after))
    assert (kind, text in words) == ("not-known", True)


def test_a_parameter_that_the_runbook_no_longer_has_is_not_lost():
    """An upgrade of Reprieve may rename one. The document's content says what it takes."""
    before = passing(transformer())
    after = passing(transformer(without("CalledAt")), "-22222222:1")

    def document(*parameters):
        content = json.dumps({"parameters": {name: {} for name in parameters}})
        old, new = (f"reprieve-rescue-key-{digit * 8}" for digit in "12")
        return change(
            "aws_ssm_document",
            {"name": old, "content": "{}"},
            {"name": new, "content": content},
            "create",
            "delete",
        )

    assert found(before, after, document("KeyId", "AutomationAssumeRole")) == []
    taken = document("KeyId", "AutomationAssumeRole", "CalledAt")
    assert found(before, after, taken) == [
        ("input-changed", "no longer passes CalledAt to the runbook")
    ]


def test_another_runbook_takes_other_parameters():
    """The report says that the target moves."""
    after = passing(transformer(without("CalledAt"))) | {
        "arn": "arn:aws:ssm:eu-west-1::automation-definition/AWSConfigRemediation-CancelKeyDeletion"
    }
    assert [kind for kind, _ in found(passing(transformer()), after)] == ["target-moved"]
    lost = after | {"input_transformer": []}
    assert [kind for kind, _ in found(passing(transformer()), lost)] == [
        "target-moved",
        "input-changed",
    ]


def test_the_text_of_an_alert():
    """It may change, but not be missing: the raw event would be sent instead."""
    topic: Json = {"arn": "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts"}
    before = topic | {"input_transformer": transformer('"A key"')}
    for template in ('"Another text"', UNKNOWN):
        other = topic | {"input_transformer": [{"input_paths": {}, "input_template": template}]}
        assert found(before, other) == []
    assert found(before, topic | {"input_transformer": []}) == [
        ("input-changed", "no longer has a text of its own: it sends the event as it is")
    ]


@pytest.mark.parametrize("broken", ["removed", "moved", "none"])
def test_a_target_of_a_real_upgrade(broken):
    """Its input changes, and loses nothing."""
    plan = copy.deepcopy(plan_json("upgrade"))
    block = next(
        each["change"]["after"]["input_transformer"]
        for each in plan["resource_changes"]
        if each["type"] == TARGET and "key-deletion-scheduled-remediation" in each["address"]
    )
    if broken == "removed":
        block.clear()
    elif broken == "moved":
        block[0]["input_paths"]["key"] = "$.id"
    expected = set() if broken == "none" else {"input-changed"}
    assert {each.kind for each in review(plan).weakenings} == expected
