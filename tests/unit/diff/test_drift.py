"""What was changed outside of Terraform: putting it back is restored, and weakens nothing."""

import json
from dataclasses import replace

import pytest

from reprieve.diff.plan import UNKNOWN, Plan
from reprieve.diff.review import Review
from reprieve.diff.text_report import headline, text_lines
from reprieve.diff.weakenings import weakenings_of
from reprieve.errors import ExitCode
from tests.unit.diff.plan_making import change, plan_json, review
from tests.unit.diff.test_weakenings import ALARM, CASES, LOOSE, STRICT, TOPIC

QUEUE = "aws_sqs_queue"
RETENTION = "message_retention_seconds"
DAY = 86400


def reviewed(drift, planned):
    """Return the review of a plan with one drift and one change."""
    return Review(
        Plan(
            label="plan.json",
            resources=(planned,),
            drift=(drift,),
            outputs=(),
            deferred=(),
            errored=False,
            complete=True,
        )
    )


def three(type, former, now, planned):
    """Return the review where a resource had one state, has another, and gets a third."""
    return reviewed(change(type, former, now), change(type, now, planned))


def kinds(found):
    """Return the kinds of weakenings."""
    return {each.kind for each in found}


# Nobody can change something to a value that is not known.
KNOWN = [case for case in CASES if case[4] != "not-known" and case[3] != [UNKNOWN]]


@pytest.mark.parametrize(("type", "name", "former", "now", "kind", "harmless"), KNOWN)
def test_what_is_restored_weakens_nothing(type, name, former, now, kind, harmless):
    """Whatever weakened it outside of Terraform: it has its own heading, and no other."""
    found = three(type, {name: former}, {name: now}, {name: former})
    assert found.weakenings == ()
    assert found.left_weakened == ()
    assert found.intended == ()
    assert len(found.restored) == 1
    assert found.code is ExitCode.CHANGES
    assert headline(found) == "1 updated (1 restored); nothing weakens protection"
    titles = [line.text for line in text_lines([found], labels=False) if line.text.isupper()]
    assert titles == ["RESTORED: CHANGED OUTSIDE OF TERRAFORM, PUT BACK BY THIS PLAN"]


@pytest.mark.parametrize(("type", "name", "former", "weak", "kind", "stronger"), KNOWN)
def test_what_somebody_strengthened_is_not_taken_away_in_silence(
    type, name, former, weak, kind, stronger
):
    """It is restored, and weaker than now."""
    found = three(type, {name: former}, {name: stronger}, {name: former})
    expected = weakenings_of(change(type, {name: stronger}, {name: former}))
    assert kinds(found.weakenings) == kinds(expected)


@pytest.mark.parametrize(("type", "name", "former", "weak", "kind", "harmless"), KNOWN)
def test_what_the_configuration_weakens_is_reported(type, name, former, weak, kind, harmless):
    """Though somebody changed something else of the resource, which is restored."""
    now = {name: former, "description": "changed"}
    found = three(type, {name: former, "description": ""}, now, {name: weak, "description": ""})
    assert kind in kinds(found.weakenings)
    assert len(found.restored) == len(found.intended) == 1


@pytest.mark.parametrize(
    ("former", "now", "planned", "texts"),
    [
        (14, 1, 14, []),
        (14, 1, 4, ["from 1,209,600 to 345,600"]),
        (4, 14, 4, ["from 1,209,600 to 345,600"]),
        (4, 14, 1, ["from 1,209,600 to 86,400"]),
        (4, 1, 14, []),
    ],
)
def test_a_number_is_compared_with_what_was_before_and_with_what_somebody_raised(
    former, now, planned, texts
):
    """In days: a plan that stops half-way back lowers it, though it raises what is there."""
    found = three(
        QUEUE,
        {RETENTION: former * DAY},
        {RETENTION: now * DAY},
        {RETENTION: planned * DAY},
    )
    assert [each.text for each in found.weakenings] == [f"{RETENTION} falls {t}" for t in texts]


def test_an_alarm_that_never_went_off_is_put_back():
    """Its threshold was raised beyond any value; another attribute is the configuration's."""
    alarm = {"threshold": 0, "period": 60, "comparison_operator": "GreaterThanThreshold"}
    found = three(ALARM, alarm, alarm | {"threshold": 1e9}, alarm)
    assert found.weakenings == ()
    text = [line.text for line in text_lines([found], labels=False)]
    assert "      threshold: 1000000000.0 → 0" in text
    slower = three(ALARM, alarm, alarm | {"threshold": 1e9}, alarm | {"period": 3600})
    assert [each.text for each in slower.weakenings] == ["period is 3600 instead of 60"]
    text = [line.text for line in text_lines([slower], labels=False)]
    assert text.index("      period: 60 → 3600") < text.index("      threshold: 1000000000.0 → 0")
    assert headline(slower).startswith("1 updated; protection")


def test_what_is_overwritten_has_its_own_heading():
    """The plan changes it to something else than what was there before."""
    found = three(QUEUE, {RETENTION: 9 * DAY}, {RETENTION: DAY}, {RETENTION: 14 * DAY})
    text = [line.text for line in text_lines([found], labels=False)]
    assert text[1:] == [
        "",
        "CHANGES",
        "  ~ queue it [eu-west-1]",
        "      message_retention_seconds: 86400 → 1209600",
        "",
        "CHANGED OUTSIDE OF TERRAFORM, OVERWRITTEN BY THIS PLAN",
        "  ~ queue it [eu-west-1]",
        "      message_retention_seconds: 777600 → 86400",
    ]


