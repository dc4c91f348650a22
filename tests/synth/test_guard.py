"""What stands in a Region, and what stands once per account."""

import itertools
import json
from collections import Counter
from pathlib import Path

import pytest

from reprieve.regions import known_regions
from reprieve.threats import BY_NAME, DEFAULTS
from sandbox.matching import matches
from tests.synth.questions import of_type, resources

ONE_THREAT = {
    "REPRIEVE_NOTIFY__THREATS": "key-deletion-scheduled",
    "REPRIEVE_REGIONS__WATCH": "eu-west-1",
}
WATCH = {
    "name": "trail-changed",
    "summary": "a trail was stopped",
    "pattern": '{"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging"]}}',
}


def test_a_guard_as_a_whole(two_regions, snapshot_json):
    """The golden file: read its diff as the plan that users will get."""
    assert {key: two_regions[key] for key in ("data", "output", "resource", "terraform")} == (
        snapshot_json
    )


def test_each_address_gets_a_subscription_in_each_region(two_regions):
    """Two addresses, two Regions: four subscriptions."""
    found = sorted(
        (body["provider"], body["protocol"], body["endpoint"])
        for body in of_type(two_regions, "aws_sns_topic_subscription")
    )
    assert [
        ("aws.eu_west_1", "email", "oncall@example.com"),
        ("aws.eu_west_1", "email", "security@example.com"),
        ("aws.us_east_1", "email", "oncall@example.com"),
        ("aws.us_east_1", "email", "security@example.com"),
    ] == found


def test_without_remediation_there_is_an_alert_and_nothing_else(synth):
    """No role, no automation target; and the alert does not claim a rescue."""
    stack = synth(
        REPRIEVE_REMEDIATION__ENABLED="false",
        REPRIEVE_RELIABILITY__ALARMS="false",
        **ONE_THREAT,
    )
    types = {address.split(".")[0] for address in resources(stack)}
    assert {
        "aws_caller_identity",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_sns_topic",
        "aws_sns_topic_policy",
        "aws_sns_topic_subscription",
        "aws_sqs_queue",
    } == types
    (target,) = of_type(stack, "aws_cloudwatch_event_target")
    template = target["input_transformer"]["input_template"]
    assert "NOT BEING TAKEN BACK" in template
    assert "role_arn" not in target


def test_a_given_automation_role_is_used_and_not_created(synth):
    """EventBridge may pass the user's role, and hands it to the runbook."""
    arn = "arn:aws:iam::111122223333:role/KeyRescue"
    stack = synth(
        REPRIEVE_REMEDIATION__AUTOMATION_ROLE_ARN=arn, REPRIEVE_REGIONS__WATCH="eu-west-1"
    )
    assert ["reprieve-eventbridge"] == [role["name"] for role in of_type(stack, "aws_iam_role")]
    pass_role = statements(stack, "reprieve-eventbridge")["PassAutomationRole"]
    assert arn == pass_role["Resource"]
    template = automation_target(stack)["input_transformer"]["input_template"]
    assert [arn] == json.loads(template)["AutomationAssumeRole"]


def test_amazons_runbook_is_named_by_definition_and_version(synth):
    """The one form of target that EventBridge is known to start: no account, a version."""
    stack = synth(REPRIEVE_REMEDIATION__RUNBOOK="aws", REPRIEVE_REGIONS__WATCH="eu-west-1")
    name = "AWSConfigRemediation-CancelKeyDeletion"
    expected = f"arn:aws:ssm:eu-west-1::automation-definition/{name}:$DEFAULT"
    assert expected == automation_target(stack)["arn"]
    assert "aws_ssm_document" not in stack["resource"]


def test_reprieves_runbook_is_in_the_region_before_the_target_names_it(synth):
    """Its ARN has the account; the target waits for the document, which its ARN does not name."""
    stack = synth(REPRIEVE_REGIONS__WATCH="eu-west-1")
    account = "${data.aws_caller_identity.account.account_id}"
    target = automation_target(stack)
    expected = f"arn:aws:ssm:eu-west-1:{account}:automation-definition/reprieve-rescue-key:$DEFAULT"
    assert expected == target["arn"]
    (document,) = stack["resource"]["aws_ssm_document"].items()
    assert f"aws_ssm_document.{document[0]}" in target["depends_on"]
    assert ("reprieve-rescue-key", "Automation") == (
        document[1]["name"],
        document[1]["document_type"],
    )


