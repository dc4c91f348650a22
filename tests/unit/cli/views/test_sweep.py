"""How `reprieve sweep` shows keys: at each width a whole id and Region, and few lines."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from reprieve.cli.views.sweep import show
from reprieve.sweep.cloudtrail import Call
from reprieve.sweep.result import Key, Sweep
from tests.unit.cli.samples import ACCOUNT
from tests.unit.cli.views.printing import WIDTHS, printed

AT = datetime(2026, 11, 24, 3, 1, tzinfo=UTC)
ALICE = "arn:aws:iam::111122223333:user/alice"
ADMIN = (
    "arn:aws:sts::111122223333:assumed-role/"
    "AWSReservedSSO_AdministratorAccess_0123456789abcdef/alice@example.com"
)
RESCUER = "arn:aws:sts::111122223333:assumed-role/reprieve-automation/Automation-1"


def call(name, by=ALICE):
    """Return a call of somebody."""
    return Call(name, by, by, AT, "1")


def key(number, state, region="eu-west-1", **fields):
    """Return a key in a state; its id ends with a number."""
    arn = f"arn:aws:kms:{region}:111122223333:key/48e3373b-816f-49dd-b6c4-{number:012d}"
    return Key("111122223333", region, arn, state, **fields)


def in_days(days):
    """Return the date so many days from now."""
    return datetime.now(UTC) + timedelta(days=days)


def keys():
    """Return a key of every kind."""
    pending = {"call": call("ScheduleKeyDeletion"), "deletion_date": in_days(3.25)}
    rescued = {"call": call("CancelKeyDeletion", RESCUER), "rescued": True}
    return (
        key(1, "PendingDeletion", aliases=("alias/orders",), last_used=AT, **pending),
        replace(
            key(2, "PendingDeletion", "ap-southeast-4", deletion_date=in_days(9)),
            call=call("ScheduleKeyDeletion", ADMIN),
            tracked_since=AT,
        ),
        key(3, "PendingDeletion", exempt="exempt.keys: 3", **pending),
        key(4, "PendingReplicaDeletion", "us-gov-west-1", waiting_days=11),
        key(5, "unknown", problem="The permission kms:DescribeKey is missing."),
        key(6, "Disabled", scheduled=call("ScheduleKeyDeletion"), tracked_since=AT, **rescued),
        key(7, "Disabled", aliases=("alias/reprieve-drill-1a2b3c4d",), **rescued),
        key(8, "Disabled", aliases=("alias/a", "alias/b"), call=call("DisableKey", ADMIN)),
        key(9, "Unavailable", call=call("CancelKeyDeletion")),
        key(10, "PendingImport", call=call("DeleteImportedKeyMaterial")),
    )


def view(*found, acted=False, problems=(), width=80):
    """Return what is printed of an account's keys."""
    sweeps = [Sweep(ACCOUNT, found, problems)]
    return printed(lambda out: show(sweeps, out, acted=acted), width)


@pytest.mark.parametrize("width", WIDTHS)
def test_each_width(snapshot, width):
    """Keys of every kind: no id and no Region is cut, and a pipe has one line for each key."""
    problems = tuple((region, "There was no answer.") for region in ("eu-west-2", "eu-west-3"))
    text = view(*keys(), problems=problems, width=width)
    for each in keys():
        assert f"{each.id} " in f"{text} ".replace("\n", " \n")
        lines = [line for line in text.splitlines() if each.id in line and "✘ " not in line[2:]]
        assert each.region in lines[0].split()
    assert text == snapshot


@pytest.mark.parametrize("width", [80, 120, None])
def test_what_was_done(snapshot, width):
    """After --cancel: what was done, and what failed."""
    done, failed = keys()[:2]
    done = replace(done, state="Disabled", deletion_date=None, result="cancelled")
    failed = replace(failed, problem="The permission kms:CancelKeyDeletion is missing.")
    assert view(done, failed, acted=True, width=width) == snapshot


@pytest.mark.parametrize("width", WIDTHS)
def test_a_key_takes_few_lines(width):
    """Even with a long name of the caller and several aliases; in a pipe it is one line."""
    many = [
        key(number, "Disabled", aliases=("alias/a", "alias/b"), call=call("DisableKey", ADMIN))
        for number in range(20)
    ]
    assert len(view(*many, width=width).splitlines()) <= (4 * 20 if width else 20) + 5


def test_short_rows_are_a_table_from_120_columns():
    """One line for each key where that fits."""
    short = key(1, "Disabled", call=call("DisableKey"))
    assert "WHAT HAPPENED" in view(short, width=120)
    assert "WHAT HAPPENED" not in view(short, width=80)


@pytest.mark.parametrize("width", [20, 40, 50])
def test_a_narrow_terminal_cuts_nothing_off(width):
    """It wraps the id."""
    text = view(key(1, "Disabled"), width=width)
    assert "48e3373b816f49ddb6c4000000000001" in text.replace("-", "").replace("\n", "").replace(
        " ", ""
    )


def test_the_account_of_a_caller_is_shown_if_it_is_another_one():
    """`user/alice` alone would be this account's."""
    other = "arn:aws:iam::444455556666:user/alice"
    text = view(key(1, "Disabled", call=call("DisableKey", other)), width=None)
    assert f"disabled by {other} on 2026-11-24" in text


def test_no_key_at_all(snapshot):
    """One line for the account, and the verdict."""
    assert view() == snapshot


def test_an_account_that_was_not_opened_is_the_last_line():
    """Nobody knows whether a key is pending deletion there."""
    text = printed(lambda out: show([Sweep(ACCOUNT, (), ())], out, acted=False, closed=1), None)
    assert text.splitlines()[-1] == "✘ 1 of 2 accounts was not read."
    assert "✔" not in text


def test_pending_keys_are_counted_although_accounts_were_not_opened():
    """Both matter."""
    sweeps = [Sweep(ACCOUNT, keys()[:1], ())]
    text = printed(lambda out: show(sweeps, out, acted=True, closed=2), None)
    assert text.splitlines()[-2:] == [
        "✘ 1 key is pending deletion.",
        "✘ 2 of 3 accounts were not read.",
    ]


def test_expired_material_was_deleted_by_nobody():
    """KMS deleted it: CloudTrail's event has no caller."""
    expired = call("DeleteExpiredKeyMaterial", "AWS Internal")
    text = view(key(1, "PendingImport", call=expired), width=None)
    assert "  key material expired on 2026-11-24\n" in text