@pytest.mark.parametrize(
    ("policy", "restored", "weakened"),
    [(LOOSE, 1, set()), (STRICT, 0, {"policy-narrowed"})],
)
def test_what_was_deleted_outside_is_created_again(policy, restored, weakened):
    """As it was, or as the configuration has it now: that is judged like an update."""
    former = {"arn": TOPIC, "policy": LOOSE}
    drift = change("aws_sns_topic_policy", former, None)
    planned = change("aws_sns_topic_policy", None, {"arn": TOPIC, "policy": policy})
    found = reviewed(drift, replace(planned, configured=frozenset(["arn", "policy"])))
    assert kinds(found.weakenings) == weakened
    assert (len(found.restored), len(found.intended)) == (restored, 1 - restored)


def test_a_policy_that_was_added_to_a_role_again_is_no_new_one():
    """Somebody deleted it; a policy that nobody had is one."""
    policy = {"role": "reprieve-automation", "name": "own", "policy": LOOSE}
    planned = change("aws_iam_role_policy", None, policy)
    assert kinds(weakenings_of(planned)) == {"policy-widened"}
    assert reviewed(change("aws_iam_role_policy", policy, None), planned).weakenings == ()


def test_a_denial_that_somebody_added_is_not_removed_in_silence():
    """It may protect the topic; it may also silence it. A person has to look."""
    denied = json.loads(LOOSE)
    statement = {"Effect": "Deny", "Principal": "*", "Action": "sns:Publish", "Resource": TOPIC}
    denied["Statement"].append(statement)
    found = three(
        "aws_sns_topic_policy",
        {"policy": LOOSE},
        {"policy": json.dumps(denied)},
        {"policy": LOOSE},
    )
    assert kinds(found.weakenings) == {"policy-widened"}
    assert len(found.restored) == 1


def test_a_deletion_is_no_restoration():
    """Whatever somebody did to the resource before."""
    drift = change(QUEUE, {RETENTION: 14 * DAY}, {RETENTION: DAY})
    found = reviewed(drift, change(QUEUE, {RETENTION: DAY}, None))
    assert kinds(found.weakenings) == {"gone"}
    assert (found.restored, found.put_back) == ((), ())


SUMMARIES = [{"account_id": "222233334444"}]


@pytest.mark.parametrize(
    ("type", "former", "now"),
    [
        # An account has joined: StackSets deploys to it by itself.
        (
            "aws_cloudformation_stack_set_instance",
            {"stack_set_name": "reprieve-guard", "stack_instance_summaries": []},
            {"stack_set_name": "reprieve-guard", "stack_instance_summaries": SUMMARIES},
        ),
        # The policy is that of another resource of the plan.
        (
            "aws_s3_bucket",
            {"bucket": "reprieve-templates-111122223333", "policy": ""},
            {"bucket": "reprieve-templates-111122223333", "policy": STRICT},
        ),
    ],
)
def test_what_stack_sets_bring_about_is_no_drift(type, former, now):
    """Nobody has changed it outside of Terraform."""
    policy = {"bucket": "reprieve-templates-111122223333", "policy": STRICT}
    found = reviewed(
        change(type, former, now), change("aws_s3_bucket_policy", policy, policy, "no-op")
    )
    assert [line.text for line in text_lines([found], labels=False)] == ["no changes"]


def test_another_policy_of_a_bucket_is_drift():
    """If the plan has no policy of this bucket."""
    former, now = {"bucket": "a", "policy": ""}, {"bucket": "a", "policy": STRICT}
    policy = {"bucket": "b", "policy": STRICT}
    found = reviewed(
        change("aws_s3_bucket", former, now),
        change("aws_s3_bucket_policy", policy, policy, "no-op"),
    )
    assert any("policy: nothing" in line.text for line in text_lines([found], labels=False))


def without_a_plan_for(*drifts):
    """Return the review of a plan whose configuration no longer has what has drifted."""
    found = reviewed(drifts[0], change(QUEUE, {}, {}, "no-op", place="us-east-1"))
    return Review(replace(found.plan, resources=(), drift=drifts))


def test_what_was_deleted_and_has_left_the_configuration_is_gone():
    """No plan shows it again, and nothing creates it."""
    found = without_a_plan_for(change(QUEUE, {"name": "reprieve-dead-letters"}, None))
    assert (kinds(found.left_weakened), found.code) == ({"gone"}, ExitCode.WEAKENS)
    text = [line.text for line in text_lines([found], labels=False)]
    assert "  - queue reprieve-dead-letters [eu-west-1]" in text


def test_what_goes_with_a_deleted_resource_is_reported_once():
    """As where the plan deletes both."""
    rule = change("aws_cloudwatch_event_rule", {"name": "r"}, None)
    target = change("aws_cloudwatch_event_target", {"rule": "r", "target_id": "t"}, None)
    found = without_a_plan_for(rule, target)
    assert [each.subject for each in found.left_weakened] == ["rule r"]


def test_a_real_plan_without_what_somebody_deleted():
    """The settings have left it out in the meantime."""
    plan = plan_json("settled")
    queue = next(each for each in plan["resource_changes"] if each["type"] == QUEUE)
    plan["resource_changes"].remove(queue)
    values = {"name": "reprieve-dead-letters"}
    gone = {"actions": ["delete"], "before": values, "after": None}
    plan["resource_drift"] = [*plan.get("resource_drift", []), queue | {"change": gone}]
    found = review(plan)
    assert (kinds(found.left_weakened), found.code) == ({"gone"}, ExitCode.WEAKENS)


def test_what_the_plan_deletes_too_is_reported_once():
    """As its own deletion."""
    gone = change(QUEUE, {"name": "q"}, None)
    found = reviewed(gone, gone)
    assert (kinds(found.weakenings), found.left_weakened) == ({"gone"}, ())