def test_the_runbook_never_ends_in_silence(two_regions):
    """Each step leads to another or tells; every step that may fail leads to one that tells."""
    (content, _) = (d["content"] for d in of_type(two_regions, "aws_ssm_document"))
    steps = {step["name"]: step for step in json.loads(content)["mainSteps"]}
    for name, step in steps.items():
        if name.startswith("Tell"):
            assert (True, "Publish") == (step["isEnd"], step["inputs"]["Api"])
        elif step["action"] != "aws:branch":
            target = step["onFailure"].removeprefix("step:")
            assert target.startswith("Tell")
            assert target in steps


def test_messages_fit_into_snss_limits(two_regions):
    """A subject is ASCII and below 100 characters, with the longest Region (SNS API, Publish)."""
    (content, _) = (d["content"] for d in of_type(two_regions, "aws_ssm_document"))
    longest = max(known_regions("aws"), key=len)
    for step in json.loads(content)["mainSteps"]:
        if "Subject" in step.get("inputs", {}):
            subject = step["inputs"]["Subject"].replace("{{ global:REGION }}", longest)
            assert subject.isascii()
            assert len(subject) < 100
    assert len(content) <= 65_536


def test_the_alert_target_has_no_role(two_regions):
    """SNS lets EventBridge in by the topic's policy; a role there may break delivery."""
    alerts = [
        target
        for target in of_type(two_regions, "aws_cloudwatch_event_target")
        if "sns_topic" in target["arn"]
    ]
    assert len(alerts) == 2 * (len(DEFAULTS) + 1)
    assert not any("role_arn" in target for target in alerts)


def test_roles_are_trusted_only_for_this_account_and_its_own_sources(two_regions):
    """Confused deputy: each trust policy names the account and the kind of source."""
    trusts = [json.loads(r["assume_role_policy"]) for r in of_type(two_regions, "aws_iam_role")]
    account = "${data.aws_caller_identity.account.account_id}"
    found = {
        statement["Principal"]["Service"]: statement["Condition"]
        for trust in trusts
        for statement in trust["Statement"]
    }
    assert {
        "events.amazonaws.com": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:events:*:{account}:rule/reprieve-*"},
        },
        "ssm.amazonaws.com": {
            "StringEquals": {"aws:SourceAccount": account},
            "ArnLike": {"aws:SourceArn": f"arn:aws:ssm:*:{account}:automation-execution/*"},
        },
    } == found


def test_every_rule_has_a_name_that_the_trust_policy_covers(two_regions):
    """The EventBridge role trusts rules called reprieve-…: a rule of another name is locked out."""
    names = {rule["name"] for rule in of_type(two_regions, "aws_cloudwatch_event_rule")}
    assert {f"reprieve-{name}" for name in (*DEFAULTS, "rescue-failed")} == names


def test_exemptions_make_a_second_rule_that_only_tells(synth):
    """Two rules, and the runbook is the target of the one for what is not exempt."""
    stack = synth(
        REPRIEVE_EXEMPT__PRINCIPALS="arn:aws:iam::111122223333:role/KeyAdministrator",
        REPRIEVE_EXEMPT__KEYS="1234abcd-12ab-34cd-56ef-1234567890ab",
        **ONE_THREAT,
    )
    services = sorted(
        (target["rule"], "ssm" if ":ssm:" in target["arn"] else "sns")
        for target in of_type(stack, "aws_cloudwatch_event_target")
    )
    assert [
        ("reprieve-key-deletion-approved", "sns"),
        ("reprieve-key-deletion-scheduled", "sns"),
        ("reprieve-key-deletion-scheduled", "ssm"),
        ("reprieve-rescue-failed", "sns"),
    ] == services
    account = "${data.aws_caller_identity.account.account_id}"
    key = f"arn:aws:kms:eu-west-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    for rule in of_type(stack, "aws_cloudwatch_event_rule"):
        assert (key in rule["event_pattern"]) == ("key-deletion" in rule["name"])


def test_the_topic_has_the_name_of_the_settings(synth):
    """And the role of Reprieve's runbook may publish to it, in any Region, and to no other."""
    stack = synth(REPRIEVE_NOTIFY__TOPIC_NAME="keys", REPRIEVE_REGIONS__WATCH="eu-west-1")
    assert ["keys"] == [topic["name"] for topic in of_type(stack, "aws_sns_topic")]
    assert ["Reprieve eu-west-1"] == [t["display_name"] for t in of_type(stack, "aws_sns_topic")]
    account = "${data.aws_caller_identity.account.account_id}"
    expected = f"arn:aws:sns:*:{account}:keys"
    assert expected == statements(stack, "reprieve-automation")["TellOutcome"]["Resource"]


