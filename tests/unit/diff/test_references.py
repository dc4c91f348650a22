"""What is known of a text although Terraform calls it unknown."""

from reprieve.diff.plan import UNKNOWN
from reprieve.diff.references import References

TOPIC = "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts"


def resource(type, id, **after):
    """Return an entry of a plan's `resource_changes`."""
    return {"address": f"{type}.{id}", "type": type, "change": {"after": after}}


REFERENCES = References(
    [
        resource("aws_sns_topic", "topic", arn=TOPIC),
        resource("aws_iam_role", "new", name="reprieve-patrol"),
        resource("aws_iam_role", "teams", name="r", path="/teams/"),
        resource("aws_kms_key", "key"),
    ]
)


def resolved(text, value=UNKNOWN):
    """Return what a value with this text in the configuration is resolved to."""
    return REFERENCES.resolved(value, {"constant_value": text})


def test_a_role_that_is_created_has_an_arn_that_is_known():
    """AWS makes it of the account, the path and the name."""
    arn = "arn:aws:iam::111122223333:role"
    assert resolved('"${aws_iam_role.new.arn}"') == f'"{arn}/reprieve-patrol"'
    assert resolved("${aws_iam_role.teams.arn}") == f"{arn}/teams/r"


def test_the_account_and_other_resources_are_filled_in():
    """Also in the items of a list."""
    account = "${data.aws_caller_identity.account.account_id}"
    assert resolved([f"{account}:a", "${aws_sns_topic.topic.arn}"]) == ["111122223333:a", TOPIC]


def test_what_is_not_known_stays_unknown():
    """A key's ARN, another attribute, a directive, and a text that the configuration lacks."""
    for text in ("${aws_kms_key.key.arn}", "${aws_sns_topic.topic.id}", "%{ if true }", 5):
        assert resolved(text) is UNKNOWN
    assert REFERENCES.resolved(UNKNOWN, {"references": []}) is UNKNOWN
    assert resolved("a", value="b") == "b"


def test_without_a_single_account_no_role_is_guessed():
    """Two accounts, or none."""
    role = resource("aws_iam_role", "new", name="r")
    others = [resource("aws_sns_topic", id, arn=f"arn:aws:sns:eu-west-1:{id}:t") for id in "12"]
    for changes in ([role], [role, *others]):
        found = References(changes).resolved(UNKNOWN, {"constant_value": "${aws_iam_role.new.arn}"})
        assert found is UNKNOWN
