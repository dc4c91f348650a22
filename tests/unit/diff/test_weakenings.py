"""What weakens protection: each kind with a near miss that does not."""

import json

import pytest

from reprieve.diff.plan import UNKNOWN, Sensitive
from reprieve.diff.weakenings import KINDS, weakenings_of
from reprieve.guard.policies import hub_policy, topic_policy
from reprieve.guard.role_policies import automation_permissions, automation_trust
from reprieve.location import Location
from reprieve.names import Names
from tests.unit.diff.plan_making import Json, change, kinds, plan_json, review

LOCATION = Location("aws", "eu-west-1", "111122223333")
TOPIC = "arn:aws:sns:eu-west-1:111122223333:reprieve-alerts"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:reprieve-dead-letters"
BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/reprieve-hub"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/one"
RULE, TARGET = "aws_cloudwatch_event_rule", "aws_cloudwatch_event_target"
ALARM, DOCUMENT = "aws_cloudwatch_metric_alarm", "aws_ssm_document"
BUS_POLICY = "aws_cloudwatch_event_bus_policy"
SLACK = "aws_chatbot_slack_channel_configuration"
TEAMS = "aws_chatbot_teams_channel_configuration"
NOTIFICATIONS = "aws_notifications_notification_configuration"
PATTERN = json.dumps({"source": ["aws.kms"], "detail": {"eventName": ["A", "B"]}})
WIDER = json.dumps({"source": ["aws.kms"], "detail": {"eventName": ["A", "B", "C"]}})
NARROWER = json.dumps({"source": ["aws.kms"], "detail": {"eventName": ["A"]}})
LOOSE = json.dumps(topic_policy(TOPIC, LOCATION, Names()))
STRICT = json.dumps(topic_policy(TOPIC, LOCATION, Names(), strict=True))
TRUST = json.dumps(automation_trust(LOCATION))
OPEN_TRUST = json.dumps(
    {"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
)


def role_policy(**options):
    """Return the policy of the automation role."""
    topics = ["reprieve-alerts"]
    return json.dumps(automation_permissions(LOCATION, topic_names=topics, **options))


def steps(*names):
    """Return a runbook's content with these steps."""
    return json.dumps({"mainSteps": [{"name": name} for name in names]})


def of_people(*actions):
    """Return a topic's policy that lets a person do this, and EventBridge publish."""
    policy = json.loads(LOOSE)
    person = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:user/a"}}
    policy["Statement"].append({**person, "Action": list(actions), "Resource": TOPIC})
    return json.dumps(policy)


def retries(seconds, attempts):
    """Return the block of a target that says when EventBridge gives up."""
    return [{"maximum_event_age_in_seconds": seconds, "maximum_retry_attempts": attempts}]


def bus_policy(*accounts):
    """Return the policy of the hub's bus, to which these accounts forward."""
    return json.dumps(hub_policy(BUS, LOCATION, Names(), accounts))


def text(template):
    """Return the block of a target that makes a text of an event."""
    return [{"input_paths": {"key": "$.resources[0]"}, "input_template": template}]


def query(id, rule):
    """Return one of an alarm's metric queries."""
    return {"id": id, "metric": [{"dimensions": {"RuleName": rule}}]}


# Type, attribute, its value, the value that weakens, and how; the value that does not.
CASES = [
    (RULE, "state", "ENABLED", "DISABLED", "rule-disabled", "ENABLED_WITH_ALL_EVENTS"),
    (RULE, "is_enabled", True, False, "rule-disabled", True),
    (RULE, "event_pattern", PATTERN, NARROWER, "pattern-narrowed", WIDER),
    (RULE, "event_pattern", PATTERN, "", "pattern-narrowed", json.dumps(json.loads(PATTERN))),
    (RULE, "event_pattern", PATTERN, UNKNOWN, "not-known", WIDER),
    (RULE, "schedule_expression", "rate(1 hour)", "rate(1 day)", "schedule-slowed",
     "rate(30 minutes)"),
    (RULE, "schedule_expression", "rate(1 day)", "cron(0 0 1 * ? *)", "schedule-slowed",
     "rate(24 hours)"),
    (RULE, "schedule_expression", "rate(1 day)", "", "schedule-slowed", "rate(1 hour)"),
    (TARGET, "arn", TOPIC, QUEUE, "target-moved", TOPIC),
    (TARGET, "arn", TOPIC, UNKNOWN, "not-known", TOPIC),
    (TARGET, "role_arn", "arn:aws:iam::111122223333:role/a", "", "target-moved",
     "arn:aws:iam::111122223333:role/a"),
    (TARGET, "dead_letter_config", [{"arn": QUEUE}], [], "dead-letters-dropped", [{"arn": QUEUE}]),
    (TARGET, "dead_letter_config", [{"arn": QUEUE}], [{"arn": f"{QUEUE}2"}], "dead-letters-dropped",
     [{"arn": QUEUE, "more": None}]),
    (TARGET, "retry_policy", retries(3600, 185), retries(60, 185), "retries-lowered",
     retries(7200, 185)),
    (TARGET, "retry_policy", retries(3600, 185), retries(3600, 0), "retries-lowered", []),
    (TARGET, "retry_policy", [], retries(3600, 185), "retries-lowered", retries(86400, 185)),
    (TARGET, "input_transformer", text("A key <key>"), [], "input-changed", text("Key <key>")),
    ("aws_sns_topic", "kms_master_key_id", KEY, "", "encryption-weakened", KEY),
    ("aws_sns_topic", "kms_master_key_id", KEY, None, "encryption-weakened", KEY),
    ("aws_sns_topic", "kms_master_key_id", "", "alias/aws/sns", "encryption-weakened", KEY),
    ("aws_sns_topic", "kms_master_key_id", KEY, f"{KEY}2", "encryption-weakened", KEY),
    ("aws_sns_topic_policy", "policy", LOOSE, STRICT, "policy-narrowed",
     json.dumps(json.loads(LOOSE), indent=2)),
    ("aws_sns_topic_policy", "policy", STRICT, LOOSE, "policy-widened", STRICT),
    ("aws_sns_topic_policy", "policy", LOOSE, of_people("sns:Publish"), "policy-widened", LOOSE),
    ("aws_sns_topic_policy", "policy", LOOSE, "", "policy-narrowed", LOOSE),
    ("aws_sns_topic_policy", "policy", LOOSE, UNKNOWN, "not-known", LOOSE),
    ("aws_sns_topic_policy", "policy", LOOSE, Sensitive(STRICT), "not-known", LOOSE),
    ("aws_sns_topic_policy", "policy", LOOSE, "{}", "not-known", LOOSE),
    ("aws_sns_topic_policy", "policy", of_people("sns:Publish", "sns:Subscribe"), STRICT,
     "policy-narrowed", of_people("sns:Publish")),
    (BUS_POLICY, "policy", bus_policy("222233334444", "333344445555"), bus_policy("333344445555"),
     "policy-narrowed", bus_policy("333344445555", "222233334444")),
    (BUS_POLICY, "policy", bus_policy("222233334444"),
     bus_policy("222233334444").replace("role/", "role/other-"), "policy-narrowed",
     bus_policy("222233334444")),
    (BUS_POLICY, "policy", bus_policy("222233334444").replace("arn:aws:iam::222233334444:root",
     "222233334444"), bus_policy(), "policy-narrowed", bus_policy("222233334444").replace(
     "arn:aws:iam::222233334444:root", "222233334444")),
    ("aws_sqs_queue", "policy", LOOSE, STRICT, "policy-narrowed", LOOSE),
    ("aws_sqs_queue", "message_retention_seconds", 1209600, 345600, "retention-lowered", 1209600),
    ("aws_sqs_queue", "message_retention_seconds", 345600, 60, "retention-lowered", 1209600),
    ("aws_sqs_queue", "sqs_managed_sse_enabled", True, False, "encryption-weakened", True),
    ("aws_kms_key", "policy", STRICT, LOOSE, "policy-widened", STRICT),
    ("aws_kms_key", "enable_key_rotation", True, False, "key-care-lowered", True),
    ("aws_kms_key", "rotation_period_in_days", 365, 2560, "key-care-lowered", 90),
    ("aws_kms_key", "deletion_window_in_days", 30, 7, "key-care-lowered", 30),
    ("aws_kms_key", "deletion_window_in_days", None, 7, "key-care-lowered", 30),
    ("aws_kms_key", "is_enabled", True, False, "key-care-lowered", True),
    (ALARM, "actions_enabled", True, False, "alarm-weakened", True),
    (ALARM, "alarm_actions", [TOPIC], [], "alarm-weakened", [TOPIC, f"{TOPIC}2"]),
    (ALARM, "alarm_actions", [TOPIC], [UNKNOWN], "alarm-weakened", [UNKNOWN, TOPIC]),
    (ALARM, "alarm_actions", [TOPIC], UNKNOWN, "not-known", [TOPIC]),
    (ALARM, "threshold", 0, 100, "alarm-weakened", 0),
    (ALARM, "period", 60, 3600, "alarm-weakened", 60),
    (ALARM, "datapoints_to_alarm", 0, 5, "alarm-weakened", None),
    (ALARM, "treat_missing_data", "notBreaching", "ignore", "alarm-weakened", "notBreaching"),
    (ALARM, "metric_query", [query("a", "r"), query("b", "s")], [query("a", "r")],
     "alarm-weakened", [query("b", "s"), query("a", "r"), query("c", "t")]),
    (ALARM, "metric_query", [query("a", "r")], [query("a", "other")], "alarm-weakened",
     [query("a", "r")]),
    (ALARM, "metric_query", [query("a", "r")], UNKNOWN, "not-known", [query("a", "r")]),
    ("aws_iam_role", "assume_role_policy", TRUST, OPEN_TRUST, "policy-widened", TRUST),
    ("aws_iam_role", "permissions_boundary", "", "arn:b", "policy-narrowed", ""),
    ("aws_iam_role", "permissions_boundary", "arn:b", "", "policy-widened", "arn:b"),
    ("aws_iam_role", "inline_policy", [{"name": "a"}], [{"name": "a"}, {"name": "b"}],
     "policy-widened", [{"name": "a"}]),
    ("aws_iam_role", "managed_policy_arns", ["arn:a", "arn:b"], ["arn:a"], "policy-narrowed",
     ["arn:b", "arn:a"]),
    ("aws_iam_role_policy", "policy", role_policy(), role_policy(enables=True), "policy-widened",
     role_policy()),
    ("aws_iam_role_policy", "policy", role_policy(enables=True), role_policy(), "policy-narrowed",
     role_policy(enables=True)),
    ("aws_iam_role_policy_attachment", "policy_arn", "arn:a", "arn:b", "policy-widened", "arn:a"),
    ("aws_sns_topic_subscription", "filter_policy", "", '{"a":["b"]}', "subscription-filtered", ""),
    ("aws_sns_topic_subscription", "filter_policy", "", UNKNOWN, "not-known", ""),
    (
        "aws_sns_topic_subscription", "filter_policy", '{"severity":["critical","info"]}',
        '{"severity":["critical"]}', "subscription-filtered",
        '{"severity":["critical","info","warning"]}',
    ),
    ("aws_sns_topic_subscription", "redrive_policy", '{"a":"b"}', "", "dead-letters-dropped",
     '{"a":"b"}'),
    (
        SLACK, "sns_topic_arns",
        ["arn:aws:sns:eu-west-1:1:a", "arn:aws:sns:eu-west-1:1:b"], ["arn:aws:sns:eu-west-1:1:a"],
        "subscription-filtered", [f"arn:aws:sns:eu-west-1:1:{each}" for each in "cba"],
    ),
    (
        TEAMS, "guardrail_policy_arns", ["arn:a"], [],
        "policy-widened", ["arn:b", "arn:a"],
    ),
    (SLACK, "slack_channel_id", "C0123", "C9999", "target-moved", "C0123"),
    (SLACK, "slack_team_id", "T0123", "T9999", "target-moved", "T0123"),
    (SLACK, "slack_channel_id", "C0123", UNKNOWN, "not-known", "C0123"),
    (TEAMS, "channel_id", "19%3Aa%40thread.tacv2", "19%3Ab%40thread.tacv2", "target-moved",
     "19%3Aa%40thread.tacv2"),
    (TEAMS, "team_id", "1234", "9999", "target-moved", "1234"),
    (TEAMS, "tenant_id", "1234", "9999", "target-moved", "1234"),
    (NOTIFICATIONS, "aggregation_duration", "NONE", "LONG", "notifications-delayed", "NONE"),
    (NOTIFICATIONS, "aggregation_duration", "SHORT", "LONG", "notifications-delayed", "NONE"),
    (NOTIFICATIONS, "aggregation_duration", "NONE", "SHORT", "notifications-delayed", "NONE"),
    (
        "aws_notifications_event_rule", "regions", ["eu-west-1", "us-east-1"], ["us-east-1"],
        "pattern-narrowed", ["eu-west-1", "sa-east-1", "us-east-1"],
    ),
    (DOCUMENT, "content", steps("a", "b"), steps("a"), "runbook-shortened", steps("b", "c", "a")),
]  # fmt: skip


@pytest.mark.parametrize(("type", "name", "before", "after", "kind", "harmless"), CASES)
def test_a_change_that_weakens_and_one_that_does_not(type, name, before, after, kind, harmless):
    """Of the same attribute, from the same value."""
    found = weakenings_of(change(type, {name: before}, {name: after}))
    assert kind in {each.kind for each in found}
    assert weakenings_of(change(type, {name: before}, {name: harmless})) == []


@pytest.mark.parametrize(
    "type",
    [
        RULE, TARGET, ALARM, DOCUMENT, "aws_sns_topic", "aws_sns_topic_policy", "aws_kms_key",
        "aws_sns_topic_subscription", "aws_sqs_queue", "aws_iam_role", "aws_iam_role_policy",
        "aws_ssm_service_setting",
    ],
)  # fmt: skip
def test_a_removed_resource_weakens_and_a_new_one_does_not(type):
    """Removed: deleted, no longer managed, or deleted before it is created again."""
    values = {"name": "a", "policy": LOOSE}
    assert [each.kind for each in weakenings_of(change(type, values, None))] == ["gone"]
    assert [e.kind for e in weakenings_of(change(type, values, None, "forget"))] == ["gone"]
    replaced = weakenings_of(change(type, values, values, "delete", "create"))
    assert [each.kind for each in replaced] == ["gap"]
    (role,) = [change("aws_iam_role", None, {"name": "r"})]
    assert weakenings_of(change(type, None, {"name": "a", "role": "r"}), (role,)) == []


def test_a_resource_that_is_created_before_it_is_deleted_leaves_no_gap():
    """A subscription leaves one in any order: it has to be confirmed again."""
    both = ({"name": "a"}, {"name": "b"}, "create", "delete")
    assert weakenings_of(change(RULE, *both)) == []
    assert [e.kind for e in weakenings_of(change("aws_sns_topic_subscription", *both))] == ["gap"]


def test_the_unknown_content_of_a_replaced_runbook_is_reported():
    """With a gap, the gap is: what is missing during the apply has to be looked at anyway."""
    both = ({"name": "a", "content": steps("a")}, {"name": "b", "content": UNKNOWN})
    found = weakenings_of(change(DOCUMENT, *both, "create", "delete"))
    assert [each.kind for each in found] == ["not-known"]
    found = weakenings_of(change(DOCUMENT, *both, "delete", "create"))
    assert [each.kind for each in found] == ["gap"]


def test_a_further_policy_widens_an_existing_role():
    """A new role needs its policies."""
    more = change("aws_iam_role_policy_attachment", None, {"role": "r", "policy_arn": "arn:admin"})
    new = change("aws_iam_role", None, {"name": "r"})
    (found,) = weakenings_of(more, (more,))
    assert (
        found.kind,
        found.text,
    ) == ("policy-widened", "the role gets a further policy, arn:admin")
    assert weakenings_of(more, (more, new)) == []


def test_a_target_that_is_deleted_with_its_rule_is_not_reported():
    """The rule is reported. A target of another rule is reported too."""
    rule = change(RULE, {"name": "r"}, None)
    target = change(TARGET, {"rule": "r", "target_id": "t"}, None)
    other = change(TARGET, {"rule": "s", "target_id": "t"}, None)
    assert weakenings_of(target, (rule, target)) == []
    assert [each.kind for each in weakenings_of(other, (rule, other))] == ["gone"]


def test_an_alarm_that_no_longer_counts_a_deleted_rule_is_not_weakened():
    """The deleted rule is reported."""
    alarm = change(ALARM, {"metric_query": [query("a", "r")]}, {"metric_query": []})
    assert weakenings_of(alarm, (alarm, change(RULE, {"name": "r"}, None))) == []
    assert [each.kind for each in weakenings_of(alarm, (alarm,))] == ["alarm-weakened"]


def test_other_resources_protect_nothing():
    """Here a log group is deleted."""
    assert weakenings_of(change("aws_cloudwatch_log_group", {"name": "a"}, None)) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("settled", set()),
        ("applied", set()),
        ("first", set()),
        ("region-joins", set()),
        ("encrypted", set()),
        ("region-leaves", {"guard-lost", "gone"}),
        ("all-destroyed", {"guard-lost", "gone"}),
        ("address-dropped", {"gone"}),
        ("threat-dropped", {"gone"}),
        ("alarms-off", {"gone"}),
        ("remediation-off", {"gone", "policy-narrowed", "runbook-shortened"}),
        ("role-exempt", {"pattern-narrowed"}),
        ("strict", {"policy-narrowed"}),
        ("re-enables", {"policy-widened"}),
        ("runbook-aws", {"gone", "target-moved", "policy-narrowed", "policy-widened"}),
        ("topic-renamed", {"gap", "not-known", "alarm-weakened", "policy-narrowed"}),
        ("upgrade", set()),
        ("adaptive", set()),
        ("alarm-emails", set()),
        ("alarm-emails-dropped", {"gone", "alarm-weakened"}),
        ("patrol-off", {"gone"}),
        ("patrol-often", set()),
        ("patrol-seldom", {"schedule-slowed"}),
        ("deployer-exempt", {"pattern-narrowed"}),
        ("storm-raised", {"alarm-weakened"}),
    ],
)  # fmt: skip
def test_each_real_plan_has_exactly_these_kinds_of_weakening(name, expected):
    """Each is the plan for one change of the settings."""
    assert kinds(name) == expected


