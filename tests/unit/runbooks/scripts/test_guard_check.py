"""What a patrol reports about the guard of the next Region.

The guard is what `reprieve.guard` makes of the settings, in the shapes of AWS's API.
"""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from reprieve.guard.guard import regional_guard
from reprieve.guard.patrol import expectations
from reprieve.guard.resources import RegionalGuard, Rule
from reprieve.location import Location
from reprieve.runbooks.scripts.guard_check import handler
from reprieve.settings.schema import RegionsSettings, Settings
from tests.unit.runbooks.scripts.fake_aws import ACCOUNT, PLACE, FakeAws, failure

SETTINGS = Settings.model_validate(
    {
        "notify": {"emails": ["security@example.com"], "encryption": "own"},
        "regions": {"watch": ["eu-west-1", "us-east-1"]},
    }
)
LOCATION = Location("aws", "us-east-1", ACCOUNT)
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TRAIL = {"Name": "main", "TrailARN": "arn:main", "HomeRegion": "us-east-1"}
SUBSCRIPTION = f"arn:aws:sns:us-east-1:{ACCOUNT}:reprieve-alerts:0123"
RULE = "reprieve-key-deletion-scheduled"


def deployed_rule(rule: Rule) -> dict[str, Any]:
    """Return a rule as EventBridge describes it."""
    facts = {"Name": rule.name, "State": "ENABLED", "Arn": rule.arn, "EventBusName": "default"}
    if rule.pattern:
        facts["EventPattern"] = json.dumps(json.loads(rule.pattern))
    return facts | ({"ScheduleExpression": rule.schedule} if rule.schedule else {})


def deployed_targets(rule: Rule) -> list[dict[str, Any]]:
    """Return the targets of a rule as EventBridge describes them."""
    found = []
    for each in rule.targets:
        facts: dict[str, Any] = {"Id": each.id, "Arn": each.arn}
        facts["RetryPolicy"] = {
            "MaximumEventAgeInSeconds": each.maximum_event_age,
            "MaximumRetryAttempts": each.maximum_retries,
        }
        facts["DeadLetterConfig"] = {"Arn": each.dead_letter_arn}
        if each.role_arn:
            facts["RoleArn"] = each.role_arn
        if each.transformer:
            facts["InputTransformer"] = {
                "InputTemplate": each.transformer.template,
                "InputPathsMap": each.transformer.paths,
            }
        found.append(facts)
    return found


