"""Which resource goes to which state, and what is refused."""

from typing import Any

import pytest

from reprieve.move.assignment import MoveError, is_interrupted, managed, moves_of

PROVIDER = 'provider["registry.terraform.io/hashicorp/aws"]'
MARKER = "terraform_data.split-by-area"
ROLE, IRELAND, VIRGINIA = "aws_iam_role.role", "aws_sns_topic.ireland", "aws_sns_topic.virginia"
AREA: dict[str, Any] = {
    "reprieve": {
        "resource": {
            "aws_iam_role": {"role": {"provider": "aws.home"}},
            "terraform_data": {
                "split-by-area": {"provider": "terraform.split_by_area__run_reprieve_move_state"}
            },
        },
        "output": {"alert_topics": {}},
    },
    "reprieve-europe-west": {
        "resource": {"aws_sns_topic": {"ireland": {"provider": "aws.eu_west_1"}}}
    },
    "reprieve-us": {"resource": {"aws_sns_topic": {"virginia": {"provider": "aws.us_east_1"}}}},
}
ACCOUNT: dict[str, Any] = {
    "reprieve": {
        "resource": {
            "aws_iam_role": {"role": {"provider": "aws.us_east_1"}},
            "aws_sns_topic": {
                "ireland": {"provider": "aws.eu_west_1"},
                "virginia": {"provider": "aws.us_east_1"},
            },
        },
        "output": {"alert_topics": {}},
    }
}


def resource(address, alias, id="1"):
    """Return a resource of a state."""
    type, name = address.split(".")
    return {
        "mode": "managed",
        "type": type,
        "name": name,
        "provider": f"{PROVIDER}.{alias}",
        "instances": [{"schema_version": 0, "attributes": {"id": id}}],
    }


def state(*resources, **outputs):
    """Return a state."""
    data = {"mode": "data", "type": "aws_caller_identity", "name": "account", "instances": []}
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 7,
        "lineage": "00000000-0000-0000-0000-000000000000",
        "outputs": outputs,
        "resources": [data, *resources],
    }


WHOLE = state(
    resource(ROLE, "us_east_1"),
    resource(IRELAND, "eu_west_1"),
    resource(VIRGINIA, "us_east_1"),
    alert_topics={"value": "arn"},
)


def contents(moves):
    """Return what each state will contain, by address."""
    return {each.stack: sorted(managed(each.after)) for each in moves}


def after(moves):
    """Return the states after a move."""
    return {each.stack: each.after for each in moves}


def test_each_resource_goes_to_the_stack_that_has_it():
    """With the alias that its provider has there, and the outputs of its stack."""
    moves = moves_of({"reprieve": WHOLE}, AREA, "area")
    assert contents(moves) == {
        "reprieve": [ROLE, MARKER],
        "reprieve-europe-west": [IRELAND],
        "reprieve-us": [VIRGINIA],
    }
    base, europe, _ = (each.after for each in moves)
    assert managed(base)[ROLE]["provider"] == f"{PROVIDER}.home"
    assert (base["outputs"], europe["outputs"]) == (WHOLE["outputs"], {})
    assert base["lineage"] == WHOLE["lineage"] != europe["lineage"]
    assert [each.counts for each in moves] == [(3, 2), (0, 1), (0, 1)]


def test_a_state_gains_before_another_one_loses():
    """The enlarged state has both: no resource is ever in no state."""
    base, europe, _ = moves_of({"reprieve": WHOLE}, AREA, "area")
    assert sorted(managed(base.enlarged)) == [ROLE, IRELAND, VIRGINIA, MARKER]
    assert europe.enlarged == europe.after


def test_a_stack_whose_key_changes_has_two_states():
    """The old one is emptied, and the new one gets the outputs too."""
    base, _, _, old = moves_of({"reprieve": {}, "reprieve.before": WHOLE}, AREA, "area")
    assert (base.after["outputs"], old.after["outputs"]) == (WHOLE["outputs"], {})
    assert (base.counts, old.counts) == ((0, 2), (3, 0))
    assert managed(old.enlarged) == managed(WHOLE)


def test_the_way_back_empties_the_parts():
    """And the state is as it was, without the marker."""
    split = after(moves_of({"reprieve": WHOLE}, AREA, "area"))
    moves = moves_of(split, ACCOUNT, "account")
    assert contents(moves) == {
        "reprieve": [ROLE, IRELAND, VIRGINIA],
        "reprieve-europe-west": [],
        "reprieve-us": [],
    }
    assert managed(WHOLE) == managed(moves[0].after)


def test_a_second_move_changes_nothing():
    """The marker keeps its id."""
    split = after(moves_of({"reprieve": WHOLE}, AREA, "area"))
    assert not any(each.changes for each in moves_of(split, AREA, "area"))


@pytest.mark.parametrize("done", [1, 2, 3, 4])
def test_an_interrupted_move_continues(done):
    """After each of the writes, in both directions, the result is the same."""
    for start, stacks, split in (
        ({"reprieve": WHOLE}, AREA, "area"),
        (after(moves_of({"reprieve": WHOLE}, AREA, "area")), ACCOUNT, "account"),
    ):
        moves = moves_of(start, stacks, split)
        writes = [(each.stack, each.enlarged) for each in moves if each.changes]
        writes += [(each.stack, each.after) for each in moves if each.changes]
        interrupted = dict(start)
        for stack, content in writes[:done]:
            interrupted[stack] = content
        assert is_interrupted(interrupted, list(start), split)
        again = moves_of(interrupted, stacks, split)
        assert contents(moves) == contents(again)
    assert not is_interrupted({"reprieve": WHOLE}, ["reprieve"], "area")


@pytest.mark.parametrize(
    ("states", "message"),
    [
        ({}, "No state contains anything"),
        ({"reprieve": state()}, "No state contains anything"),
        (
            {
                "reprieve": state(
                    *WHOLE["resources"][1:], resource("aws_sns_topic.old", "eu_west_1")
                )
            },
            "aws_sns_topic.old is in the states, and in no stack of the new layout.",
        ),
        (
            {"reprieve": state(resource(ROLE, "us_east_1"))},
            f"{IRELAND}, {VIRGINIA} are in the new layout, and in no state.",
        ),
        (
            {"reprieve": WHOLE, "reprieve-us": state(resource(VIRGINIA, "us_east_1", id="2"))},
            f"{VIRGINIA} is in the states of reprieve and reprieve-us, and is not the same",
        ),
    ],
)
def test_states_that_do_not_fit_are_refused(states, message):
    """Nothing is guessed."""
    with pytest.raises(MoveError) as refused:
        moves_of(states, AREA, "area")
    assert str(refused.value).startswith(message)


def test_the_stack_sets_keep_their_state():
    """Their records are of the same type as the marker, and of Terraform's own provider."""
    record = resource("terraform_data.excluded-accounts", "x")
    record["provider"] = 'provider["terraform.io/builtin/terraform"]'
    organization = {"resource": {"terraform_data": {"excluded-accounts": {"input": "[]"}}}}
    states = {
        "reprieve": state(
            resource(ROLE, "us_east_1"),
            resource(IRELAND, "eu_west_1"),
            resource(VIRGINIA, "us_east_1"),
        ),
        "reprieve-organization": state(record),
    }
    moves = moves_of(states, {**AREA, "reprieve-organization": organization}, "area")
    kept = next(each for each in moves if each.stack == "reprieve-organization")
    assert managed(kept.after) == {"terraform_data.excluded-accounts": record}
    assert not kept.changes