def test_a_lost_guard_is_one_weakening_and_not_one_for_each_resource():
    """If a single resource stays, each of the others is reported."""
    lost, forwarding = review("region-leaves").weakenings
    assert (lost.kind, lost.place) == ("guard-lost", "eu-west-1")
    assert (forwarding.subject, forwarding.place) == (
        "rule reprieve-guard-changed-forward",
        "us-east-1",
    )
    plan = plan_json("region-leaves")
    stays = next(e for e in plan["resource_changes"] if e["type"] == "aws_sqs_queue"
                 and "eu-west-1" in e["address"])  # fmt: skip
    stays["change"]["actions"] = ["no-op"]
    assert "guard-lost" not in kinds(plan)
    assert "gone" in kinds(plan)


def test_drift_that_stays_weakens_and_drift_that_is_reverted_does_not():
    """Terraform does not revert what nobody configured, such as a role's further policies."""
    found = review("tampered")
    assert found.weakenings == ()
    assert [(each.kind, each.place) for each in found.left_weakened] == [
        ("policy-widened", "account-wide")
    ]
    assert {group.text for group in found.put_back} == {
        "rule reprieve-key-disabled",
        "policy of topic reprieve-alerts",
    }
    assert [group.text for group in found.left] == ["role reprieve-automation"]


