"""The dashboard of an account."""

import json

import pytest

from reprieve.guard.dashboard import DOCUMENTED
from reprieve.guard.guard import regional_guard
from reprieve.location import Location
from tests.support.settings import load_one
from tests.support.synth import EMAIL, of_type

WATCHED = ("eu-west-1", "sa-east-1")
SETTINGS = EMAIL | {
    "REPRIEVE_RELIABILITY__DASHBOARD": "true",
    "REPRIEVE_RELIABILITY__ALARM_EMAILS": "oncall@example.com",
    "REPRIEVE_NOTIFY__ENCRYPTION": "own",
    "REPRIEVE_REMEDIATION__ENABLE_DISABLED": "true",
    "REPRIEVE_REGIONS__WATCH": ",".join(WATCHED),
    "REPRIEVE_NAMES__PREFIX": "blue",
}


@pytest.fixture(scope="module")
def dashboard(synth):
    """Return the one resource."""
    (found,) = of_type(synth(**SETTINGS), "aws_cloudwatch_dashboard")
    return found


@pytest.fixture(scope="module")
def widgets(dashboard):
    """Return the widgets."""
    return json.loads(dashboard["dashboard_body"])["widgets"]


def metrics(widgets):
    """Return Region, namespace, name, dimension and its value of each metric."""
    return [
        (widget["properties"]["region"], *metric[:4])
        for widget in widgets
        if widget["type"] == "metric"
        for metric in widget["properties"]["metrics"]
    ]


def test_by_default_there_is_none(stack):
    """It costs something."""
    assert of_type(stack, "aws_cloudwatch_dashboard") == []


def test_it_is_in_the_home_region_with_the_names_of_the_deployment(dashboard):
    """An account has it once."""
    assert dashboard["dashboard_name"] == "blue-dashboard"
    assert dashboard["provider"] == "aws.us_east_1"


def test_every_metric_exists(widgets, tmp_path):
    """AWS documents its name, and what it counts for is in the guard of its Region."""
    settings = load_one(SETTINGS, tmp_path)
    names = {}
    for region in WATCHED:
        guard = regional_guard(settings, Location("aws", region))
        names[region, "RuleName"] = {rule.name for rule in guard.rules}
        names[region, "TopicName"] = {topic.name for topic in guard.topics}
        names[region, "QueueName"] = {guard.queue.name}
    found = metrics(widgets)
    assert [each for each in found if each[2] not in DOCUMENTED[each[1]]] == []
    assert [each for each in found if each[4] not in names[each[0], each[3]]] == []
    assert {each[1:3] for each in found} == {
        (namespace, name) for namespace, known in DOCUMENTED.items() for name in known
    } - {("AWS/Events", "FailedInvocations")}


def test_the_alarms_use_documented_metrics_too(tmp_path):
    """In one place for both."""
    guard = regional_guard(load_one(SETTINGS, tmp_path), Location("aws", "eu-west-1"))
    used = {(metric.namespace, metric.name) for alarm in guard.alarms for metric in alarm.metrics}
    assert used
    assert [each for each in used if each[1] not in DOCUMENTED[each[0]]] == []


def test_each_region_has_a_row_with_everything(widgets):
    """Events, alerts, rescues, undelivered events and patrols; nothing overlaps."""
    headings = [each["properties"]["markdown"] for each in widgets if each["type"] == "text"]
    assert headings == [f"## {region}" for region in WATCHED]
    titles = [
        each["properties"]["title"]
        for each in widgets
        if each["type"] == "metric" and each["properties"]["region"] == "sa-east-1"
    ]
    assert titles == [
        "Matched events",
        "Alerts published, delivered, failed",
        "Rescues started, retried, failed",
        "Undelivered events",
        "Patrols started",
    ]
    places = {(each["x"], each["y"]) for each in widgets}
    assert len(places) == len(widgets)
    assert all(each["x"] + each["width"] <= 24 for each in widgets)


def test_the_largest_dashboard_is_within_the_limits(synth):
    """500 widgets, and 2,500 metrics on all of them (CloudWatch user guide, quotas)."""
    stack = synth(REPRIEVE_RELIABILITY__DASHBOARD="true", REPRIEVE_REGIONS__WATCH="all")
    (found,) = of_type(stack, "aws_cloudwatch_dashboard")
    widgets = json.loads(found["dashboard_body"])["widgets"]
    assert len(widgets) <= 500
    assert len(metrics(widgets)) <= 2500
