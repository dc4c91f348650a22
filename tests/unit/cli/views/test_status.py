"""How `reprieve status` shows accounts: right counts, each hint once, no Region cut."""

from dataclasses import replace

import pytest

from reprieve.cli.views.status import show
from reprieve.status.findings import DEPLOY, Check, Count, Finding, Kind, Verdict, check_of
from reprieve.status.status import AccountStatus, Coverage, RegionStatus
from tests.unit.cli.samples import ACCOUNT
from tests.unit.cli.views.printing import WIDTHS, printed

OK = {
    "rules": "16/16",
    "targets": "17/17",
    "topic": "there",
    "subscriptions": "2/2",
    "runbook": "there",
    "dead letters": "none",
    "alarms": "7/7",
    "last rescue": "Success 11-24 04:47",
    "trail": "logs",
}
REGIONS = (
    "ap-northeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1",
    "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
)  # fmt: skip
ROLES = Check("roles", "there")
NO_ROLES = check_of(
    "roles",
    "wrong",
    [Finding(name, Kind.MISSING, f"The role {name} is missing.", DEPLOY) for name in ("a", "b")],
)


def watched(region="eu-west-1", keys=3, **failed):
    """Return a watched Region; `failed` are the checks that failed, with what is in their cells.

    A tuple holds the text of the cell and the finding.
    """
    checks = []
    for name, text in OK.items():
        cell, finding = failed.get(name.replace(" ", "_"), (text, None))
        checks.append(check_of(name, cell, [finding] if finding else []))
    return RegionStatus(region, Coverage.WATCHED, keys, tuple(checks))


def without_guard(region):
    """Return a watched Region where nothing is deployed: each check failed, without findings."""
    none = Finding("region", Kind.MISSING, "There is no guard: nothing of it is deployed.", DEPLOY)
    checks = tuple(
        check.failed() if check.name != "trail" else check for check in watched(region).checks
    )
    return RegionStatus(region, Coverage.WATCHED, 0, checks, (none,))


def unguarded(region, keys=1):
    """Return a Region with customer keys that nobody watches."""
    count = Count(keys, "customer key is not guarded.", "customer keys are not guarded.")
    hint = "Add the Region to regions.watch and deploy, or add it to regions.exclude."
    finding = Finding.counted("region", Kind.UNGUARDED, count, hint)
    return RegionStatus(region, Coverage.NOT_COVERED, keys, findings=(finding,))


def undelivered(number, region="eu-west-1"):
    """Return the cell and the finding about so many events in the queue."""
    count = Count(number, "event could not be delivered.", "events could not be delivered.")
    queue = f"https://sqs.{region}.amazonaws.com/111122223333/reprieve-dead-letters"
    hint = f"Read them: `aws sqs receive-message --region {region} --queue-url {queue}`."
    return str(number), Finding.counted("reprieve-dead-letters", Kind.FAILING, count, hint)


def different(name, problem):
    """Return a cell and a finding that a deployment fixes."""
    return "wrong", Finding(name, Kind.DIFFERENT, problem, DEPLOY)


def view(*regions, roles=ROLES, width=80, profile=None, only_failed=False):
    """Return what is printed of an account."""
    status = AccountStatus(ACCOUNT.id, ACCOUNT.arn, profile, regions, roles)
    return printed(lambda out: show([status], out, only_failed=only_failed), width)