@pytest.mark.parametrize(
    ("runbook", "name"),
    [("reprieve", "reprieve-rescue-key"), ("aws", "AWSConfigRemediation-CancelKeyDeletion")],
)
def test_a_rule_waits_for_rescues_that_fail(synth, runbook, name):
    """Of the runbook that the rule starts, and of no other."""
    stack = synth(REPRIEVE_REMEDIATION__RUNBOOK=runbook, REPRIEVE_REGIONS__WATCH="eu-west-1")
    (rule,) = (
        rule
        for rule in of_type(stack, "aws_cloudwatch_event_rule")
        if rule["name"] == "reprieve-rescue-failed"
    )

    def event(definition: str, status: str) -> dict:
        return {
            "source": "aws.ssm",
            "detail-type": "EC2 Automation Execution Status-change Notification",
            "detail": {"Definition": definition, "Status": status},
        }

    for status in ("Failed", "TimedOut", "Cancelled"):
        assert matches(rule["event_pattern"], event(name, status))
    assert not matches(rule["event_pattern"], event(name, "Success"))
    assert not matches(rule["event_pattern"], event("AWS-StopEC2Instance", "Failed"))


def test_roles_are_made_from_the_home_region(synth):
    """Whatever the partition's own home is."""
    stack = synth(REPRIEVE_REGIONS__HOME="eu-central-1", REPRIEVE_REGIONS__WATCH="eu-west-1")
    made = {
        body["provider"]
        for address, body in resources(stack).items()
        if address.startswith(("aws_iam", "aws_caller_identity"))
    }
    assert {"aws.eu_central_1"} == made


def test_roles_may_do_what_they_must_and_no_more(two_regions):
    """Each statement by name; no resource is everything; a role is passed to one service only."""
    rule_role = statements(two_regions, "reprieve-eventbridge")
    automation_role = statements(two_regions, "reprieve-automation")
    assert {"StartRunbook", "PassAutomationRole"} == set(rule_role)
    assert {"CancelKeyDeletion", "RunAutomation", "PassAutomationRole", "TellOutcome"} == set(
        automation_role
    )
    for role in (rule_role, automation_role):
        assert "*" not in [statement["Resource"] for statement in role.values()]
        assert {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}} == (
            role["PassAutomationRole"]["Condition"]
        )


def test_the_topic_lets_eventbridge_in_and_asks_for_no_condition(two_regions):
    """A condition that EventBridge does not fulfil would drop alerts without a trace."""
    for policy in of_type(two_regions, "aws_sns_topic_policy"):
        statement = by_sid(policy)["EventBridgePublishes"]
        assert {"Service": "events.amazonaws.com"} == statement["Principal"]
        assert "sns:Publish" == statement["Action"]
        assert "Condition" not in statement


def test_the_stricter_topic_policy_is_asked_for(synth):
    """Then EventBridge publishes for rules of Reprieve, of this Region and account, only."""
    stack = synth(REPRIEVE_NOTIFY__STRICT_TOPIC_POLICY="true", **ONE_THREAT)
    (policy,) = of_type(stack, "aws_sns_topic_policy")
    account = "${data.aws_caller_identity.account.account_id}"
    assert {
        "StringEquals": {"aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:events:eu-west-1:{account}:rule/reprieve-*"},
    } == by_sid(policy)["EventBridgePublishes"]["Condition"]


def test_topics_and_queues_are_spoken_to_over_tls_only(two_regions):
    """Each policy denies everybody the rest."""
    policies = of_type(two_regions, "aws_sns_topic_policy") + of_type(two_regions, "aws_sqs_queue")
    assert len(policies) == 4
    for policy in policies:
        statement = by_sid(policy)["OverTlsOnly"]
        assert ("Deny", "*") == (statement["Effect"], statement["Principal"])
        assert {"Bool": {"aws:SecureTransport": "false"}} == statement["Condition"]


