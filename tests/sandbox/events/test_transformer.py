"""The sandbox transforms input as EventBridge does."""

import json

import pytest

from sandbox.core.errors import AwsError
from sandbox.events.transformer import TransformFailed, check_target, transform

EVENT = {
    "id": "e-1",
    "detail": {"state": "RUN", "n": 7, "o": {"k": "v"}, "l": ["a", "b"], "q": 'say "hi"'},
}
RULE = "arn:aws:events:eu-west-1:111122223333:rule/guard"
PATHS = {
    "state": "$.detail.state",
    "n": "$.detail.n",
    "o": "$.detail.o",
    "first": "$.detail.l[0]",
    "q": "$.detail.q",
    "gone": "$.detail.gone.deeper",
}


def filled(template):
    """Return what a target with this template gets."""
    target = {
        "Id": "t",
        "InputTransformer": {"InputPathsMap": PATHS, "InputTemplate": template},
    }
    check_target(target)
    return transform(target, EVENT, RULE)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('"is <state>"', '"is RUN"'),
        ('"is \\"<state>\\""', '"is \\"RUN\\""'),
        ('"one <n>"\n"two <first>"', '"one 7"\n"two a"'),
        ('"gone: <gone>."', '"gone: ."'),
        ('"object <o>"', '"object {k:v}"'),
        ('"<q>"', '"say "hi""'),
        ('"rule <aws.events.rule-name>"', '"rule guard"'),
        ('{"s": <state>, "t": "<state>"}', '{"s":"RUN","t":"RUN"}'),
        ('{"n": <n>, "m": "<n>"}', '{"n":7,"m":"7"}'),
        ('{"o": <o>, "l": [<first>]}', '{"o":{"k":"v"},"l":["a"]}'),
        ('{"gone": <gone>, "also": "<gone>"}', '{"gone":"","also":""}'),
        ('{"q": <q>}', '{"q":"say \\"hi\\""}'),
        ('{"rule": <aws.events.rule-arn>}', f'{{"rule":"{RULE}"}}'),
        ("<o>", '{"k":"v"}'),
    ],
)
def test_a_template_takes_values_as_text_or_as_json(template, expected):
    """Values are bare inside quotation marks and JSON outside. Missing values are empty."""
    assert filled(template) == expected


def test_a_value_can_make_a_json_template_invalid():
    """Values are not escaped inside quotation marks, so the delivery fails."""
    with pytest.raises(TransformFailed, match="not valid JSON"):
        filled('{"q": "<q>"}')


def test_input_is_a_constant_and_input_path_selects_a_part():
    """Without either, the target gets the whole event."""
    assert transform({"Input": '{"a":1}'}, EVENT, RULE) == '{"a":1}'
    assert transform({"InputPath": "$.detail.o"}, EVENT, RULE) == '{"k":"v"}'
    assert json.loads(transform({}, EVENT, RULE)) == EVENT
    with pytest.raises(TransformFailed, match=r"nothing at InputPath \$\.none"):
        transform({"InputPath": "$.none"}, EVENT, RULE)


@pytest.mark.parametrize(
    ("transformer", "words"),
    [
        ({"InputTemplate": "plain text"}, "not valid JSON"),
        ({"InputTemplate": '"one"\ntwo'}, "stand in quotation marks"),
        ({"InputTemplate": '{"a": <b>}'}, "uses <b>, which no path defines"),
        ({"InputTemplate": '{"a": "<b"'}, "not valid JSON"),
        ({"InputTemplate": '"' + "x" * 8192 + '"'}, "8194 characters"),
        (
            {"InputPathsMap": {f"v{n}": "$.id" for n in range(101)}, "InputTemplate": '"x"'},
            "101 entries",
        ),
        (
            {"InputPathsMap": {"aws.x": "$.id"}, "InputTemplate": '"x"'},
            "'aws.x' cannot name a variable",
        ),
        ({"InputPathsMap": {"a": "detail"}, "InputTemplate": '"<a>"'}, "'detail' of target t"),
    ],
)
def test_an_invalid_transformer_is_refused(transformer, words):
    """The message names the error."""
    with pytest.raises(AwsError, match="ValidationException") as raised:
        check_target({"Id": "t", "InputTransformer": transformer})
    assert words in raised.value.message


def test_a_hundred_paths_and_8192_characters_are_allowed():
    """They are the limits of EventBridge."""
    paths = {f"v{n}": "$.id" for n in range(100)}
    template = '"' + "x" * 8190 + '"'
    target = {"Id": "t", "InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    check_target(target)  # it would raise


def test_a_path_with_a_wildcard_is_not_supported():
    """EventBridge accepts it, so the error is SandboxCannot."""
    with pytest.raises(AwsError, match="SandboxCannot"):
        check_target({"Id": "t", "InputPath": "$.detail.l[*]"})