def aside():
    """Return Regions that are not in the table."""
    return (
        RegionStatus("af-south-1", Coverage.OFF),
        RegionStatus("us-west-2", Coverage.EXCLUDED, 2),
        *(RegionStatus(f"eu-south-{each}", Coverage.UNWATCHED, 0) for each in range(1, 9)),
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_everything_passed(snapshot, width):
    """Where the table is too wide, what passed in every Region is below it."""
    regions = [watched(each) for each in REGIONS]
    assert view(*regions, *aside(), width=width, profile="production") == snapshot


def some_failed():
    """Return Regions of which some checks failed."""
    denied = Finding.unread("topic", "The topic could not be checked.", TimeoutError("too slow"))
    rule = "The rule reprieve-key-disabled has the state DISABLED, not ENABLED."
    alarm = Finding(
        "reprieve-dead-letters",
        Kind.FAILING,
        "The alarm reprieve-dead-letters is on. Reprieve could not deliver an alert.",
        "",
        "CloudWatch says: Threshold Crossed: 1 datapoint [2.0] was greater than 0.0.",
    )
    return [
        unguarded("ap-southeast-7"),
        unguarded("ap-northeast-3", 2),
        watched("eu-west-1", dead_letters=undelivered(2), alarms=("✘ 6/7", alarm)),
        watched("eu-west-2", rules=different("reprieve-key-disabled", rule)),
        watched("us-east-1", dead_letters=undelivered(1, "us-east-1")),
        replace(
            watched("us-east-2"), checks=(Check("topic", "?", (denied,), Verdict.UNKNOWN),)
        ),
        RegionStatus(
            "us-west-1",
            Coverage.NO_ANSWER,
            findings=(
                Finding("region", Kind.UNKNOWN, "The Region could not be checked.", "",
                        "There was no answer within 60 seconds."),
            ),
        ),
    ]  # fmt: skip


@pytest.mark.parametrize("width", WIDTHS)
def test_some_checks_failed(snapshot, width):
    """Each problem once, with its reason, and the hint that serves it."""
    roles = check_of(
        "roles", "wrong", [different("reprieve-automation", "The role x has no policy.")[1]]
    )
    assert view(*some_failed(), *aside(), roles=roles, width=width) == snapshot


@pytest.mark.parametrize("width", [80, None])
def test_everything_failed(snapshot, width):
    """The narrow table names the checks that failed in one column."""
    failed = {name.replace(" ", "_"): different(name, f"The {name} has changed.") for name in OK}
    assert view(watched("eu-west-1", **failed), width=width) == snapshot


@pytest.mark.parametrize("width", [80, 120, None])
def test_nothing_is_deployed_is_one_line(snapshot, width):
    """Neither a row for each Region nor a line for each role; keys that nobody watches remain."""
    regions = [without_guard(each) for each in REGIONS]
    text = view(*regions, *aside(), roles=NO_ROLES, width=width)
    assert text.count("→") == 1
    assert text == snapshot
    assert "2 customer keys are not guarded." in view(*regions, unguarded("x", 2), roles=NO_ROLES)
    assert "any of" not in view(regions[0], roles=NO_ROLES)


@pytest.mark.parametrize("width", [80, 120])
def test_some_regions_have_no_guard(snapshot, width):
    """Their rows are empty, and the sentence is one; roles that exist are not missing."""
    regions = [without_guard("eu-west-1"), watched("eu-west-2"), without_guard("eu-west-3")]
    assert view(*regions, width=width) == snapshot


def test_keys_that_nobody_guards_add_up():
    """One in each of 14 Regions is 14 keys."""
    regions = [unguarded(f"xx-east-{number}") for number in range(14)]
    text = view(watched(), *regions)
    assert "✘ 14 customer keys are not guarded.\n" in text
    assert "xx-east-0 (1), xx-east-1 (1)" in text
    text = view(watched(), unguarded("xx-east-1"))
    assert "✘ 1 customer key is not guarded.\n  xx-east-1\n" in text


def test_undelivered_events_add_up_and_share_a_command():
    """The command names no single Region then."""
    text = view(
        watched("eu-west-1", dead_letters=undelivered(2)),
        watched("us-east-1", dead_letters=undelivered(1, "us-east-1")),
        width=None,
    )
    assert "✘ 3 events could not be delivered.\n  eu-west-1 (2), us-east-1 (1)\n" in text
    assert "--queue-url https://sqs.REGION.amazonaws.com/111122223333/reprieve-dead-letters" in text


def test_rescues_that_failed_share_a_command():
    """Each has an id of its own; where it is only one, the command has its id."""

    def failed(region, id):
        hint = f"Check its key: `aws ssm get-automation-execution --region {region} --id {id}`."
        finding = Finding(id, Kind.FAILING, f"The rescue {id} ended as Failed.", hint)
        return watched(region, last_rescue=("Failed", finding))

    text = view(failed("eu-west-1", "a-1"), failed("us-east-1", "a-2"), width=None)
    assert text.count("→") == 1
    assert "--region REGION --id ID`" in text
    assert "--region eu-west-1 --id a-1`" in view(failed("eu-west-1", "a-1"), width=None)


def test_unwatched_regions_are_not_all_watched_ones():
    """Though they are as many."""
    regions = [watched(each) for each in REGIONS[:4]]
    found = [unguarded(f"xx-east-{number}") for number in range(4)]
    assert "all 4 watched" not in view(*regions, *found)


def test_what_others_wrote_is_escaped():
    """Every text may come from somebody else."""
    evil = "\x1b[2J\u202e\n"
    finding = Finding(evil, Kind.FAILING, f"problem {evil}", f"hint {evil}", f"reason {evil}")
    text = view(
        watched(alarms=(f"cell {evil}", finding)),
        roles=check_of("roles", "wrong", [replace(finding, problem=f"role {evil}")]),
        profile=evil,
        width=None,
    )
    assert all(char.isprintable() or char == "\n" for char in text)
    for what in ("problem", "hint", "reason", "cell", "role"):
        assert f"{what} \\x1b[2J\\u202e\\n" in text


def test_regions_that_are_not_watched_and_have_no_keys_are_no_success():
    """With `--region`: nothing was checked, so nothing passed."""
    text = view(RegionStatus("eu-west-3", Coverage.UNWATCHED, 0))
    assert text.splitlines() == [
        f"Account {ACCOUNT.id}",
        "Not watched, without customer keys (1): eu-west-3",
        "IAM roles: there",
        "",
        "The settings watch none of these Regions. They have no customer keys.",
    ]


def test_only_failed_of_a_healthy_guard_has_the_same_verdict():
    """No row is left, but every Region was checked."""
    regions = [watched(each) for each in REGIONS[:3]]
    verdict = view(*regions).splitlines()[-1]
    assert verdict == "✔ 3 watched Regions are guarded, and nothing is left uncovered."
    assert view(*regions, *aside(), only_failed=True).splitlines() == [
        f"Account {ACCOUNT.id}",
        "IAM roles: there",
        "",
        verdict,
    ]


def test_only_failed_leaves_out_rows_alone():
    """The problem is not in all watched Regions because the others are left out."""
    failed = different("x", "The rule x is missing.")
    regions = [watched(each, rules=failed) for each in REGIONS[:4]]
    text = view(*regions, watched("us-west-2"), only_failed=True)
    assert "us-west-2" not in text
    assert f"  {', '.join(REGIONS[:4])}\n" in text
    assert "all 4 watched Regions" in view(*regions, only_failed=True)


def test_the_verdict_names_no_roles_that_nothing_above_names():
    """Where nothing is deployed, that is one sentence: the roles are part of it."""
    text = view(*map(without_guard, REGIONS[:3]), roles=NO_ROLES)
    assert text.splitlines()[-1] == "✘ 3 Regions need attention: see above."
    text = view(watched(), without_guard("us-east-1"), roles=NO_ROLES)
    assert (
        text.splitlines()[-1] == "✘ 1 Region needs attention, and so do the IAM roles: see above."
    )


def test_checks_that_passed_have_the_names_of_their_columns():
    """A reader looks for them in the table of another day."""
    text = " ".join(view(watched(), width=80).split())
    columns = view(watched(), width=None).splitlines()[1].split("  ")
    shown = [each.strip().lower() for each in columns if each.strip()][3:]
    assert f"Passed in every Region: {', '.join(shown)} IAM" in text


def test_many_regions_that_are_not_watched_are_a_number():
    """Nothing is wrong with them; the list is elsewhere."""
    regions = [RegionStatus(f"xx-east-{each}", Coverage.UNWATCHED, 0) for each in range(5)]
    assert "\nNot watched, without customer keys: 5 Regions (`--format csv` lists them)\n" in view(
        watched(), *regions
    )
    text = view(watched(), *regions[:4], width=120)
    assert "(4): xx-east-0, xx-east-1, xx-east-2, xx-east-3\n" in text


def test_keys_are_counted_where_nothing_is_deployed():
    """Those of the watched Regions, besides those that nothing would guard."""
    text = view(
        replace(without_guard("eu-west-1"), keys=3),
        replace(without_guard("us-east-1"), keys=4),
        unguarded("eu-west-3"),
        roles=NO_ROLES,
    )
    first = " ".join(text.split("→")[0].split())
    assert first.endswith("in any of the 2 watched Regions: 7 customer keys are not guarded there.")


def test_an_account_that_was_not_opened_is_the_last_line():
    """After the verdict of the other one."""
    status = AccountStatus(ACCOUNT.id, ACCOUNT.arn, None, (watched("eu-west-1"),), ROLES)
    text = printed(lambda out: show([status], out, closed=1), None)
    assert text.splitlines()[-1] == "✘ 1 of 2 accounts was not read."
