"""A runbook that is replaced is compared with what replaces it."""

import json

import pytest

from reprieve.diff.differences import shown
from reprieve.diff.runbooks import content_differences, differences_of, losses, without_hash
from reprieve.runbooks.enable import enable_document
from reprieve.runbooks.rescue import rescue_document
from tests.unit.diff.plan_making import change, plan_json, review, text

ENABLE = json.dumps(enable_document("aws"))
RESCUE = json.dumps(rescue_document("aws"))
AMAZONS_STEP = {
    "name": "CancelKeyDeletion",
    "action": "aws:executeAutomation",
    "inputs": {"DocumentName": "AWSConfigRemediation-CancelKeyDeletion"},
}


def script_step(script, **payload):
    """Return a step that runs a script."""
    inputs = {"Script": script, "InputPayload": payload}
    return {"name": "Run", "action": "aws:executeScript", "inputs": inputs}


LOST = "no longer calls CancelKeyDeletion"


def content(*steps):
    """Return a document with these steps."""
    return json.dumps({"mainSteps": list(steps)})


def document(name, content):
    """Return the attributes of a document."""
    return {"name": name, "content": content}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (content(AMAZONS_STEP), RESCUE, []),
        (content(AMAZONS_STEP), content(script_step("pass")), [LOST]),
        (RESCUE, RESCUE.replace("cancel_key_deletion", "get"), [LOST]),
        (ENABLE, ENABLE.replace("enable_key", "get"), ["no longer calls EnableKey"]),
        (content({"name": "a"}, {"name": "b"}), content({"name": "b"}), ["loses the step a"]),
        (content(script_step("x")), content(script_step("y")), []),
        (content(script_step("x", Rescues=True)), content(script_step("x", Rescues=False)),
         ["no longer cancels deletions"]),
        (content(script_step("x", Rescues=False)), content(script_step("x", Rescues=True)), []),
    ],
)  # fmt: skip
def test_what_a_runbook_no_longer_does(before, after, expected):
    """Steps that a script replaces are not lost, if the script makes their calls."""
    assert list(losses(before, after)) == expected


def test_the_words_of_a_command_are_no_call():
    """A script that only prints the command does not call it."""
    before, after = (content(script_step(script)) for script in (
        "kms.cancel_key_deletion()", "print('aws kms cancel-key-deletion')"))  # fmt: skip
    assert list(losses(before, after)) == [LOST]


def test_a_script_is_described_in_words():
    """Not line by line; a patrol's fingerprints neither."""
    before = content(script_step("a\nb\nc", Expected={"Region": "eu-west-1", "Rules": {"r": "1"}}))
    after = content(
        script_step("a\nB\nc\nd", Expected={"Region": "eu-west-1", "Rules": {"r": "2"}})
    )
    path = "content.mainSteps[Run].inputs"
    assert [shown(each) for each in content_differences(before, after)] == [
        f"{path}.Script: 3 lines → 4 lines, 2 of them new",
        f"{path}.InputPayload.Expected: the guard as it was → the guard as this plan makes it",
    ]


def test_the_hash_in_a_name_is_no_difference():
    """A name that had none is."""
    names = ("reprieve-rescue-key-00000001", "reprieve-rescue-key-00000002")
    former = "reprieve-rescue-key"
    paths = [
        [each.path for each in differences_of(change(
            "aws_ssm_document", document(was, content()), document(names[1], content()),
            "create", "delete"))]
        for was in (names[0], former)
    ]  # fmt: skip
    assert paths == [[], ["name"]]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reprieve-patrol-0123abcd", "reprieve-patrol"),
        ("automation-definition/reprieve-enable-key-0123abcd:1",
         "automation-definition/reprieve-enable-key:1"),
        ("reprieve-patrol-daily", "reprieve-patrol-daily"),
        ("reprieve-patrol-0123abcde", "reprieve-patrol-0123abcde"),
        ("key-guard-patrol-0123abcd", "key-guard-patrol"),
        ("Other-patrol-0123abcd", "Other-patrol-0123abcd"),
    ],
)  # fmt: skip
def test_only_the_names_of_reprieves_documents_lose_their_hash(name, expected):
    """Of exactly eight digits."""
    assert without_hash(name) == expected


def targets(plan):
    """Return the changes of targets in the report's JSON that are only about their documents."""
    return [g for g in review(plan).groups if g.members[0].type == "aws_cloudwatch_event_target"]


def test_targets_that_move_to_the_new_document_are_the_same_change():
    """The runbook's group has them."""
    plan = plan_json("re-enables")
    assert targets(plan) == []
    line = "  ± runbook reprieve-rescue-key, and the targets that start it [in both Regions]"
    assert line in text(plan)
    (group,) = [g for g in review(plan).groups if g.text.startswith("runbook reprieve-rescue-key")]
    assert len(group.members) == 4


@pytest.mark.parametrize(
    ("found", "other"),
    [
        (":1", ":2"),
        ("reprieve-rescue-key", "reprieve-rescue-somebody"),
        ("111122223333", "444455556666"),
    ],
)
def test_targets_that_move_elsewhere_are_reported(found, other):
    """To another version, another document or another account."""
    plan = plan_json("re-enables")
    for each in plan["resource_changes"]:
        if "key-deletion-scheduled-remediation" in each["address"]:
            arn = each["change"]["after"]["arn"]
            each["change"]["after"]["arn"] = arn.replace(found, other)
    assert len(targets(plan)) == 1
    assert "target-moved" in {each.kind for each in review(plan).weakenings}