class Region(FakeAws):
    """A Region with a whole guard; a test changes what is deployed there."""

    def __init__(self, guard: RegionalGuard) -> None:
        super().__init__(guarded_since=None)
        self.rules = {rule.name: deployed_rule(rule) for rule in guard.rules}
        self.targets = {rule.name: deployed_targets(rule) for rule in guard.rules}
        self.topics: dict[str, dict[str, Any]] = {
            topic.arn: {"Policy": json.dumps(topic.policy)}
            | ({"KmsMasterKeyId": topic.key_arn} if topic.key_arn else {})
            for topic in guard.topics
        }
        self.subscriptions: list[dict[str, str]] = [
            {"Protocol": "email", "Endpoint": address, "SubscriptionArn": f"{topic.arn}:0123"}
            | {"TopicArn": topic.arn}
            for topic in guard.topics
            for address in topic.emails
        ]
        self.filters: dict[str, str] = {}
        self.documents = {each.name for each in guard.documents}
        self.trails: list[dict[str, Any]] = [TRAIL]
        self.trails_in: dict[str, list[dict[str, Any]]] = {}
        self.selectors: dict[str, Any] = {}
        self.logging = True

    def client(self, service: str, **options: Any) -> Any:
        """Return a client: this object, which of a Region shows its trails."""
        if service == "cloudtrail" and self.trails_in:
            self.trails = self.trails_in[options["region_name"]]
        return self

    def list_rules(self, **_: Any) -> dict[str, Any]:
        """Return the rules."""
        return {"Rules": list(self.rules.values())}

    def list_targets_by_rule(self, Rule: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return the targets of a rule."""
        return {"Targets": self.targets[Rule]}

    def get_topic_attributes(self, TopicArn: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return a topic, if there is one."""
        if TopicArn not in self.topics:
            raise failure("NotFound")
        return {"Attributes": self.topics[TopicArn]}

    def list_subscriptions_by_topic(self, TopicArn: str) -> dict[str, Any]:  # noqa: N803
        """Return the subscriptions of a topic."""
        found = [each for each in self.subscriptions if each["TopicArn"] == TopicArn]
        return {"Subscriptions": found}

    def get_subscription_attributes(self, SubscriptionArn: str) -> dict[str, Any]:  # noqa: N803
        """Return a subscription."""
        given = self.filters.get(SubscriptionArn)
        return {"Attributes": {"FilterPolicy": given} if given else {}}

    def describe_document(self, Name: str) -> None:  # noqa: N803 - AWS's name
        """Find a document."""
        if Name not in self.documents:
            raise failure("InvalidDocument")

    def describe_trails(self, **_: Any) -> dict[str, Any]:
        """Return the trails."""
        return {"trailList": self.trails}

    def get_trail_status(self, Name: str) -> dict[str, Any]:  # noqa: N803 - AWS's name
        """Return whether a trail logs."""
        self._checked("get_trail_status", Name)
        return {"IsLogging": self.logging}

    def get_event_selectors(self, TrailName: str) -> dict[str, Any]:  # noqa: N803
        """Return what a trail logs."""
        return copy.deepcopy(self.selectors)


@pytest.fixture
def region(monkeypatch):
    """Return a Region with a whole guard, whose key has the id that KMS chose."""
    found = Region(regional_guard(SETTINGS, LOCATION, KEY))
    monkeypatch.setattr("reprieve.runbooks.scripts.calls.boto3.client", found.client)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return found


def check(region: Region) -> int:
    """Let the patrol of another Region check the guard; return how many problems it reports."""
    # As the document has them: it was made before the account and the key were known.
    expected = expectations(SETTINGS, regional_guard(SETTINGS, Location("aws", "us-east-1")))
    given = json.loads(json.dumps(expected))
    # The patrol's own document is not among them: its name depends on that of the next one.
    given["Documents"] = [name for name in given["Documents"] if "patrol" not in name]
    events = PLACE | {"Topics": ["alerts"], "DeadLetters": "dead", "Expected": given}
    return int(handler(events, None)["Problems"])


def check_trails(region: Region, expected: dict[str, Any]) -> list[str]:
    """Let the patrol check only the trails of a guard; return the problems that it reports."""
    region.sent.clear()
    given = json.loads(json.dumps(expected)) | {"Rules": {}, "Topics": {}, "Documents": []}
    events = PLACE | {"Topics": ["alerts"], "DeadLetters": "dead", "Expected": given}
    count = int(handler(events, None)["Problems"])
    return region.sent[0]["Message"].splitlines()[2 : 2 + count] if count else []


def without(source: str) -> dict[str, Any]:
    """Return selectors of a trail that logs no call of a service."""
    fields = [
        {"Field": "eventCategory", "Equals": ["Management"]},
        {"Field": "eventSource", "NotEquals": [source]},
    ]
    return {"AdvancedEventSelectors": [{"FieldSelectors": fields}]}


def problems(region: Region) -> list[str]:
    """Return the problems that the patrol of another Region reports."""
    count = check(region)
    if not count:
        assert region.sent == []
        return []
    (message,) = region.sent
    assert message["Subject"] == "Reprieve: ACT NOW: the guard is broken (us-east-1)"
    return message["Message"].splitlines()[2 : 2 + count]


@pytest.mark.parametrize("denied", ["receive_message", "delete_message"])
def test_a_queue_that_cannot_be_emptied_is_reported_and_the_guard_is_checked(region, denied):
    """Messages that were read once are hidden: another try of the script would see none."""
    region.guarded_since = datetime(2026, 1, 1, tzinfo=UTC)
    region.letters = [{"ReceiptHandle": "1", "Body": "{}"}]
    region.denied = {denied}
    region.rules[RULE]["State"] = "DISABLED"
    assert check(region) == 1
    subjects = [each["Subject"] for each in region.sent]
    assert subjects[-2:] == [
        "Reprieve: ACT NOW: the dead-letter queue cannot be emptied (eu-west-1)",
        "Reprieve: ACT NOW: the guard is broken (us-east-1)",
    ]
    lines = region.sent[-2]["Message"].splitlines()
    assert lines[0] == (
        "Reprieve's patrol cannot read the queue dead in eu-west-1, so you may "
        "miss alerts and rescues. Run 'reprieve status' now: it prints the command that reads the "
        "queue."
    )
    assert "AccessDeniedException" in lines[1]


def test_a_whole_guard_has_no_problems(region):
    """Whatever the account, and whatever id KMS chose for the key of the alerts."""
    assert problems(region) == []


def test_the_order_and_other_resources_do_not_count(region):
    """AWS lists them in any order; other rules and subscribers are not Reprieve's matter."""
    region.rules = dict(reversed(region.rules.items()))
    region.targets = {name: list(reversed(each)) for name, each in region.targets.items()}
    region.rules["reprieve-watch-mine"] = {"Name": "reprieve-watch-mine", "State": "DISABLED"}
    region.subscriptions.append(region.subscriptions[0] | {"Endpoint": "other@example.com"})
    region.subscriptions[0]["Endpoint"] = "Security@Example.com"
    assert problems(region) == []


CHANGED = f"The rule {RULE}, or one of its targets, was changed."


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda r: r.rules.pop(RULE), f"The rule {RULE} is missing."),
        (lambda r: r.rules[RULE].update(State="DISABLED"), f"The rule {RULE} is DISABLED."),
        (lambda r: r.rules[RULE].update(EventPattern='{"source":["x"]}'), CHANGED),
        (lambda r: r.targets[RULE].pop(), CHANGED),
        (lambda r: r.targets[RULE].append({"Id": "more", "Arn": "arn:more"}), CHANGED),
        (lambda r: r.targets[RULE][0].update(Arn="arn:other"), CHANGED),
        (lambda r: r.targets[RULE][0]["RetryPolicy"].update(MaximumRetryAttempts=0), CHANGED),
        (
            lambda r: r.topics[SUBSCRIPTION.removesuffix(":0123")].update(Policy="{}"),
            "The policy of the topic reprieve-alerts was changed.",
        ),
        (
            lambda r: r.topics.pop(f"arn:aws:sns:us-east-1:{ACCOUNT}:reprieve-lifeline"),
            "The topic reprieve-lifeline is missing.",
        ),
        (
            lambda r: r.topics[f"arn:aws:sns:us-east-1:{ACCOUNT}:reprieve-lifeline"].update(
                KmsMasterKeyId=KEY
            ),
            f"The topic reprieve-lifeline has another key: {KEY}.",
        ),
        (
            lambda r: r.subscriptions.pop(0),
            "security@example.com no longer subscribes to the topic reprieve-alerts.",
        ),
        (
            lambda r: r.subscriptions[0].update(SubscriptionArn="Deleted"),
            "security@example.com no longer subscribes to the topic reprieve-alerts.",
        ),
        (
            lambda r: r.subscriptions[0].update(SubscriptionArn="PendingConfirmation"),
            "security@example.com has not confirmed its subscription to the topic "
            "reprieve-alerts, or SNS has suspended it.",
        ),
        (
            lambda r: r.filters.update({SUBSCRIPTION: '{"x": ["y"]}'}),
            "The subscription of security@example.com to the topic reprieve-alerts has a filter.",
        ),
        (
            lambda r: r.trails.clear(),
            "There is no CloudTrail trail for us-east-1: Reprieve sees no call there.",
        ),
        (
            lambda r: setattr(r, "logging", False),
            "No trail logs every call that Reprieve watches in us-east-1 (main: its logging is "
            "stopped).",
        ),
        (
            lambda r: r.trails.append(r.trails.pop() | {"IncludeGlobalServiceEvents": False}),
            "No trail logs every call that Reprieve watches in us-east-1 (main: it leaves out "
            "global services, such as IAM (IncludeGlobalServiceEvents)).",
        ),
        (
            lambda r: r.denied.add("get_trail_status"),
            "No trail logs every call that Reprieve watches in us-east-1 (main: it cannot be read: "
            "An error occurred (AccessDeniedException) when calling the Call operation: Unknown).",
        ),
    ],
)
def test_what_is_missing_or_different_is_reported(region, change, problem):
    """One sentence for it, and no other."""
    change(region)
    assert problems(region) == [problem]