def test_every_target_is_tried_for_an_hour_and_then_kept(stack):
    """Whatever its rule: no target is without its Region's queue; and a rule has five at most."""
    targets = of_type(stack, "aws_cloudwatch_event_target")
    for target in targets:
        region = target["provider"].removeprefix("aws.").replace("_", "-")
        assert f"${{aws_sqs_queue.{region}_" in target["dead_letter_config"]["arn"]
        assert {
            "maximum_event_age_in_seconds": 3600,
            "maximum_retry_attempts": 185,
        } == target["retry_policy"]
    a_rule = Counter((target["provider"], target["rule"]) for target in targets)
    assert max(a_rule.values()) <= 5


def test_every_target_waits_for_the_rule_that_it_names(stack):
    """It names the rule by its name, so Terraform does not see the order by itself."""
    rules = {
        f"aws_cloudwatch_event_rule.{id}": (rule["provider"], rule["name"])
        for id, rule in stack["resource"]["aws_cloudwatch_event_rule"].items()
    }
    for target in of_type(stack, "aws_cloudwatch_event_target"):
        assert (target["provider"], target["rule"]) == rules[target["depends_on"][0]]


def test_every_rule_has_its_failures_summed_up_by_an_alarm(synth):
    """With all threats, exemptions, encryption and ten watches; no alarm sums more than ten."""
    stack = synth(
        REPRIEVE_NOTIFY__THREATS=",".join(BY_NAME),
        REPRIEVE_NOTIFY__ENCRYPTION="own",
        REPRIEVE_REMEDIATION__ENABLE_DISABLED="true",
        REPRIEVE_EXEMPT__PRINCIPALS="arn:aws:iam::111122223333:role/KeyAdministrator",
        REPRIEVE_REGIONS__WATCH="eu-west-1",
        watch=[WATCH | {"name": f"watch-{number}"} for number in range(10)],
    )
    summed = [
        [query["metric"]["dimensions"]["RuleName"] for query in queries if "metric" in query]
        for alarm in of_type(stack, "aws_cloudwatch_metric_alarm")
        if (queries := alarm.get("metric_query"))
    ]
    assert all(len(names) <= 10 for names in summed)
    rules = [rule["name"] for rule in of_type(stack, "aws_cloudwatch_event_rule")]
    assert sorted(rules) == sorted(itertools.chain(*summed))
    assert len(rules) == len(BY_NAME) + 2 + 1 + 1 + 10


def test_alarms_can_be_left_out(synth):
    """The queue stays: it costs nothing while it is empty."""
    stack = synth(REPRIEVE_RELIABILITY__ALARMS="false", **ONE_THREAT)
    assert "aws_cloudwatch_metric_alarm" not in stack["resource"]
    assert "aws_sqs_queue" in stack["resource"]


def test_an_encrypted_topic_has_a_lifeline_that_is_not(synth):
    """It tells of the key, of alarms and of failed rescues; and the key lets in who publishes."""
    stack = synth(REPRIEVE_NOTIFY__ENCRYPTION="own", **ONE_THREAT)
    keys = {
        topic["name"]: topic.get("kms_master_key_id") for topic in of_type(stack, "aws_sns_topic")
    }
    ((key_id, key),) = stack["resource"]["aws_kms_key"].items()
    assert {"reprieve-alerts": f"${{aws_kms_key.{key_id}.arn}}", "reprieve-lifeline": None} == keys
    statements = by_sid(key)
    assert ["events.amazonaws.com", "cloudwatch.amazonaws.com"] == (
        statements["AlertsAreEncrypted"]["Principal"]["Service"]
    )
    assert "aws_iam_role" in statements["OutcomesAreEncrypted"]["Principal"]["AWS"]
    lifeline = [t for t in of_type(stack, "aws_cloudwatch_event_target") if "lifeline" in t["arn"]]
    assert {"alert-key-endangered-alert", "rescue-failed-lifeline-alert"} == {
        target["target_id"] for target in lifeline
    }
    for alarm in of_type(stack, "aws_cloudwatch_metric_alarm"):
        assert len(alarm["alarm_actions"]) == 2


