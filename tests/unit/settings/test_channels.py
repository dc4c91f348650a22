"""The channels, `[[channel]]`."""

from typing import Any

import pytest

from reprieve.settings.channels import KEYS
from reprieve.settings.sources import EXAMPLE_FILE
from tests.support.settings import GOOD, ROOT, errors, read, rules
from tests.support.synth import CHANNELS, CONSOLE, toml_of

GOOD_OF = {each["type"]: each for each in (*CHANNELS, CONSOLE)}
IN_IRELAND = {"REPRIEVE_REGIONS__WATCH": "eu-west-1"}


def channels(*given: dict[str, Any]) -> str:
    """Return a file of settings with these channels."""
    return GOOD + toml_of("channel", given)


def test_every_type_has_a_valid_example():
    """The other tests change one of its values."""
    assert set(GOOD_OF) == set(KEYS)


@pytest.mark.parametrize("kind", KEYS)
def test_a_channel_with_the_keys_of_its_type_is_valid(kind, tmp_path):
    """By default it receives every severity."""
    given = {key: value for key, value in GOOD_OF[kind].items() if key != "severities"}
    (found,) = read(tmp_path, channels(given), **IN_IRELAND).channel
    assert {key: getattr(found, key) for key in given} == given
    assert found.severities == ("critical", "warning", "info")


@pytest.mark.parametrize("kind", KEYS)
def test_each_key_of_a_type_is_required(kind, tmp_path):
    """The error names the keys that the type has."""
    for key in KEYS[kind]:
        given = {name: value for name, value in GOOD_OF[kind].items() if name != key}
        (error,) = errors(tmp_path, channels(given), **IN_IRELAND)
        assert error.key == f"channel[0].{key}"
        assert error.rule == f'is required with type = "{kind}"'
        assert key in error.hint


@pytest.mark.parametrize(
    ("kind", "values", "key", "rule"),
    [
        ("sms", {"name": "On Call"}, "name", "is not 1 to 40 lowercase letters"),
        ("sms", {"type": "text"}, "type", "is not a type of channel"),
        ("sms", {"severities": []}, "severities", "is an empty list"),
        ("sms", {"severities": ["high"]}, "severities[0]", "is not a severity"),
        ("sms", {"number": "0049 30 123456"}, "number", "is not a phone number"),
        ("sms", {"number": "+49 30 123456"}, "number", "is not a phone number"),
        ("sms", {"url": "https://example.com/"}, "url", 'is not a key of the type "sms"'),
        ("email", {"address": "oncall"}, "address", "is not an e-mail address"),
        ("https", {"url": "http://example.com/"}, "url", "does not begin with https://"),
        ("https", {"url": "https://u:p@example.com/"}, "url", "contains a user or a password"),
        ("https", {"url": "https://localhost/"}, "url", "is not a URL with a host name"),
        ("https", {"url": "https://example.com/a b"}, "url", "is not a URL with a host name"),
        ("https", {"url": "https://example.com/#x"}, "url", "has more than 2,048 characters, or"),
        ("https", {"url": "https://[::1"}, "url", "is not a URL"),
        ("sqs", {"arn": "arn:aws:sqs:eu-west-1:111122223333:a.fifo"}, "arn", "is a FIFO queue"),
        ("sqs", {"arn": "arn:aws:sns:eu-west-1:111122223333:a"}, "arn", "is not the ARN of an SQS"),
        ("sqs", {"arn": "arn:aws:sqs:eu-west-9:111122223333:a"}, "arn", "names the Region eu-we"),
        ("sqs", {"arn": "arn:aws-cn:sqs:cn-north-1:111122223333:a"}, "arn", "is in the partition"),
        ("lambda", {"arn": GOOD_OF["sqs"]["arn"]}, "arn", 'does not fit to type = "lambda"'),
        ("slack", {"workspace_id": "acme"}, "workspace_id", "is not the id of a Slack workspace"),
        ("slack", {"channel_id": "#alerts"}, "channel_id", "is the id of a channel neither in"),
        (
            "slack",
            {"channel_id": GOOD_OF["teams"]["channel_id"]},
            "channel_id",
            "is the id of a channel in Teams",
        ),
        ("teams", {"team_id": "security"}, "team_id", "is not an id such as"),
        ("user-notifications", {"aggregation": "5m"}, "aggregation", "is not an aggregation"),
    ],
)
def test_an_invalid_value_has_one_error_with_its_rule(kind, values, key, rule, tmp_path):
    """What AWS would refuse later, or what would send nothing."""
    (found,) = rules(tmp_path, channels(GOOD_OF[kind] | values), **IN_IRELAND)
    assert found[0] == f"channel[0].{key}"
    assert found[1].startswith(rule)


