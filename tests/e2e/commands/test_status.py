"""`reprieve status` on a deployed account: each thing that can be damaged is damaged, and found."""

from contextlib import ExitStack

import pytest

from sandbox.core.account import ACCOUNT_ID
from tests.support import breaking
from tests.support.breaking import BROKEN, EMAIL, RULE, Breaker, damaged
from tests.support.operator import Operator, actions_of, user_allowed

WATCHED = ("eu-west-1", "sa-east-1", BROKEN)
THREE = [part for region in WATCHED for part in ("--region", region)]
SETTINGS = {
    "REPRIEVE_REGIONS__WATCH": ",".join(WATCHED),
    "REPRIEVE_REGIONS__EXCLUDE": "us-west-1",
    "REPRIEVE_NOTIFY__EMAILS": f"{EMAIL},oncall@example.com",
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled,key-disabled",
    "REPRIEVE_SETTINGS": "/dev/null",
}


@pytest.fixture(scope="module")
def account(sandbox, deployments, tmp_path_factory):
    """Deploy to three Regions. Tests leave it as they found it."""
    directory = tmp_path_factory.mktemp("account")
    settings = {name: value for name, value in SETTINGS.items() if name != "REPRIEVE_SETTINGS"}
    return deployments.account(sandbox, directory, **settings)


@pytest.fixture
def operator(account):
    """The account's root, with the settings that were deployed."""
    return Operator(account.sandbox, SETTINGS)


def findings(printed, region):
    """What `--json` says is wrong in a Region, or with the roles (Region None), by check."""
    (found,) = printed.json["accounts"]
    if region is None:
        return {("roles", each["problem"]) for each in found["roles"]["findings"]}
    (row,) = (each for each in found["regions"] if each["region"] == region)
    return {("", each["problem"]) for each in row["findings"]} | {
        (check["name"], each["problem"]) for check in row["checks"] for each in check["findings"]
    }


def test_a_deployment_as_it_was_made_is_well(operator):
    """Nothing is found, in any Region, and the exit code says so; the other tests rest on it."""
    printed = operator.run("status")
    assert (printed.exit_code, printed.complaints) == (0, "")
    assert "✔ 3 watched Regions are guarded, and nothing is left uncovered." in printed.text
    assert "Excluded by the settings (1): us-west-1" in printed.text
    for region in WATCHED:
        cells = ["watched", "0", "3/3", "4/4", "there", "2/2", "there", "none", "3/3", "logs"]
        assert [region, *cells] == printed.row(region).split()[:11]


def _without_condition(statements):
    del statements[1]["Condition"]


def _for_everybody(statements):
    extra = {"Sid": "Mine", "Effect": "Allow", "Principal": "*", "Action": "sns:Publish"}
    statements.append(extra | {"Resource": statements[0]["Resource"]})