def test_a_missing_runbook_is_reported(region):
    """By its name, which has the hash of what it should do."""
    (name,) = (each for each in region.documents if each.startswith("reprieve-rescue-key-"))
    region.documents.remove(name)
    assert problems(region) == [f"The runbook {name} is missing."]


def test_an_organizations_trail_that_cannot_be_read_may_well_log(region):
    """It is closed to its member accounts."""
    region.trails = [TRAIL | {"IsOrganizationTrail": True}]
    region.denied = {"get_trail_status"}
    assert problems(region) == []


def test_one_trail_that_logs_is_enough(region):
    """Another one may be stopped."""
    region.trails = [TRAIL | {"TrailARN": "arn:closed"}, TRAIL]
    region.denied = {("get_trail_status", "arn:closed")}
    assert problems(region) == []


SERVICES = ("events", "sns", "ssm", "sqs", "monitoring", "iam")


@pytest.mark.parametrize("service", SERVICES)
def test_a_trail_that_leaves_out_a_service_of_the_guard_is_reported(region, service):
    """Nobody would notice a change of Reprieve's resources there."""
    region.selectors = without(f"{service}.amazonaws.com")
    assert problems(region) == [
        "No trail logs every call that Reprieve watches in us-east-1 (main: its advanced event "
        f"selectors leave out calls of {service}.amazonaws.com)."
    ]