def test_names_and_endpoints_are_unique(tmp_path):
    """A second subscription of the same endpoint to a topic would be the first one."""
    other = GOOD_OF["sms"] | {"name": "second"}
    same_name = GOOD_OF["https"] | {"name": "pager"}
    found = rules(tmp_path, channels(GOOD_OF["sms"], other, same_name), **IN_IRELAND)
    assert found == [
        ("channel[1].number", "is the endpoint of channel[0] too"),
        ("channel[2].name", "is the same as channel[0].name"),
    ]


UNSAFE = "0123456789abcdef"


@pytest.mark.parametrize(
    "values",
    [
        {"url": f"http://events.example.com/{UNSAFE}"},
        {"url": f"events.example.com/{UNSAFE}"},
        {"url": f"https://user:{UNSAFE}@events.example.com/"},
        {"url": f"https://events.example.com/{UNSAFE} x"},
        {"url": [f"https://events.example.com/{UNSAFE}"]},
        {"type": "sms", "number": "+15555550100", "url": f"https://events.example.com/{UNSAFE}"},
        {"webhook": f"https://events.example.com/{UNSAFE}"},
        {"name": f"https://events.example.com/{UNSAFE}"},
    ],
)
def test_no_error_shows_the_token_of_a_url(values, tmp_path):
    """The log of a workflow has more readers than the settings."""
    found = errors(tmp_path, channels(GOOD_OF["https"] | values), **IN_IRELAND)
    assert "(hash " in str(found)
    assert UNSAFE not in str(found)


def test_no_error_of_the_file_shows_the_token_of_a_url(tmp_path):
    """The line of a syntax error is shown, and so is a table that is a text."""
    (line,) = errors(tmp_path, f"{GOOD}[[channel]]\nurl = https://events.example.com/{UNSAFE}\n")
    assert "https://events.example.com/… (hash " in line.rule
    assert UNSAFE not in line.rule
    (text,) = errors(tmp_path, f'channel = "https://events.example.com/{UNSAFE}"\n{GOOD}')
    assert text.value is not None
    assert UNSAFE not in text.value


@pytest.mark.parametrize("kind", ["sms", "slack", "teams", "user-notifications"])
def test_what_a_partition_does_not_have_is_rejected_with_what_it_has(kind, tmp_path):
    """China has neither text messages nor chat."""
    (error,) = errors(tmp_path, channels(GOOD_OF[kind]), REPRIEVE_REGIONS__WATCH="cn-north-1")
    assert (error.key, error.rule) == (
        "channel[0].type",
        "is not available in the partition aws-cn",
    )


def test_sms_need_a_watched_region_that_sends_them(tmp_path):
    """Where there is another one, that one sends."""
    seoul = {"REPRIEVE_REGIONS__WATCH": "ap-northeast-2"}
    (found,) = rules(tmp_path, channels(GOOD_OF["sms"]), **seoul)
    assert found[1] == "is not available in any watched Region: ap-northeast-2"
    both = {"REPRIEVE_REGIONS__WATCH": "ap-northeast-2,eu-west-1"}
    assert read(tmp_path, channels(GOOD_OF["sms"]), **both).channel


@pytest.mark.parametrize(
    ("service", "region", "watched", "reachable"),
    [
        ("lambda:{}:111122223333:function:f", "eu-west-1", "us-east-1,eu-south-1", True),
        ("lambda:{}:111122223333:function:f", "eu-south-1", "eu-south-1", True),
        ("lambda:{}:111122223333:function:f", "eu-south-1", "eu-west-1", False),
        ("sqs:{}:111122223333:q", "eu-south-1", "eu-west-1", True),
        ("sqs:{}:111122223333:q", "eu-south-1", "eu-south-2", False),
        ("sqs:{}:111122223333:q", "REGION", "eu-south-2,eu-west-1", True),
    ],
)
def test_a_receiver_can_be_reached_from_every_watched_region(
    service, region, watched, reachable, tmp_path
):
    """SNS sends from no opt-in Region to another, and to no function in one."""
    kind = service.partition(":")[0]
    arn = f"arn:aws:{service.format(region)}"
    given = channels({"name": "x", "type": kind, "arn": arn})
    if reachable:
        assert read(tmp_path, given, REPRIEVE_REGIONS__WATCH=watched).channel
    else:
        (found,) = rules(tmp_path, given, REPRIEVE_REGIONS__WATCH=watched)
        assert found[1].startswith(f"cannot be reached from {watched}")


def test_the_example_file_explains_a_channel_of_each_type(tmp_path):
    """Without their comment signs they are valid."""
    text = (ROOT / EXAMPLE_FILE).read_text(encoding="utf-8")
    text = "# [[channel]]" + text.partition("# [[channel]]")[2].partition("# Any other event")[0]
    text = text.replace("# ", "")
    assert {each.type for each in read(tmp_path, GOOD + text).channel} == set(KEYS)
