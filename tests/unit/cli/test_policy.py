"""`reprieve policy protect`: what it prints, and its errors."""

import json

import pytest

from reprieve.guard.protection import protection_of
from tests.support.settings import load_one
from tests.unit.cli.samples import SETTINGS

DEPLOYERS = f'exempt.deployers = ["arn:aws:iam::111122223333:role/deployer"]\n{SETTINGS}'


@pytest.mark.parametrize("arguments", [[], ["--json"], ["--format", "json"]])
def test_protect_prints_one_line_of_json(reprieve, tmp_path, arguments):
    """White space counts against the size of the policy."""
    result = reprieve("policy", "protect", *arguments, settings=DEPLOYERS)
    assert result.stdout == f"{protection_of(load_one({}, tmp_path)).text}\n"
    assert (result.stderr, result.exit_code) == ("", 0)


def test_the_table_explains_each_statement(reprieve, tmp_path):
    """In a sentence."""
    table = reprieve("policy", "protect", "--format", "table", settings=DEPLOYERS).stdout
    words = " ".join(table.split())
    for each in protection_of(load_one({}, tmp_path)).statements:
        assert f"\n{each.sid} " in table
        assert each.explanation.split(".")[0] in words


def test_the_minimum_waiting_period_is_an_option(reprieve):
    """The default is 30 days."""
    for option, expected in (([], "30"), (["--minimum-waiting-days", "7"], "7")):
        printed = reprieve("policy", "protect", *option, settings=DEPLOYERS).stdout
        (days,) = (
            each["Condition"]["NumericLessThan"].values()
            for each in json.loads(printed)["Statement"]
            if each["Sid"] == "MinimumWaitingPeriod"
        )
        assert list(days) == [expected]


@pytest.mark.parametrize(
    ("days", "rule"), [("6", "greater than or equal to 7"), ("31", "less than or equal to 30")]
)
def test_a_minimum_that_kms_does_not_have_is_refused(reprieve, days, rule):
    """KMS accepts 7 to 30 days."""
    result = reprieve("policy", "protect", "--minimum-waiting-days", days, settings=DEPLOYERS)
    assert result.exit_code == 2
    assert rule in result.stderr


def test_another_policy_has_no_minimum_waiting_period(reprieve):
    """The option would do nothing."""
    result = reprieve("policy", "status", "--minimum-waiting-days", "7")
    assert (result.stderr, result.exit_code) == (
        "--minimum-waiting-days is for protect only.\n",
        2,
    )


def test_without_deployers_the_error_says_what_to_set(reprieve):
    """Nothing is printed that could be attached."""
    result = reprieve("policy", "protect")
    assert (result.stdout, result.exit_code) == ("", 2)
    assert result.stderr == (
        "exempt.deployers is empty: the policy would let nobody change the guard.\n"
        "→ Add the ARNs of the IAM roles and users that deploy Reprieve to exempt.deployers.\n"
    )


ORGANIZATION = """
[notify]
emails = ["security@example.com"]
topology = "hub"
hub = { account = "111122223333", region = "eu-west-1", organization_id = "o-exampleorgid" }

[regions]
watch = ["eu-west-1"]

[account]
id = "111122223333"

[organization]
engine = "stacksets"
organizational_units = ["ou-abcd-12345678"]
"""


def test_in_the_members_of_stack_sets_their_role_may_change_the_guard(reprieve):
    """And nobody else may change that role. It needs no deployer."""
    printed = reprieve("policy", "protect", "--members", settings=ORGANIZATION).stdout
    statement = json.loads(printed)["Statement"][0]
    role = "arn:aws:iam::*:role/stacksets-exec-*"
    assert role in statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"]
    assert role in statement["Resource"]


def test_without_stack_sets_there_are_no_members(reprieve):
    """Nor for another policy."""
    result = reprieve("policy", "protect", "--members", settings=DEPLOYERS)
    assert result.exit_code == 2
    assert 'organization.engine is "terraform": no stack set deploys' in result.stderr
    result = reprieve("policy", "status", "--members", settings=ORGANIZATION)
    assert (result.stderr, result.exit_code) == ("--members is for protect only.\n", 2)


@pytest.mark.parametrize(
    ("deployers", "who"),
    [
        ("", "Only StackSets' role stacksets-exec-* may "),
        (
            'exempt.deployers = ["arn:aws:iam::111122223333:role/deployer"]\n',
            "Only the deployers and StackSets' role stacksets-exec-* may ",
        ),
    ],
)
def test_the_table_of_the_members_names_their_role(reprieve, deployers, who):
    """As the JSON exempts it. Deployers are named if there are some."""
    arguments = ("policy", "protect", "--members", "--format", "table")
    words = " ".join(reprieve(*arguments, settings=deployers + ORGANIZATION).stdout.split())
    assert words.count(who) == 3
    assert words.count("deployers") == (words.count(who) if deployers else 0)


@pytest.mark.parametrize("arguments", [[], [""], [" "]])
def test_without_a_command_all_are_listed(reprieve, arguments):
    """As the help does; no traceback for a name that is empty."""
    result = reprieve("policy", *arguments, settings=SETTINGS)
    assert (result.stdout, result.exit_code) == ("", 2)
    assert result.stderr.startswith("Name the command whose policy you want: status, doctor, ")
