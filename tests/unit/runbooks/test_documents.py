"""The documents of Reprieve's runbooks: their paths, their names, and AWS's limits."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import product
from typing import Any

import pytest
from pydantic import ValidationError

from reprieve.events.threats import BY_NAME
from reprieve.guard.guard import regional_guard
from reprieve.guard.resources import content_hash
from reprieve.location import Location
from reprieve.regions import known_regions
from reprieve.settings.schema import Settings
from tests.support.synth import CHANNELS

ACCOUNT = "111122223333"
EMAILS = ("security@example.com",)
MORE: dict[str, Any] = {
    "notify": {"emails": EMAILS, "encryption": "own", "threats": tuple(BY_NAME)},
    "remediation": {"re_enable": True, "enable_disabled": True},
    "reliability": {"alarm_emails": EMAILS},
}
VARIANTS: dict[str, dict[str, Any]] = {"default": {}, "more": MORE}


def documents(given: dict[str, Any], account: str = ACCOUNT) -> dict[str, dict[str, Any]]:
    """Return the documents of a Region by the beginnings of their names."""
    settings = Settings(**{"notify": {"emails": EMAILS}} | given)
    guard = regional_guard(settings, Location("aws", "eu-west-1", account))
    return {each.beginning: each.content for each in guard.documents}


def names(given: dict[str, Any], location: Location, own_key_arn: str | None = None) -> list[str]:
    """Return the names of the documents of a Region."""
    settings = Settings(**{"notify": {"emails": EMAILS}} | given)
    return [each.name for each in regional_guard(settings, location, own_key_arn).documents]


DOCUMENTS = [
    pytest.param(document, id=f"{variant} {name}")
    for variant, given in VARIANTS.items()
    for name, document in documents(given).items()
]


def paths(document: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every path through a runbook: the names of its steps, and how it ends.

    A step that fails is marked with an exclamation mark. Systems Manager user guide, "Properties
    shared by all actions": a critical step that failed makes the execution fail.
    """
    steps = document["mainSteps"]
    positions = {step["name"]: index for index, step in enumerate(steps)}

    def follow(index: int, before: tuple[str, ...], status: str) -> Iterator[Any]:
        step = steps[index]
        assert step["name"] not in before, "a loop"
        here = (*before, step["name"])
        failed = (*before, f"{step['name']}!")
        following = [index + 1]
        if step["action"] == "aws:branch":
            inputs = step["inputs"]
            targets = [*(each["NextStep"] for each in inputs["Choices"]), inputs["Default"]]
            following = [positions[target] for target in targets]
        elif step.get("isEnd"):
            following = []
        if not following:
            yield here, status
        for each in following:
            yield from follow(each, here, status)
        on_failure = step.get("onFailure", "Abort")
        if on_failure == "Abort":
            yield failed, "Failed"
        else:
            assert step["isCritical"] is True
            target = index + 1 if on_failure == "Continue" else positions[on_failure[5:]]
            yield from follow(target, failed, "Failed")

    return follow(0, (), "Success")


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_ends_in_a_message_or_as_failed(document):
    """A rule reports an execution that failed. The scripts send the message themselves.

    The patrol alone may end without a message: when it finds nothing.
    """
    senders = ("Rescue", "Enable", "Inspect", "TellFailed")
    found = list(paths(document))
    assert len(found) >= 4
    for steps, status in found:
        assert status == "Failed" or set(steps) & set(senders), steps
        if "TellFailed" in steps:
            assert status == "Failed"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_step_is_on_a_path(document):
    """None is left over."""
    reached = {name.rstrip("!") for steps, _ in paths(document) for name in steps}
    assert reached == {step["name"] for step in document["mainSteps"]}