def test_policies_that_the_first_refresh_finds_are_no_drift():
    """Topics and roles then show the policies of other resources of the plan."""
    found = review("applied")
    assert plan_json("applied")["resource_drift"]
    assert (found.put_back, found.left) == ((), ())


def test_a_policy_that_was_added_to_a_role_by_hand_is_drift_that_stays():
    """Reprieve's own policies are not drift."""
    plan = plan_json("applied")
    role = next(e for e in plan["resource_drift"] if e["type"] == "aws_iam_role")
    role["change"]["after"]["inline_policy"].append({"name": "more", "policy": OPEN_TRUST})
    found = review(plan)
    assert [group.members[0].address for group in found.left] == [role["address"]]
    assert [each.kind for each in found.left_weakened] == ["policy-widened"]
    assert found.left_weakened[0].text.endswith(", more")


def test_every_kind_of_weakening_has_a_test_here():
    """A new kind without one fails here."""
    elsewhere = {"gone", "gap", "guard-lost", "state-lost", "members-lost"}
    tested = {case[4] for case in CASES} | elsewhere
    assert set(KINDS) == tested


def test_a_redrive_policy_with_other_spaces_is_the_same():
    """A subscription with another URL is replaced: then the plan has the configuration's JSON."""
    queue = "arn:aws:sqs:eu-west-1:111122223333:reprieve-dead-letters"
    before, after = (
        {"redrive_policy": text}
        for text in (
            f'{{"deadLetterTargetArn":"{queue}"}}',
            f'{{"deadLetterTargetArn": "{queue}"}}',
        )
    )
    replaced = change("aws_sns_topic_subscription", before, after, "create", "delete")
    assert {each.kind for each in weakenings_of(replaced)} == {"gap"}


def test_the_scope_of_a_filter():
    """In the attributes of a message, the filter of a severity finds nothing."""
    body, attributes = (
        {"filter_policy": '{"severity":["critical"]}', "filter_policy_scope": scope}
        for scope in ("MessageBody", "MessageAttributes")
    )
    subscription = "aws_sns_topic_subscription"
    for before, after in ((body, attributes), (attributes, body)):
        found = weakenings_of(change(subscription, before, after))
        assert [each.kind for each in found] == ["subscription-filtered"]
    hidden = body | {"filter_policy_scope": UNKNOWN}
    assert [each.kind for each in weakenings_of(change(subscription, body, hidden))] == [
        "not-known"
    ]
    for scope in ("", "MessageAttributes", UNKNOWN):
        no_filter: Json = {"filter_policy": "", "filter_policy_scope": scope}
        assert weakenings_of(change(subscription, body, no_filter)) == []
    unset = attributes | {"filter_policy_scope": ""}
    assert weakenings_of(change(subscription, unset, attributes)) == []