def test_a_trail_may_leave_out_other_services(region):
    """Their calls do not concern Reprieve."""
    region.selectors = without("s3.amazonaws.com")
    assert problems(region) == []


def test_the_trails_of_a_region_that_only_forwards_are_checked(region):
    """IAM's calls arrive there: another Region's trail does not log them."""
    local = TRAIL | {"Name": "local", "TrailARN": "arn:local", "HomeRegion": "eu-west-1"}
    region.trails_in = {"eu-west-1": [local], "us-east-1": []}
    settings = SETTINGS.model_copy(
        update={"regions": RegionsSettings(watch=("eu-west-1", "eu-west-2"))}
    )
    guard = regional_guard(settings, Location("aws", "eu-west-1"))
    assert check_trails(region, expectations(settings, guard)) == [
        "There is no CloudTrail trail for us-east-1: Reprieve sees no call there."
    ]
    region.trails_in["us-east-1"] = [TRAIL]
    assert check_trails(region, expectations(settings, guard)) == []
    del region.trails_in["us-east-1"]  # it cannot be read
    region.trails_in["eu-west-1"] = []
    assert check_trails(region, expectations(settings, guard)) == [
        "There is no CloudTrail trail for eu-west-1: Reprieve sees no call there.",
        "trails: cannot be read: 'us-east-1'",
    ]


def test_what_cannot_be_read_is_reported_and_the_rest_is_checked(region, monkeypatch):
    """A denied call of one service does not hide what another shows."""

    def denied(**_: Any) -> None:
        raise failure("AccessDeniedException")

    monkeypatch.setattr(region, "list_rules", denied)
    region.subscriptions.pop(0)
    first, second = problems(region)
    assert first == "security@example.com no longer subscribes to the topic reprieve-alerts."
    assert second.startswith("rules: cannot be read: An error occurred (AccessDeniedException)")


def test_a_topic_without_its_key_is_reported(region):
    """And the rule that watches over that key names another one."""
    region.topics[SUBSCRIPTION.removesuffix(":0123")].pop("KmsMasterKeyId")
    assert "The topic reprieve-alerts has another key: none." in problems(region)
