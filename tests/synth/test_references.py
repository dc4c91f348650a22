"""The guard's ARNs become references to the resources of the stack; all other text is escaped."""

import pytest

from reprieve.location import ACCOUNT_REFERENCE, Location
from stacks.references import References

LOCATION = Location("aws", "eu-west-1")
SHORT, LONG = LOCATION.arn("sns", "reprieve"), LOCATION.arn("sns", "reprieve-lifeline")


@pytest.fixture
def references() -> References:
    """Return references that know an account and a topic."""
    references = References()
    references.add(ACCOUNT_REFERENCE, "${data.account}")
    references.add(SHORT, "${topic.arn}")
    return references


def test_an_arn_of_the_stack_becomes_a_reference(references):
    """Inside JSON as well, and as often as it occurs."""
    assert references.json([SHORT, f"{SHORT}"]) == '["${topic.arn}", "${topic.arn}"]'


def test_an_arn_that_only_begins_like_another_one_keeps_its_own_name(references):
    """A topic's name may be the beginning of another topic's."""
    unknown = "arn:aws:sns:eu-west-1:${data.account}:reprieve-lifeline"
    assert references.text(LONG) == unknown
    references.add(LONG, "${lifeline.arn}")
    assert references.text(f"{LONG} {SHORT}") == "${lifeline.arn} ${topic.arn}"


@pytest.mark.parametrize("text", ["${path.module}", "%{if true}", "arn:aws:iam::1:role/${x}/y"])
def test_no_other_text_is_a_template(references, text):
    """Whatever a setting holds, Terraform reads it as text."""
    escaped = text.replace("${", "$${").replace("%{", "%%{")
    assert references.text(text) == escaped
    assert references.json({"a": text}) == f'{{"a": "{escaped}"}}'


def test_a_region_knows_the_account_and_not_the_other_regions_resources(references):
    """What is added inside does not reach the outside."""
    inner = References(references)
    inner.add(LONG, "${lifeline.arn}")
    assert inner.text(SHORT) == "${topic.arn}"
    assert references.text(LONG).startswith("arn:")