def test_keys_of_the_settings_encrypt_the_topic_of_their_region(synth):
    """Each its own; nothing is made; and the automation role may use them, and no others."""
    arns = [
        f"arn:aws:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        for region in ("us-east-1", "eu-west-1")
    ]
    stack = synth(
        REPRIEVE_NOTIFY__ENCRYPTION=",".join(arns), REPRIEVE_REGIONS__WATCH="eu-west-1,us-east-1"
    )
    assert "aws_kms_key" not in stack["resource"]
    assert sorted(arns) == sorted(
        topic["kms_master_key_id"]
        for topic in of_type(stack, "aws_sns_topic")
        if topic["name"] == "reprieve-alerts"
    )
    for topic in of_type(stack, "aws_sns_topic"):
        region = topic["provider"].removeprefix("aws.").replace("_", "-")
        assert f":{region}:" in topic.get("kms_master_key_id", f":{region}:")
    assert arns == statements(stack, "reprieve-automation")["TellEncrypted"]["Resource"]


def test_a_watch_is_a_rule_that_only_tells(synth):
    """What a user writes cannot become a Terraform template."""
    watch = WATCH | {"summary": "costs ${1+1} and %{ more }"}
    stack = synth(watch=[watch], **ONE_THREAT)
    (rule,) = (
        rule
        for rule in of_type(stack, "aws_cloudwatch_event_rule")
        if rule["name"] == "reprieve-watch-trail-changed"
    )
    assert json.loads(WATCH["pattern"]) == json.loads(rule["event_pattern"])
    assert "Reprieve: costs $${1+1} and %%{ more }" == rule["description"]
    (target,) = (
        target
        for target in of_type(stack, "aws_cloudwatch_event_target")
        if target["target_id"] == "watch-trail-changed-alert"
    )
    assert "REPRIEVE: costs $${1+1}" in target["input_transformer"]["input_template"]


@pytest.mark.parametrize(
    ("key", "actions", "sids"),
    [
        ("RE_ENABLE", {"kms:EnableKey"}, {"SeeWhatKeysWere"}),
        ("ENABLE_DISABLED", {"kms:EnableKey"}, set()),
    ],
)
def test_what_enables_keys_may(synth, key, actions, sids):
    """And without these settings it may not."""
    stack = synth(**{f"REPRIEVE_REMEDIATION__{key}": "true"}, REPRIEVE_REGIONS__WATCH="eu-west-1")
    allowed = statements(stack, "reprieve-automation")
    assert actions <= set(allowed["CancelKeyDeletion"]["Action"])
    assert {"CancelKeyDeletion", "RunAutomation", "PassAutomationRole", "TellOutcome"} | sids == (
        set(allowed)
    )


def test_the_state_is_beside_main_py_and_the_provider_may_be_5_or_6(two_regions):
    """terraform runs in cdktf.out/stacks/reprieve."""
    terraform = two_regions["terraform"]
    assert "../../../terraform.reprieve.tfstate" == terraform["backend"]["local"]["path"]
    assert ">= 5.100.0, < 7.0.0" == terraform["required_providers"]["aws"]["version"]


def statements(stack, role: str):
    """Return the statements of a role's policy by their Sids."""
    (policy,) = (p for p in of_type(stack, "aws_iam_role_policy") if p["name"] == role)
    return by_sid(policy)


def by_sid(resource):
    """Return the statements of a resource's policy by their Sids."""
    return {each["Sid"]: each for each in json.loads(resource["policy"])["Statement"]}


def automation_target(stack):
    """Return the one target of a stack of one Region that starts the runbook."""
    (target,) = (
        target
        for target in of_type(stack, "aws_cloudwatch_event_target")
        if ":ssm:" in target["arn"]
    )
    return target


def test_the_architecture_page_explains_every_resource_and_counts_them_right(synth):
    """Each type of a default stack, how many stand in a Region, and what its alarms cost."""
    page = (Path(__file__).parents[2] / "docs/architecture.md").read_text(encoding="utf-8")
    stack = synth(
        REPRIEVE_REGIONS__WATCH="eu-west-1", REPRIEVE_NOTIFY__EMAILS="security@example.com"
    )
    types = {address.split(".")[0] for address in resources(stack)}
    assert [] == [type_ for type_ in sorted(types) if f"`{type_}`" not in page]
    in_region = [a for a in resources(stack) if not a.startswith(("aws_iam", "aws_caller"))]
    assert f"| **{len(in_region)}** with one address |" in page
    metrics = sum(
        sum("metric" in query for query in alarm.get("metric_query", [{"metric": 1}]))
        for alarm in of_type(stack, "aws_cloudwatch_metric_alarm")
    )
    assert f"| **{metrics * 0.10:.2f}** |" in page
    assert f"cost US$ {metrics * 0.10 * 17:.2f} a month" in page
