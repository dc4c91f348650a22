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
    """What a target with this template gets."""
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
def test_templates_of_text_and_of_json(template, expected):
    """Bare inside quotation marks, JSON outside them; what is missing is empty."""
    assert filled(template) == expected


def test_a_value_can_break_a_json_template():
    """Values are not escaped inside quotation marks: the delivery fails, and says so."""
    with pytest.raises(TransformFailed, match="not valid JSON"):
        filled('{"q": "<q>"}')


def test_input_is_a_constant_and_input_path_a_part():
    """The two other ways."""
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
def test_what_putting_the_target_refuses(transformer, words):
    """Each fault is named."""
    with pytest.raises(AwsError, match="ValidationException") as raised:
        check_target({"Id": "t", "InputTransformer": transformer})
    assert words in raised.value.message


def test_a_hundred_paths_and_8192_characters_are_allowed():
    """The ends of both ranges."""
    paths = {f"v{n}": "$.id" for n in range(100)}
    template = '"' + "x" * 8190 + '"'
    target = {"Id": "t", "InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}
    assert check_target(target) is None


def test_a_wildcard_path_is_the_sandboxs_own_limit():
    """EventBridge takes it; the sandbox says that it cannot."""
    with pytest.raises(AwsError, match="SandboxCannot"):
        check_target({"Id": "t", "InputPath": "$.detail.l[*]"})