def test_a_rescue_that_failed_is_verified_to_fail():
    """The script sends its message; the last step fails, or asks KMS for the state of the key."""
    ends = dict(paths(documents({})["reprieve-rescue-key"]))
    assert ends == {
        ("Rescue", "ChooseByOutcome", "FailRescue"): "Success",  # its script always fails
        ("Rescue", "ChooseByOutcome", "FailRescue!"): "Failed",
        ("Rescue", "ChooseByOutcome", "LeaveKey"): "Success",
        ("Rescue", "ChooseByOutcome", "LeaveKey!"): "Failed",
        ("Rescue", "ChooseByOutcome", "VerifyKey"): "Success",
        ("Rescue", "ChooseByOutcome", "VerifyKey!"): "Failed",
        ("Rescue", "ChooseByOutcome!"): "Failed",
        ("Rescue!", "TellFailed"): "Failed",
        ("Rescue!", "TellFailed!"): "Failed",
    }


def test_a_patrol_fails_if_it_could_not_rescue_a_key_or_check_the_guard():
    """And it inspects the keys also if it could not check the guard."""
    ends = dict(paths(documents({})["reprieve-patrol"]))
    assert ends[("CheckGuard", "Inspect", "AreAllExplained", "AreAllSaved", "End")] == "Success"
    assert ends[("CheckGuard!", "Inspect", "AreAllExplained", "AreAllSaved", "End")] == "Failed"
    fails = {"Fail", "FailAgain"}
    assert {steps[-1].rstrip("!") for steps in ends if fails & {s.rstrip("!") for s in steps}} == (
        fails
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_scripts_and_branches_name_outputs_that_are_there(document):
    """Every `{{ Step.Output }}` is declared by a step; every other reference is a parameter."""
    declared = {
        f"{step['name']}.{output['Name']}"
        for step in document["mainSteps"]
        for output in step.get("outputs", [])
    }
    known = declared | set(document["parameters"])
    known |= {"global:REGION", "global:ACCOUNT_ID", "automation:EXECUTION_ID"}
    used = {each.partition("}}")[0].strip() for each in json.dumps(document).split("{{")[1:]}
    assert used - known == set()


def test_subjects_keep_the_limits_of_sns():
    """ASCII, below 100 characters, with the longest Region (SNS API reference, Publish)."""
    longest = max(known_regions("aws"), key=len)
    subjects = [
        step["inputs"]["Subject"].replace("{{ global:REGION }}", longest)
        for document in documents(MORE).values()
        for step in document["mainSteps"]
        if "Subject" in step["inputs"]
    ]
    assert len(subjects) == 2
    assert [each for each in subjects if not each.isascii() or len(each) >= 100] == []


def addresses(count: int, name: str) -> list[str]:
    """Return this many addresses of 30 characters."""
    return [f"{name}{number:017}@example.com" for number in range(count)]


LARGEST: dict[str, dict[str, Any]] = {
    "addresses": {
        "notify": MORE["notify"] | {"emails": addresses(58, "a")},
        "reliability": {"alarm_emails": addresses(58, "b")},
    },
    "watches": {
        "notify": MORE["notify"] | {"emails": EMAILS},
        "reliability": {"alarms": False, "alarm_emails": EMAILS},
        "watch": [
            {
                "name": f"w{number:039}",
                "summary": "a bucket",
                "pattern": '{"source":["aws.s3"]}',
            }
            for number in range(68)
        ],
    },
}


@pytest.mark.parametrize("largest", LARGEST)
def test_every_document_has_at_most_64_kb(largest):
    """With the largest settings that the settings allow (SSM API reference, CreateDocument)."""
    roles = [f"arn:aws:iam::111122223333:role/KeyAdministrator{number:02}" for number in range(14)]
    deployers = [f"arn:aws:iam::111122223333:role/Deployment{number:02}" for number in range(13)]
    ids = [f"1234abcd-12ab-34cd-56ef-1234567890{number:02}" for number in range(8)]
    given = MORE | LARGEST[largest]
    given["notify"] = given["notify"] | {"topic_name": "t" * 60}
    given["exempt"] = {"principals": roles, "keys": ids, "deployers": deployers}
    sizes = {name: len(json.dumps(each)) for name, each in documents(given).items()}
    assert [(name, size) for name, size in sizes.items() if size > 65_536] == []
    assert sizes["reprieve-patrol"] > 59_000


HUB = {"topology": "hub", "hub": {"region": "eu-west-1"}}
FORMS: dict[str, dict[str, Any]] = {
    "regional": {},
    "hub": {"notify": HUB},
    "channels": {"channel": CHANNELS},
    "hub and channels": {"notify": HUB, "channel": CHANNELS},
}


def largest_settings(form: dict[str, Any], watched: list[str]) -> Settings:
    """Return settings with as many deployers and addresses as the settings allow."""
    role = "arn:aws:iam::111122223333:role"
    for deployers, count in product(range(13, 0, -1), range(60, 0, -1)):
        given = MORE | form | {"regions": {"watch": watched}, "account": {"id": ACCOUNT}}
        more = {"emails": addresses(count, "a"), "topic_name": "t" * 60}
        given["notify"] = MORE["notify"] | form.get("notify", {}) | more
        given["reliability"] = {"alarm_emails": addresses(count, "b")}
        given["exempt"] = {
            "principals": [f"{role}/KeyAdministrator{number:02}" for number in range(14)],
            "deployers": [f"{role}/Deployment{number:02}" for number in range(deployers)],
            "keys": [f"1234abcd-12ab-34cd-56ef-1234567890{number:02}" for number in range(8)],
        }
        with suppress(ValidationError):
            return Settings(**given)
    raise AssertionError("no such settings are valid")


@pytest.mark.parametrize("watched", [["eu-west-1", "us-east-1"], ["eu-west-1", "eu-west-2"]])
@pytest.mark.parametrize("form", FORMS)
def test_the_patrols_document_has_at_most_64_kb_in_every_form(form, watched):
    """With a hub or channels the script is longer; where us-east-1 only forwards, the calls are."""
    settings = largest_settings(FORMS[form], watched)
    sizes = [
        len(json.dumps(each.content))
        for region in watched
        for each in regional_guard(settings, Location("aws", region, ACCOUNT)).documents
    ]
    assert 59_000 < max(sizes) <= 65_536


def test_the_name_of_a_document_depends_on_its_content_alone():
    """Not on the account, which is not known before a deployment, nor on the alerts' key."""
    known = Location("aws", "eu-west-1", ACCOUNT)
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    for given in VARIANTS.values():
        expected = names(given, Location("aws", "eu-west-1"))
        assert names(given, known) == expected
        assert names(given, Location("aws", "eu-west-1", "444455556666")) == expected
        assert names(given, known, key) == expected


@pytest.mark.parametrize(
    ("given", "changed"),
    [
        ({"remediation": {"re_enable": True}}, ["reprieve-rescue-key"]),
        ({"patrol": {"rescue_earlier": True}}, ["reprieve-patrol"]),
        ({"notify": {"emails": ("other@example.com",)}}, ["reprieve-patrol"]),
        # The patrol knows the names of the runbooks in the next Region.
        (
            {"exempt": {"deployers": [f"arn:aws:iam::{ACCOUNT}:role/Deployment"]}},
            ["reprieve-rescue-key", "reprieve-patrol"],
        ),
        ({"exempt": {"keys": ["1234abcd-12ab-34cd-56ef-1234567890ab"]}}, ["reprieve-patrol"]),
    ],
)
def test_other_content_is_another_document(given, changed):
    """And what a setting does not change keeps its name."""
    location = Location("aws", "eu-west-1")
    before, after = names({}, location), names(given, location)
    different = [
        old.rpartition("-")[0] for old, new in zip(before, after, strict=True) if old != new
    ]
    assert set(changed) <= set(different) <= {*changed, "reprieve-patrol"}


def test_a_hash_depends_on_every_part_and_not_on_the_order_of_names():
    """Eight hexadecimal digits."""
    content = {"a": [1, 2], "b": {"c": "d"}}
    digest = content_hash(content)
    assert len(digest) == 8
    assert content_hash({"b": {"c": "d"}, "a": [1, 2]}) == digest
    others = ({"a": [2, 1], "b": {"c": "d"}}, {"a": [1, 2], "b": {"c": "e"}}, {"a": [1, 2]})
    assert digest not in {content_hash(each) for each in others}
