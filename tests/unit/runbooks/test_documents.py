"""The documents of Reprieve's runbooks: their ends, and the limits of AWS."""

import json

import pytest

from reprieve.regions import known_regions
from reprieve.runbooks.enable import enable_document
from reprieve.runbooks.rescue import rescue_document


@pytest.mark.parametrize(
    "document",
    [rescue_document("aws"), rescue_document("aws", re_enable=True), enable_document("aws")],
)
def test_runbooks_and_their_messages_fit_into_the_limits(document):
    """A subject is ASCII and below 100 characters, with the longest Region (SNS API, Publish)."""
    longest = max(known_regions("aws"), key=len)
    subjects = [
        step["inputs"]["Subject"].replace("{{ global:REGION }}", longest)
        for step in document["mainSteps"]
        if "Subject" in step.get("inputs", {})
    ]
    assert len(subjects) >= 5
    assert [each for each in subjects if not each.isascii() or len(each) >= 100] == []
    assert len(json.dumps(document)) <= 65_536


@pytest.mark.parametrize(
    "document",
    [rescue_document("aws"), rescue_document("aws", re_enable=True), enable_document("aws")],
)
def test_a_runbook_never_ends_in_silence(document):
    """Each step leads to another or tells; every step that may fail leads to one that tells."""
    steps = {step["name"]: step for step in document["mainSteps"]}
    for name, step in steps.items():
        if name.startswith("Tell"):
            assert (step["isEnd"], step["inputs"]["Api"]) == (True, "Publish")
        elif step["action"] == "aws:branch":
            choices = step["inputs"]["Choices"]
            following = [choice["NextStep"] for choice in choices]
            assert set(steps) >= {*following, step["inputs"]["Default"]}
        else:
            target = step["onFailure"].removeprefix("step:")
            assert target.startswith("Tell")
            assert target in steps
            assert step.get("nextStep", name) in steps