EXCLUDES_KMS = {
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "ExcludeManagementEventSources": ["kms.amazonaws.com"],
        }
    ]
}
READS_ONLY = {"EventSelectors": [{"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}]}
DATA_ONLY = {
    "AdvancedEventSelectors": [
        {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]},
    ]
}
ALERT = "The target key-deletion-scheduled-alert of the rule reprieve-key-deletion-scheduled"
START = "The target key-deletion-scheduled-remediation of the rule reprieve-key-deletion-scheduled"
ELSEWHERE = f"arn:aws:sns:{BROKEN}:{ACCOUNT_ID}:elsewhere"

ONE_REGION = {
    "rule gone": (
        breaking.rule_is_gone,
        {("rules", f"The rule {RULE} is missing.")},
    ),
    "rule disabled": (
        breaking.rule_is_disabled,
        {("rules", f"The rule {RULE} is disabled, and matches nothing.")},
    ),
    "pattern": (
        breaking.pattern_is_another,
        {("rules", f"The rule {RULE} has another event pattern than the settings define.")},
    ),
    "strange rule": (
        breaking.rule_is_strange,
        {("rules", "The rule reprieve-old is not defined by the settings.")},
    ),
    "target gone": (breaking.target_is("alert"), {("targets", f"{ALERT} is missing.")}),
    "target elsewhere": (
        breaking.target_is("alert", Arn=ELSEWHERE),
        {("targets", f"{ALERT} leads to {ELSEWHERE}.")},
    ),
    "target's role": (
        breaking.target_is("remediation", RoleArn=f"arn:aws:iam::{ACCOUNT_ID}:role/other"),
        {("targets", f"{START} has the role arn:aws:iam::{ACCOUNT_ID}:role/other.")},
    ),
    "target's text": (
        breaking.target_says_nothing,
        {("targets", f"{ALERT} takes other values from the event than the settings define.")},
    ),
    "target's queue": (
        breaking.target_is("alert", DeadLetterConfig=None),
        {("targets", f"{ALERT} has no dead-letter queue: what it cannot deliver is lost.")},
    ),
    "topic gone": (
        breaking.topic_is_gone,
        {
            ("topic", "The topic reprieve-alerts is missing."),
            ("subscriptions", "The topic reprieve-alerts is missing."),
        },
    ),
    "topic shut": (
        breaking.topic_policy(lambda statements: statements.pop(0)),
        {
            (
                "topic",
                "The policy of the topic differs: the statement EventBridgePublishes is missing.",
            )
        },
    ),
    "topic's condition": (
        breaking.topic_policy(_without_condition),
        {("topic", "The policy of the topic differs: the statement AlarmsPublish was changed.")},
    ),
    "topic open": (
        breaking.topic_policy(_for_everybody),
        {
            (
                "topic",
                "The policy of the topic differs: it has the statement Mine, which is not "
                "Reprieve's.",
            )
        },
    ),
    "topic encrypted": (
        breaking.topic_is_encrypted,
        {
            (
                "topic",
                "The topic is encrypted with alias/aws/sns, but the settings define no encryption.",
            )
        },
    ),
    "not confirmed": (
        breaking.subscription_is_pending,
        {("subscriptions", f"{EMAIL} has not confirmed, and is not notified.")},
    ),
    "unsubscribed": (
        breaking.subscription_is_gone,
        {("subscriptions", f"{EMAIL} does not subscribe to the topic.")},
    ),
    "runbook gone": (
        breaking.runbook_is_gone,
        {("runbook", "The runbook reprieve-rescue-key is missing.")},
    ),
    "runbook's steps": (
        breaking.runbook_is_another,
        {("runbook", "The runbook reprieve-rescue-key is not the one that the settings define.")},
    ),
    "dead letter": (
        breaking.queue_has_a_letter,
        {("dead letters", "1 event could not be delivered.")},
    ),
    "queue gone": (
        breaking.queue_is_gone,
        {("dead letters", "The queue reprieve-dead-letters is missing.")},
    ),
    "queue open": (
        breaking.queue_is_open,
        {
            (
                "dead letters",
                "The policy of the dead-letter queue differs: the statement "
                "EventBridgeLeavesWhatFailed was changed.",
            )
        },
    ),
    "alarm mute": (
        breaking.alarm_is_mute,
        {("alarms", "The alarm reprieve-dead-letters has its actions disabled.")},
    ),
    "alarm gone": (
        breaking.alarm_is_gone,
        {("alarms", "The alarm reprieve-dead-letters is missing.")},
    ),
    "alarm to nobody": (
        breaking.alarm_tells_nobody,
        {("alarms", "The alarm reprieve-dead-letters does not notify every topic.")},
    ),
}


@pytest.mark.parametrize(("how", "expected"), ONE_REGION.values(), ids=ONE_REGION)
def test_what_is_broken_in_a_region_is_found_there(operator, how, expected):
    """Exactly that is found, in exactly that Region, and the exit code tells."""
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", *THREE)
    assert findings(printed, BROKEN) == expected
    assert [findings(printed, region) for region in WATCHED[:2]] == [set(), set()]
    assert findings(printed, None) == set()
    assert printed.exit_code == 1


# One of each kind of thing, such that all can be damaged at once.
MENDED_BY_DEPLOYING = (
    breaking.rule_is_disabled,
    breaking.target_is("alert"),
    breaking.topic_policy(lambda statements: statements.pop(0)),
    breaking.topic_is_encrypted,
    breaking.subscription_is_gone,
    breaking.runbook_is_another,
    breaking.queue_is_open,
    breaking.alarm_is_mute,
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


def test_an_alarm_that_is_on_is_found(operator):
    """With what it tells of, in its own words."""
    with damaged(operator.sandbox, breaking.alarm_is_on):
        printed = operator.run("status", "--json", *THREE)
    ((check, problem),) = findings(printed, BROKEN)
    assert check == "alarms"
    assert problem.startswith("The alarm reprieve-dead-letters is on. Reprieve could not deliver")


def _other_account(document):
    statement = document["Statement"][0]
    statement["Condition"]["StringEquals"]["aws:SourceAccount"] = "444455556666"


ROLES = {
    "permissions": (
        breaking.role(lambda p: p["Statement"].pop(0), "reprieve-automation", trust=False),
        "The policy of the role reprieve-automation differs: the statement CancelKeyDeletion is "
        "missing.",
    ),
    "trust": (
        breaking.role(_other_account, "reprieve-eventbridge", trust=True),
        "The trust policy of the role reprieve-eventbridge was changed.",
    ),
}


@pytest.mark.parametrize(("how", "expected"), ROLES.values(), ids=ROLES)
def test_a_role_that_was_changed_is_found(operator, how, expected):
    """Once for the account, and in no Region."""
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", *THREE)
    assert findings(printed, None) == {("roles", expected)}
    assert printed.exit_code == 1


def test_a_role_without_its_policy_is_found(operator):
    """It is there, and may do nothing."""
    with damaged(operator.sandbox, breaking.role_policy_is_gone):
        ((_, problem),) = findings(operator.run("status", "--json"), None)
    assert problem.startswith("The role reprieve-automation, or its policy, is missing")


TRAILS = {
    "stopped": (breaking.trail_is_stopped, "its logging is stopped"),
    "without KMS": (breaking.trail_selects(**EXCLUDES_KMS), "it excludes KMS"),
    "reads only": (breaking.trail_selects(**READS_ONLY), "it logs read calls only"),
    "data only": (
        breaking.trail_selects(**DATA_ONLY),
        "none of its advanced event selectors selects them",
    ),
}


@pytest.mark.parametrize(("how", "reason"), TRAILS.values(), ids=TRAILS)
def test_a_trail_that_does_not_see_keys_is_found_in_every_region(operator, how, reason):
    """The trail is one for all Regions, so that all are blind; they are shown as one finding."""
    with damaged(operator.sandbox, how):
        printed = operator.run("status", "--json", *THREE)
        text = operator.run("status", *THREE).text
    expected = f"No trail is known to log KMS's write calls (sandbox: {reason}). Reprieve is blind."
    for region in WATCHED:
        assert findings(printed, region) == {("trail", expected)}
    assert text.count(expected) == 1


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
    remedies = {finding["hint"] for check in denied_row["checks"] for finding in check["findings"]}
    expected = (
        "The permission sns:GetTopicAttributes is missing. `reprieve policy` prints the "
        "permissions that each command needs."
    )
    assert expected in remedies


def test_the_documented_policy_is_enough(operator):
    """Somebody who may do that and no more sees that all is well."""
    someone = user_allowed(operator.sandbox, SETTINGS, "status")
    printed = someone.run("status", "--region", "eu-west-1", "--json")
    assert findings(printed, "eu-west-1") | findings(printed, None) == set()
    assert printed.exit_code == 0


# What is asked with encryption, or with Amazon's runbook, only.
OTHERS = {"kms:DescribeKey", "kms:GetKeyPolicy", "ssm:DescribeDocument"}


@pytest.mark.parametrize("action", [a for a in actions_of("status", SETTINGS) if a not in OTHERS])
def test_whoever_lacks_a_right_is_told_which(operator, action):
    """No action of the documented policy is superfluous, and each that is missing is named."""
    someone = user_allowed(operator.sandbox, SETTINGS, "status", without=action)
    printed = someone.run("status", "--region", "eu-west-1")
    assert f"The permission {action} is missing." in printed.text
    assert printed.exit_code == 1
