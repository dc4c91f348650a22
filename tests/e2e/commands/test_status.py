"""`reprieve status` on a deployed account: what it reports, and what it needs for that."""

from contextlib import ExitStack

import pytest

from tests.support import breaking, breaking_reports
from tests.support.breaking import BROKEN, Breaker, damaged
from tests.support.operator import Operator, actions_of, user_allowed
from tests.support.status import DEPLOYED, GUARD, SETTINGS, THREE, WATCHED, findings


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to three Regions. Tests leave it as they found it."""
    return deployments.account(sandbox, tmp_path_factory.mktemp("account"), **DEPLOYED)


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return Operator(account.sandbox, SETTINGS)


def test_a_deployment_as_it_was_made_is_well(operator):
    """Nothing is found, in any Region, and the exit code says so; the other tests rest on it."""
    printed = operator.run("status", "--quiet")
    assert (printed.exit_code, printed.complaints) == (0, "")
    assert "✔ 3 watched Regions are guarded, and nothing is left uncovered." in printed.text
    assert "Excluded by the settings (1): us-west-1" in printed.text
    rules, targets = len(GUARD.rules), sum(len(rule.targets) for rule in GUARD.rules)
    for region in WATCHED:
        counts = [f"{count}/{count}" for count in (rules, targets, len(GUARD.alarms))]
        cells = ["watched", "0", *counts[:2], "there", "2/2", "there", "none", counts[2], "logs"]
        assert [region, *cells] == printed.row(region).split()[:11]


# One of each kind of thing, such that all can be damaged at once.
MENDED_BY_DEPLOYING = (
    breaking.rule_is_disabled,
    breaking.target_is("alert"),
    breaking.topic_policy(lambda statements: statements.pop(0)),
    breaking.topic_is_encrypted,
    breaking.subscription_is_gone,
    breaking.runbook_is_gone,
    breaking_reports.queue_is_open,
    breaking_reports.alarm_is_mute,
    breaking.role_policy_is_gone,
)


def test_what_status_says_to_deploy_a_deployment_mends(operator, account):
    """Many things are damaged at once; a deployment later all checks pass."""
    with ExitStack() as restore:
        for how in MENDED_BY_DEPLOYING:
            how(Breaker(operator.sandbox), restore)
        restore.pop_all()
    printed = operator.run("status", "--json", *THREE)
    checks = {check for check, _ in findings(printed, BROKEN) | findings(printed, None)}
    everything = {"rules", "targets", "topic", "subscriptions", "runbook", "dead letters"}
    assert everything | {"alarms", "roles"} == checks
    account.deployment.apply()
    assert operator.run("status", *THREE).exit_code == 0


def test_a_rule_that_was_off_needs_a_sweep(operator):
    """Keys stay pending deletion if their deletion was scheduled meanwhile."""
    with damaged(operator.sandbox, breaking.rule_is_disabled):
        printed = operator.run("status", "--json", *THREE)
    (account,) = printed.json["accounts"]
    (found,) = account["findings"]
    assert (found["region"], found["check"], found["attribute"]) == (BROKEN, "rules", "state")
    assert "fixes it. Then run `reprieve sweep`: " in found["hint"]


def test_what_the_settings_changed_is_not_seventeen_lines(operator):
    """The hashes of runbooks differ by Region. The version that is there is named, once."""
    settings = operator.settings | {"REPRIEVE_PATROL__EVERY": "1 day"}
    printed = Operator(operator.sandbox, settings).run("status", *THREE)
    problems = [line for line in printed.text.splitlines() if line.startswith("✘ The ")]
    assert len(problems) == len(set(problems)) <= 5
    assert [each for each in problems if "Another version is there: reprieve-patrol-HASH" in each]
    assert "is not defined by the settings" not in printed.text


def test_an_alarm_that_is_on_is_found(operator):
    """With what each finding reports, in its words."""
    with damaged(operator.sandbox, breaking_reports.alarm_is_on):
        printed = operator.run("status", "--json", *THREE)
    ((check, problem),) = findings(printed, BROKEN)
    assert check == "alarms"
    assert problem.startswith("The alarm reprieve-dead-letters is on. ACT NOW: an alert was not")


def test_a_region_with_keys_that_nobody_watches_is_shouted(operator):
    """Keys in a Region that is neither watched nor excluded: the finding that comes first."""
    with damaged(operator.sandbox, breaking.rule_is_disabled):
        for region in ("ap-south-1", "us-west-1"):
            operator.sandbox.client("kms", region).create_key()
        printed = operator.run("status")
        printed_json = operator.run("status", "--json")
        for region in ("ap-south-1", "us-west-1"):
            kms = operator.sandbox.client("kms", region)
            for key in kms.list_keys()["Keys"]:
                kms.schedule_key_deletion(KeyId=key["KeyId"], PendingWindowInDays=7)
        operator.sandbox.advance(days=8)
    assert "✘ NOT COVERED" in printed.row("ap-south-1")
    first = next(line for line in printed.text.splitlines() if line.startswith("✘"))
    assert first == "✘ 1 customer key is not guarded."
    assert findings(printed_json, "ap-south-1") == {("", "1 customer key is not guarded.")}
    # The settings leave the other one out by name: that was decided.
    assert findings(printed_json, "us-west-1") == set()


def test_a_region_without_a_guard_is_said_in_one_sentence(operator):
    """Watched, and never deployed to: no list of thirty things that are missing; nor a drill."""
    settings = SETTINGS | {
        "REPRIEVE_REGIONS__WATCH": f"{SETTINGS['REPRIEVE_REGIONS__WATCH']},eu-north-1"
    }
    someone = Operator(operator.sandbox, settings)
    printed = someone.run("status", "--region", "eu-north-1", "--json")
    expected = "There is no guard: nothing of it is deployed."
    assert findings(printed, "eu-north-1") == {("", expected)}
    assert printed.exit_code == 1
    drilled = someone.run("drill", "--yes", "--region", "eu-north-1")
    assert "There is no topic reprieve-alerts. Deploy first." in drilled.text
    assert drilled.exit_code == 1


def test_a_rescue_that_failed_is_found(operator):
    """Until a week has passed; then no key can be lost by it any more."""
    with damaged(operator.sandbox, breaking.rescue_failed):
        printed = operator.run("status", "--region", BROKEN, "--json")
    ((check, problem),) = findings(printed, BROKEN)
    assert check == "last rescue"
    assert "ended as Failed" in problem


def test_a_region_that_is_switched_off_denied_or_slow_hides_no_other(operator):
    """Three Regions that cannot be looked at, each with why; the fourth is looked at in full."""
    watched = ("af-south-1", "eu-west-1", "sa-east-1", BROKEN)
    settings = SETTINGS | {"REPRIEVE_REGIONS__WATCH": ",".join(watched)}
    denied = {"Action": ["sns:*"], "Condition": {"StringEquals": {"aws:RequestedRegion": BROKEN}}}
    someone = user_allowed(operator.sandbox, settings, "status", denied=denied)
    switches = operator.sandbox.switches
    switches.switch_off("af-south-1")
    switches.slow_down("sa-east-1", seconds=60)
    try:
        printed = someone.run("status", "--timeout", "20", "--json")
    finally:
        switches.reset()
    assert printed.exit_code == 1
    assert findings(printed, "af-south-1") == {
        (
            "",
            "It is watched, but not enabled in the account: the next deployment fails.",
        )
    }
    assert findings(printed, "sa-east-1") == {("", "The Region could not be checked.")}
    assert findings(printed, "eu-west-1") == set()
    unseen = {("topic", "The topic could not be checked.")}
    unseen.add(("subscriptions", "The subscriptions could not be checked."))
    assert unseen <= findings(printed, BROKEN)
    (rows,) = (each["regions"] for each in printed.json["accounts"])
    (denied_row,) = (each for each in rows if each["region"] == BROKEN)
    why = {
        (finding["reason"], finding["hint"])
        for check in denied_row["checks"]
        for finding in check["findings"]
    }
    hint = "`reprieve policy` prints the permissions that each command needs."
    assert ("The permission sns:GetTopicAttributes is missing.", hint) in why


def test_the_documented_policy_is_enough(operator):
    """Somebody who may do that and no more sees that all is well."""
    someone = user_allowed(operator.sandbox, SETTINGS, "status")
    printed = someone.run("status", "--region", "eu-west-1", "--json")
    assert findings(printed, "eu-west-1") | findings(printed, None) == set()
    assert printed.exit_code == 0


def test_whoever_lacks_the_right_to_a_metric_is_told_so_when_it_is_needed(operator):
    """The metric is read only where a subscription is not confirmed."""
    action = "cloudwatch:GetMetricStatistics"
    someone = user_allowed(operator.sandbox, SETTINGS, "status", without=action)
    lacking = f"The permission {action} is missing."
    before = someone.run("status", "--region", BROKEN)
    with damaged(operator.sandbox, breaking.subscription_is_pending):
        printed = someone.run("status", "--region", BROKEN)
    assert [lacking in each.text for each in (before, printed)] == [False, True]
    assert printed.exit_code == 1


# What is asked with encryption only, or about a subscription that is not confirmed.
OTHERS = {"kms:DescribeKey", "kms:GetKeyPolicy", "cloudwatch:GetMetricStatistics"}


@pytest.mark.parametrize("action", [a for a in actions_of("status", SETTINGS) if a not in OTHERS])
def test_whoever_lacks_a_right_is_told_which(operator, action):
    """No action of the documented policy is superfluous, and each that is missing is named."""
    someone = user_allowed(operator.sandbox, SETTINGS, "status", without=action)
    printed = someone.run("status", "--region", "eu-west-1")
    assert f"The permission {action} is missing." in printed.text
    assert printed.exit_code == 1
